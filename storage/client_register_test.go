package storage_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// dynamic is a client that registers itself.
func dynamic(id string) storage.Client {
	c := webClient(id)
	c.Consent = true
	return c
}

// ids are those of all clients.
func ids(h *house) []string {
	h.t.Helper()
	all, err := h.DB.Clients(h.t.Context())
	h.must(err)
	var list []string
	for _, c := range all {
		list = append(list, c.ID)
	}
	return list
}

func TestFiftyRegisterByOnePermitAndAsManyWinAsItHasUses(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		before := len(ids(h))
		permit := storage.Permit{ID: storage.NewID(), Uses: 3, Until: db.Now().Add(time.Hour)}
		results := make([]error, 50)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() {
				results[i] = db.RegisterClient(t.Context(), storage.Registration{Client: dynamic(fmt.Sprint("app", i)), Permit: permit}, storage.Event{})
			})
		}
		all.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else if !errors.Is(err, storage.ErrConflict) {
				t.Errorf("a loser gets %v", err)
			}
		}
		if got := len(ids(h)) - before; won != 3 || got != 3 {
			t.Errorf("%d have won, and %d clients are new", won, got)
		}
	})
}

func TestAClientThatIsNotTakenSpendsNoPermit(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		permit := storage.Permit{ID: storage.NewID(), Uses: 1, Until: db.Now().Add(time.Hour)}
		register := func(c storage.Client) error {
			return db.RegisterClient(t.Context(), storage.Registration{Client: c, Permit: permit}, storage.Event{})
		}
		bad := dynamic("app")
		bad.RedirectURIs = nil
		if err := register(bad); !isInvalid(err) {
			t.Errorf("a client without a redirect URI: %v", err)
		}
		if err := db.AddClient(t.Context(), webClient("app"), storage.Event{}); err != nil {
			t.Fatal(err)
		}
		if err := register(dynamic("app")); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("an id that is taken: %v", err)
		}
		if err := register(dynamic("other")); err != nil {
			t.Errorf("then a good one: %v", err)
		}
		if err := register(dynamic("third")); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("and one more: %v", err)
		}
	})
}

func isInvalid(err error) bool {
	invalid := (*storage.Invalid)(nil)
	return errors.As(err, &invalid)
}

func TestOfTwoWhoChangeOneRecordTheSecondIsTold(t *testing.T) { // RG-06
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(db.RegisterClient(t.Context(), storage.Registration{Client: dynamic("dyn")}, storage.Event{}))
		first, err := db.RegisteredClient(t.Context(), "dyn")
		h.must(err)
		second := first
		first.Name, second.Name = "First", "Second"
		h.must(db.ChangeClient(t.Context(), first, storage.Event{}))
		for range 2 {
			if err := db.ChangeClient(t.Context(), second, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
				t.Errorf("the second: %v", err)
			}
		}
		now, err := db.RegisteredClient(t.Context(), "dyn")
		if err != nil || now.Name != "First" || !now.Updated.After(first.Updated) {
			t.Errorf("it is now %q of %v, was of %v (%v)", now.Name, now.Updated, first.Updated, err)
		}
		second.Updated = now.Updated
		h.must(db.ChangeClient(t.Context(), second, storage.Event{}))
		h.must(db.SetClientDisabled(t.Context(), "dyn", true, storage.Event{}))
		second.Disabled = false
		if err := db.ChangeClient(t.Context(), second, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("who was switched off meanwhile switches itself on: %v", err)
		}
	})
}

func TestAChangeThatChangesNothingWritesNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		first := h.registered("dyn")
		first.JWKS = json.RawMessage(`{ "keys": [] }`)
		h.must(db.ChangeClient(t.Context(), first, storage.Event{}))
		now, err := db.RegisteredClient(t.Context(), "dyn")
		h.must(err)
		count, err := db.ClientChanges(t.Context())
		h.must(err)
		for range 3 {
			again := now
			again.JWKS = first.JWKS
			h.must(db.ChangeClient(t.Context(), again, storage.Event{}))
		}
		after, err := db.RegisteredClient(t.Context(), "dyn")
		h.must(err)
		changes, err := db.ClientChanges(t.Context())
		h.must(err)
		if !after.Updated.Equal(now.Updated) || changes != count || h.events(storage.ClientChanged) != 1 {
			t.Errorf("written at %v, then at %v, with %d events", now.Updated, after.Updated, h.events(storage.ClientChanged))
		}
		if err := db.ChangeClient(t.Context(), first, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("the same, made from an older record: %v", err)
		}
	})
}

func TestWhatTheConfigurationOwnsIsNotChangedBesideIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(db.DeclareClients(t.Context(), []storage.Client{webClient("declared")}, storage.Event{}))
		c, err := db.Client(t.Context(), "declared")
		h.must(err)
		if _, err := db.RegisteredClient(t.Context(), "declared"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("read as one that registered itself: %v", err)
		}
		if err := db.ChangeClient(t.Context(), c, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("changed: %v", err)
		}
		if err := db.RemoveClient(t.Context(), "declared", storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("removed: %v", err)
		}
		if err := db.RemoveClient(t.Context(), "nobody", storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("nobody is removed: %v", err)
		}
	})
}

func TestAClientThatMovesLosesWhatItWasAllowed(t *testing.T) { // RG-03
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for name, c := range map[string]struct {
			to    []string
			lives bool
		}{
			"another path":          {[]string{"https://app.example/else"}, true},
			"another port":          {[]string{"https://app.example:8443/cb"}, true},
			"fewer":                 {[]string{"https://app.example/cb"}, true},
			"another host":          {[]string{"https://bank.example/cb"}, false},
			"another host besides":  {[]string{"https://app.example/cb", "https://bank.example/cb"}, false},
			"plain http, on itself": {[]string{"http://localhost/cb"}, false},
		} {
			id := storage.NewID()
			client := dynamic(id)
			client.RedirectURIs = []string{"https://app.example/cb", "https://two.app.example/cb"}
			h.must(db.RegisterClient(t.Context(), storage.Registration{Client: client}, storage.Event{}))
			h.must(db.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: id, Scopes: []string{"openid"}}, storage.Event{}))
			grant := h.grant(func(g *storage.Grant) { g.ClientID, g.Offline = id, true })
			now, err := db.RegisteredClient(t.Context(), id)
			h.must(err)
			now.RedirectURIs = c.to
			h.must(db.ChangeClient(t.Context(), now, storage.Event{}))
			h.lives(grant, c.lives)
			if _, err := db.Consent(t.Context(), h.user.ID, id); (err == nil) != c.lives {
				t.Errorf("%s: the consent: %v", name, err)
			}
		}
	})
}
