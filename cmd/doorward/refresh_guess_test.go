package main

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

// RT-07: guesses slow down the browser that guesses, and lock nobody out: what a person has granted is refreshed as before, and
// refreshing lets nobody guess on.
func TestGuessesAtAPasswordEndNothingThatWasGranted(t *testing.T) {
	t.Parallel()
	h := newAviary(t)
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}
	a.ask("scope", "openid offline_access").Fill("username", "anna@example.com").Press("submit")
	a.b.Fill("password", h.canary("password")).Press("submit")
	a.withCode().Press("trust-no")
	form := url.Values{"grant_type": {"authorization_code"}, "code": {a.answer().Get("code")}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "code_verifier": {a.verifier}}
	granted := a.tokens(form, http.StatusOK)

	guesser := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: a.verifier}
	guesser.ask().Fill("username", "anna@example.com").Press("submit")
	guess := func() { guesser.b.Fill("password", "not hers, not at all").Press("submit") }
	for range 7 {
		guess()
	}
	guesser.b.Status(http.StatusTooManyRequests)
	second := a.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {granted["refresh_token"]}}, http.StatusOK)
	guess()
	guesser.b.Status(http.StatusTooManyRequests)
	a.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {second["refresh_token"]}}, http.StatusOK)
}
