package login_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

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
		if strings.Contains(b.Body(), `name="code"`) {
			t.Error("a code is asked that counts for nothing")
		}
		b.Tab().Go(b.URL()).Status(200).Check().Sees("The last code is used up or no longer valid.")
		b.Post("/login/email_code", url.Values{"attempt": {b.Value("attempt")}, "code": {h.code()}}).
			Status(422).Check().Sees("That code was guessed wrong too often. Send a new one.")
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
