package login_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
)

// alarmed is a browser, of another device, that has opened “That wasn't me” of a letter.
func alarmIn(t *testing.T, l mail.Letter) string {
	t.Helper()
	link := addressIn(l, "/alarm")
	if link == "" || strings.Count(l.HTML, "/alarm?token=") != 1 {
		t.Fatalf("the letter has no alarm:\n%s", l.Text)
	}
	return link
}

func TestThatWasntMeEndsTheAttemptAllSessionsAndTrustsAndLeadsToANewPassword(t *testing.T) { // S-41
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		mine := h.signedIn()
		thief := toCode(h.browser(), "anna@example.com").Sees("Check your email")
		code := h.code()
		letter := h.mailbox.Letters()[0]
		for _, want := range []string{"Not you? Your password is known to somebody else.", "That wasn't me"} {
			if !strings.Contains(letter.Text, want) || !strings.Contains(strings.ReplaceAll(letter.HTML, "&#39;", "'"), want) {
				t.Errorf("the letter does not say %q", want)
			}
		}
		phone := h.blank().Go(alarmIn(t, letter.Letter)).Status(200).Check().Sees("Wasn't that you?").Sees("a•••@example.com").Sees("It was you? Then close this page")
		mine.Clone().Go("/account").Sees("Anna Berg") // a GET changes nothing
		phone.Press("That wasn't me").Status(200).Check().Sees("Check your email").Sees("We signed you out everywhere and ended trust in all browsers.")
		mine.Go("/account").SeesNot("Anna Berg")
		thief.Fill("code", code).Press("submit").Status(400).SeesNot("app got")
		phone.Sees("until you have chosen one, your old password still works")
		back := h.letters("anna@example.com", 3)[0].Letter
		if !strings.Contains(back.Text, "You told us that it wasn't you.") || strings.Contains(back.Text, "do nothing") {
			t.Errorf("the letter after the alarm: %s", back.Text)
		}
		choose(phone.Go(addressIn(back, "/reset")), fresh).Sees("Your password is changed").Press("Continue").Sees("Anna Berg")
		toCode(h.browser(), "anna@example.com").Status(422).Sees("is not right")
		h.sees("alarm.raised ok", 1)
		h.sees("sign_in.refused code_wrong", 0)
	})
}

func TestScannersRaiseNoAlarm(t *testing.T) { // PR-03
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		mine := h.signedIn()
		link := alarmIn(t, h.mailbox.Letters()[0].Letter)
		for range 3 {
			h.blank().Go(link).Sees("Wasn't that you?")
			h.answer("HEAD", link)
		}
		mine.Go("/account").Sees("Anna Berg")
		h.sees("alarm.raised ok", 0)
	})
}

func TestAnAlarmIsRaisedOnceHoweverOftenItIsPressed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		toCode(h.browser(), "anna@example.com")
		page := h.blank().Go(alarmIn(t, h.mailbox.Letters()[0].Letter))
		said := make(chan string, 50)
		var presses []func()
		for range 50 {
			b := page.Clone()
			presses = append(presses, func() { said <- b.Press("confirm").Title() })
		}
		together(50, func(i int) { presses[i]() })
		close(said)
		count := map[string]int{}
		for title := range said {
			count[title]++
		}
		if count["Check your email – Acme"] != 1 || count["You have told us already – Acme"] != 49 {
			t.Errorf("they hear %v", count)
		}
		h.sees("alarm.raised ok", 1)
		if n := len(h.letters("anna@example.com", 2)); n != 2 {
			t.Errorf("%d letters", n)
		}
	})
}

func TestAnAlarmOfAnOldLetterStillEndsThingsAfterAnotherReset(t *testing.T) {
	t.Parallel()
	h := open(t)
	toCode(h.browser(), "anna@example.com")
	old := alarmIn(t, h.mailbox.Letters()[0].Letter)
	b := choose(h.blank().Go(h.resetLink("anna@example.com", "anna@example.com")), fresh).Press("Continue").Sees("Anna Berg")
	second := addressIn(h.mailbox.Letters()[0].Letter, "/alarm")
	h.blank().Go(old).Press("confirm").Sees("Check your email")
	b.Go("/account").SeesNot("Anna Berg")
	toPassword(h.browser(), "anna@example.com").Fill("password", fresh).Press("submit").Sees("Check your email") // it takes no password
	h.blank().Go(old).Status(409).Check().Sees("You have told us already").SeesNot("That wasn't me").Follow("Forgot your password?").Sees("Request new password")
	h.blank().Go(second).Press("confirm").Sees("Check your email") // each letter has its own
}

func TestAnAlarmWorksForAWeekAndSpeaksTheLettersLanguage(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.ask.Locales = []string{"de"}
	toCode(h.browser(), "anna@example.com")
	link := alarmIn(t, h.mailbox.Letters()[0].Letter)
	h.later(7*24*time.Hour - time.Minute)
	b := h.blank().Go(link).Check().Sees("Waren das nicht Sie?")
	h.later(time.Minute)
	b.Press("Das war ich nicht").Status(410).Check().Sees("Dieser Link gilt nicht mehr")
	h.blank().Go(link).Status(410).Check().Sees("Dieser Link gilt nicht mehr").Follow("Passwort vergessen?").Sees("Passwort vergessen?")
}

func TestAForgedAlarmIsNone(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toCode(h.browser(), "anna@example.com")
	u, err := url.Parse(alarmIn(t, h.mailbox.Letters()[0].Letter))
	h.must(err)
	good := u.Query().Get("token")
	for _, bad := range []string{"", "x", good[:len(good)-1], good + "A", b.Value("attempt"), "dwk_" + b.Value("attempt")[4:]} {
		h.blank().Go(issuer + "/alarm?token=" + url.QueryEscape(bad)).Status(410).Check()
		h.blank().Go(issuer+"/forgot").Post("/alarm", url.Values{"token": {bad}}).Status(410).Check()
	}
	h.sees("alarm.raised ok", 0)
}

func TestAnInvitedPersonWhoRaisesTheAlarmGetsANewInvitation(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.idaIsInvited()
	first := h.linkTo("/invite")
	b := choose(h.blank().Go(first).Press("submit"), fresh).Sees("Check your email")
	code := h.code()
	h.blank().Go(alarmIn(t, h.mailbox.Letters()[0].Letter)).Press("confirm").Sees("Check your email")
	b.Fill("code", code).Press("submit").Status(409)
	h.blank().Go(first).Status(410).Sees("There is a newer link")
	h.blank().Go(addressIn(h.letters("ida@example.com", 3)[0].Letter, "/invite")).Sees("Welcome, Ida")
}

func TestWhenMailIsDownTheAlarmEndsThingsAllTheSame(t *testing.T) {
	t.Parallel()
	h := open(t)
	mine := h.signedIn()
	link := alarmIn(t, h.mailbox.Letters()[0].Letter)
	h.serve(login.Options{Store: h.db, Keys: h.keys, Site: h.site, Mail: &broken{}, EmailCode: "untrusted", Now: h.now})
	h.blank().Go(link).Press("confirm").Status(503).Check().Sees("We signed you out everywhere, but can't send email right now")
	mine.Go("/account").SeesNot("Anna Berg")
}

func TestADisabledPersonGetsNoLetterForAnAlarm(t *testing.T) {
	t.Parallel()
	h := open(t)
	toCode(h.browser(), "anna@example.com")
	link := alarmIn(t, h.mailbox.Letters()[0].Letter)
	h.must(h.db.SetUserState(t.Context(), h.anna.ID, "disabled", storage.Event{Actor: "test"}))
	h.blank().Go(link).Press("confirm").Sees("Check your email")
	if n := len(h.mailbox.Letters()); n != 1 {
		t.Errorf("%d letters", n)
	}
}

func TestOfTwoFormerAddressesTheFirstIsGivenBack(t *testing.T) { // or a thief who changes it twice would take it back
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		thief := h.signedIn()
		for _, address := range []string{"eve1@evil.example", "eve2@evil.example"} {
			movesTo(thief, address)
			thief.Go(linkIn(t, h.letterTo(address), confirmPath)).Press("confirm").Sees("Your address is changed.")
		}
		owners, thiefs := linkIn(t, h.letterTo("anna@example.com"), "/alarm?token="), linkIn(t, h.letterTo("eve1@evil.example"), "/alarm?token=")
		h.blank().Go(thiefs).SeesNot("again").Press("confirm").Status(409).Sees("your account has another address now")
		if got := h.present(h.anna).Email; got != "eve2@evil.example" {
			t.Errorf("after the thief's alarm the address is %s", got)
		}
		h.blank().Go(owners).Sees("Your address becomes anna@example.com again.").Press("confirm").Sees("Check your email")
		if got := h.present(h.anna).Email; got != "anna@example.com" {
			t.Errorf("after the owner's alarm the address is %s", got)
		}
		h.blank().Go(thiefs).Status(409).Sees("You have told us already")
		link := addressIn(h.letters("anna@example.com", 2)[0].Letter, "/reset")
		choose(h.blank().Go(link), fresh).Sees("Your password is changed")
		if got := h.present(h.anna).Email; got != "anna@example.com" {
			t.Errorf("in the end the address is %s", got)
		}
	})
}
