package login_test

// The letter with a code: how many are sent, to whom, and what it says.

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
