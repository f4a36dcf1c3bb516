package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

const ninetyDays = 90 * 24 * time.Hour

func never(o *login.Options)  { o.TrustFor = 0 }
func always(o *login.Options) { o.EmailCode = "always" }

// trusts is a browser that Anna trusts, and in which nobody is signed in.
func (h *house) trusts() *webtest.Browser {
	h.t.Helper()
	return signOut(h.saysYes(h.browser(), "anna@example.com"))
}

// saysYes signs in from the first page, and trusts the browser.
func (h *house) saysYes(b *webtest.Browser, name string) *webtest.Browser {
	h.t.Helper()
	return h.withCode(toCode(b, name)).Press("trust-yes").Sees("app got " + name)
}

func signOut(b *webtest.Browser) *webtest.Browser {
	return b.Go("/account").Press("confirm").Sees("signed out")
}

// again goes to the application once more, and to the page behind the password.
func again(b *webtest.Browser, name string) *webtest.Browser {
	return asAnother(b, name).Fill("password", password).Press("submit")
}

// asAnother goes to the password page, by typing the name where that can be done.
func asAnother(b *webtest.Browser, name string) *webtest.Browser {
	b.Go("/app")
	if strings.Contains(b.Body(), `name="another"`) {
		b.Press("another")
	}
	if strings.HasPrefix(b.URL(), issuer+"/login/username") {
		toPassword(b, name)
	}
	return b
}

// trustCookies are those of people who trust this browser.
func trustCookies(b *webtest.Browser) []*http.Cookie {
	var list []*http.Cookie
	for _, c := range b.Cookies(issuer) {
		if strings.HasPrefix(c.Name, "__Host-trust-") {
			list = append(list, c)
		}
	}
	return list
}

func TestAfterTheCodeThePersonIsAskedWhetherToTrustTheBrowser(t *testing.T) { // S-17, S-18, S-26
	t.Parallel()
	h := open(t)
	b := h.withCode(toCode(h.browser(), "anna@example.com")).Status(200).Check().
		Sees("you won't need an email code here next time, only your email and password").
		Sees("Choose Yes only if you don't share this device.").
		Sees("Chrome on Windows · until " + h.site.Texts.Day("en", h.now().Add(ninetyDays))).
		Sees("You can change this any time in your account.")
	if b.Title() != "Trust this browser? – Acme" {
		t.Errorf("the title is %q", b.Title())
	}
	if strings.Count(b.Body(), `class="btn alt"`) != 2 || strings.Contains(b.Body(), `class="btn"`) || strings.Contains(b.Body(), "autofocus") {
		t.Errorf("one answer weighs more than the other:\n%s", b.Body())
	}
	form := url.Values{"attempt": {b.Value("attempt")}}
	b.Tab().Post("/login/trust", form).Status(422).Check().Sees("Choose Yes or No.")
	form["trust-yes"], form["trust-no"] = []string{""}, []string{""}
	both := b.Clone().Post("/login/trust", form).Sees("app got anna")
	if len(trustCookies(both)) != 0 {
		t.Error("Yes and No together are Yes")
	}
	h.ask.Locales = []string{"de"}
	h.withCode(toCode(h.browser().Set("User-Agent", "nobody knows"), "anna@example.com")).Check().Sees("Diesem Browser vertrauen?").Sees("Unbekannter Browser · bis")
}

func TestATrustedBrowserIsAskedForThePasswordAlone(t *testing.T) { // S-27, JW-10
	t.Parallel()
	h := open(t)
	b := h.withCode(toCode(h.browser(), "anna@example.com")).Press("Yes, trust this browser").
		Sees("app got anna").Sees("acr=urn:doorward:2fa ").Sees("amr=pwd+otp+mfa")
	signOut(b)
	letters := len(h.mailbox.Letters())
	again(b, "anna@example.com").Sees("app got anna").Sees("acr=urn:doorward:1fa ").Sees("amr=pwd auth_time") // a skip is no factor
	if len(h.mailbox.Letters()) != letters {
		t.Error("a code was mailed")
	}
	all, err := h.db.Events(t.Context(), 100)
	h.must(err)
	var started []map[string]string
	for _, e := range all {
		if e.Kind == storage.SessionStarted {
			started = append(started, e.Data)
		}
	}
	if len(started) != 2 || started[0]["methods"] != "pwd" || started[0]["trusted"] != "1" ||
		started[1]["methods"] != "pwd mail" || started[1]["trusted"] != "" || started[1]["browser"] != "Chrome on Windows" {
		t.Errorf("the sessions began by %v", started)
	}
	h.sees("trust.given ok", 1)
}

func TestABrowserThatIsNotTrustedIsAskedForACodeEachTime(t *testing.T) { // S-28
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	for range 2 {
		signOut(b)
		h.later(time.Minute)
		b = again(b, "anna@example.com").Sees("Check your email")
		h.withCode(b).Sees("Trust this browser?").Press("trust-no").Sees("app got anna")
	}
	if len(trustCookies(b)) != 0 {
		t.Error("the browser is trusted")
	}
}

func TestNoIsRememberedAsLongAsTheSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	h.ask.Fresh = true
	h.later(time.Minute)
	h.withCode(again(b, "anna@example.com").Sees("Check your email")).Sees("app got anna") // not asked once more
}

func TestTrustIsOfOneBrowserAndOnePerson(t *testing.T) { // S-29
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com"})
	b := h.trusts()
	toCode(h.browser(), "anna@example.com").Sees("Check your email") // another browser
	toCode(b.Clone().Forget().Go("/app"), "anna@example.com").Sees("Check your email")
	again(b, "ben@example.com").Sees("Check your email") // another person
	h.withCode(b).Press("trust-yes").Sees("app got ben")
	signOut(b)
	for _, name := range []string{"anna@example.com", "ben@example.com", "anna@example.com"} { // each keeps theirs
		again(b, name).Sees("app got " + name)
		signOut(b)
	}
	cookies := trustCookies(b)
	if len(cookies) != 2 || cookies[0].Name == cookies[1].Name {
		t.Fatalf("the browser holds %v", cookies)
	}
	for _, c := range cookies {
		if !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || !strings.HasPrefix(c.Value, "dww_") {
			t.Errorf("the cookie is %v", c)
		}
		if strings.Contains(c.Name, h.anna.ID) || strings.Contains(c.Value, h.anna.ID) {
			t.Error("the cookie tells who it is")
		}
	}
	cookies[0].Value, cookies[1].Value = cookies[1].Value, cookies[0].Value // under the other's name it is of no use
	thief := h.browser().Hold(issuer, cookies[0]).Hold(issuer, cookies[1])
	again(thief, "anna@example.com").Sees("Check your email")
}

func TestTheCookieOfATrustWithoutThePasswordIsNothing(t *testing.T) { // TB-02
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.trusts()
		b.Go("/account").Sees("Sign in to").SeesNot("1000001")
		b.Go("/app").Press("another")
		attempt := url.Values{"attempt": {b.Value("attempt")}, "trust-yes": {""}, "code": {"000000"}, "allow": {""}}
		for _, step := range []string{"trust", "email_code", "consent"} {
			b.Tab().Post("/login/"+step, attempt).SeesNot("app got")
		}
		toPassword(b, "anna@example.com").Fill("password", "not the one").Press("submit").Status(422)
		h.sees("session.started ok", 1)
	})
}

func TestWhereFreshProofsOrTwoFactorsAreWantedATrustDoesNotCount(t *testing.T) { // TB-06
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for name, ask := range map[string]login.Ask{"fresh": {Fresh: true}, "two factors": {ACR: "urn:doorward:2fa"}} {
			h.ask = login.Ask{}
			b := h.trusts()
			h.ask = ask
			again(b, "anna@example.com").Sees("Check your email")
			h.withCode(b).Sees("app got anna").Sees("amr=pwd+otp+mfa") // and nobody asks whether to trust what is trusted
			h.ask = login.Ask{}
			if again(signOut(b), "anna@example.com").Sees("app got anna"); len(trustCookies(b)) != 1 {
				t.Errorf("%s: the trust is gone", name)
			}
		}
	})
}

func TestWithAnotherPolicyNobodyIsAskedAndNoTrustCounts(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.trusts()
	h.withCode(toCode(open(t, always).browser(), "anna@example.com"))
	for _, policy := range []option{always, never} {
		other := open(t, policy)
		b := toCode(other.browser(), "anna@example.com").Sees("Check your email")
		other.withCode(b).Sees("app got anna")
		if len(trustCookies(b)) != 0 {
			t.Error("the browser is trusted")
		}
	}
	for _, policy := range []option{always, never} { // the setting has changed since
		o := login.Options{Store: h.db, Keys: h.keys, Site: h.site, Mail: h.mailbox, EmailCode: "untrusted", Now: h.now}
		policy(&o)
		h.serve(o)
		b.Go("/app").SeesNot("Continue as")
		again(b, "anna@example.com").Sees("Check your email")
	}
}

func TestAnAnswerThatIsSentAgainChangesNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.withCode(toCode(h.browser(), "anna@example.com")).Sees("Trust this browser?")
		asked := b.Clone()
		b.Press("trust-no").Sees("app got anna")
		asked.Press("trust-yes").SeesNot("app got")
		if all, err := h.db.Trusts(t.Context(), h.anna.ID); err != nil || len(all) != 0 {
			t.Errorf("%d trusts, %v", len(all), err)
		}
		again := h.withCode(toCode(h.browser(), "anna@example.com"))
		together(20, func(int) { again.Clone().Press("trust-yes") })
		if all, err := h.db.Trusts(t.Context(), h.anna.ID); err != nil || len(all) != 1 {
			t.Errorf("%d trusts, %v", len(all), err)
		}
		h.sees("session.started ok", 2)
		h.sees("trust.given ok", 1)
	})
}

func TestNobodyTrustsABrowserBeforeTheCode(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toCode(h.browser(), "anna@example.com")
	b.Post("/login/trust", url.Values{"attempt": {b.Value("attempt")}, "trust-yes": {""}}).Sees("Check your email")
	h.withCode(b).Sees("Trust this browser?")
	h.sees("trust.given ok", 0)
}

func TestATrustNeverTakesThePlaceOfAnApp(t *testing.T) { // S-35, TP-07
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.trusts()
		phone := storage.Authenticator{ID: storage.NewID(), UserID: h.anna.ID, Name: "phone", Sealed: []byte("never opened here")}
		h.must(h.db.AddAuthenticator(t.Context(), storage.NewAuthenticator{Authenticator: phone, UserVersion: h.anna.Version}, storage.Event{Actor: "test"}))
		name := trustCookies(b)[0].Name
		again(b, "anna@example.com").Sees("Enter the code from your app") // the trust has ended by that

		anna, err := h.db.User(t.Context(), h.anna.ID)
		h.must(err)
		now := h.now()
		trust := storage.Trust{ID: storage.NewID(), Expires: now.Add(ninetyDays)} // one that should not be there counts as little
		_, err = h.db.Finish(t.Context(), storage.SignIn{
			Session: storage.Session{Cookie: []byte("another browser"), UserID: anna.ID, Attempt: storage.NewID(), AuthTime: now, ACR: "x", AMR: []string{"pwd"},
				IdleUntil: now.Add(time.Hour), Expires: now.Add(time.Hour)},
			UserVersion: anna.Version, Until: now.Add(time.Hour), Trust: &trust,
		}, storage.Event{})
		h.must(err)
		value, err := h.keys.Box.Stamp(keys.ForTrust, trust.ID+"-1-1")
		h.must(err)
		b.Hold(issuer, &http.Cookie{Name: name, Value: value, Path: "/", Secure: true})
		again(b, "anna@example.com").Sees("Enter the code from your app")
		if c := sessionCookie(b); c.Value != "" {
			t.Error("somebody is signed in")
		}
	})
}
