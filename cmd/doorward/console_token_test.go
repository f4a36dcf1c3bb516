package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// AD-17: what the console wants of who enters it, its API wants too, in the house as it is set up: by a password and a letter's code no application
// gets a token that opens it, though the person has been let in and asked.
func TestNoPasswordAloneGetsATokenThatOpensTheConsolesAPI(t *testing.T) {
	t.Parallel()
	h := newAviary(t)
	tool := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}
	tool.client = "tool"
	c := storage.Client{ID: "tool", Name: "Tool", Type: "native", AuthMethod: "none", RedirectURIs: []string{"http://127.0.0.1:9/callback"},
		GrantTypes: []string{"authorization_code"}, Scopes: []string{"openid", "doorward:read", "doorward:write"},
		IDTokenAlg: "RS256", Refresh: "never", TokenFormat: "opaque", RequirePKCE: true}
	if err := h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	anna, _, err := h.db.Login(t.Context(), "anna@example.com")
	if err == nil {
		anna.Role = "admin"
		_, err = h.db.ChangeUser(t.Context(), anna, storage.Event{Actor: "test"})
	}
	if err != nil {
		t.Fatal(err)
	}
	tool.ask("scope", "openid doorward:write")
	if tool.signIn(); strings.Contains(tool.b.URL(), "/login/trust") {
		tool.b.Press("trust-no")
	}
	tool.b.Press("allow").Check().Sees("Set up an authenticator app")
	tool.ask("scope", "openid doorward:write", "prompt", "none")
	if got := tool.answer(); got.Has("code") || got.Get("error") != "interaction_required" {
		t.Fatalf("the application got %v", got)
	}
	if tool.ask("scope", "openid doorward:write"); strings.Contains(tool.b.URL(), "/consent") {
		tool.b.Press("allow")
	}
	tool.b.Follow("Set up the app")
	tool.scan()
	if tool.b.Press("submit"); tool.b.Location() == "" {
		tool.b.Press("allow")
	}
	form := url.Values{"client_id": {"tool"}, "grant_type": {"authorization_code"}, "code": {tool.answer().Get("code")}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "code_verifier": {tool.verifier}}
	answer, err := http.PostForm(h.issuer+"/token", form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var got struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || got.Token == "" {
		t.Fatalf("the token endpoint answers %s, %v", answer.Status, err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.issuer+"/admin/api/v1/settings", nil)
	if err != nil {
		t.Fatal(err)
	}
	h.guard("access token of the tool", got.Token)
	r.Header.Set("Authorization", "Bearer "+got.Token)
	opened, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = opened.Body.Close()
	if opened.StatusCode != http.StatusOK { // the way is not closed to whoever has proved it
		t.Errorf("by an app it opens nothing: %s", opened.Status)
	}
	tool.b.Go(h.issuer + "/admin/api/v1/settings").Status(http.StatusUnauthorized) // her own session is no token
	stays := webtest.New(t, nil).StayOn("https://nowhere.test").Set("Authorization", "Bearer "+got.Token)
	for _, path := range []string{"/admin", "/admin/settings", "/admin/people", "/account"} {
		if to := stays.Go(h.issuer + path).Location(); !strings.Contains(to, "/login") {
			t.Errorf("%s by a token answers %d and leads to %q, want the sign-in", path, stays.StatusCode(), to)
		}
	}
}
