package login_test

import (
	"net/url"
	"testing"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestNothingLeadsPastTheCodeOfAnApp(t *testing.T) { // TP-07, Tinyauth CVE-2026-32246
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, _ *webtest.Browser) {
		h.add(storage.User{Email: "ben@example.com"})
		ben := h.signedInAs("ben@example.com")
		b := h.toApp()
		b.Tab().Go("/app?back=1").SeesNot("app got")
		b.Tab().Go("/app").Sees("Sign in").SeesNot("app got")
		b.Tab().Go("/account").SeesNot("Anna Berg")
		for _, step := range []string{"email_code", "trust", "consent", "select"} {
			tab := b.Tab()
			tab.Go("/login/" + step + "?attempt=" + url.QueryEscape(b.Value("attempt"))).Sees("Enter the code from your app")
			tab.Tab().Post("/login/"+step, url.Values{"attempt": {b.Value("attempt")}, "code": {"123456"}, "trust-yes": {""}, "allow": {""}, "submit": {""}, "resend": {""}}).
				SeesNot("app got").Sees("Enter the code from your app")
		}
		if n := len(h.subjects()); n != 3 { // two sign-ins by mailed code, one app added
			t.Errorf("letters: %q", h.subjects())
		}
		ben.Tab().Post("/login/totp", url.Values{"attempt": {b.Value("attempt")}, "code": {a.code()}}).Status(400).SeesNot("app got anna") // somebody else's browser
		h.sees("session.started ok", 2)
	})
}

func TestATrustedBrowserIsAskedForTheCodeOfAnApp(t *testing.T) { // S-35
	t.Parallel()
	h := open(t)
	b := h.withCode(toCode(h.browser(), "anna@example.com")).Press("trust-yes").Sees("app got anna")
	trusting := b.Clone() // with the cookie of a trust
	a := h.setUp(b, "My phone")
	b.Go("/account").Press("confirm")
	toCode(b.Go("/app"), "anna@example.com").Sees("Enter the code from your app")
	toCode(trusting.Go("/app"), "anna@example.com").Sees("Enter the code from your app")
	b.Fill("code", a.code()).Press("submit").Sees("app got anna") // and it is not asked whether it is trusted
	if trusts, err := h.db.Trusts(t.Context(), h.anna.ID); err != nil || len(trusts) != 0 {
		t.Errorf("trusts: %v, %v", trusts, err)
	}
}

func TestAnApplicationThatWantsAnAppAsksOnlyForWhatIsMissing(t *testing.T) { // step-up
	t.Parallel()
	h, a, codes, _ := withApp(t)
	b := h.toApp().Follow("Use a recovery code").Fill("code", codes[0]).Press("submit").Sees("acr=urn:doorward:2fa amr=pwd+otp+mfa")
	sid, when, cookieBefore := sidOf(b), field(b, "auth_time"), cookie(b, "__Host-session")
	old := b.Clone()
	h.ask.ACR = "urn:doorward:2fa-app"
	b.Go("/app").Check().Sees("Enter the code from your app").Fill("code", a.code()).Press("submit").
		Sees("app got anna").Sees("acr=urn:doorward:2fa-app amr=pwd+otp+mfa")
	if sidOf(b) != sid || field(b, "auth_time") != when || cookie(b, "__Host-session") == cookieBefore {
		t.Errorf("sid %s, auth_time %s; before %s, %s", sidOf(b), field(b, "auth_time"), sid, when)
	}
	old.Go("/account").SeesNot("Anna Berg")

	h.ask = login.Ask{Fresh: true} // all of it again
	b.Go("/app").Sees("Enter your password")
}

func TestAnAttemptThatBeganBeforeTheAppIsWorthless(t *testing.T) { // or its mailed code would do
	t.Parallel()
	h := open(t)
	early := toCode(h.browser(), "anna@example.com").Sees("Check your email")
	code := h.code()
	h.setUp(h.signedIn(), "My phone")
	early.Fill("code", code).Press("submit").Status(400).SeesNot("app got")
}
