package storage_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

const google = "https://accounts.google.com"

// identity is the account of subject at Google as the person links it.
func (h *house) identity(subject string) storage.NewIdentity {
	h.t.Helper()
	return storage.NewIdentity{Identity: storage.Identity{Issuer: google, Subject: subject, UserID: h.user.ID, Email: "anna@gmail.com"},
		UserVersion: h.version(), Keep: h.session.ID}
}

func (h *house) linkUp(n storage.NewIdentity) error {
	_, err := h.AddIdentity(h.t.Context(), n, storage.Event{})
	return err
}

func TestAnAccountElsewhereIsFoundByIssuerAndSubjectAlone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(h.linkUp(h.identity("1")))
		user, got, err := db.ByIdentity(t.Context(), google, "1")
		if err != nil || user.ID != h.user.ID || got.Email != "anna@gmail.com" || got.Created.IsZero() || !got.Used.Equal(got.Created) {
			t.Errorf("%+v, %+v, %v", user, got, err)
		}
		// FD-06: the address there may change; ours does not.
		got.Email = "anna.berg@gmail.com"
		h.must(db.TouchIdentity(t.Context(), got))
		all, err := db.Identities(t.Context(), h.user.ID)
		if err != nil || len(all) != 1 || all[0].Email != "anna.berg@gmail.com" || !all[0].Used.After(got.Used) {
			t.Errorf("%+v, %v", all, err)
		}
		if again, _, err := db.ByIdentity(t.Context(), google, "1"); err != nil || again.Email != "anna@example.com" {
			t.Errorf("%+v, %v", again, err)
		}
		for name, ask := range map[string][2]string{"another subject": {google, "2"}, "another issuer": {"https://evil.example", "1"}, "nothing": {"", ""}} {
			if _, _, err := db.ByIdentity(t.Context(), ask[0], ask[1]); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
	})
}

func TestFiftyLinkOneAccountAndOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.invite()
		invitation := h.link(storage.LinkInvitation, "anna@example.com")
		n := h.identity("1")
		n.Keep = ""
		oneWinner(t, atOnce(50, func(int) error { return h.linkUp(n) }), storage.ErrConflict)
		user, err := db.User(t.Context(), h.user.ID)
		if err != nil || user.State != "active" || user.Version != 3 {
			t.Errorf("%+v, %v; want active, version 3", user, err)
		}
		if err := h.accept(invitation); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("the invitation: %v, want ErrConflict", err)
		}
		if linked, states := h.events(storage.IdentityLinked), h.events(storage.UserStateChanged); linked != 1 || states != 2 {
			t.Errorf("%d linked and %d states changed, want 1 and 2", linked, states)
		}
	})
}

// FD-05, FD-10
func TestAnAccountIsLinkedToOnePersonAndAPersonToOneOfAnIssuer(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		stale := h.identity("1")
		stale.UserVersion = 7
		if err := h.linkUp(stale); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("another version: %v, want ErrNotFound", err)
		}
		h.must(h.linkUp(h.identity("1")))
		if err := h.linkUp(h.identity("2")); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("another account of the same issuer: %v, want ErrConflict", err)
		}
		var invalid *storage.Invalid
		if err := h.linkUp(h.identity("")); !errors.As(err, &invalid) {
			t.Errorf("no subject: %v, want *Invalid", err)
		}
		ben := person("ben@example.com")
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		h.user = ben
		if err := h.linkUp(h.identity("1")); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("another person's account: %v, want ErrConflict", err)
		}
		h.must(db.SetUserState(t.Context(), ben.ID, "disabled", storage.Event{}))
		if err := h.linkUp(h.identity("3")); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a disabled person: %v, want ErrNotFound", err)
		}
		if _, _, err := db.ByIdentity(t.Context(), google, "3"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("what was refused was linked: %v", err)
		}
	})
}

// FD-12: who unlinks an account does not find it linked again by its address.
func TestAnUnlinkedAccountIsNotLinkedAgainByItself(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		if user, err := db.UserByLinkEmail(t.Context(), "anna@example.com"); err != nil || user.ID != h.user.ID {
			t.Errorf("%+v, %v", user, err)
		}
		h.must(h.linkUp(h.identity("1")))
		h.must(db.RemoveIdentity(t.Context(), h.user.ID, google, h.session.ID, storage.Event{Actor: h.user.ID}))
		if err := db.RemoveIdentity(t.Context(), h.user.ID, google, "", storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("unlinked again: %v, want ErrNotFound", err)
		}
		if _, _, err := db.ByIdentity(t.Context(), google, "1"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("by its subject: %v, want ErrNotFound", err)
		}
		for _, email := range []string{"anna@example.com", ""} {
			if _, err := db.UserByLinkEmail(t.Context(), email); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("by the address %q: %v, want ErrNotFound", email, err)
			}
		}
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); err != nil {
			t.Errorf("the session in which it was done: %v", err)
		}
		if n := h.events(storage.IdentityUnlinked); n != 1 || h.version() != 3 {
			t.Errorf("%d events, version %d; want 1 and 3", n, h.version())
		}
		h.must(h.linkUp(h.identity("1"))) // on purpose it can be
	})
}

// FD-07
func TestNoTwoPeopleAreLinkedByOneAddress(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ben := person("ben@example.com")
		ben.LinkEmail = "anna@example.com"
		if err := db.AddUser(t.Context(), ben, "", storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("%v, want ErrConflict", err)
		}
		ben.LinkEmail = "Ben@gmail.com"
		var invalid *storage.Invalid
		if err := db.AddUser(t.Context(), ben, "", storage.Event{}); !errors.As(err, &invalid) || invalid.Field != "link_email" {
			t.Errorf("another spelling: %v, want *Invalid", err)
		}
		ben.LinkEmail = "ben@gmail.com"
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		got, err := db.UserByLinkEmail(t.Context(), "ben@gmail.com")
		h.must(err)
		if diff := cmp.Diff(ben.ID, got.ID); diff != "" {
			t.Error(diff)
		}
	})
}
