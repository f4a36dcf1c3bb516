package login_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

func TestAnInvitedPersonChoosesAPasswordAndProvesTheMailbox(t *testing.T) { // S-11, S-12, S-13, S-14, S-15, S-16, S-17
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.idaIsInvited()
		letter := h.mailbox.Letters()[0]
		if letter.To != "ida@example.com" || letter.Subject != "Ben Kaya set up your Acme account" {
			t.Errorf("the letter to %s is headed %q", letter.To, letter.Subject)
		}
		for _, want := range []string{"Hello Ida Holm,", "Ben Kaya has set up an account at Acme for you.", "Go to User Account", "The link works until"} {
			if !strings.Contains(letter.Text, want) || !strings.Contains(letter.HTML, want) {
				t.Errorf("the letter does not say %q", want)
			}
		}
		b := h.blank().Go(h.linkTo("/invite")).Status(200).Check().Sees("Welcome, Ida").Sees("Email address or customer number")
		if got := b.Value("username"); got != "ida@example.com" {
			t.Errorf("the page starts with %q", got)
		}
		b.Press("Sign in with email").Status(200).Check().Sees("Create a password").Sees("At least 12 characters. A sentence is fine.")
		if b.Value("username") != "ida@example.com" {
			t.Error("password managers see no name")
		}
		choose(b, fresh).Status(200).Check().Sees("Check your email").Sees("i•••@example.com")
		if code := h.mailbox.Letters()[0]; !strings.Contains(code.Text, "Not you? Somebody else has your invitation.") || strings.Contains(code.Text, "with your password") {
			t.Errorf("the letter with the code: %s", code.Text)
		}
		if person, hash, err := h.db.Login(t.Context(), "ida@example.com"); err != nil || person.State != "invited" || hash != "" {
			t.Errorf("before the code the person is %s, %v", person.State, err) // S-19
		}
		b.Fill("code", h.code()).Press("submit").Check().Sees("Trust this browser?")
		b.Press("trust-no").Sees("Your account").Sees("Ida Holm")
		if b.URL() != issuer+"/account" {
			t.Errorf("it ends at %s", b.URL())
		}
		person, _, err := h.db.Login(t.Context(), "ida@example.com")
		h.must(err)
		if person.State != "active" || person.Version != 2 {
			t.Errorf("the person is %s, version %d", person.State, person.Version)
		}
		h.sees("link.used ok", 1)
		ready := h.letters("ida@example.com", 3)[0]
		if ready.Subject != "Your Acme account is ready" || addressIn(ready.Letter, "/alarm") == "" {
			t.Errorf("the last letter is %q", ready.Subject)
		}
		toPassword(h.browser(), "1000009").Fill("password", fresh).Press("submit").Sees("Check your email")
	})
}

func TestAnInvitationSpeaksThePersonsLanguage(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.welcomed(storage.User{Email: "uwe@example.com", Claims: map[string]any{"name": "Uwe Thom", "locale": "de-AT"}})
	letter := h.mailbox.Letters()[0]
	if letter.Subject != "Ben Kaya hat Ihr Konto bei Acme eingerichtet" || !strings.Contains(letter.Text, "Zum Benutzerkonto") || !strings.Contains(letter.HTML, `lang="de"`) {
		t.Errorf("the letter is %q:\n%s", letter.Subject, letter.Text)
	}
	b := h.blank().Go(h.linkTo("/invite")).Check().Sees("Willkommen, Uwe Thom").Press("submit").Check().Sees("Passwort festlegen").Sees("Ein Satz ist gut")
	choose(b, "kurz").Status(422).Check().Sees("Das ist zu kurz")
	choose(b, fresh).Sees("Sehen Sie in Ihr Postfach")
}

func TestALetterFromNoPageSpeaksTheHousesLanguage(t *testing.T) {
	t.Parallel()
	for house, want := range map[string]string{"": `<html lang="en">`, "de": `<html lang="de">`} {
		h := open(t)
		h.face.Site.Default = house
		h.welcomed(storage.User{Email: "uwe@example.com", Claims: map[string]any{"name": "Uwe Thom"}})
		if letter := h.mailbox.Letters()[0]; !strings.Contains(letter.HTML, want) {
			t.Errorf("a house of %q writes %q:\n%s", house, letter.Subject, letter.HTML)
		}
	}
}

func TestOpeningAnInvitationChangesNothing(t *testing.T) { // PR-03, CS-08
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ida := h.idaIsInvited()
		link := h.linkTo("/invite")
		events := len(h.events())
		for range 3 { // scanners open it, in parallel and with HEAD
			h.blank().Go(link).Sees("Welcome")
			w := h.answer(http.MethodHead, link)
			if w.Code != http.StatusSeeOther || w.Body.Len() != 0 {
				t.Errorf("HEAD answers %d", w.Code)
			}
		}
		person, err := h.db.User(t.Context(), ida.ID)
		h.must(err)
		if person.Version != 1 || person.State != "invited" || len(h.events()) != events {
			t.Errorf("opening makes the person %s, version %d, %d kinds of events", person.State, person.Version, len(h.events()))
		}
		b := choose(h.blank().Go(link).Press("submit"), fresh)
		b.Fill("code", h.code()).Press("submit").Sees("Trust this browser?")
	})
}

func TestADeadInvitationSaysWhyBeforeItAsksForAnything(t *testing.T) { // S-20
	t.Parallel()
	h := open(t)
	ida := h.idaIsInvited()
	first := h.linkTo("/invite")
	h.invite(ida, "Ben Kaya")
	second := h.linkTo("/invite")
	h.blank().Go(first).Status(410).Check().Sees("There is a newer link").Sees("Use the button in the newest email").SeesNot("Ida").SeesNot("ida@")

	h.later(7 * 24 * time.Hour)
	b := h.blank().Go(second).Status(410).Check().Sees("This invitation has expired").SeesNot("Ida").SeesNot("ida@")
	b.Clone().Follow("Deutsch").Check().Sees("Diese Einladung ist abgelaufen")
	b.Press("Send me a new one").Status(200).Check().Sees("If this invitation can be renewed")
	newest := h.letters("ida@example.com", 3)[0]
	if newest.Subject != "Ben Kaya set up your Acme account" {
		t.Errorf("the new one is %q", newest.Subject)
	}
	third := addressIn(newest.Letter, "/invite")
	b = choose(h.blank().Go(third).Press("submit"), fresh)
	b.Fill("code", h.code()).Press("submit").Press("trust-no").Sees("Your account")
	for _, dead := range []string{first, second, third} {
		h.blank().Go(dead).Status(410).Check().Sees("You already have an account – sign in").
			Sees("sign in with your address and your password.").SeesNot("Google").Follow("Sign in").Sees("Email address or customer number")
	}
	h.blank().Go(issuer + "/invite?token=dwi_nothing").Status(410).Check().Sees("This link does not work")
	h.must(h.db.SetUserState(t.Context(), ida.ID, "disabled", storage.Event{Actor: "test"}))
	h.blank().Go(third).Status(410).Sees("This link does not work")
}

func TestAskingForANewInvitationTellsNothingAndFloodsNobody(t *testing.T) { // PR-06, PR-09
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ida := h.idaIsInvited()
		link := h.linkTo("/invite")
		h.later(8 * 24 * time.Hour)
		good := h.blank().Go(link)
		bad := good.Clone().Fill("token", "dwi_unknown")
		if a, b := good.Press("submit"), bad.Press("submit"); a.Body() != b.Body() || a.URL() != b.URL() {
			t.Error("a known and an unknown link get different answers")
		}
		h.letters(ida.Email, 2)
		for i := range 6 {
			h.blank().From("198.51.100." + string(rune('1'+i)) + ":9").Go(link).Press("submit").Status(200)
		}
		h.quiet()
		if n := len(h.letters(ida.Email, 2)); n != 4 {
			t.Errorf("%d letters", n) // the first, and three in an hour
		}
	})
}

func TestWithoutTheLinkNobodySetsAFirstPassword(t *testing.T) { // S-19
	t.Parallel()
	h := open(t)
	h.idaIsInvited()
	b := toPassword(h.browser(), "ida@example.com").Check().Sees("Enter your password").SeesNot("Create")
	b.Fill("password", fresh).Press("submit").Status(422).Sees("password is not right")
	b.Go(strings.Replace(b.URL(), "/login/password", "/login/new_password", 1)).Sees("Enter your password")
	b.Post("/login/new_password", map[string][]string{"attempt": {b.Value("attempt")}, "password": {fresh}}).Sees("Enter your password")
	if _, hash, err := h.db.Login(t.Context(), "ida@example.com"); err != nil || hash != "" {
		t.Errorf("a password is set, %v", err)
	}
}

func TestWhoeverTypesAnotherNameOnAnInvitationSignsInAsThemselves(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.idaIsInvited()
	link := h.linkTo("/invite")
	b := h.blank().Go(link).Fill("username", "anna@example.com").Press("submit").Check().Sees("Enter your password")
	b.Fill("password", password).Press("submit").Fill("code", h.code()).Press("submit").Press("trust-no").Sees("Anna Berg")
	person, hash, err := h.db.Login(t.Context(), "ida@example.com")
	h.must(err)
	if person.State != "invited" || hash != "" {
		t.Error("the invitation was used by somebody else")
	}
	b = h.blank().Go(link).Fill("username", "nobody@example.com").Press("submit").Sees("Enter your password")
	b.Fill("password", fresh).Press("submit").Status(422).Sees("password is not right").Follow("Change").Sees("Welcome, Ida")
	b.Fill("username", "1000-009").Press("submit").Sees("Create a password")
}

func TestAnInvitationInTwoTabsAndWithTheBackButtonIsUsedOnce(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.idaIsInvited()
	one := choose(h.blank().Go(h.linkTo("/invite")).Press("submit"), fresh).Sees("Check your email")
	code := h.code()
	two := one.Tab()
	two = choose(two.Go(h.linkTo("/invite")).Press("submit"), "a third sentence here").Sees("Check your email")
	back := one.Tab()
	one.Fill("code", code).Press("submit").Sees("Trust this browser?")
	back.Fill("code", code).Press("submit").Status(409).Check().Sees("Your account has changed meanwhile")
	two.Fill("code", h.code()).Press("submit").Status(409).Sees("sign in with it")
	two.Go(h.linkTo("/invite")).Status(410).Sees("You already have an account")
	one.Press("trust-yes").Sees("Ida Holm")
	h.sees("link.used ok", 1)
	toPassword(h.browser(), "ida@example.com").Fill("password", "a third sentence here").Press("submit").Status(422)
}

// An operator has taken it back: no page sends anybody to look for a newer one, and nobody who holds the old link has another sent.
func TestAWithdrawnInvitationIsNotRenewed(t *testing.T) {
	t.Parallel()
	h := open(t)
	ida := h.idaIsInvited()
	first := h.linkTo("/invite")
	h.invite(ida, "Ben Kaya")
	second := h.linkTo("/invite")
	under := h.blank().Go(second).Press("submit").Sees("Create a password")
	renew := h.blank().Go(first).Status(410).Sees("There is a newer link")
	h.must(h.db.WithdrawLink(t.Context(), ida.ID, storage.LinkInvitation, storage.Event{Actor: "operator"}))
	choose(under, fresh).Status(410).Check().Sees("This invitation is no longer valid").SeesNot("Ask for a new link")
	for _, dead := range []string{first, second} {
		b := h.blank().Go(dead).Status(410).Check().Sees("This invitation is no longer valid").Sees("Ask help@acme.test.").SeesNot("Send me a new one").SeesNot("newer").SeesNot("Ida").SeesNot("ida@")
		b.Follow("Deutsch").Check().Sees("Diese Einladung gilt nicht mehr").Sees("Wenden Sie sich an help@acme.test.")
	}
	renew.Press("Send me a new one").Status(200).Sees("If this invitation can be renewed")
	h.quiet()
	if n := len(h.letters("ida@example.com", 2)); n != 2 {
		t.Errorf("%d letters", n)
	}
	h.site.Contact = ""
	h.blank().Go(second).Status(410).Check().Sees("Ask whoever invited you.")

	h.invite(ida, "Ben Kaya") // again
	h.blank().Go(second).Status(410).Sees("There is a newer link").Sees("Send me a new one")
	h.blank().Go(h.linkTo("/invite")).Status(200)
}

// Whoever knows the address, or holds a letter of before, must not undo what an operator took back. One that was lost or moved comes again.
func TestNoWayInBringsAWithdrawnInvitationBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	ida := h.idaIsInvited()
	choose(h.blank().Go(h.linkTo("/invite")).Press("submit"), fresh).Sees("Check your email")
	alarm := alarmIn(t, h.letters("ida@example.com", 2)[0].Letter)
	forgets := func(email string, letters int) {
		t.Helper()
		h.blank().Go(issuer+"/forgot").Fill("username", email).Press("submit").Status(200)
		h.quiet()
		if n := len(h.letters(email, letters)); n != letters {
			t.Errorf("%d letters to %s, want %d", n, email, letters)
		}
	}
	forgets("ida@example.com", 3) // it was lost
	h.must(h.db.WithdrawLink(t.Context(), ida.ID, storage.LinkInvitation, storage.Event{Actor: "operator"}))
	forgets("ida@example.com", 3)
	h.blank().Go(alarm).Press("confirm").Sees("Check your email")
	h.quiet()
	forgets("ida@example.com", 3)

	moved, err := h.db.User(t.Context(), ida.ID)
	moved.Email = "ida.moved@example.com"
	if err == nil {
		_, err = h.db.ChangeUser(t.Context(), moved, storage.Event{Actor: "operator"})
	}
	h.must(err)
	forgets("ida.moved@example.com", 1)
}

// An invitation that ended by no operator's wish is renewed as before: after a new epoch that is everybody's.
func TestAnInvitationThatEndedOtherwiseIsRenewed(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.idaIsInvited()
	first := h.linkTo("/invite")
	_, err := h.db.RaiseEpoch(t.Context(), storage.Event{Actor: "operator"})
	h.must(err)
	b := h.blank().Go(first).Status(410).Check().Sees("There is a newer link")
	b.Press("Send me a new one")
	h.blank().Go(addressIn(h.letters("ida@example.com", 2)[0].Letter, "/invite")).Sees("Welcome, Ida")
	_, err = h.db.RaiseEpoch(t.Context(), storage.Event{Actor: "operator"})
	h.must(err)
	forget(h.blank().From("203.0.113.8:1"), "ida@example.com")
	h.letters("ida@example.com", 3)
}

func TestAnInvitationDiesUnderWayWithTheSameWords(t *testing.T) {
	t.Parallel()
	h := open(t)
	ida := h.idaIsInvited()
	b := h.blank().Go(h.linkTo("/invite")).Press("submit").Sees("Create a password")
	h.invite(ida, "")
	choose(b.Tab(), fresh).Status(410).Check().Sees("There is a newer link").Follow("Ask for a new link").Sees("Forgot your password?")
	b.Go(b.URL()).Status(410).Check().Sees("There is a newer link")
	b = choose(h.blank().Go(h.linkTo("/invite")).Press("submit"), fresh).Sees("Check your email")
	code := h.code()
	h.invite(ida, "")
	b.Fill("code", code).Press("submit").Status(410).Sees("There is a newer link")
	if _, hash, err := h.db.Login(t.Context(), ida.Email); err != nil || hash != "" {
		t.Errorf("a password is set, %v", err)
	}
}

func TestAnInvitedPersonsAttemptIsOfOneBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.idaIsInvited()
	b := choose(h.blank().Go(h.linkTo("/invite")).Press("submit"), fresh).Sees("Check your email")
	thief := h.browser()
	thief.Go(b.URL()).Status(400).SeesNot("Check your email")
	thief.Post("/login/email_code", map[string][]string{"attempt": {b.Value("attempt")}, "code": {h.code()}}).Status(400)
	b.Fill("code", h.code()).Press("submit").Sees("Trust this browser?")
}
