package main

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// atConsole is Anna as an administrator, in the console, with an app.
func (a *applying) atConsole() {
	a.t.Helper()
	anna, _, err := a.db.Login(a.t.Context(), "anna@example.com")
	if err == nil {
		anna.Role = "admin"
		_, err = a.db.ChangeUser(a.t.Context(), anna, storage.Event{Actor: "test"})
	}
	if err != nil {
		a.t.Fatal(err)
	}
	a.b.Go(a.issuer + "/admin")
	if a.signIn(); strings.Contains(a.b.URL(), "/login/trust") {
		a.b.Press("trust-no")
	}
	a.b.Follow("Set up the app")
	a.scan()
	a.b.Press("submit").Status(http.StatusOK)
}

// Behaviours 3.13 and 3.16, over the whole house: an application is connected, tested, told of an address that it forgot, and used.
func TestAnAdministratorConnectsAnApplicationTestsItAndSeesItsFirstSignIn(t *testing.T) {
	t.Parallel()
	h := newAviary(t)
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}
	a.atConsole()

	a.b.Go(h.issuer+"/admin/new-app?tile=web").Fill("client_name", "Team Wiki").Fill("address", "http://127.0.0.1:9/elsewhere").Press("Connect")
	secret := regexp.MustCompile(`dws_[A-Za-z0-9_-]{43}`).FindString(a.b.Status(http.StatusOK).Check().Body())
	h.guard("secret of the wiki", secret)

	a.b.Press("Test sign-in").Status(http.StatusOK).Check().Sees("Everything is as applications expect it").Sees("anna@example.com").SeesNot("Wrong")
	a.b.Go(a.b.URL()).Check().Sees("The sign-in did not work") // what was redeemed is spent
	a.b.Go(h.issuer + "/admin/apps/team-wiki").Check().Sees("Waiting for the first real sign-in")

	wiki := &applying{aviary: &aviary{house: h.house, t: t, issuer: h.issuer, client: "team-wiki", canaries: h.canaries}, b: a.b, verifier: a.verifier}
	wiki.ask().Status(http.StatusBadRequest).Sees("not set up correctly").Follow("Add this address")
	a.b.Status(http.StatusOK).Check().Sees("Path").Press("Add this address").Check().Sees("Saved")

	wiki.ask()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {wiki.answer().Get("code")}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "code_verifier": {a.verifier}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("team-wiki", secret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("the token endpoint answers %s", answer.Status)
	}
	a.b.Go(h.issuer + "/admin/apps/team-wiki").Check().Sees("Last sign-in").SeesNot("Waiting")
	if strings.Contains(a.b.Body(), "data-renew") {
		t.Error("nothing is waited for, and the page is read again and again")
	}
}
