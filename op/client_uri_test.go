package op_test

// OIDC Core §10.1, §10.1.1: clients whose keys lie elsewhere.

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// keyPlace is where a client shows its keys.
type keyPlace struct {
	signing
	url   string
	shown atomic.Value // json.RawMessage
	down  atomic.Bool
	held  atomic.Pointer[chan struct{}] // nobody is answered before it is closed
	asked atomic.Int32
}

func newKeyPlace(t *testing.T, h *house) *keyPlace {
	t.Helper()
	k := &keyPlace{}
	k.shown.Store(setOf("ec"))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k.asked.Add(1)
		if held := k.held.Load(); held != nil {
			select {
			case <-*held:
			case <-r.Context().Done():
			}
		}
		if k.down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/jwk-set+json")
		fmt.Fprintf(w, "%s", k.shown.Load())
	}))
	t.Cleanup(server.Close)
	k.url = server.URL
	outbound, err := web.NewOutbound(web.OutboundOptions{Allow: []string{server.URL}})
	must(t, err)
	h.serve(t, op.Options{Outbound: outbound})
	k.signing = newSigning(t, h)
	k.add("remote", k.url+"/jwks")
	return k
}

// add makes a client whose keys lie at an address.
func (k *keyPlace) add(id, uri string) {
	k.t.Helper()
	c := k.clients["pkj"]
	c.ID, c.JWKS, c.JWKSURI = id, nil, uri
	if err := k.db.AddClient(k.t.Context(), c, storage.Event{Actor: "test"}); err != nil {
		k.t.Fatal(err)
	}
}

// wants says what an assertion by a pen comes to, and how often the keys were fetched by then.
func (k *keyPlace) wants(what, pen, result string, fetched int32) {
	k.t.Helper()
	if told := k.ask(k.by(pen, "remote", nil, nil)).json()["error"]; told != result || k.asked.Load() != fetched {
		k.t.Errorf("%s: %v after %d fetches, not %s after %d", what, told, k.asked.Load(), result, fetched)
	}
}

func TestKeysThatLieElsewhereAreFetchedOnceAndAgainForANewOne(t *testing.T) { // C.3 item 41, C.6 item 58
	eachHouse(t, func(t *testing.T, h *house) {
		k := newKeyPlace(t, h)
		k.wants("the first", "ec", passes, 1)
		k.wants("the second", "ec", passes, 1)
		k.shown.Store(setOf("ec2"))
		k.wants("a new key within the minute", "ec2", refused, 1)
		k.later(time.Minute)
		k.wants("a new key", "ec2", passes, 2)
		k.wants("the one before, which is shown no more", "ec", refused, 2)
		k.later(time.Hour)
		k.wants("the same key an hour later", "ec2", passes, 3)
	})
}

func TestInventedKeysAreNoReasonToAskAClientAgainAndAgain(t *testing.T) { // CA-17
	eachHouse(t, func(t *testing.T, h *house) {
		k := newKeyPlace(t, h)
		k.wants("the first", "ec", passes, 1)
		k.later(time.Minute)
		for i := range 30 {
			p := pens()["stranger"]
			p.kid = fmt.Sprint("invented ", i)
			payload, err := json.Marshal(k.claims("remote", nil))
			must(t, err)
			k.ask(p.write(t, payload, nil))
		}
		k.wants("the client's own", "ec", passes, 2)
	})
}

func TestAClientWhoseKeysCannotBeHadIsRefusedUntilTheyCan(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		k := newKeyPlace(t, h)
		var log bytes.Buffer
		k.site.Log = slog.New(slog.NewTextHandler(&log, nil))
		k.down.Store(true)
		k.wants("down", "ec", refused, 1)
		if line := log.String(); !strings.Contains(line, "the client's keys cannot be had") || strings.Contains(line, k.url) {
			t.Errorf("the line is %s", line)
		}
		k.down.Store(false)
		k.wants("up, and asked a moment ago", "ec", refused, 1)
		k.later(10 * time.Second)
		k.wants("up", "ec", passes, 2)
		k.down.Store(true)
		k.later(time.Hour)
		k.wants("down for an hour", "ec", passes, 3)
		k.later(25 * time.Hour)
		k.wants("down for a day", "ec", refused, 4)
	})
}

func TestAClientThatShowsItsKeysSlowlyHoldsUpNobodyElse(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		k := newKeyPlace(t, h)
		held := make(chan struct{})
		k.held.Store(&held)
		slow := make(chan int)
		good, other := k.by("ec", "remote", nil, nil), k.assert("pkj", nil)
		go func() { slow <- k.sendTo(k.router, "/token", attempt(shown(good))).Code }()
		for k.asked.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		k.ask(other).denied(http.StatusBadRequest, passes)
		k.post("/token", attempt(), basic("basic:secret")).denied(http.StatusBadRequest, passes)
		select {
		case status := <-slow:
			t.Errorf("the slow one was answered %d", status)
		default:
		}
		close(held)
		if status := <-slow; status != http.StatusBadRequest {
			t.Errorf("the slow one is answered %d", status)
		}
	})
}

func TestNoKeyIsFetchedFromWhereItMustNotBe(t *testing.T) { // CA-17, SR-02, SR-03
	eachHouse(t, func(t *testing.T, h *house) {
		k := newKeyPlace(t, h)
		for name, header := range map[string]map[string]any{
			"jku": {"jku": k.url + "/jwks"}, "x5u": {"x5u": k.url + "/cert"}, "both": {"jku": k.url, "x5u": k.url},
		} {
			k.later(time.Minute)
			k.ask(k.by("ec", "pkj", nil, header)).denied(http.StatusUnauthorized, refused)
			k.ask(k.by("ec", "remote", nil, header)).denied(http.StatusUnauthorized, refused)
			if n := k.asked.Load(); n != 0 {
				t.Errorf("%s: %d fetches", name, n)
			}
		}
		for i, uri := range []string{"https://10.0.0.1/jwks", "https://169.254.169.254/jwks", "https://[::1]/jwks", "https://localhost/jwks", strings.Replace(k.url, "127.0.0.1", "localhost", 1)} {
			id := fmt.Sprint("inside", i)
			k.add(id, uri)
			k.ask(k.by("ec", id, nil, nil)).denied(http.StatusUnauthorized, refused)
		}
		if n := k.asked.Load(); n != 0 {
			t.Errorf("%d fetches from addresses that nobody vouches for", n)
		}
	})
}
