package main

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// What the face counts for a mailbox, it counts for page, API and command together, and each of them says how long to wait.
func TestAMailboxThatHasHadEnoughIsToldByPageAPIAndDesk(t *testing.T) {
	t.Parallel()
	h := newAviary(t)
	a := &applying{aviary: h, b: webtest.New(t, nil).StayOn(h.issuer), verifier: h.canary("PKCE verifier")}
	a.atConsole()
	robot := storage.Client{ID: "robot", Name: "Robot", Type: "service", AuthMethod: "client_secret_basic", Secrets: [2][]byte{keys.HashSecret(h.canary("client secret"))},
		GrantTypes: []string{"client_credentials"}, Scopes: []string{"doorward:write"}, IDTokenAlg: "RS256", Refresh: "never", TokenFormat: "opaque", RequirePKCE: true}
	ben := storage.User{ID: storage.NewID(), Email: "ben@example.com", Claims: map[string]any{"name": "Ben Kaya"}, State: "active"}
	if err := h.db.AddClient(t.Context(), robot, storage.Event{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	if err := h.db.AddUser(t.Context(), ben, "", storage.Event{}); err != nil {
		t.Fatal(err)
	}
	h.client = "robot"
	token := h.tokens(url.Values{"grant_type": {"client_credentials"}, "scope": {"doorward:write"}}, http.StatusOK)["access_token"]
	reset := func() (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, h.issuer+"/admin/api/v1/people/"+ben.ID+"/reset-password", strings.NewReader(`{}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, string(body)
	}
	sent := len(h.box.Letters())
	for range 2 {
		if code, body := reset(); code != http.StatusNoContent {
			t.Fatalf("%d %s", code, body)
		}
	}
	page := h.issuer + "/admin/people/" + ben.ID + "/reset-password"
	a.b.Go(page).Press("submit").Status(http.StatusOK)
	a.b.Go(page).Press("submit").Status(http.StatusTooManyRequests).Check().Sees("wait 5 minutes")
	if code, body := reset(); code != http.StatusTooManyRequests || !strings.Contains(body, "wait 5 minutes") {
		t.Errorf("the API answers %d %s", code, body)
	}
	now := h.present()
	err := now.desk(now.face).SendPasswordReset(t.Context(), admin.Operator(), ben.ID, "")
	if soon, ok := err.(*admin.TooSoon); !ok || soon.Minutes != 5 {
		t.Errorf("the command is told %v", err)
	}
	if n := len(h.box.Letters()) - sent; n != 3 {
		t.Errorf("%d letters were sent", n)
	}
}
