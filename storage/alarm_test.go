package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// alarm is one of the person's, good for seven days.
func (h *house) alarm(email string) storage.Alarm {
	return storage.Alarm{ID: storage.NewID(), Until: h.Now().Add(7 * 24 * time.Hour), UserID: h.user.ID, Email: email}
}

// S-41
func TestFiftyRaiseOneAlarmAndOneWins(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		a := h.alarm("")
		raise := func(int) error {
			_, err := db.RaiseAlarm(t.Context(), a, storage.Event{})
			return err
		}
		oneWinner(t, atOnce(50, raise), storage.ErrConflict)
		if n := h.events(storage.AlarmRaised); n != 1 || h.version() != 2 {
			t.Errorf("%d events, version %d; want 1 and 2", n, h.version())
		}
		h.session = h.signIn(storage.SignIn{UserVersion: 2})
		// A letter that lies about must not sign people out for ever: neither again, nor after its end, when its id is swept.
		for _, wait := range []time.Duration{0, 7*24*time.Hour - time.Microsecond, time.Microsecond, time.Hour} {
			c.pass(wait)
			_, err := db.Sweep(t.Context())
			h.must(err)
			if err := raise(0); !errors.Is(err, storage.ErrConflict) {
				t.Errorf("after %v: %v, want ErrConflict", wait, err)
			}
		}
		if h.version() != 2 {
			t.Error("the version was raised again")
		}
	})
}

func TestAnAlarmGivesTheFormerAddressBack(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		steal := func() {
			_, err := db.ConfirmAddress(t.Context(), h.link(storage.LinkAddress, "thief@example.com").ID, storage.Event{})
			h.must(err)
		}
		steal()
		user, err := db.RaiseAlarm(t.Context(), h.alarm("anna@example.com"), storage.Event{})
		if err != nil || user.Email != "anna@example.com" {
			t.Errorf("%+v, %v", user, err)
		}
		if again, _, err := db.Login(t.Context(), "anna@example.com"); err != nil || again.Version != user.Version || again.Version != 3 {
			t.Errorf("%+v, %v; want version 3", again, err)
		}
		steal()
		h.session = h.signIn(storage.SignIn{UserVersion: h.version()})
		h.must(db.AddUser(t.Context(), person("anna@example.com"), "", storage.Event{}))
		var invalid *storage.Invalid
		user, err = db.RaiseAlarm(t.Context(), h.alarm("anna@example.com"), storage.Event{})
		if !errors.As(err, &invalid) || user.ID != h.user.ID || user.Email != "thief@example.com" {
			t.Errorf("where somebody else has it: %+v, %v; want *Invalid", user, err)
		}
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the session all the same: %v, want ErrNotFound", err)
		}
		nobody := h.alarm("")
		nobody.UserID = "nobody"
		if _, err := db.RaiseAlarm(t.Context(), nobody, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an unknown person: %v, want ErrNotFound", err)
		}
	})
}
