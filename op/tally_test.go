package op_test

// LG-08: what comes in any number is written down, and fills nothing.

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// refusals are the events of a kind, and how much they stand for.
func (a *apps) refusals(kind string) (events []storage.Event, total int) {
	a.t.Helper()
	page, err := a.db.Log(a.t.Context(), storage.LogFilter{Kind: kind}, "", 1000)
	must(a.t, err)
	for _, e := range page.Events {
		n, err := strconv.Atoi(e.Data["count"])
		must(a.t, err)
		total += n
	}
	return page.Events, total
}

func TestAFloodOfWrongSecretsIsAFewEventsThatCountIt(t *testing.T) {
	a := newApps(t)
	wrong := func(n int) {
		for range n {
			a.post("/token", attempt(), basic("basic:wrong"))
		}
	}
	write := func() { a.door.WriteCounts(t.Context(), false) }
	wrong(1)
	write()
	events, total := a.refusals(storage.ClientRefused)
	if len(events) != 1 || total != 1 || events[0].Client != "basic" || events[0].Result != "wrong_secret" || events[0].Data["method"] != "client_secret_basic" || events[0].Reference == "" {
		t.Fatalf("%+v", events)
	}
	wrong(13)
	write() // within the minute it is counted, not written
	if events, _ := a.refusals(storage.ClientRefused); len(events) != 1 {
		t.Errorf("%d events within a minute", len(events))
	}
	a.later(time.Minute)
	write()
	write()
	if events, total := a.refusals(storage.ClientRefused); len(events) != 2 || total != 14 {
		t.Errorf("%d events stand for %d", len(events), total)
	}
	wrong(1)
	a.door.WriteCounts(t.Context(), true) // nothing is lost when the house closes
	if events, total := a.refusals(storage.ClientRefused); len(events) != 3 || total != 15 {
		t.Errorf("%d events stand for %d", len(events), total)
	}
}

func TestEachWayOfBeingRefusedIsCountedByItself(t *testing.T) {
	a := newApps(t)
	for _, text := range []string{"basic:wrong", "nobody:x", "off:secret", "post:secret"} {
		a.post("/token", attempt(), basic(text))
	}
	a.post("/introspect", attempt(), basic("nosy:wrong"))
	a.post("/token", attempt(), basic("basic:secret")) // proves itself
	a.door.WriteCounts(t.Context(), false)
	got := map[string]string{}
	events, _ := a.refusals(storage.ClientRefused)
	for _, e := range events {
		got[e.Client+" "+e.Result] = e.Kind
	}
	want := []string{"basic wrong_secret", " unknown_client", "off disabled", "post wrong_method", "nosy wrong_secret"}
	for _, key := range want {
		if _, ok := got[key]; !ok {
			t.Errorf("%q is not told: %v", key, got)
		}
	}
	if len(got) != len(want) { // an unknown id may be anything, even a secret in the wrong place
		t.Errorf("told %v", got)
	}
}

// However many ids are invented they are one thing, and however many people and clients there are, the table in memory has an end.
func TestInventedClientsAreOneEvent(t *testing.T) {
	a := newApps(t)
	for i := range 50 {
		a.post("/token", attempt(), basic(fmt.Sprintf("nobody%d:x", i)))
	}
	a.door.WriteCounts(t.Context(), false)
	if events, total := a.refusals(storage.ClientRefused); len(events) != 1 || total != 50 || events[0].Client != "" {
		t.Errorf("%d events stand for %d", len(events), total)
	}
}

func TestWhoHasNoAccessIsToldToTheLog(t *testing.T) {
	h := newHouse(t)
	h.change(t, "web", only("crew"))
	ben := h.signedIn(t, "ben")
	for range 3 {
		ben.authorize()
	}
	ben.authorize(with("prompt", "none"))
	h.door.WriteCounts(t.Context(), false)
	page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.ClientDenied}, "", 10)
	must(t, err)
	if len(page.Events) != 1 || page.Events[0].Data["count"] != "4" || page.Events[0].User != h.people["ben"].ID || page.Events[0].Client != "web" {
		t.Errorf("%+v", page.Events)
	}
}

// What a person reads out of an error page is found: each of a few, and of many the last.
func TestTheReferencesOfRefusedRequestsAreKeptAFewOfThem(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	seen := map[string]bool{}
	for range 15 {
		b.authorize(with("redirect_uri", "https://evil.test/cb?secret=canary")).page(http.StatusBadRequest)
	}
	h.door.WriteCounts(t.Context(), false)
	b.authorize(with("response_type", "token")) // its answer goes to the client
	b.authorize(with("client_id", "nobody")).page(http.StatusBadRequest)
	b.authorize(with("prompt", "none")) // nobody is signed in: no fault of the client
	h.door.WriteCounts(t.Context(), true)
	page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.ClientMisfit}, "", 10)
	must(t, err)
	results := map[string]storage.Event{}
	for _, e := range page.Events {
		results[e.Client+" "+e.Result] = e
	}
	first := results["web invalid_redirect_uri"]
	for _, name := range strings.Fields(first.Data[storage.ReferencesKept]) {
		seen[name] = true
	}
	if len(seen) != 10 || !seen[first.Reference] || first.Data["count"] != "15" || !strings.Contains(first.Data["why"], "evil.test") || strings.Contains(first.Data["why"], "canary") {
		t.Errorf("%+v", first)
	}
	if _, told := results[" invalid_client"]; !told || len(page.Events) != 3 {
		t.Errorf("%+v", page.Events)
	}
	if _, told := results["web login_required"]; told {
		t.Error("a client that looks whether somebody is signed in is told as one with a fault")
	}
}

func TestWhoHasNoAccessStandsInTheSignInThatLedThere(t *testing.T) {
	h := newHouse(t)
	h.change(t, "web", only("crew"))
	h.signedIn(t, "ben").authorize()
	h.door.WriteCounts(t.Context(), false)
	page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.ClientDenied}, "", 10)
	must(t, err)
	if len(page.Events) != 1 || page.Events[0].Attempt == "" {
		t.Fatalf("%+v", page.Events)
	}
}

// deaf takes no events for a while.
type deaf struct {
	op.Store
	deaf bool
}

func (d *deaf) Record(ctx context.Context, e storage.Event) error {
	if d.deaf {
		return errors.New("the disk is full")
	}
	return d.Store.Record(ctx, e)
}

func TestWhatCouldNotBeWrittenIsCountedOn(t *testing.T) {
	a := newApps(t)
	store := &deaf{Store: a.db, deaf: true}
	var err error
	a.door, err = op.New(op.Options{Store: store, Keys: a.keys, Site: a.site, SignIn: a.face, Now: a.now})
	must(t, err)
	a.route(t)
	refuse := func() { a.post("/token", attempt(), basic("basic:wrong")) }
	refuse()
	a.door.WriteCounts(t.Context(), false)
	refuse()
	store.deaf = false
	a.later(time.Minute)
	a.door.WriteCounts(t.Context(), false)
	if events, total := a.refusals(storage.ClientRefused); len(events) != 1 || total != 2 {
		t.Errorf("%d events stand for %d", len(events), total)
	}
}

func TestManyWhoAreRefusedAtOnceAreAllCounted(t *testing.T) {
	a := newApps(t)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			r := formRequest("/token", attempt(), "basic:wrong")
			a.router.ServeHTTP(discard{http.Header{}}, r)
		})
		all.Go(func() { a.door.WriteCounts(context.WithoutCancel(t.Context()), true) })
	}
	all.Wait()
	a.door.WriteCounts(t.Context(), true)
	if _, total := a.refusals(storage.ClientRefused); total != 20 {
		t.Errorf("counted %d", total)
	}
}

type discard struct{ header http.Header }

func (d discard) Header() http.Header         { return d.header }
func (d discard) Write(p []byte) (int, error) { return len(p), nil }
func (d discard) WriteHeader(int)             {}
