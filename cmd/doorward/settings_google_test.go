package main

import (
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

// Behaviours 3.18, over the whole house: Google is switched on and off at the page of its settings, and the button comes and goes at sign-in
// without another start. Whoever has a page with the button open meets one that says so.
func TestTheButtonOfGoogleComesAndGoesWithItsSettings(t *testing.T) {
	t.Parallel()
	h := newAviary(t)
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}
	a.atConsole()
	signIn := func() *webtest.Browser {
		t.Helper()
		return webtest.New(t, nil).StayOn(h.issuer).Go(h.issuer + "/account").Status(http.StatusOK).Check()
	}
	const button = `id="google"`
	if strings.Contains(signIn().Body(), button) {
		t.Fatal("there is a button of Google before anybody set it up")
	}
	settings := h.issuer + "/admin/settings/google"
	a.b.Go(settings).Check().Fill("google.client_id", "123.apps.googleusercontent.com").Press("submit").Status(http.StatusUnprocessableEntity).Check() // a secret is missing
	if strings.Contains(signIn().Body(), button) {
		t.Error("half of it is set")
	}
	a.b.Go(settings).Fill("google.client_id", "123.apps.googleusercontent.com").Fill("google.client_secret", h.canary("Google's secret")).Press("submit").
		Status(http.StatusOK).Check().Sees("Saved")
	stale := signIn()
	if !strings.Contains(stale.Body(), button) {
		t.Fatalf("there is no button of Google: %s", stale.Body())
	}
	a.b.Go(settings).Fill("google.client_id", "").Press("submit").Status(http.StatusOK).Check().Sees("Saved")
	if strings.Contains(signIn().Body(), button) {
		t.Error("the button stays when Google is switched off")
	}
	if stale.Press("google"); stale.StatusCode() >= http.StatusInternalServerError || stale.Location() != "" {
		t.Errorf("the button of before answers %d and leads to %s", stale.StatusCode(), stale.Location())
	}
	stale.Check()
	h.search("lines of the log", []byte(h.log.String()))
	h.searchFiles()
}
