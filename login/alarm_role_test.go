package login_test

import (
	"testing"

	"github.com/doorward/doorward/storage"
)

// role gives Anna a role as the console does, with its letter; "" takes it.
func (h *house) role(role string) {
	h.t.Helper()
	u := h.present(h.anna)
	u.Role = role
	after, err := h.db.ChangeUser(h.t.Context(), u, storage.Event{Actor: "root"})
	h.must(err)
	h.must(h.face.TellRoleChanged(h.t.Context(), after))
}

// AD-07, S-41: Anna moves from a mailbox, and becomes an administrator; who has the mailbox must not.
func TestWhoHasTheFormerMailboxOfAnAdministratorDoesNotBecomeOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.add(storage.User{Email: "root@example.com", Role: "admin"})
		alarms := h.stolen(first)
		opened := h.blank().Go(alarms[owners]).Sees("Your address becomes anna@example.com again.")
		h.role("admin")
		letters, version := len(h.mailbox.Letters()), h.present(h.anna).Version
		opened.Press("confirm").Status(410).Check().Sees("This link does not work any more").Sees("ask help@acme.test")
		for _, alarm := range alarms {
			h.blank().Go(alarm).Status(410).Check().Sees("This link does not work any more").SeesNot("admin@").Follow("Sign in").Sees("Sign in")
		}
		h.site.Contact = ""
		h.blank().Go(alarms["before"]).Status(410).Check().Sees("or ask an administrator")
		if p := h.present(h.anna); p.Email != first || p.Version != version || len(h.mailbox.Letters()) != letters {
			t.Errorf("the address is %s, version %d after %d, %d letters after %d", p.Email, p.Version, version, len(h.mailbox.Letters()), letters)
		}
		h.sees("alarm.raised ok", 0)

		h.role("") // and whoever takes the role, to give it back later, gets nothing in between
		h.blank().Go(alarms[owners]).Status(410)
		h.sees("alarm.raised ok", 0)
	})
}

// The address that a helpdesk set before the role is corrected after it: then too the letter of it lies with the helpdesk.
func TestTheNoticeOfAnAdministratorsMoveEndsThingsAndGivesNoAddressBack(t *testing.T) { // AD-07
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.role("admin")
		alarm := h.stolen(first)[owners]
		page := h.blank().Go(alarm).Check().SeesNot("again").Sees("so we send nothing")
		before := h.present(h.anna)
		page.Press("confirm").Status(409).Check().Sees("ask help@acme.test at once")
		if p := h.present(h.anna); p.Email != first || p.Version != before.Version+1 || len(h.sessions(h.anna)) != 0 {
			t.Errorf("the address is %s, version %d after %d", p.Email, p.Version, before.Version)
		}
		h.sees("alarm.raised ok", 1)
	})
}

func TestTheLetterThatTellsOfARoleHasAnAlarmThatWorks(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.role("viewer")
		letter := h.mailbox.Letters()[0]
		h.blank().Go(alarmIn(t, letter.Letter)).Check().Press("confirm").Sees("Check your email")
		h.sees("alarm.raised ok", 1)
	})
}
