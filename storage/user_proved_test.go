package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// unproved gives the person an address for which nobody vouches.
func (h *house) unproved(email string) storage.User {
	h.t.Helper()
	h.must(h.edit(func(u *storage.User) { u.Email, u.EmailVerified = email, false }))
	return h.known()
}

func (h *house) known() storage.User {
	h.t.Helper()
	u, err := h.User(h.t.Context(), h.user.ID)
	h.must(err)
	return u
}

// OIDC Core §5.1: what is told as verified was verified.
func TestAnAddressIsProvedByWhoeverReadsItsLettersAndByNobodyElse(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		was := h.unproved("ceo@example.com")
		if was.EmailVerified {
			t.Fatal("an address that nobody vouches for is proved")
		}
		h.must(db.ProveEmail(t.Context(), was))
		if now := h.known(); !now.EmailVerified || now.Version != was.Version || !now.Updated.After(was.Updated) {
			t.Errorf("%+v", now)
		}
		// S-41: a proof of the former address does not count for the next one, on another node at the same moment.
		h.unproved("cfo@example.com")
		was.Version++
		for _, stale := range []storage.User{was, {ID: was.ID, Email: "cfo@example.com", Version: was.Version - 1}} {
			h.must(db.ProveEmail(t.Context(), stale))
		}
		if h.known().EmailVerified {
			t.Error("a proof of before counts")
		}
		if err := h.edit(func(u *storage.User) { u.EmailVerified = true }); err == nil {
			t.Error("the same address becomes proved by a change of the record")
		}
		_, err := db.ConfirmAddress(t.Context(), h.link(storage.LinkAddress, "berg@example.com").ID, storage.Event{})
		if h.must(err); !h.known().EmailVerified {
			t.Error("an address that was confirmed at the account is not proved")
		}
	})
}

func TestALinkThatWasMailedProvesTheMailboxAndOneThatWasCopiedDoesNot(t *testing.T) {
	for _, copied := range []bool{false, true} {
		storagetest.Each(t, func(t *testing.T, db *storage.DB) {
			h := furnish(t, db)
			p := h.unproved("ceo@example.com")
			l := storage.Link{ID: storage.NewID(), Token: random(), Kind: storage.LinkInvitation, UserID: p.ID, Email: p.Email,
				Expires: db.Now().Add(time.Hour), Copied: copied}
			h.must(db.PutLink(t.Context(), l, storage.Event{}))
			h.must(h.accept(l))
			if got := h.known().EmailVerified; got == copied {
				t.Errorf("copied %v, proved %v", copied, got)
			}
		})
	}
}

// AD-07: what an administrator may do with the addresses of somebody whose role was taken does not rest on the log, which they keep.
func TestWhenARoleWasTakenStandsWithThePerson(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(h.edit(func(u *storage.User) { u.Role = "helpdesk" }))
		if !h.known().RoleEnded.IsZero() {
			t.Error("a role that was given is told as taken")
		}
		before := db.Now().Truncate(time.Microsecond)
		h.must(h.edit(func(u *storage.User) { u.Role = "" }))
		taken := h.known().RoleEnded
		if taken.Before(before) {
			t.Errorf("taken at %v, it was %v", taken, before)
		}
		var wrong *storage.Invalid
		if err := h.edit(func(u *storage.User) { u.RoleEnded = time.Time{} }); !errors.As(err, &wrong) || wrong.Field != "role_ended" {
			t.Errorf("it is forgotten by a change of the record: %v", err)
		}
		h.must(h.edit(func(u *storage.User) { u.Claims = map[string]any{"name": "Anna"} }))
		if got := h.known().RoleEnded; !got.Equal(taken) {
			t.Errorf("another name, and it was taken at %v", got)
		}
	})
}
