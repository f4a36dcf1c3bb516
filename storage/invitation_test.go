package storage_test

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestAnInvitationIsSeenToComeFurther(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.invite()
		is := func(state string, waiting bool) {
			t.Helper()
			i, err := db.Invitation(t.Context(), h.user.ID)
			if err != nil || i.State != state || i.Waiting != waiting {
				t.Errorf("%+v, %v; want %s, waiting %v", i, err, state, waiting)
			}
		}
		takenBack := func(want bool) {
			t.Helper()
			if i, err := db.Invitation(t.Context(), h.user.ID); err != nil || i.TakenBack != want {
				t.Errorf("taken back: %v, %v; want %v", i.TakenBack, err, want)
			}
		}
		is(storage.InvitationNone, false)
		takenBack(false)
		first := h.link(storage.LinkInvitation, "anna@example.com")
		letter := storage.OutboxLetter{ID: storage.NewID(), Sealed: "x", UserID: h.user.ID, Created: db.Now(), Expires: db.Now().Add(time.Hour)}
		h.must(db.PutLetter(t.Context(), letter, 9))
		is(storage.InvitationSent, true)
		h.must(db.DropLetter(t.Context(), letter.ID))
		is(storage.InvitationSent, false)

		h.must(db.OpenLink(t.Context(), first.ID))
		opened := db.Now()
		is(storage.InvitationOpened, false)
		c.pass(time.Minute)
		h.must(db.OpenLink(t.Context(), first.ID))
		if l, _, err := db.LinkByToken(t.Context(), first.Token); err != nil || !l.Opened.Equal(opened) {
			t.Errorf("opened at %v, %v; want the first time, %v", l.Opened, err, opened)
		}

		h.must(db.WithdrawLink(t.Context(), h.user.ID, storage.LinkInvitation, storage.Event{Actor: "root"}))
		is(storage.InvitationWithdrawn, false)
		if err := h.accept(first); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("a withdrawn one is accepted: %v", err)
		}
		if err := db.WithdrawLink(t.Context(), h.user.ID, storage.LinkInvitation, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("withdrawn again: %v, want ErrNotFound", err)
		}
		takenBack(true)
		c.pass(time.Minute)

		second := h.link(storage.LinkInvitation, "anna@example.com")
		is(storage.InvitationSent, false)
		h.must(h.edit(func(u *storage.User) { u.Email = "berg@example.com" }))
		is(storage.InvitationWithdrawn, false)
		takenBack(false) // it ended, but nobody wished that
		h.must(db.OpenLink(t.Context(), second.ID))
		if l, _, err := db.LinkByToken(t.Context(), second.Token); err != nil || !l.Opened.IsZero() {
			t.Errorf("a dead one was opened: %+v, %v", l, err)
		}

		third := h.link(storage.LinkInvitation, "berg@example.com")
		c.pass(29 * time.Minute)
		is(storage.InvitationSent, false)
		c.pass(time.Minute)
		is(storage.InvitationExpired, false)
		h.must(db.OpenLink(t.Context(), third.ID))
		is(storage.InvitationExpired, false)

		h.must(h.accept(h.link(storage.LinkInvitation, "berg@example.com")))
		is(storage.InvitationAccepted, false)
		h.must(db.SetUserState(t.Context(), h.user.ID, "disabled", storage.Event{}))
		is(storage.InvitationDisabled, false)
		if _, err := db.Invitation(t.Context(), "nobody"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("of nobody: %v, want ErrNotFound", err)
		}
		if n := h.events(storage.LinkWithdrawn); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
}

// An operator withdraws an invitation in the moment in which somebody accepts it.
func TestOfAWithdrawalAndAnAcceptanceOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for range 8 {
			h.invite()
			link, version := h.link(storage.LinkInvitation, "anna@example.com"), h.version()
			errs := atOnce(2, func(i int) error {
				if i == 0 {
					return db.WithdrawLink(t.Context(), h.user.ID, storage.LinkInvitation, storage.Event{})
				}
				_, err := db.AcceptLink(t.Context(), storage.Acceptance{LinkID: link.ID, UserVersion: version, Hash: "$argon2id$new"}, storage.Event{})
				return err
			})
			u, err := db.User(t.Context(), h.user.ID)
			h.must(err)
			switch {
			case errs[0] == nil && errors.Is(errs[1], storage.ErrConflict) && u.State == "invited":
			case errors.Is(errs[0], storage.ErrNotFound) && errs[1] == nil && u.State == "active":
			default:
				t.Fatalf("%v; the person is %s", errs, u.State)
			}
		}
	})
}

// A link of another kind is not an invitation, and is not withdrawn with it.
func TestAnInvitationAndAResetDoNotEndEachOther(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		reset := h.link(storage.LinkReset, "anna@example.com")
		h.link(storage.LinkInvitation, "anna@example.com")
		h.must(db.WithdrawLink(t.Context(), h.user.ID, storage.LinkInvitation, storage.Event{}))
		if l, err := db.LivingLink(t.Context(), h.user.ID, storage.LinkReset); err != nil || l.ID != reset.ID {
			t.Errorf("%+v, %v", l, err)
		}
	})
}

// As each would be asked for alone, however many there are.
func TestTheInvitationsOfAListAreReadAtOnce(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		var ids []string
		for i := range 60 {
			u := storage.User{ID: storage.NewID(), Email: fmt.Sprintf("p%d@example.com", i), State: "invited", Version: 1}
			h.must(db.AddUser(t.Context(), u, "", storage.Event{}))
			ids = append(ids, u.ID)
		}
		link := func(i int) storage.Link {
			l := storage.Link{ID: storage.NewID(), Token: random(), Kind: storage.LinkInvitation, UserID: ids[i], Email: fmt.Sprintf("p%d@example.com", i), Expires: db.Now().Add(30 * time.Minute)}
			h.must(db.PutLink(t.Context(), l, storage.Event{}))
			return l
		}
		link(1) // expires
		c.pass(time.Hour)
		link(2)
		h.must(db.OpenLink(t.Context(), link(2).ID)) // the one before it is replaced
		link(3)
		h.must(db.WithdrawLink(t.Context(), ids[3], storage.LinkInvitation, storage.Event{}))
		link(55)
		got, err := db.Invitations(t.Context(), ids)
		h.must(err)
		want := map[string]string{ids[1]: storage.InvitationExpired, ids[2]: storage.InvitationOpened, ids[3]: storage.InvitationWithdrawn, ids[55]: storage.InvitationSent}
		if !maps.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		for _, id := range ids {
			i, err := db.Invitation(t.Context(), id)
			h.must(err)
			if state := cmp.Or(got[id], storage.InvitationNone); state != i.State {
				t.Errorf("%s: %s in the list, %s alone", id, state, i.State)
			}
		}
	})
}
