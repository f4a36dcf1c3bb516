package mail

import (
	"strings"
	"time"
)

// Voice is a text in the language of a letter, with {placeholders} filled from pairs.
type Voice func(key string, pairs ...string) string

// SignInCode is what the letter with a sign-in code tells: enough to see at once whether it was oneself.
type SignInCode struct {
	To, Name        string
	User            string // the id of the person
	Code            string
	Company         string
	Accent          string // as of an Addressee
	Contact         string // whom to tell when it was somebody else; "" none
	Alarm           string // the address behind “That wasn't me”
	SignedIn        bool   // whoever asks rests on a session: no password was entered
	Google          bool   // or has come by Google
	Invited         bool   // or came by an invitation, with a password of their own choice
	App             string // "" when opened directly
	Browser, System string // "" unknown
	Address         string // of the visitor
	Time            string // in words
	Lang            string
	Expires         time.Time
}

// Letter writes it. The code stands first in the subject, so that it shows in a notification.
func (c SignInCode) Letter(t Voice) Letter {
	code := c.grouped()
	app := c.App
	if app == "" {
		app = c.Company
	}
	b := body{lang: c.Lang, title: t("letter.code-subject", "code", code, "company", c.Company), house: c.Company, accent: c.Accent}
	b.words(t("letter.hello", "name", c.Name))
	b.words(t(c.who(), "app", app))
	b.words(from(t, c.Browser, c.System, c.Address, c.Time))
	b.words(t("letter.code-enter"))
	b.large(code)
	b.words(t("letter.code-valid", "company", c.Company))
	b.alarm(t(c.danger()), c.advice(t), t("letter.alarm"), c.Alarm)
	return Letter{To: c.To, User: c.User, Subject: b.title, Text: b.text(), HTML: b.html(), Expires: c.Expires}
}

// who is the text that says what is going on.
func (c SignInCode) who() string {
	switch {
	case c.SignedIn:
		return "letter.code-who-signed-in"
	case c.Google:
		return "letter.code-who-google"
	case c.Invited:
		return "letter.code-who-invited"
	}
	return "letter.code-who"
}

// danger is the text that says what somebody else has, if it is somebody else.
func (c SignInCode) danger() string {
	switch {
	case c.SignedIn:
		return "letter.code-alarm-signed-in"
	case c.Google:
		return "letter.code-alarm-google"
	case c.Invited:
		return "letter.code-alarm-invited"
	}
	return "letter.code-alarm"
}

// from tells where something came from.
func from(t Voice, browser, system, address, time string) string {
	if browser == "" || system == "" {
		return t("letter.code-from-unknown", "address", address, "time", time)
	}
	return t("letter.code-from", "browser", browser, "system", system, "address", address, "time", time)
}

// advice is what to do then. A new password here helps nobody whose account at Google is in other hands.
func (c SignInCode) advice(t Voice) string {
	switch {
	case c.Google && c.Contact == "":
		return t("letter.code-alarm-end-google")
	case c.Google:
		return t("letter.code-alarm-ask-google", "contact", c.Contact)
	case c.Contact == "":
		return t("letter.code-alarm-change")
	}
	return t("letter.code-alarm-ask", "contact", c.Contact)
}

// grouped puts a narrow gap in the middle: three digits are read at a glance, six are not. A plain space, since the code
// is copied with it and the form takes it.
func (c SignInCode) grouped() string {
	half := (len(c.Code) + 1) / 2
	return strings.TrimSpace(c.Code[:half] + " " + c.Code[half:])
}
