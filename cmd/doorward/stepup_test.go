package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

// levelled is what an ID token says of a sign-in.
type levelled struct {
	Session  string   `json:"sid"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
	AuthTime int64    `json:"auth_time"`
}

// applying is an application that a person comes from with a browser.
type applying struct {
	*aviary
	b        *webtest.Browser
	verifier string
}

// ask sends the browser to sign in, with parameters as pairs.
func (a *applying) ask(pairs ...string) *webtest.Browser {
	a.t.Helper()
	sum := sha256.Sum256([]byte(a.verifier))
	q := url.Values{
		"client_id": {a.client}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "response_type": {"code"}, "scope": {"openid"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return a.b.Go(a.issuer + "/authorize?" + q.Encode())
}

// withCode types the code of the latest letter.
func (a *applying) withCode() *webtest.Browser {
	a.t.Helper()
	return a.b.Fill("code", mailed.FindString(a.box.Letters()[0].Subject)).Press("submit")
}

// answer is what the application was sent.
func (a *applying) answer() url.Values {
	a.t.Helper()
	to, err := url.Parse(a.b.Location())
	if err != nil || to.Host != "127.0.0.1:9" {
		a.t.Fatalf("the browser is at %q:\n%.2000s", a.b.Location(), a.b.Body())
	}
	return to.Query()
}

// idToken redeems the code that the application was sent.
func (a *applying) idToken() levelled {
	a.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {a.answer().Get("code")}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "code_verifier": {a.verifier}}
	parts := strings.Split(a.tokens(form, http.StatusOK)["id_token"], ".")
	if len(parts) != 3 {
		a.t.Fatalf("the ID token has %d parts", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		a.t.Fatal(err)
	}
	var l levelled
	if err := json.Unmarshal(payload, &l); err != nil {
		a.t.Fatal(err)
	}
	return l
}

// OIDC Core §3.1.2.1 acr_values, over the whole house (issue 4, item 10): a step-up asks only for what is missing.
func TestAnApplicationThatWantsTwoFactorsAsksASessionOfOneOnlyForTheSecond(t *testing.T) {
	t.Parallel()
	const one, two, byApp = "urn:doorward:1fa", "urn:doorward:2fa", "urn:doorward:2fa-app"
	h := newAviary(t)
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}

	a.ask().Fill("username", "anna@example.com").Press("submit")
	a.b.Fill("password", h.canary("password")).Press("submit")
	a.withCode().Press("trust-yes")
	if got := a.idToken(); got.ACR != two {
		t.Errorf("after password and code: %+v", got)
	}
	a.b.Go(h.issuer + "/account").Press("confirm")
	a.ask().Press("Continue as Anna Berg")
	a.b.Fill("password", h.canary("password")).Press("submit")
	before := a.idToken()
	if before.ACR != one {
		t.Errorf("on a trusted browser: %+v", before)
	}

	a.ask("acr_values", byApp+" "+two, "prompt", "none") // a wish is no reason for an error
	if got := a.idToken(); got.ACR != one {
		t.Errorf("with prompt=none: %+v", got)
	}
	demand := `{"id_token":{"acr":{"essential":true,"value":"` + byApp + `"}}}`
	a.ask("claims", demand) // Anna has no app
	if got := a.answer().Get("error"); got != "unmet_authentication_requirements" {
		t.Errorf("a demand that cannot be met is answered with %q", got)
	}

	a.ask("acr_values", byApp+" "+two).Sees("Check your email").SeesNot("Enter your password")
	a.withCode()
	after := a.idToken()
	if after.ACR != two || after.Session != before.Session || after.AuthTime != before.AuthTime {
		t.Errorf("after the step-up: %+v, before it: %+v", after, before)
	}
	a.ask("acr_values", two)
	if got := a.idToken(); got.ACR != two {
		t.Errorf("the level is not kept: %+v", got)
	}
}
