package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func kinds(all []storage.Event) []string {
	var out []string
	for _, e := range all {
		out = append(out, e.Kind)
	}
	return out
}

func TestAPersonSeesTheirOwnEventsNewestFirst(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(db.AddUser(t.Context(), person("ben@example.com"), "", storage.Event{}))
		h.must(db.Record(t.Context(), storage.Event{Kind: storage.SignInRefused, User: h.user.ID, Reference: "ABCD", Result: "password"}))
		h.must(db.Record(t.Context(), storage.Event{Kind: storage.SignInRefused, User: "somebody", Reference: "ABCD"}))
		got, err := db.Activity(t.Context(), h.user.ID, 10)
		h.must(err)
		if diff := cmp.Diff([]string{storage.SignInRefused, storage.SessionStarted, storage.UserAdded}, kinds(got)); diff != "" {
			t.Error(diff)
		}
		if got, err := db.Activity(t.Context(), h.user.ID, 1); err != nil || len(got) != 1 || got[0].Result != "password" {
			t.Errorf("%+v, %v", got, err)
		}
		if got, err := db.Activity(t.Context(), "", 10); err != nil || len(got) != 0 {
			t.Errorf("of nobody: %+v, %v", got, err)
		}
		for reference, want := range map[string]int{"ABCD": 2, "EFGH": 0, "": 0} {
			if got, err := db.EventsByReference(t.Context(), reference); err != nil || len(got) != want {
				t.Errorf("%q: %+v, %v; want %d", reference, got, err, want)
			}
		}
	})
}

func TestLivingSessionsAreListedTheOneSeenLastFirst(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		c.pass(time.Hour)
		second := h.signIn(storage.SignIn{})
		gone := h.signIn(storage.SignIn{})
		h.must(db.EndSession(t.Context(), gone.ID, storage.Event{}))
		list := func() []string {
			all, err := db.SessionsOf(t.Context(), h.user.ID)
			h.must(err)
			var ids []string
			for _, s := range all {
				if s.Agent != "Chrome on Windows" || s.Cookie != nil {
					t.Errorf("%+v", s)
				}
				ids = append(ids, s.ID)
			}
			return ids
		}
		if diff := cmp.Diff([]string{second.ID, h.session.ID}, list()); diff != "" {
			t.Error(diff)
		}
		c.pass(11 * time.Hour) // the first is idle for twelve
		if diff := cmp.Diff([]string{second.ID}, list()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestAppsAreThoseWithALivingGrantOrAConsent(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		for _, id := range []string{"consented", "withdrawn", "revoked", "unknown"} {
			h.must(db.AddClient(t.Context(), webClient(id), storage.Event{}))
		}
		for _, id := range []string{"consented", "withdrawn"} {
			h.must(db.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: id, Scopes: []string{"openid", "phone"}}, storage.Event{}))
		}
		h.must(db.WithdrawConsent(t.Context(), h.user.ID, "withdrawn", storage.Event{}))
		revoked := h.grant(func(g *storage.Grant) { g.ClientID = "revoked" })
		h.must(db.RevokeGrant(t.Context(), revoked.ID, storage.Event{}))
		start := h.Now()
		first := h.grant(nil)
		c.pass(time.Minute)
		other := h.signIn(storage.SignIn{})
		h.grant(func(g *storage.Grant) { g.SessionID, g.Scopes = other.ID, []string{"openid", "groups"} })
		c.pass(time.Minute)
		_, _, err := db.RotateGrant(t.Context(), h.rotation(first, 0))
		h.must(err)

		got, err := db.Apps(t.Context(), h.user.ID)
		h.must(err)
		if len(got) == 2 && got[1].Sessions != nil && got[1].Sessions[0] != h.session.ID { // rows come in any order
			got[1].Sessions[0], got[1].Sessions[1] = got[1].Sessions[1], got[1].Sessions[0]
		}
		want := []storage.App{
			{ClientID: "consented", Name: "The consented", Scopes: []string{"openid", "phone"}, Since: start, Used: start},
			{ClientID: "web", Name: "The web", Scopes: []string{"openid", "email", "groups"}, Since: start, Used: start.Add(2 * time.Minute),
				Sessions: []string{h.session.ID, other.ID}},
		}
		sorted := cmp.Transformer("set", func(s []string) map[string]bool {
			set := map[string]bool{}
			for _, x := range s {
				set[x] = true
			}
			return set
		})
		if diff := cmp.Diff(want, got, sorted); diff != "" {
			t.Error(diff)
		}
		if nobody, err := db.Apps(t.Context(), "nobody"); err != nil || len(nobody) != 0 {
			t.Errorf("%+v, %v", nobody, err)
		}
	})
}

func TestThePasswordsAgeIsThatOfThePasswordNotOfItsHash(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		since := h.Now()
		c.pass(time.Hour)
		h.must(db.Rehash(t.Context(), h.user.ID, "$argon2id$old", "$argon2id$dearer"))
		if got, err := db.PasswordSince(t.Context(), h.user.ID); err != nil || !got.Equal(since) {
			t.Errorf("%v, %v; want %v", got, err, since)
		}
		h.must(db.SetPassword(t.Context(), h.user.ID, "$argon2id$new", "", storage.Event{}))
		if got, err := db.PasswordSince(t.Context(), h.user.ID); err != nil || !got.Equal(since.Add(time.Hour)) {
			t.Errorf("%v, %v; want an hour later", got, err)
		}
		ben := person("ben@example.com")
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		if _, err := db.PasswordSince(t.Context(), ben.ID); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("without one: %v, want ErrNotFound", err)
		}
	})
}
