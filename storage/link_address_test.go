package storage_test

import (
	"errors"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestAnAddressIsConfirmedByItsOwnLinkOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		given, reset := h.trust(), h.link(storage.LinkReset, "anna@example.com")
		if _, err := db.ConfirmAddress(t.Context(), reset.ID, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("by a reset: %v, want ErrConflict", err)
		}
		l := h.link(storage.LinkAddress, "berg@example.com")
		oneWinner(t, atOnce(50, func(int) error {
			_, err := db.ConfirmAddress(t.Context(), l.ID, storage.Event{})
			return err
		}), storage.ErrConflict)
		user, err := db.User(t.Context(), h.user.ID)
		if err != nil || user.Email != "berg@example.com" || user.LinkEmail != "" || user.Version != 2 {
			t.Errorf("%+v, %v", user, err)
		}
		if _, err := db.UserByLinkEmail(t.Context(), "anna@example.com"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an account elsewhere is still linked by the former address: %v", err)
		}
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); err != nil {
			t.Errorf("the session: %v", err)
		}
		h.trustIsOver(given)
		if err := h.accept(reset); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("a reset that went to the former address: %v, want ErrConflict", err)
		}
		if n := h.events(storage.EmailChanged); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
}

// FD-07: of many who confirm one address, one has it.
func TestAnAddressThatIsTakenMeanwhileIsNotConfirmed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		links := make([]storage.Link, 10)
		for i := range links {
			other := person(storage.NewID() + "@example.com")
			h.must(db.AddUser(t.Context(), other, "", storage.Event{}))
			h.user = other
			links[i] = h.link(storage.LinkAddress, "new@example.com")
		}
		var invalid *storage.Invalid
		won := 0
		for _, err := range atOnce(len(links), func(i int) error {
			_, err := db.ConfirmAddress(t.Context(), links[i].ID, storage.Event{})
			return err
		}) {
			if err == nil {
				won++
			} else if !errors.As(err, &invalid) || invalid.Field != "email" {
				t.Errorf("%v, want *Invalid for email", err)
			}
		}
		if won != 1 {
			t.Errorf("%d have it", won)
		}
	})
}
