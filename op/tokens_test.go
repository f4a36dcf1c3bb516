package op_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
)

func (r reply) json() map[string]any {
	r.t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(r.body), &body); err != nil {
		r.t.Fatalf("status %d, body %q: %v", r.status, r.body, err)
	}
	return body
}

// issued is a token answer.
type issued struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int    `json:"expires_in"`
	RefreshToken string `json:"refresh_token"`
	Scope        string `json:"scope"`
	IDToken      string `json:"id_token"`
}

// issued wants tokens.
func (r reply) issued() issued {
	r.t.Helper()
	if r.status != http.StatusOK {
		r.t.Fatalf("status %d, body %s; want tokens", r.status, r.body)
	}
	var got issued
	must(r.t, json.Unmarshal([]byte(r.body), &got))
	return got
}

// denied wants an error of the token endpoint.
func (r reply) denied(status int, code string) {
	r.t.Helper()
	if r.status != status {
		r.t.Errorf("status %d, body %s; want %d %s", r.status, r.body, status, code)
		return
	}
	if got := r.json()["error"]; got != code {
		r.t.Errorf("error %v, want %s", got, code)
	}
}

// says wants an answer of userinfo, for a living token or a dead one.
func (r reply) says(status int) {
	r.t.Helper()
	if r.status != status {
		r.t.Errorf("userinfo answered %d %s, want %d", r.status, r.body, status)
	}
}

// claimsIn reads a JWS that our keys verify, its header included.
func (a *apps) claimsIn(token, typ string) (header, claims map[string]any) {
	a.t.Helper()
	payload, err := a.keys.Ring.Verify(token, typ)
	if err != nil {
		a.t.Fatalf("our own %s does not verify: %v", typ, err)
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		a.t.Fatal(err)
	}
	first, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		a.t.Fatal(err)
	}
	if err := json.Unmarshal(text, &header); err != nil {
		a.t.Fatal(err)
	}
	return header, claims
}
