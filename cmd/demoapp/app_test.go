package demoapp

import (
	"encoding/json"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
)

// The whole sign-in against the real provider is in cmd/doorward/dev_test.go; here stands what an honest provider never does.

// visitor is a browser that follows no redirect.
type visitor struct {
	t      *testing.T
	client *http.Client
	app    string
	inside *app
}

// openApp starts the app beside an issuer that only has metadata, for which promise says whether it promises iss.
func openApp(t *testing.T, promise bool) (*visitor, *httptest.Server) {
	t.Helper()
	var issuer *httptest.Server
	issuer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.well-known/openid-configuration" {
			http.NotFound(w, r)
			return
		}
		err := json.NewEncoder(w).Encode(map[string]any{
			"issuer": issuer.URL, "authorization_endpoint": issuer.URL + "/authorize", "token_endpoint": issuer.URL + "/token",
			"jwks_uri": issuer.URL + "/jwks", "authorization_response_iss_parameter_supported": promise,
		})
		if err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(issuer.Close)
	return openAppAt(t, issuer.URL), issuer
}

func openAppAt(t *testing.T, issuer string) *visitor {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	address := "http://" + server.Listener.Addr().String()
	inside := build(Options{
		Issuer: issuer, ClientID: "demo", ClientSecret: "secret", Origins: []string{address}, Log: slog.New(slog.DiscardHandler),
	})
	server.Config.Handler = inside.handler()
	server.Start()
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &visitor{t: t, client: &http.Client{Jar: jar, CheckRedirect: stay}, app: address, inside: inside}
}

// get opens a path and returns status, text and where the answer leads to.
func (v *visitor) get(path string) (int, string, *url.URL) {
	v.t.Helper()
	response, err := v.client.Get(v.app + path)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	to, _ := response.Location() // there may be none
	return response.StatusCode, html.UnescapeString(string(body)), to
}

func (v *visitor) wants(path string, status int, text string) {
	v.t.Helper()
	if got, body, _ := v.get(path); got != status || !strings.Contains(body, text) {
		v.t.Errorf("%s: got %d, want %d with %q:\n%s", path, got, status, text, body)
	}
}

// leave begins a sign-in and returns its request.
func (v *visitor) leave() url.Values {
	v.t.Helper()
	status, body, to := v.get("/sign-in")
	if status != http.StatusSeeOther {
		v.t.Fatalf("%d\n%s", status, body)
	}
	return to.Query()
}

func TestARequestCarriesWhatItsAnswerMustMatch(t *testing.T) {
	v, _ := openApp(t, true)
	first, second := v.leave(), v.leave()
	for _, name := range []string{"state", "nonce", "code_challenge"} {
		if len(first.Get(name)) < 26 || first.Get(name) == second.Get(name) {
			t.Errorf("%s is %q, then %q", name, first.Get(name), second.Get(name))
		}
	}
	if first.Get("code_challenge_method") != "S256" || first.Get("redirect_uri") != v.app+"/callback" || first.Get("client_secret") != "" {
		t.Errorf("the request is %v", first)
	}
}

func TestAnAnswerIsTakenOnlyByTheBrowserThatAskedAndOnce(t *testing.T) {
	v, issuer := openApp(t, true)
	other := &visitor{t: t, client: http.DefaultClient, app: v.app}
	answer := url.Values{"error": {"access_denied"}, "state": {v.leave().Get("state")}, "iss": {issuer.URL}}.Encode()
	other.wants("/callback?"+answer, http.StatusBadRequest, "This sign-in did not begin here")
	v.wants("/callback?"+answer, http.StatusBadRequest, "access_denied")
	v.wants("/callback?"+answer, http.StatusBadRequest, "This sign-in is over")
	v.wants("/callback?state=&error=x", http.StatusBadRequest, "This sign-in is over")
	for _, one := range []*visitor{v, other} {
		one.wants("/callback?error=invalid_scope&error_description=scope+names+none", http.StatusBadRequest, "scope names none")
	}
}

func TestAnAnswerOfAnotherProviderIsRefused(t *testing.T) {
	for name, iss := range map[string][]string{"another": {"https://evil.example"}, "none where one is promised": nil, "two": {"", "https://evil.example"}} {
		t.Run(name, func(t *testing.T) {
			v, issuer := openApp(t, true)
			if name == "two" {
				iss[0] = issuer.URL
			}
			v.wants("/callback?"+url.Values{"code": {"x"}, "state": {v.leave().Get("state")}, "iss": iss}.Encode(), http.StatusBadRequest, "This answer came from somebody else")
		})
	}
	v, _ := openApp(t, false)
	v.wants("/callback?error=server_error&state="+v.leave().Get("state"), http.StatusBadRequest, "server_error")
}

func TestWhatTheProviderSaysIsShownAsText(t *testing.T) {
	v, issuer := openApp(t, true)
	answer := url.Values{"error": {"<b>bad</b>"}, "error_description": {"<script>alert(1)</script>"}, "state": {v.leave().Get("state")}, "iss": {issuer.URL}}
	response, err := v.client.Get(v.app + "/callback?" + answer.Encode())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || strings.Contains(string(body), "<script") || strings.Contains(string(body), "<b>") || !strings.Contains(string(body), "&lt;script&gt;") {
		t.Errorf("%v\n%s", err, body)
	}
	if csp := response.Header.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; style-src 'self';") {
		t.Errorf("the policy is %q", csp)
	}
}

func TestAProviderThatIsDownIsAskedAgainLater(t *testing.T) {
	v := openAppAt(t, "http://127.0.0.1:1")
	v.wants("/sign-in", http.StatusBadGateway, "Doorward does not answer")
	v.wants("/", http.StatusOK, "Sign in with Doorward")
}

func TestACodeThatTheProviderRefusesSignsNobodyIn(t *testing.T) {
	v, issuer := openApp(t, true)
	answer := url.Values{"code": {"x"}, "state": {v.leave().Get("state")}, "iss": {issuer.URL}}
	v.wants("/callback?"+answer.Encode(), http.StatusBadGateway, "The tokens were not accepted")
	v.wants("/", http.StatusOK, "Welcome")
}

func TestAnotherNameOfThisMachineIsTurnedAway(t *testing.T) {
	v, _ := openApp(t, true)
	r, err := http.NewRequest(http.MethodGet, v.app, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "evil.example"
	response, err := v.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusMisdirectedRequest {
		t.Error(response.Status)
	}
	v.wants("/nowhere", http.StatusNotFound, "There is no such page")
}

func TestAForeignPageCannotSignThePersonOut(t *testing.T) {
	v, _ := openApp(t, true)
	for path, want := range map[string]int{"/sign-out": http.StatusForbidden, "/refresh": http.StatusForbidden} {
		r, err := http.NewRequest(http.MethodPost, v.app+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		response, err := v.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
}

// OIDC RP-Initiated Logout §2.
func TestSigningOutEndsTheSessionAtTheProviderWhereItOffersThat(t *testing.T) {
	for offered, want := range map[string]string{
		"":                         "/",
		"https://op.test/the/exit": "https://op.test/the/exit?id_token_hint=e30.e30.e30&post_logout_redirect_uri=http%3A%2F%2Fapp.test%2F",
	} {
		a := &app{
			Options:  Options{Origins: []string{"http://app.test"}},
			provider: provider{found: &oidc.Provider{}, endSession: offered},
			visits:   visits{now: time.Now},
		}
		r := httptest.NewRequest(http.MethodPost, "http://app.test/sign-out", nil)
		first := httptest.NewRecorder()
		a.visits.begin(first, r).tokens = &tokens{idToken: "e30.e30.e30"}
		r.AddCookie(first.Result().Cookies()[0])
		for _, to := range []string{want, "/"} { // who is signed out already stays here
			w := httptest.NewRecorder()
			a.signOut(w, r)
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != to || len(a.visits.by) != 0 {
				t.Errorf("%q: %d to %s, and %d visits are known", offered, w.Code, w.Header().Get("Location"), len(a.visits.by))
			}
		}
	}
}

func TestVisitsAndTheirPendingSignInsAreBounded(t *testing.T) {
	v, issuer := openApp(t, true)
	first := v.leave().Get("state")
	for range maxPending {
		v.leave()
	}
	v.wants("/callback?"+url.Values{"error": {"x"}, "state": {first}, "iss": {issuer.URL}}.Encode(), http.StatusBadRequest, "This sign-in is over")

	now := time.Now()
	all := visits{now: func() time.Time { return now }}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	for range maxVisits + 5 {
		all.begin(httptest.NewRecorder(), r)
	}
	if len(all.by) > maxVisits {
		t.Errorf("%d visits are kept", len(all.by))
	}
	now = now.Add(visitAge + time.Second)
	all.begin(httptest.NewRecorder(), r)
	if len(all.by) != 1 {
		t.Errorf("%d visits are kept after their time", len(all.by))
	}
}
