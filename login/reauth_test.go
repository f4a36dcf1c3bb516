package login_test

import (
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/web/webtest"
)

func TestPagesThatChangeTheWayInAskAgainWhoIsThere(t *testing.T) { // 3.6: a session of less than five minutes
	t.Parallel()
	paths := []string{"/account/authenticator", "/account/authenticator/remove?id=x", "/account/recovery-codes"}
	h := open(t)
	b := h.signedIn()
	b.Go("/account/authenticator").Sees("Set up your authenticator app")
	h.later(5 * time.Minute)
	for _, path := range paths {
		b.Tab().Go(path).Check().Sees("Enter your password").Sees("Confirm that it's you, to change your account.").SeesNot("Change").SeesNot("First time here?")
	}
	b.Tab().Go(paths[0]).Follow("Back to your account").Sees("Signed in since")
	no(h.withCode(b.Go("/account/authenticator").Fill("password", password).Press("submit"))).Sees("Set up your authenticator app")
	if b.URL() != issuer+"/account/authenticator" {
		t.Errorf("it leads back to %s", b.URL())
	}
	b.Tab().Go("/account/recovery-codes").Sees("Your account") // nothing to be done without an app
	for _, path := range paths {
		h.ask = login.Ask{}
		webtest.New(t, h.router).Go(issuer + path).Sees("Email address or customer number")
	}
	for _, odd := range []string{"?id=" + strings.Repeat("x", 300), "?id=%0d%0aSet-Cookie:x", "?\"><script>"} {
		webtest.New(t, h.router).Go(issuer + "/account/recovery-codes" + odd).Check().Sees("Email address or customer number")
	}
}

func TestATrustedBrowserIsNotEnoughForWhatChangesTheWayIn(t *testing.T) { // TB-06
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.withCode(toCode(h.browser(), "anna@example.com")).Press("trust-yes").Sees("app got anna")
		b.Go("/account").Press("confirm")
		b.Go("/app").Press("Continue as Anna Berg").Fill("password", password).Press("submit").Sees("acr=urn:doorward:1fa")
		b.Go("/account/authenticator").Sees("Enter your password").Fill("password", password).Press("submit").Sees("Check your email")
		h.withCode(b).Sees("Set up your authenticator app")
	})
}
