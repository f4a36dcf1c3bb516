package login_test

import (
	"errors"
	"testing"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

// unproved gives Anna an address that a helpdesk has set.
func (h *house) unproved(email string) storage.User {
	h.t.Helper()
	next := h.person()
	next.Email, next.EmailVerified = email, false
	after, err := h.db.ChangeUser(h.t.Context(), next, byOperator)
	h.must(err)
	return after
}

// OIDC Core §5.1: whoever types the code has the mailbox.
func TestAMailedCodeProvesAnAddressThatAHelpdeskSet(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.unproved("berg@example.com")
		b := toCode(h.browser(), "berg@example.com")
		if h.person().EmailVerified {
			t.Fatal("a password proves a mailbox")
		}
		wrong := "000000"
		if wrong == h.code() {
			wrong = "000001"
		}
		b.Fill("code", wrong).Press("submit").Status(422)
		if h.person().EmailVerified {
			t.Fatal("a wrong code proves a mailbox")
		}
		h.withCode(b)
		if !h.person().EmailVerified {
			t.Error("a right code proves nothing")
		}
	})
}

// AD-09: sixty changes between two addresses were sixty letters, half of them to a stranger.
func TestChangesOfAnAddressAreAsManyAsAMailboxCanBear(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		before, after := h.anna, h.anna
		after.Email, after.LinkEmail = "stranger@example.com", "stranger@example.com"
		before.LinkEmail = before.Email
		for range 3 { // one letter a change: the account at Google goes along
			h.must(h.face.ChargeChange(t.Context(), before, after, false))
		}
		var soon *login.TooSoon
		if err := h.face.ChargeChange(t.Context(), before, after, false); !errors.As(err, &soon) {
			t.Errorf("the fourth: %v, want *TooSoon", err)
		}
		role := before
		role.Role = "viewer"
		if err := h.face.ChargeChange(t.Context(), before, role, false); !errors.As(err, &soon) {
			t.Errorf("a role besides: %v, want *TooSoon", err)
		}
		h.must(h.face.ChargeChange(t.Context(), before, before, false)) // of which no letter tells
		for range 3 {
			h.must(h.face.ChargeChange(t.Context(), after, before, false)) // the stranger has a mailbox of their own
		}
		role.Email = "third@example.com"
		third := before
		third.Email = role.Email
		h.must(h.face.ChargeChange(t.Context(), third, role, true)) // two: the role, and the invitation
		if err := h.face.ChargeChange(t.Context(), third, role, true); !errors.As(err, &soon) {
			t.Errorf("two more: %v, want *TooSoon", err)
		}
	})
}
