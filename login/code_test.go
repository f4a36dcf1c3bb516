package login_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
)

func TestACodeIsTakenAsPeoplePasteIt(t *testing.T) { // WCAG 2.2 3.3.8
	t.Parallel()
	h := open(t)
	code := func() string { c := h.code(); return c[:3] + " " + c[3:] }
	for _, around := range []func(string) string{
		func(c string) string { return " " + c + "\t" },
		func(c string) string { return strings.ReplaceAll(c, " ", "-") },
		func(c string) string { return strings.ReplaceAll(c, " ", "\u00a0") + "\u200b" },
	} {
		no(toCode(h.browser(), "anna@example.com").Fill("code", around(code())).Press("submit")).Sees("app got anna")
		h.later(20 * time.Minute)
	}
}

func TestWhatIsNoCodeIsRefusedAndCostsNoTry(t *testing.T) { // EO-11
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toCode(h.browser(), "anna@example.com")
		for typed, text := range map[string]string{
			"":             "Enter the code from the email.",
			"  ":           "Enter the code from the email.",
			"12345":        "The code has 6 digits.",
			"1234567":      "The code has 6 digits.",
			"abcdef":       "The code has 6 digits.",
			"null":         "The code has 6 digits.",
			"１２３４５６":       "The code has 6 digits.",
			"12345\u202e6": "", // a mark that cannot be seen is dropped
		} {
			b.Fill("code", typed).Press("submit").Status(422).Check().Sees(text)
		}
		b.Tab().Post("/login/email_code", url.Values{"attempt": {b.Value("attempt")}}).Status(422).Sees("Enter the code from the email.")
		b.Tab().Post("/login/email_code", url.Values{"attempt": {b.Value("attempt")}, "code[]": {h.code()}}).Status(422)
		no(b.Fill("code", h.code()).Press("submit")).Sees("app got anna")
	})
}

func TestAWrongCodeTellsHowManyTriesAreLeftUntilItIsUsedUp(t *testing.T) { // EO-01
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toCode(h.browser(), "anna@example.com")
		for _, text := range []string{"You have 4 tries left.", "You have 3 tries left.", "You have 2 tries left.", "You have one try left.",
			"That code was guessed wrong too often. Send a new one."} {
			b.Fill("code", h.wrong()).Press("submit").Status(422).Check().Sees(text)
		}
		b.Fill("code", h.code()).Press("submit").Status(422).Check().Sees("That code was guessed wrong too often. Send a new one.")
		h.sees("sign_in.refused code_wrong", 4)
		h.sees("sign_in.refused code_used_up", 2)
		h.later(31 * time.Second)
		no(b.Press("resend").Status(200).Check().Sees("We sent a new 6-digit code").Fill("code", h.code()).Press("submit")).Sees("app got anna")
	})
}

func TestAnExpiredCodeSaysSoAndKeepsThePerson(t *testing.T) { // EO-05
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toCode(h.browser(), "anna@example.com")
		h.later(10*time.Minute + time.Second)
		b.Fill("code", h.code()).Press("submit").Status(422).Check().Sees("That code has expired. Send a new one.")
		no(b.Press("resend").Sees("a•••@example.com").Fill("code", h.code()).Press("submit")).Sees("app got anna")
	})
}

func TestSeeingThePageAgainSendsNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toCode(h.browser(), "anna@example.com")
	for range 5 {
		b.Go(b.URL()).Status(200).Check().Sees("We sent a 6-digit code")
	}
	if n := len(h.mailbox.Letters()); n != 1 {
		t.Errorf("%d letters were sent", n)
	}
}

func TestANewCodeIsSentAfterAWaitAndReplacesTheOld(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toCode(h.browser(), "anna@example.com").Sees("Send a new code (in 30 s)")
		old := h.code()
		b.Press("resend").Status(429).Check().Sees("The last code has only just been sent. You can ask for a new one in ")
		if b.Header().Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		h.later(30 * time.Second)
		b.Go(b.URL()).Press("Send a new code").Status(200).Check().Sees("We sent a new 6-digit code")
		if h.code() != old {
			b.Fill("code", old).Press("submit").Status(422)
		}
		no(b.Fill("code", h.code()).Press("submit")).Sees("app got anna")
	})
}

func TestTheBackButtonAfterTheRightCodeFindsItUsedUp(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toCode(h.browser(), "anna@example.com")
		former := b.URL()
		b.Fill("code", h.code()).Press("submit").Sees("Trust this browser?")
		b.Go(former).Status(200).Check().Sees("The last code is used up or no longer valid. Send a new one to a•••@example.com?").SeesNot("has not been sent yet")
		b.Press("resend").Status(200).Sees("We sent a new 6-digit code")
		no(b.Fill("code", h.code()).Press("submit")).Sees("app got anna")
	})
}

func TestAMailboxGetsThreeLettersInAQuarterOfAnHour(t *testing.T) { // EO-07
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toCode(h.browser(), "anna@example.com")
		for range 2 {
			h.later(31 * time.Second)
			b.Press("resend").Status(200)
		}
		h.later(31 * time.Second)
		b.Press("resend").Status(429).Check().Sees("We have sent you several codes already. You can ask for a new one in ").Sees("minutes")
		late := toCode(h.browser(), "anna@example.com").Status(429).Check().Sees("has not been sent yet").SeesNot("Look in spam")
		late.Go(late.URL()).Sees("has not been sent yet").SeesNot("used up") // nor has it when the page is seen again
		if strings.Contains(late.Body(), `name="code"`) {
			t.Error("a code is asked that nobody has got")
		}
		late.Post("/login/email_code", url.Values{"attempt": {late.Value("attempt")}, "code": {""}}).Status(422).Check().Sees("Enter the code")
		no(b.Fill("code", h.code()).Press("submit")).Sees("app got anna") // the last one still works
		if n := len(h.mailbox.Letters()); n != 3 {
			t.Errorf("%d letters were sent", n)
		}
	})
}

func TestALetterWhoseCodeWasRightIsForgottenButNotForTheDay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for range 10 {
			h.signedIn() // in a fresh browser
		}
		toCode(h.browser(), "anna@example.com").Status(429).Check().Sees("We have sent you several codes already.").Sees("hours")
	})
}

func TestAnAddressBlockGetsTwoHundredLettersAnHourButKnownBrowsersAreNotCounted(t *testing.T) {
	t.Parallel()
	h := open(t)
	known := h.signedIn() // the first letter
	for i := range 199 {
		name := fmt.Sprintf("person%d@example.com", i)
		h.add(storage.User{Email: name})
		toCode(h.browser(), name).Status(200).Sees("We sent a 6-digit code")
	}
	h.add(storage.User{Email: "late@example.com"})
	toCode(h.browser(), "late@example.com").Status(429).Check().Sees("has not been sent yet").
		Sees("There are too many sign-ins from this network at the moment. Try again in 18 seconds.")
	toCode(h.browser().From("203.0.113.9:1"), "late@example.com").Status(200).Sees("We sent a 6-digit code")
	known.Go("/account").Press("confirm")
	toCode(known.Go("/app"), "anna@example.com").Status(200).Sees("We sent a 6-digit code")
}

func TestGuessesAreCountedPerPersonOverAllAttempts(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for range 2 {
			b := toCode(h.browser(), "anna@example.com")
			for range 5 {
				b.Fill("code", h.wrong()).Press("submit").Status(422)
			}
		}
		toCode(h.browser(), "anna@example.com").Fill("code", h.code()).Press("submit").Status(429).Check().Sees("Too many wrong codes. Try again in ")
		h.sees("sign_in.refused code_slowed", 1)
		h.later(16 * time.Minute)
		for range 3 { // a right code forgets the wrong ones
			b := toCode(h.browser(), "anna@example.com")
			for range 4 {
				b.Fill("code", h.wrong()).Press("submit").Status(422)
			}
			no(b.Fill("code", h.code()).Press("submit")).Sees("app got anna")
		}
	})
}

func TestTheCodeOfOneAttemptIsNothingInAnother(t *testing.T) { // EO-04
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.add(storage.User{Email: "ben@example.com"})
		first := toCode(h.browser(), "anna@example.com")
		code := h.code()
		toCode(h.browser(), "anna@example.com").Fill("code", code).Press("submit").Status(422).Sees("not right")
		toCode(first.Tab().Go("/app"), "anna@example.com").Fill("code", code).Press("submit").Status(422).Sees("not right")
		toCode(h.browser(), "ben@example.com").Fill("code", code).Press("submit").Status(422).Sees("not right")
		no(first.Fill("code", code).Press("submit")).Sees("app got anna") // nobody has spoilt it (EO-08)
	})
}

func TestNoWayLeadsAroundTheCode(t *testing.T) { // complaint 2: second tab, back button, replay, two attempts at once
	t.Parallel()
	h := open(t)
	b := h.browser()
	usernamePage := b.Tab()
	passwordPage := toPassword(b, "anna@example.com").Tab()
	codePage := b.Fill("password", password).Press("submit").Sees("Check your email").Tab()

	usernamePage.Tab().Fill("username", "anna@example.com").Fill("password", password).Press("submit").Sees("Check your email")
	passwordPage.Tab().Fill("password", password).Press("submit").Sees("Check your email")
	codePage.Tab().Go("/app?back=1").Sees("Sign in").SeesNot("app got")
	codePage.Tab().Go("/account").Sees("Sign in").SeesNot("Anna Berg")
	attempt := codePage.Value("attempt")
	for _, path := range []string{"username", "password", "select", "consent"} {
		codePage.Tab().Go("/login/" + path + "?attempt=" + attempt).Sees("Check your email")
		codePage.Tab().Post("/login/"+path, url.Values{"attempt": {attempt}, "username": {"ben@example.com"}, "password": {password},
			"submit": {""}, "allow": {""}}).Sees("Check your email")
	}
	earlier := usernamePage.Value("attempt")
	for _, path := range []string{"email_code", "consent", "select"} {
		usernamePage.Tab().Post("/login/"+path, url.Values{"attempt": {earlier}, "code": {h.code()}, "allow": {""}, "submit": {""}}).
			Sees("Email address or customer number")
	}
	if h.events()["session.started ok"] != 0 {
		t.Error("somebody is signed in")
	}
}

func TestARightCodeIsSpent(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.ask.Consent = []string{"openid"} // so that the attempt goes on after the code
		b := toCode(h.browser(), "anna@example.com")
		back := b.Tab()
		no(b.Fill("code", h.code()).Press("submit")).Sees("wants to use")
		back.Tab().Fill("code", h.code()).Press("submit").Status(400).Check().Sees("finished in another window").Follow("Start again").Sees("Sign in")
		h.later(31 * time.Second)
		no(back.Press("resend").Fill("code", h.code()).Press("submit")).Sees("wants to use")
	})
}

func TestTheLetterGoesToTheStoredAddressWhateverIsSent(t *testing.T) { // EO-10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toPassword(h.browser(), "anna@example.com")
		b.Post("/login/password", url.Values{"attempt": {b.Value("attempt")}, "password": {password}, "email": {"evil@example.com"}, "to": {"evil@example.com"}}).
			Sees("Check your email")
		if to := h.mailbox.Letters()[0].To; to != "anna@example.com" {
			t.Errorf("the letter goes to %q", to)
		}
	})
}

func TestTheLetterSaysWhoAsksAndSignsNobodyIn(t *testing.T) { // EO-14
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		toCode(h.browser(), "anna@example.com")
		letter := h.mailbox.Letters()[0]
		code := h.code()
		shown := code[:3] + " " + code[3:]
		if letter.Subject != shown+" is your Acme code" {
			t.Errorf("subject is %q", letter.Subject)
		}
		if letter.User == "" || letter.User != h.anna.ID {
			t.Errorf("the letter concerns %q", letter.User)
		}
		for _, part := range []string{letter.Text, letter.HTML} {
			for _, want := range []string{shown, "Grafana", "Chrome on Windows", "192.0.2.1", "Anna Berg", "help@acme.test", "UTC"} {
				if !strings.Contains(part, want) {
					t.Errorf("the letter does not say %q:\n%s", want, part)
				}
			}
			for _, no := range []string{"http://", "<img", "src="} {
				if strings.Contains(part, no) {
					t.Errorf("the letter holds %q", no)
				}
			}
			if strings.Count(part, "https://") != 1 || strings.Count(part, issuer+"/alarm?token=dwk_") != 1 {
				t.Errorf("the letter's one link is not the alarm:\n%s", part)
			}
		}
		if len(letter.HTML) > 30_000 || !letter.Expires.Equal(letter.Date.Add(10*time.Minute).Truncate(0)) && letter.Expires.Sub(letter.Date) > 10*time.Minute {
			t.Errorf("%d bytes, expires %s after it came", len(letter.HTML), letter.Expires.Sub(letter.Date))
		}
	})
}

// broken is a mailer that does not work until it is mended.
type broken struct {
	mail.Mailbox
	mended bool
}

func (b *broken) Send(ctx context.Context, l mail.Letter) error {
	if !b.mended {
		return errors.New("connection refused")
	}
	return b.Mailbox.Send(ctx, l)
}

func TestMailThatDoesNotWorkIsToldAndMended(t *testing.T) {
	t.Parallel()
	mailer := new(broken)
	h := open(t, func(o *login.Options) { o.Mail = mailer })
	b := toCode(h.browser(), "anna@example.com").Status(503).Check().Sees("We can't send email right now. Try again in a few minutes.")
	b.Go(b.URL()).Sees("has not been sent yet")
	b.Press("resend").Status(503).Check().Sees("We can't send email right now.")
	h.sees("sign_in.code_sent mail_down", 2)
	if strings.Contains(h.log.String(), "app got") || strings.Contains(b.Body(), "refused") {
		t.Error("the page tells the mailer's own words")
	}
	mailer.mended = true
	b.Press("resend").Status(200).Sees("We sent a new 6-digit code")
	code := strings.ReplaceAll(mailer.Letters()[0].Subject[:7], " ", "")
	no(b.Fill("code", code).Press("submit")).Sees("app got anna")
}

func TestWithoutAMailerThePageSaysSo(t *testing.T) {
	t.Parallel()
	h := open(t, func(o *login.Options) { o.Mail = nil })
	h.ask.Locales = []string{"de"}
	toCode(h.browser(), "anna@example.com").Status(503).Check().Sees("Wir können gerade keine E-Mail senden.")
}
