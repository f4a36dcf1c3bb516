package storage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestClientsThatNobodyUsesGiveWayAndGo(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		register := func(id string) error {
			return db.RegisterClient(t.Context(), storage.Registration{Client: dynamic(id), Unused: 3}, storage.Event{})
		}
		for _, id := range []string{"one", "used", "two", "three"} {
			h.must(register(id))
			if id == "used" {
				h.must(db.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: id, Scopes: []string{"openid"}}, storage.Event{}))
			}
			c.pass(time.Minute)
		}
		if err := register("four"); !errors.Is(err, storage.ErrFull) {
			t.Errorf("one more than there may be: %v", err)
		}
		c.pass(25 * time.Hour)
		h.must(register("four"))
		has := func(want bool, id string) {
			t.Helper()
			_, err := db.RegisteredClient(t.Context(), id)
			if (err == nil) != want || err != nil && !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v", id, err)
			}
		}
		has(false, "one") // the oldest has made room
		for _, id := range []string{"used", "two", "three", "four"} {
			has(true, id)
		}
		c.pass(30*24*time.Hour - 25*time.Hour)
		_, err := db.Sweep(t.Context())
		h.must(err)
		has(false, "two")
		has(false, "three")
		has(true, "four")
		has(true, "used")
		c.pass(365 * 24 * time.Hour)
		_, err = db.Sweep(t.Context())
		h.must(err)
		has(false, "four")
		has(true, "used")
		if _, err := db.Client(t.Context(), h.client.ID); err != nil {
			t.Errorf("a client that did not register itself: %v", err)
		}
	})
}

func TestWhoChangesItselfAgainAndAgainKeepsNobodyOut(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		register := func(id string) error {
			return db.RegisterClient(t.Context(), storage.Registration{Client: dynamic(id), Unused: 2}, storage.Event{})
		}
		has := func(want bool, id string) {
			t.Helper()
			if _, err := db.RegisteredClient(t.Context(), id); (err == nil) != want {
				t.Errorf("%s: %v", id, err)
			}
		}
		h.must(register("one"))
		c.pass(time.Minute)
		h.must(register("two"))
		for day := range 40 {
			for _, id := range []string{"one", "two"} {
				now, err := db.RegisteredClient(t.Context(), id)
				if err != nil {
					continue // gone
				}
				now.Name = fmt.Sprint("Day ", day)
				h.must(db.ChangeClient(t.Context(), now, storage.Event{}))
			}
			c.pass(20 * time.Hour)
			if day == 1 {
				h.must(register("three"))
				has(false, "one")
				has(true, "two")
			}
		}
		_, err := db.Sweep(t.Context())
		h.must(err)
		has(false, "two")
	})
}

// registered is a client that has registered itself.
func (h *house) registered(id string) storage.Client {
	h.t.Helper()
	h.must(h.RegisterClient(h.t.Context(), storage.Registration{Client: dynamic(id)}, storage.Event{}))
	c, err := h.RegisteredClient(h.t.Context(), id)
	h.must(err)
	return c
}

// usedBy lets the person sign in to a client.
func (h *house) usedBy(id string) storage.Grant {
	h.t.Helper()
	h.must(h.GiveConsent(h.t.Context(), storage.Consent{UserID: h.user.ID, ClientID: id, Scopes: []string{"openid"}}, storage.Event{}))
	return h.grant(func(g *storage.Grant) { g.ClientID, g.Offline = id, true })
}

// An operator may give a client the id of one that had registered itself, and was seen in its place.
func TestWhoTakesTheIDOfAClientThatIsGoneInheritsNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for _, id := range []string{"dyn", "own"} {
			if id == "dyn" {
				h.registered(id)
			} else {
				h.apps(id)
			}
			grant, late := h.usedBy(id), h.code()
			late.ClientID = id
			h.must(db.RemoveClient(t.Context(), id, storage.Event{}))
			h.lives(grant, false)
			h.apps(id)
			h.lives(grant, false)
			if _, err := db.RedeemCode(t.Context(), late); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("a code from before: %v", err)
			}
			if _, err := db.Consent(t.Context(), h.user.ID, id); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("the consent: %v", err)
			}
			c, err := db.Client(t.Context(), id)
			if err != nil || c.Owner != "" {
				t.Errorf("%+v, %v", c, err)
			}
		}
	})
}

func TestEachClientThatGoesUnusedIsToldOf(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		for i := range 120 {
			h.registered(fmt.Sprint("app", i))
		}
		h.usedBy("app7")
		c.pass(31 * 24 * time.Hour)
		if _, err := db.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if left := ids(h); len(left) != 2 || left[0] != "app7" {
			t.Errorf("left are %v", left)
		}
		if n := h.events(storage.ClientRemoved); n != 119 {
			t.Errorf("%d events tell of it, want 119", n)
		}
	})
}

// Whatever becomes of clients that nobody uses, what grows with each sign-on is swept.
func TestGrantsGoAlsoWhenUnusedClientsCannot(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		c := newClock()
		h := furnish(t, node(t, url, c.now))
		h.registered("unused")
		h.grant(func(g *storage.Grant) { g.Expires = h.Now().Add(time.Minute) })
		c.pass(31 * 24 * time.Hour)
		exec(`alter table consents rename to elsewhere`)
		if n, err := h.Sweep(t.Context()); err == nil || n != 3 { // session, attempt, grant
			t.Errorf("swept %d, %v; want 3 and an error", n, err)
		}
		exec(`alter table elsewhere rename to consents`)
		if n, err := h.Sweep(t.Context()); err != nil || n != 1 {
			t.Errorf("then swept %d, %v; want the client", n, err)
		}
	})
}

func TestARestoreKeepsWhoWasUsedThoughNobodysConsentLives(t *testing.T) {
	eachWay(t, func(t *testing.T, from, to string) {
		c := newClock()
		h := furnish(t, node(t, from, c.now))
		wiki := h.registered("wiki")
		h.registered("unused")
		grant := h.usedBy("wiki")
		c.pass(29 * 24 * time.Hour)
		file := backedUp(t, h.DB)
		_, err := storage.Restore{File: file, URL: to, Options: storage.Options{Now: c.now}}.Run(t.Context())
		h.must(err)
		h.DB = node(t, to, c.now)
		if _, err := h.Consent(t.Context(), h.user.ID, "wiki"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the consent, which may have been withdrawn since: %v", err)
		}
		h.lives(grant, false)
		c.pass(3 * 24 * time.Hour)
		_, err = h.Sweep(t.Context())
		h.must(err)
		if now, err := h.RegisteredClient(t.Context(), "wiki"); err != nil || string(now.Secrets[0]) != string(wiki.Secrets[0]) {
			t.Errorf("the client that was used: %+v, %v", now, err)
		}
		if _, err := h.RegisteredClient(t.Context(), "unused"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the one that was not: %v", err)
		}
		err = h.RegisterClient(t.Context(), storage.Registration{Client: dynamic("new"), Unused: 1}, storage.Event{})
		if err != nil {
			t.Errorf("the client that was used takes a place: %v", err)
		}
		h.session = h.signIn(storage.SignIn{})
		h.lives(h.usedBy("wiki"), true) // the person is asked again, and then it goes on
	})
}

// Who remembers all clients asks for the number alone.
func TestEveryChangeOfAClientIsCounted(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		last := int64(0)
		count := func() int64 {
			n, err := db.ClientChanges(t.Context())
			h.must(err)
			return n
		}
		for _, change := range []struct {
			name string
			do   func() error
		}{
			{"added", func() error { return db.AddClient(t.Context(), webClient("one"), storage.Event{}) }},
			{"disabled", func() error { return db.SetClientDisabled(t.Context(), "one", true, storage.Event{}) }},
			{"removed", func() error { return db.RemoveClient(t.Context(), "one", storage.Event{}) }},
			{"declared", func() error {
				return db.DeclareClients(t.Context(), []storage.Client{webClient("file")}, storage.Event{})
			}},
			{"no more declared", func() error { return db.DeclareClients(t.Context(), nil, storage.Event{}) }},
			{"registered", func() error { h.registered("dyn"); return nil }},
			{"changed", func() error {
				now, err := db.RegisteredClient(t.Context(), "dyn")
				h.must(err)
				now.Name = "Other"
				return db.ChangeClient(t.Context(), now, storage.Event{})
			}},
			{"crowded out", func() error {
				c.pass(25 * time.Hour)
				return db.RegisterClient(t.Context(), storage.Registration{Client: dynamic("next"), Unused: 1}, storage.Event{})
			}},
			{"swept", func() error { c.pass(31 * 24 * time.Hour); _, err := db.Sweep(t.Context()); return err }},
		} {
			last = count()
			h.must(change.do())
			if count() == last {
				t.Errorf("%s: it is still %d", change.name, last)
			}
		}
		last = count()
		h.must(db.DeclareClients(t.Context(), nil, storage.Event{}))
		if count() != last {
			t.Error("nothing was changed, and it is counted")
		}
	})
}

func TestWhatStrangersWriteIsBounded(t *testing.T) {
	c := dynamic("dyn")
	c.Owner = "dynamic"
	for len(c.RedirectURIs) < 8 {
		c.RedirectURIs = append(c.RedirectURIs, "https://rp.test/"+strings.Repeat("x", 2000))
	}
	if err := c.Check(); err != nil {
		t.Errorf("14 KiB: %v", err)
	}
	c.RequestURIs = c.RedirectURIs[:2]
	if err := c.Check(); !isInvalid(err) || !strings.Contains(err.Error(), "16 KiB") {
		t.Errorf("18 KiB: %v", err)
	}
	c.Owner = "" // an operator knows what to do
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	c = dynamic("dyn")
	c.Owner, c.Consent = "dynamic", false
	if err := c.Check(); !isInvalid(err) {
		t.Errorf("one whose grants have no consents: %v", err)
	}
}
