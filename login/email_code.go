package login

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// When a code is asked.
const (
	codeUntrusted = "untrusted"
	codeAlways    = "always"
	codeNever     = "never"
)

const (
	codeDigits  = 6
	codeLife    = 10 * time.Minute
	codePurpose = "sign-in"
)

// emailCodeStep asks for a code that came by mail. One code lives in an attempt; it is bound to attempt, browser and
// person, and spent in storage by its one right use.
type emailCodeStep struct{ *Server }

type emailCodePage struct {
	frame
	Masked string
	Wait   int  // seconds until another may be sent
	Unsent bool // no letter has left
	Resent bool
}

func (emailCodeStep) Name() string { return "email_code" }

func (s emailCodeStep) Asked(a *Attempt) bool {
	return !a.rests() && s.EmailCode != codeNever && !a.proved(byCode, s.Now())
}

// Show sends the first code when the page is first seen. Seeing it again sends nothing: the row of the code tells.
func (s emailCodeStep) Show(v *visit) (page, error) {
	out := page{Title: s.text(v, "code.title")}
	row, err := s.Store.MailedCode(v.r.Context(), v.attempt.flow(), codePurpose)
	if errors.Is(err, storage.ErrNotFound) {
		row, err = s.first(v)
	}
	var refusal *Refusal
	if errors.As(err, &refusal) {
		out.Errors = []web.FieldError{{Field: refusal.Field, Text: s.text(v, refusal.Text, refusal.Pairs...)}}
		out.Status = refusal.Status
	} else if err != nil {
		return page{}, err
	}
	out.Data = emailCodePage{
		frame:  v.frame,
		Masked: masked(v.person.Email),
		Wait:   int((s.untilResend(row) + time.Second - 1) / time.Second),
		Unsent: out.Status != 0 || unsent(row),
		Resent: v.attempt.Resent,
	}
	return out, nil
}

// first sends the attempt's first code, once however many ask at the same time.
func (s emailCodeStep) first(v *visit) (storage.MailedCode, error) {
	err := s.Store.Once(v.r.Context(), "first-code", v.attempt.flow(), v.attempt.ends())
	if errors.Is(err, storage.ErrConflict) { // under way, or spent
		return storage.MailedCode{}, nil
	}
	if err != nil {
		return storage.MailedCode{}, err
	}
	return s.send(v)
}

func (s emailCodeStep) untilResend(row storage.MailedCode) time.Duration {
	return max(0, row.Sent.Add(resendAfter).Sub(s.Now()))
}

func (s emailCodeStep) Spend(v *visit, form url.Values) error {
	if form.Has("resend") {
		return nil
	}
	if code := digits(form.Get("code")); code == "" {
		return &Refusal{Field: "code", Text: "code.empty"}
	} else if len(code) != codeDigits {
		return &Refusal{Field: "code", Text: "code.malformed"}
	}
	wait, err := s.spend(v.r.Context(), charge{"code-guesses:" + v.person.ID, guessesPerPerson})
	if err != nil {
		return err
	}
	if wait > 0 {
		return s.refuse(v, tried{storage.SignInRefused, "code_slowed"}, s.slowed(v, "code", "code.slow", wait))
	}
	return nil
}

func (s emailCodeStep) Take(v *visit, form url.Values) error {
	if form.Has("resend") {
		return s.resend(v)
	}
	code := digits(form.Get("code"))
	left, err := s.Store.TryMailedCode(v.r.Context(), v.attempt.flow(), codePurpose, func(mac []byte) bool {
		return s.Keys.Box.CheckMAC(keys.ForMailedCode, mac, v.attempt.flow(), v.person.ID, code)
	})
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s.dead(v)
	case errors.Is(err, storage.ErrConflict) && left > 0:
		return s.refuse(v, tried{storage.SignInRefused, "code_wrong"}, wrongCode(left))
	case errors.Is(err, storage.ErrConflict):
		return s.refuse(v, tried{storage.SignInRefused, "code_used_up"}, &Refusal{Field: "code", Text: "code.used-up"})
	case err != nil:
		return err
	}
	v.attempt.prove(byCode, s.Now())
	return s.record(v, tried{codeRight, "ok"})
}

func wrongCode(left int) *Refusal {
	if left == 1 {
		return &Refusal{Field: "code", Text: "code.wrong-last"}
	}
	return &Refusal{Field: "code", Text: "code.wrong", Pairs: []string{"n", strconv.Itoa(left)}}
}

// dead says why there is no code to compare with: too old, guessed too often, or spent already. A spent one has been
// right: the attempt is further than this form, or finished, as when a form is sent twice.
func (s emailCodeStep) dead(v *visit) error {
	row, err := s.Store.MailedCode(v.r.Context(), v.attempt.flow(), codePurpose)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s.refuse(v, tried{storage.SignInRefused, "code_spent"}, stopped("error.start-again", v.attempt))
	case err != nil:
		return err
	case s.Now().Before(row.Expires):
		return s.refuse(v, tried{storage.SignInRefused, "code_used_up"}, &Refusal{Field: "code", Text: "code.used-up"})
	}
	return s.refuse(v, tried{storage.SignInRefused, "code_expired"}, &Refusal{Field: "code", Text: "code.expired"})
}

// resend sends another code in place of the former one.
func (s emailCodeStep) resend(v *visit) error {
	row, err := s.Store.MailedCode(v.r.Context(), v.attempt.flow(), codePurpose)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if wait := s.untilResend(row); wait > 0 && !unsent(row) {
		return s.slowed(v, "resend", "code.wait", wait)
	}
	if _, err := s.send(v); err != nil {
		return err
	}
	v.attempt.Resent = true
	return nil
}

// send makes a code and mails it to the address that is stored for the person. A *Refusal where it cannot.
func (s emailCodeStep) send(v *visit) (storage.MailedCode, error) {
	ctx, none := v.r.Context(), storage.MailedCode{}
	if s.Mail == nil || v.person.Email == "" {
		return none, mailDown()
	}
	wait, err := s.spendLetter(ctx, v.person)
	if err != nil {
		return none, err
	}
	if wait > 0 {
		return none, s.slowed(v, "resend", "code.quota", wait)
	}
	code := keys.NewDigits(codeDigits)
	row := storage.MailedCode{
		Attempt: v.attempt.flow(),
		Purpose: codePurpose,
		UserID:  v.person.ID,
		MAC:     s.Keys.Box.MAC(keys.ForMailedCode, v.attempt.flow(), v.person.ID, code),
		Sent:    s.Now(),
		Expires: s.Now().Add(codeLife),
	}
	if err := s.Store.PutMailedCode(ctx, row); err != nil {
		return none, err
	}
	if err := s.Mail.Send(ctx, s.letter(v, code, row.Expires)); err != nil {
		row.Expires = row.Sent
		return none, errors.Join(s.Store.PutMailedCode(ctx, row), s.refuse(v, tried{codeSent, "mail_down"}, mailDown()))
	}
	return row, s.record(v, tried{codeSent, "ok"})
}

// unsent says whether the letter of this code never left: such a code is stored as expired from the start.
func unsent(row storage.MailedCode) bool { return !row.Expires.After(row.Sent) }

func mailDown() *Refusal {
	return &Refusal{Field: "resend", Text: "code.mail-down", Status: http.StatusServiceUnavailable}
}

// spendLetter charges the letter quotas. The demo house is signed in to all day by one person, and its letters
// go nowhere.
func (s emailCodeStep) spendLetter(ctx context.Context, person storage.User) (time.Duration, error) {
	if s.Site.Dev {
		return 0, nil
	}
	return s.spend(ctx,
		charge{"letters-block:" + web.AddressBlock(ctx), lettersPerBlock},
		charge{"letters:sign-in:" + person.ID, lettersPerMailbox},
		charge{"letters-day:sign-in:" + person.ID, lettersPerDay},
	)
}

func (s emailCodeStep) letter(v *visit, code string, expires time.Time) mail.Letter {
	browser, system := web.Agent(v.r.UserAgent())
	voice := func(key string, pairs ...string) string { return s.text(v, key, pairs...) }
	return mail.SignInCode{
		To:      v.person.Email,
		Name:    v.person.Name(),
		Code:    code,
		Company: s.Site.Company,
		Contact: s.Site.Contact,
		App:     v.attempt.Ask.ClientName,
		Browser: browser,
		System:  system,
		Address: web.Address(v.r.Context()).String(),
		Time:    s.Site.Texts.Date(v.attempt.Lang, s.Now()),
		Lang:    v.attempt.Lang,
		Expires: expires,
	}.Letter(voice)
}

// digits is a code as typed, without the spaces and hyphens that people and mail programs put in; "" when there is
// nothing, and as it was when something else stands in it.
func digits(typed string) string {
	code := strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Pd, c) {
			return -1
		}
		return c
	}, typed)
	if strings.ContainsFunc(code, func(c rune) bool { return c < '0' || c > '9' }) {
		return "not digits"
	}
	return code
}

// masked shows enough of an address to know it by.
func masked(address string) string {
	at := strings.LastIndexByte(address, '@')
	if at < 1 {
		return "•••"
	}
	_, size := utf8.DecodeRuneInString(address)
	return address[:size] + "•••" + address[at:]
}
