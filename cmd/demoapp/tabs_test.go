package demoapp

import (
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"testing"

	"golang.org/x/oauth2"
)

// cookie is the one by which the app knows the browser.
func (v *visitor) cookie() string {
	v.t.Helper()
	home, err := url.Parse(v.app)
	if err != nil {
		v.t.Fatal(err)
	}
	list := v.client.Jar.Cookies(home)
	if len(list) != 1 {
		v.t.Fatalf("the browser has %d cookies", len(list))
	}
	return list[0].Value
}

// anotherBrowser visits the same app with no cookie.
func (v *visitor) anotherBrowser() *visitor {
	v.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		v.t.Fatal(err)
	}
	return &visitor{t: v.t, client: &http.Client{Jar: jar, CheckRedirect: v.client.CheckRedirect}, app: v.app, inside: v.inside}
}

// signIn signs the browser in without a provider's tokens, as the callback does with them.
func (v *visitor) signIn() {
	v.t.Helper()
	r, w := httptest.NewRequest(http.MethodGet, v.app+"/callback", nil), httptest.NewRecorder()
	r.AddCookie(&http.Cookie{Name: cookieName, Value: v.cookie()})
	v.inside.enter(w, r, &tokens{oauth: &oauth2.Token{}, subject: "anna"})
	v.client.Jar.SetCookies(r.URL, w.Result().Cookies())
}

// leadsHome opens an answer that is good no more, and wants the start instead of an error.
func (v *visitor) leadsHome(path string) {
	v.t.Helper()
	if status, body, to := v.get(path); status != http.StatusSeeOther || to.String() != v.app+"/" {
		v.t.Errorf("%s: %d to %v\n%s", path, status, to, body)
	}
	v.wants("/", http.StatusOK, "Hello, anna")
}

func TestTwoTabsSignInAtOnceAndBothAnswersAreTakenOnce(t *testing.T) {
	v, issuer := openApp(t, true)
	answer := func(state, iss string) string {
		return "/callback?" + url.Values{"error": {"access_denied"}, "state": {state}, "iss": {iss}}.Encode()
	}
	v.leave() // the first tab
	second, third := v.leave().Get("state"), v.leave().Get("state")
	former := v.cookie()
	v.signIn() // the first tab comes back
	if v.cookie() == former {
		t.Error("the browser kept its cookie")
	}
	v.wants(answer(second, issuer.URL), http.StatusBadRequest, "access_denied")
	v.leadsHome(answer(second, issuer.URL))
	v.wants(answer(third, "https://evil.example"), http.StatusBadRequest, "This answer came from somebody else")

	fourth := v.leave().Get("state")
	other := v.anotherBrowser()
	other.leave()
	other.wants(answer(fourth, issuer.URL), http.StatusBadRequest, "This sign-in is over")
	other.signIn()
	if status, _, to := other.get(answer(fourth, issuer.URL)); status != http.StatusSeeOther || to.String() != v.app+"/" {
		t.Errorf("another browser's answer: %d to %v", status, to)
	}
	v.wants(answer(fourth, issuer.URL), http.StatusBadRequest, "access_denied")
}

func TestBackAfterASignInLeadsToTheStartAndTakesNothing(t *testing.T) {
	v, issuer := openApp(t, true)
	state := v.leave().Get("state")
	v.wants("/callback?"+url.Values{"error": {"x"}, "state": {state}, "iss": {issuer.URL}}.Encode(), http.StatusBadRequest, "Doorward did not sign you in")
	v.signIn()
	before := v.cookie()
	for _, spent := range []string{state, "", "never sent"} {
		v.leadsHome("/callback?" + url.Values{"code": {"x"}, "state": {spent}, "iss": {issuer.URL}}.Encode())
	}
	if v.cookie() != before {
		t.Error("a spent answer changed the visit")
	}
}
