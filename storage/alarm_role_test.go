package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// letter is the alarm of one that is written to the person as they are now; email is what it restores.
func (h *house) letter(email string) storage.Alarm {
	h.t.Helper()
	u, err := h.User(h.t.Context(), h.user.ID)
	h.must(err)
	a := h.alarm(email)
	a.UserVersion = u.Version
	return a
}

// presses says whether an alarm does anything.
func (h *house) presses(a storage.Alarm) bool {
	h.t.Helper()
	before := h.version()
	outlived, err := h.AlarmOutlived(h.t.Context(), a)
	h.must(err)
	_, err = h.RaiseAlarm(h.t.Context(), a, storage.Event{})
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		h.must(err)
	}
	if outlived != (err != nil) || outlived != (h.version() == before) {
		h.t.Errorf("outlived %v, %v, version %d after %d", outlived, err, h.version(), before)
	}
	return !outlived
}

// AD-07: of before a role the mailbox may be somebody else's; so of before it was taken: or whoever takes it and gives it back
// has the former mailbox come by it in between.
func TestAnAlarmOfBeforeAnotherRoleDoesNothing(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		older := h.letter("old@example.com")
		h.must(h.edit(func(u *storage.User) { u.Role = "viewer" }))
		with := h.letter("old@example.com")
		if h.presses(older) || h.events(storage.AlarmRaised) != 0 {
			t.Error("an alarm of before the role is raised")
		}
		h.must(h.edit(func(u *storage.User) { u.Role = "" }))
		if h.presses(older) || h.presses(with) {
			t.Error("an alarm of before the role was taken is raised")
		}
		between := h.letter("old@example.com")
		h.must(h.edit(func(u *storage.User) { u.Role = "viewer" }))
		for range 3 { // to the last moment at which such an alarm lives
			if h.presses(older) || h.presses(with) || h.presses(between) {
				t.Error("an alarm of before is raised after the role is given again")
			}
			c.pass(storage.AlarmLife / 3)
			_, err := db.Sweep(t.Context())
			h.must(err)
		}
		c.pass(2 * time.Hour)
		n, err := db.Sweep(t.Context())
		h.must(err)
		if n == 0 {
			t.Error("what tells of the roles is kept for ever")
		}
	})
}

func TestWhoHasARoleGetsNoFormerAddressBack(t *testing.T) { // AD-07
	eachWithClock(t, func(t *testing.T, db *storage.DB, _ *clock) {
		h := furnish(t, db)
		h.must(h.edit(func(u *storage.User) { u.Role = "helpdesk" }))
		h.must(h.edit(func(u *storage.User) { u.Claims = map[string]any{"name": "Anna"} })) // no other role: the alarm lives
		a := h.letter("old@example.com")
		if !h.presses(a) {
			t.Error("an alarm of the present role is dead")
		}
		if u, err := db.User(t.Context(), h.user.ID); err != nil || u.Email != h.user.Email {
			t.Errorf("the address is %s, %v", u.Email, err)
		}
	})
}
