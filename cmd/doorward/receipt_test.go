package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// Behaviours 3.17, over the whole house, to an application that is really there: it refuses the sign-out of whoever is disabled, until it
// is told again.
func TestAnApplicationThatRefusedASignOutHearsOfItWhenAnOperatorHasItToldAgain(t *testing.T) {
	t.Parallel()
	var heard, answer atomic.Int64
	answer.Store(http.StatusBadRequest)
	rp := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Count(r.PostFormValue("logout_token"), ".") == 2 {
			heard.Add(1)
		}
		w.WriteHeader(int(answer.Load()))
	}))
	t.Cleanup(rp.Close)
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	file := write(t, fmt.Sprintf("issuer: http://localhost:%s\ndatabase: sqlite:doorward.db\noutbound: {allow: [%q]}\n", portOf(listener), rp.URL), nil)
	h, _ := openHouse(t, file, parts{Listener: listener})
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ctx, now, desk := t.Context(), h.db.Now(), h.present().admin.Desk
	anna := storage.User{ID: storage.NewID(), Email: "anna@example.com", State: "active"}
	must(h.db.AddUser(ctx, anna, "", storage.Event{}))
	must(h.db.AddClient(ctx, storage.Client{ID: "wiki", Name: "Wiki", Type: "web", AuthMethod: "client_secret_basic", Secrets: [2][]byte{make([]byte, 32)},
		RedirectURIs: []string{"https://wiki.test/cb"}, GrantTypes: []string{"authorization_code"}, RequirePKCE: true, IDTokenAlg: "RS256", Refresh: "offline",
		TokenFormat: "opaque", BackchannelURI: rp.URL}, storage.Event{}))
	s, err := h.db.Finish(ctx, storage.SignIn{UserVersion: 1, Until: now.Add(time.Hour), Session: storage.Session{Cookie: []byte(storage.NewID()), UserID: anna.ID,
		Attempt: storage.NewID(), AuthTime: now, ACR: storage.TwoFactors, AMR: []string{"pwd", "otp", "mfa"}, IdleUntil: now.Add(time.Hour), Expires: now.Add(time.Hour)}}, storage.Event{})
	must(err)
	_, err = h.db.RedeemCode(ctx, storage.Grant{ID: storage.NewID(), Kind: "code", ClientID: "wiki", UserID: anna.ID, SessionID: s.ID, CodeID: storage.NewID(),
		CodeIssued: h.db.Now(), Scopes: []string{"openid"}, AuthTime: now, Expires: now.Add(time.Hour), Created: now, Tell: storage.TellByUs})
	must(err)

	operator := admin.Operator()
	operator.Reference = "E-AAAA-AA"
	ended, err := desk.DisablePerson(ctx, operator, anna.ID, "")
	must(err)
	stands := func(state string) bool {
		t.Helper()
		told, err := desk.Receipt(ctx, anna.ID, ended.Receipt)
		must(err)
		return len(told.Apps) == 1 && told.Apps[0].State == state
	}
	eventually(t, "it to have refused", func() bool { return stands(storage.LogoutFailed) })
	answer.Store(http.StatusOK)
	again, err := desk.TellAgain(ctx, operator, anna.ID, ended.Receipt, "their server is mended")
	if err != nil || len(again.Apps) != 1 || heard.Load() < 1 {
		t.Fatalf("%+v, %v", again, err)
	}
	eventually(t, "it to know", func() bool { return stands(storage.LogoutDelivered) })
	if heard.Load() != 2 {
		t.Errorf("it has heard %d times", heard.Load())
	}
}
