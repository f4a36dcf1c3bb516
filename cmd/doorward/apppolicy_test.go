package main

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

var authenticatorKey = regexp.MustCompile(`id="key"[^>]*>([A-Z2-7 ]+)<`)

// phone is an authenticator app (RFC 6238 §4) whose next code is one that it has not shown before.
type phone struct {
	secret []byte
	last   int64
}

func (p *phone) code() string {
	step := max(time.Now().Unix()/30-1, p.last+1) // one step behind and one ahead count too
	p.last = step
	var moment [8]byte
	binary.BigEndian.PutUint64(moment[:], uint64(step))
	mac := hmac.New(sha1.New, p.secret)
	mac.Write(moment[:])
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000)
}

// scan sets up an app on the page that the browser is on, up to the recovery codes.
func (a *applying) scan() *phone {
	a.t.Helper()
	found := authenticatorKey.FindStringSubmatch(a.b.Body())
	if found == nil {
		a.t.Fatalf("the page shows no key:\n%.2000s", a.b.Body())
	}
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(found[1], " ", ""))
	if err != nil {
		a.t.Fatal(err)
	}
	p := &phone{secret: secret}
	a.b.Fill("code", p.code()).Press("submit").Sees("Save your recovery codes")
	return p
}

// signIn goes from the first page to the end of the mailed code.
func (a *applying) signIn() *webtest.Browser {
	a.t.Helper()
	a.b.Fill("username", "anna@example.com").Press("submit")
	a.b.Fill("password", a.canary("password")).Press("submit")
	return a.withCode()
}

// finance is a group whose members need an authenticator app, and Anna is one of them; the house has heard of it, which takes a second.
func (a *aviary) finance() {
	a.t.Helper()
	anna, _, err := a.db.Login(a.t.Context(), "anna@example.com")
	if err == nil {
		_, err = a.db.PutGroup(a.t.Context(), storage.Group{Name: "finance", Title: "Finance", TOTP: true}, storage.Event{Actor: "test"})
	}
	if err == nil {
		_, err = a.db.AddMembers(a.t.Context(), "finance", []string{anna.ID}, storage.Event{Actor: "test"})
	}
	if err == nil {
		anna, err = a.db.User(a.t.Context(), anna.ID)
	}
	if err != nil {
		a.t.Fatal(err)
	}
	eventually(a.t, "the house to hear of the group", func() bool {
		must, err := a.present().face.MustHaveApp(a.t.Context(), anna)
		return must && err == nil
	})
}

// OIDC Core §3.1.2.1 over the whole house: nobody who must have an authenticator app is let through without, whatever the application asks.
func TestWhoMustHaveAnAppIsLetThroughToNoApplicationWithout(t *testing.T) { // TP-07, TB-06
	t.Parallel()
	const byApp, why = "urn:doorward:2fa-app", "asks you to sign in with an authenticator app"
	h := newAviary(t)
	h.finance()
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}

	a.ask("prompt", "login", "state", "kept")
	a.signIn().Check().Sees("Set up an authenticator app").Sees(why)
	waiting := a.b.URL()
	a.ask("prompt", "none")
	if got := a.answer().Get("error"); got != "interaction_required" {
		t.Errorf("prompt=none is answered with %q", got)
	}
	a.ask("max_age", "3600").Sees(why)
	a.ask("acr_values", "urn:doorward:1fa").Sees(why)
	a.ask().Press("deny")
	if got := a.answer().Get("error"); got != "access_denied" {
		t.Errorf("not now is answered with %q", got)
	}

	a.b.Go(waiting).Follow("Set up the app")
	phone := a.scan()
	a.b.Press("submit") // prompt=login is content with the proofs of this very sign-in
	if got := a.answer(); got.Get("state") != "kept" {
		t.Errorf("the answer is %v", got)
	}
	first := a.idToken()
	if first.ACR != byApp || strings.Join(first.AMR, " ") != "pwd otp mfa" {
		t.Errorf("after the set-up: %+v", first)
	}
	a.ask("prompt", "none")
	if got := a.idToken(); got.ACR != byApp || got.Session != first.Session {
		t.Errorf("prompt=none afterwards: %+v", got)
	}

	a.b = webtest.New(t, nil).StayOn(h.issuer)
	a.ask("max_age", "0").Fill("username", "anna@example.com").Press("submit")
	a.b.Fill("password", a.canary("password")).Press("submit").Sees("Enter the code from your app").Fill("code", phone.code()).Press("submit")
	if got := a.idToken(); got.ACR != byApp {
		t.Errorf("in another browser: %+v", got)
	}
}

// Over the whole house: a group that is marked after the sign-in counts for what its members' applications were given before.
func TestAnAppThatAGroupDemandsFromNowOnEndsWhatItsMembersWereGivenWithout(t *testing.T) { // TP-07
	t.Parallel()
	h := newAviary(t)
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}
	a.ask("scope", "openid offline_access")
	a.signIn().Press("trust-no")
	got := a.tokens(url.Values{"grant_type": {"authorization_code"}, "code": {a.answer().Get("code")}, "redirect_uri": {"http://127.0.0.1:9/callback"},
		"code_verifier": {a.verifier}}, http.StatusOK)
	refresh := func(token string, want int) map[string]string {
		return a.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, want)
	}
	got = refresh(got["refresh_token"], http.StatusOK)
	h.finance()
	refresh(got["refresh_token"], http.StatusBadRequest)
	a.ask("prompt", "none")
	if got := a.answer().Get("error"); got != "interaction_required" {
		t.Errorf("prompt=none is answered with %q", got)
	}
}

// A person's way from the console to an app and back.
func TestAnAdministratorWithoutAnAppComesBackToTheConsoleWithOne(t *testing.T) { // AD-01
	t.Parallel()
	h := newAviary(t)
	anna, _, err := h.db.Login(t.Context(), "anna@example.com")
	if err == nil {
		anna.Role = "admin"
		_, err = h.db.ChangeUser(t.Context(), anna, storage.Event{Actor: "test"})
	}
	if err != nil {
		t.Fatal(err)
	}
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer)}
	a.b.Go(h.issuer + "/admin")
	if a.signIn(); strings.Contains(a.b.URL(), "/login/trust") {
		a.b.Press("trust-no")
	}
	a.b.Status(403).Check().Follow("Set up the app")
	a.scan()
	a.b.Press("submit").Status(200)
	if !strings.HasPrefix(a.b.URL(), h.issuer+"/admin") {
		t.Errorf("it leads to %s", a.b.URL())
	}
}
