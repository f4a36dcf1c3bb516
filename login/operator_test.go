package login_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
)

var byOperator = storage.Event{Actor: "operator"}

func TestAnOperatorSendsALinkToANewPassword(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		asked := h.resetLink("anna@example.com", "anna@example.com")
		h.must(h.face.SendReset(t.Context(), h.anna, byOperator))
		letter := h.letters("anna@example.com", 2)[0]
		if !strings.Contains(letter.Text, "The people who look after your Acme account send you the way to a new password.") || strings.Contains(letter.Text, "Somebody has asked") {
			t.Errorf("the letter says:\n%s", letter.Text)
		}
		h.blank().Go(asked).Status(410) // there is one at a time
		choose(h.blank().Go(addressIn(letter.Letter, "/reset")), fresh).Press("Continue").Sees("Your account")
		events, err := h.db.Log(t.Context(), storage.LogFilter{User: h.anna.ID, Kind: storage.LinkSent}, "", 1)
		h.must(err)
		if e := events.Events[0]; e.Actor != "operator" || e.Data["kind"] != storage.LinkReset {
			t.Errorf("the log says %+v", e)
		}
	})
}

// S-37: the reset is done, and whoever asked for it is told that no letter says so.
func TestAResetWhoseLetterCannotBeSentIsNoFailure(t *testing.T) {
	t.Parallel()
	h := open(t, func(o *login.Options) { o.Mail = new(broken) })
	if told, err := h.face.ResetFactors(t.Context(), h.anna, byOperator); err != nil || told {
		t.Errorf("told %v: %v", told, err)
	}
	h.sees("factors.reset ok", 1)
}

// AD-09: whoever has the console could have a mailbox flooded; and to remove and add a person makes no fresh mailbox.
func TestLettersThatOperatorsSendAreAsManyAsAMailboxCanBear(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for range 3 {
			h.must(h.face.SendReset(t.Context(), h.anna, byOperator))
		}
		var soon *login.TooSoon
		if err := h.face.SendReset(t.Context(), h.anna, byOperator); !errors.As(err, &soon) || soon.Minutes() != 5 {
			t.Errorf("the fourth: %v, want *TooSoon of five minutes", err)
		}
		h.letters("anna@example.com", 3)
		again := h.anna
		again.ID = storage.NewID()
		if err := h.face.ChargeOperatorsLetter(t.Context(), again.Email); !errors.As(err, &soon) {
			t.Errorf("to the same mailbox of another record: %v, want *TooSoon", err)
		}
	})
}

func TestALinkToANewPasswordIsForWhoIsActiveAndHasOne(t *testing.T) {
	t.Parallel()
	h, g, gina := ginas(t)
	if err := h.face.SendReset(t.Context(), gina, byOperator); !errors.Is(err, storage.ErrConflict) {
		t.Errorf("an invited person: %v", err)
	}
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	gina, err := h.db.User(t.Context(), gina.ID)
	h.must(err)
	h.must(h.face.SendReset(t.Context(), gina, byOperator))
	letter := h.letters("gina@gmail.com", 1)[0]
	if !strings.Contains(letter.Text, "you sign in with Google, so there is no password to forget") || addressIn(letter.Letter, "/reset") != "" {
		t.Errorf("the letter says:\n%s", letter.Text)
	}
	_ = g
	down := open(t, func(o *login.Options) { o.Mail = nil })
	for _, err := range []error{
		down.face.SendReset(t.Context(), down.anna, byOperator),
		down.face.TellRoleChanged(t.Context(), down.anna),
		down.face.TellAddressChanged(t.Context(), down.anna, storage.User{ID: down.anna.ID, Email: "other@example.com"}),
	} {
		if !errors.Is(err, mail.ErrDown) {
			t.Errorf("without mail: %v", err)
		}
	}
}

func TestWhatAnOperatorChangesOfAPersonIsToldToThem(t *testing.T) { // AD-07
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		before, next := h.person(), h.person()
		next.Email, next.LinkEmail = "root@evil.test", "root@gmail.com"
		after, err := h.db.ChangeUser(t.Context(), next, byOperator)
		h.must(err)
		h.must(h.face.TellAddressChanged(t.Context(), before, after))
		letters := h.letters("anna@example.com", 2) // the old address, and none to the new one
		for i, says := range []string{"have entered the Google address root@gmail.com for it", "have given it the address r•••@evil.test"} {
			if !strings.Contains(letters[i].Text, says) {
				t.Errorf("the letter says:\n%s", letters[i].Text)
			}
		}
		// “That wasn't me” ends what somebody may have, and sends nothing to the address that an operator took away.
		b := h.blank().Go(addressIn(letters[1].Letter, "/alarm")).Press("confirm")
		if n := len(h.mailbox.Letters()); n != 2 || h.person().Email != "root@evil.test" {
			t.Errorf("%d letters, address %s: %s", n, h.person().Email, b.Body())
		}
		h.must(h.face.TellAddressChanged(t.Context(), after, after))
		if n := len(h.mailbox.Letters()); n != 2 {
			t.Errorf("nothing has changed, and %d letters tell of it", n-2)
		}
	})
}

func TestARoleIsToldInThePersonsLanguage(t *testing.T) {
	t.Parallel()
	h := open(t)
	for role, says := range map[string]string{
		"":         "Sie haben keine Rolle mehr in der Verwaltung der Anmeldungen bei Acme.",
		"admin":    "Sie verwalten jetzt die Anmeldungen bei Acme",
		"helpdesk": "Sie dürfen jetzt die Konten der Personen bei Acme betreuen.",
		"viewer":   "aber nichts ändern.",
	} {
		ben := storage.User{ID: "ben", Email: "ben@example.com", Role: role, Claims: map[string]any{"locale": "de"}}
		h.must(h.face.TellRoleChanged(t.Context(), ben))
		if text := h.mailbox.Letters()[0].Text; !strings.Contains(text, says) {
			t.Errorf("%q is told:\n%s", role, text)
		}
	}
}

func TestAnInvitationSaysWhenSomebodyWentOnFromIt(t *testing.T) { // PR-03: mail scanners press no button
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ida := h.idaIsInvited()
		state := func(want string) {
			t.Helper()
			i, err := h.db.Invitation(t.Context(), ida.ID)
			h.must(err)
			if i.State != want {
				t.Errorf("the invitation is %s, not %s", i.State, want)
			}
		}
		link := h.linkTo("/invite")
		b := h.blank().Go(link)
		state(storage.InvitationSent)
		b.Fill("username", "").Press("submit").Status(422)
		state(storage.InvitationOpened)
		b.Fill("username", ida.Email).Press("submit")
		h.withCode(choose(b, fresh))
		state(storage.InvitationAccepted)
	})
}

func TestTheAddressOfAnInvitationIsGivenInsteadOfALetter(t *testing.T) {
	t.Parallel()
	h := open(t)
	ida := h.welcomed(storage.User{Email: "ida@example.com", State: "invited"})
	letters := len(h.mailbox.Letters())
	_, first, err := h.face.InvitationLink(t.Context(), login.Invitation{Person: ida, Event: byOperator})
	h.must(err)
	_, second, err := h.face.InvitationLink(t.Context(), login.Invitation{Person: ida, Event: byOperator})
	h.must(err)
	if len(h.mailbox.Letters()) != letters {
		t.Error("a letter was sent")
	}
	h.blank().Go(first).Status(410)
	h.must(h.db.WithdrawLink(t.Context(), ida.ID, storage.LinkInvitation, byOperator))
	h.blank().Go(second).Status(410).Check()
}
