package login_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

func TestAForgottenPasswordIsReplacedByALinkAndEverythingElseEnds(t *testing.T) { // S-08, S-38, S-42
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		elsewhere := h.signedIn()
		b := toPassword(h.browser(), "anna@example.com").Check().Follow("Forgot your password?").Status(200).Check().Sees("Forgot your password?")
		if got := b.Value("username"); got != "anna@example.com" {
			t.Errorf("the page starts with %q", got)
		}
		b.Press("Request new password").Status(200).Check().Sees("Check your email").
			Sees("If there is an account for anna@example.com, we've sent a link. It is valid for 30 minutes.").Sees("No access to this mailbox? Ask help@acme.test.")
		letter := h.letters("anna@example.com", 2)[0]
		if letter.Subject != "A new password for your Acme account" || !strings.Contains(letter.Text, "Chrome on Windows (192.0.2.1)") {
			t.Errorf("the letter is %q:\n%s", letter.Subject, letter.Text)
		}
		b.Go(addressIn(letter.Letter, "/reset")).Check().Sees("Create a new password").Sees("to continue to Grafana")
		if b.Value("username") != "anna@example.com" {
			t.Error("password managers see no name")
		}
		choose(b, fresh).Status(200).Check().Sees("Your password is changed").
			Sees("We signed you out everywhere else and ended trust in all browsers.")
		b.Press("Continue").Sees("app got anna@example.com").Sees("acr=urn:doorward:1fa").Sees("amr=pwd ")
		elsewhere.Go("/account").SeesNot("Anna Berg")

		notice := h.letters("anna@example.com", 3)[0]
		if notice.Subject != "Your Acme password was changed" || addressIn(notice.Letter, "/alarm") == "" {
			t.Errorf("the notice is %q:\n%s", notice.Subject, notice.Text)
		}
		toCode(h.browser(), "anna@example.com").Status(422).Sees("is not right")
		toPassword(h.browser(), "anna@example.com").Fill("password", fresh).Press("submit").Sees("Check your email")
		h.sees("link.sent ok", 1)
		h.sees("link.used ok", 1)
	})
}

func TestOnAnotherDeviceANewPasswordEndsAtTheAccount(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toPassword(h.browser(), "anna@example.com").Follow("Forgot your password?").Press("submit")
	link := addressIn(h.letters("anna@example.com", 1)[0].Letter, "/reset")
	phone := choose(h.blank().Go(link).SeesNot("Grafana"), fresh).Press("Continue").Sees("Your account").Sees("Anna Berg")
	if phone.URL() != issuer+"/account" {
		t.Errorf("it ends at %s", phone.URL())
	}
	b.Follow("Back to sign-in").Sees("Sign in").SeesNot("Anna Berg")
}

func TestASignInThatWasFinishedMeanwhileIsNoWayBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toPassword(h.browser(), "anna@example.com")
	b.Tab().Follow("Forgot your password?").Press("submit")
	link := addressIn(h.letters("anna@example.com", 1)[0].Letter, "/reset")
	h.in(b.Go("/app"), "anna@example.com").Sees("app got anna")
	choose(b.Go(link), fresh).Press("Continue").Sees("Your account")
}

func TestEmptyAndImpossibleNamesAreRefusedWhereAPasswordIsForgotten(t *testing.T) {
	t.Parallel()
	h := open(t)
	forget(h.blank(), "").Status(422).Check().Sees("Enter your email address or customer number.")
	forget(h.blank(), "anna").Status(422).Check().Sees("Enter an email address like name@example.com")
	h.blank().Go(issuer+"/forgot?lang=de").Check().Sees("Passwort vergessen?").Fill("username", "Anna@Example.com ").Press("submit").Check().
		Sees("Wenn es zu anna@example.com ein Konto gibt, haben wir einen Link gesendet.")
	h.blank().Go(issuer + "/forgot/sent").Sees("Forgot your password?")
}

func TestALinkToANewPasswordIsGoodOnceAndOnlyTheNewest(t *testing.T) { // PR-01
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		first := h.resetLink("anna@example.com", "anna@example.com")
		h.later(5 * time.Minute)
		second := h.resetLink("1000001", "anna@example.com")
		h.blank().Go(first).Status(410).Check().Sees("There is a newer link").Follow("Ask for a new link").Sees("Forgot your password?")
		one, two := h.blank().Go(second), h.blank().Go(second)
		choose(one, fresh).Sees("Your password is changed")
		choose(two, "a third sentence here").Status(410).Check().Sees("This link was used already")
		h.blank().Go(second).Status(410).Check().Sees("This link was used already").Follow("Ask for a new link").Status(200).Sees("Forgot")
		toPassword(h.browser(), "anna@example.com").Fill("password", fresh).Press("submit").Sees("Check your email")
		h.sees("link.used ok", 1)
	})
}

func TestALinkToANewPasswordEndsAfterHalfAnHour(t *testing.T) {
	t.Parallel()
	h := open(t)
	link := h.resetLink("anna@example.com", "anna@example.com")
	h.later(30*time.Minute - time.Second)
	b := h.blank().Go(link).Sees("Create a new password")
	h.later(time.Second)
	choose(b.Tab(), fresh).Status(410).Check().Sees("This link has expired")
	h.blank().Go(link).Status(410).Check().Sees("Links to a new password work for 30 minutes.")
	toCode(h.browser(), "anna@example.com").Sees("Check your email")
}

func TestFiftyWhoSettleOneLinkHaveOneWinner(t *testing.T) { // PR-01
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		link := h.resetLink("anna@example.com", "anna@example.com")
		const n = 50
		pages := make([]func(), n)
		won := make(chan string, n)
		for i := range n {
			b := h.blank().From(fmt.Sprintf("198.51.100.%d:1", i+1)).Go(link)
			mine := fmt.Sprintf("a sentence of its own %d", i)
			pages[i] = func() {
				if strings.Contains(choose(b, mine).Body(), "Your password is changed") {
					won <- mine
				}
			}
		}
		together(n, func(i int) { pages[i]() })
		close(won)
		if len(won) != 1 {
			t.Fatalf("%d won", len(won))
		}
		h.sees("link.used ok", 1)
		toPassword(h.browser(), "anna@example.com").Fill("password", <-won).Press("submit").Sees("Check your email")
	})
}

func TestMailScannersUseNoLinkUp(t *testing.T) { // PR-03
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		link := h.resetLink("anna@example.com", "anna@example.com")
		events := len(h.events())
		for range 3 {
			h.blank().Go(link).Sees("Create a new password")
			if w := h.answer("HEAD", link); w.Code != 303 {
				t.Errorf("HEAD answers %d", w.Code)
			}
		}
		if len(h.events()) != events {
			t.Error("opening the link left events")
		}
		choose(h.blank().Go(link), fresh).Sees("Your password is changed")
	})
}

func TestANewPasswordIsRefusedInWords(t *testing.T) { // PR-13
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.blank().Go(h.resetLink("anna@example.com", "anna@example.com"))
		for password, want := range map[string]string{
			"":                                 "Enter a new password.",
			"elf Zeichen":                      "Use at least 12 characters",
			"Password2026!":                    "one of the first that attackers try",
			"a horse called Anna":              "contains your name",
			"number 1000001 it is":             "your customer number",
			"welcome at acme":                  "the name of the company",
			strings.Repeat("long ", 51) + "xy": "Use at most 256 characters",
		} {
			if choose(b, password).Status(422).Check().Sees(want).Value("password") != "" {
				t.Error("the page keeps the password")
			}
		}
		choose(b, " spaces at both ends ").Sees("Your password is changed")
		toPassword(h.browser(), "anna@example.com").Fill("password", "spaces at both ends").Press("submit").Status(422)
		toPassword(h.browser(), "anna@example.com").Fill("password", " spaces at both ends ").Press("submit").Sees("Check your email")
	})
}

func TestAPasswordIsTheSameHoweverItsLettersAreSent(t *testing.T) { // PR-13
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		choose(h.blank().Go(h.resetLink("anna@example.com", "anna@example.com")), "scho\u0308ne Gru\u0308\u00dfe hier").Sees("Your password is changed")
		toPassword(h.browser(), "anna@example.com").Fill("password", "sch\u00f6ne Gr\u00fc\u00dfe hier").Press("submit").Sees("app got anna")
	}, without)
}

func TestALinkBoundsHowOftenAPasswordIsHashed(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.idaIsInvited()
	page := h.blank().Go(h.linkTo("/invite")).Press("submit")
	for i := range 20 {
		choose(page.Clone().From(fmt.Sprintf("198.51.100.%d:1", i+1)), fresh).Status(200).Sees("Check your email")
	}
	b := choose(page.Clone(), fresh).Status(429).Check().Sees("Too many tries. Try again in")
	if b.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	h.sees("sign_in.password_chosen ok", 20)
	h.later(10 * time.Minute)
	choose(b, fresh).Sees("Check your email")
}

func TestAChangeOfThePersonEndsALink(t *testing.T) { // PR-15
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		link := h.resetLink("anna@example.com", "anna@example.com")
		under := h.blank().Go(link)
		hash, err := h.keys.Passwords.Hash(t.Context(), "set by an admin here")
		h.must(err)
		h.must(h.db.SetPassword(t.Context(), h.anna.ID, hash, "", storage.Event{Actor: "test"}))
		h.blank().Go(link).Status(410).Sees("your account has changed")
		choose(under, fresh).Status(410).Sees("your account has changed")

		link = h.resetLink("anna@example.com", "anna@example.com")
		under = h.blank().Go(link)
		h.must(h.db.SetUserState(t.Context(), h.anna.ID, "disabled", storage.Event{Actor: "test"}))
		h.blank().Go(link).Status(410).Sees("This link does not work")
		choose(under, fresh).Status(410).Sees("This link does not work")
	})
}
