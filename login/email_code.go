package login

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/doorward/doorward/keys"
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
	Unsent bool // there is no code to type: no letter has left, or the last one's code is gone
	Gone   bool // a code was sent, and is used up or no longer valid
	Resent bool
}

func (emailCodeStep) Name() string { return "email_code" }

func (s emailCodeStep) Asked(v *visit) bool { return s.second(v) == byCode }

// Show sends the first code when the page is first seen. Seeing it again sends nothing: the row of the code tells.
func (s emailCodeStep) Show(v *visit) (page, error) {
	out := page{Title: s.text(v, "code.title")}
	row, err := s.Store.MailedCode(v.r.Context(), codeOf(v), codePurpose)
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
		Unsent: out.Status != 0 || unsent(row) || s.lost(row),
		Gone:   out.Status == 0 && (row.Attempt == "" || s.lost(row)),
		Resent: v.attempt.Resent,
	}
	return out, nil
}

// lost says whether a code that was sent takes no guess any more.
func (s emailCodeStep) lost(row storage.MailedCode) bool {
	return !unsent(row) && (row.Tries >= storage.MailedTries || !s.Now().Before(row.Expires))
}

func (s emailCodeStep) Spend(v *visit, form url.Values) error {
	if form.Has("resend") {
		return nil
	}
	if code := digits(form.Get("code")); code == "" {
		return &Refusal{Field: "code", Text: "code.empty"}
	} else if !isCode(code) {
		return &Refusal{Field: "code", Text: "code.malformed"}
	}
	return s.chargeGuess(v, codeGuesses, "code", "code.slow")
}

func (s emailCodeStep) Take(v *visit, form url.Values) error {
	if form.Has("resend") {
		return s.resend(v)
	}
	code := digits(form.Get("code"))
	left, err := s.Store.TryMailedCode(v.r.Context(), codeOf(v), codePurpose, func(mac []byte) bool {
		return s.Keys.Box.CheckMAC(keys.ForMailedCode, mac, codePurpose, codeOf(v), v.person.ID, code)
	})
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s.dead(v)
	case errors.Is(err, storage.ErrConflict) && left > 0:
		return s.refuse(v, tried{storage.SignInRefused, "code_wrong"}, wrongCode(left))
	case errors.Is(err, storage.ErrConflict):
		return s.refuse(v, tried{storage.SignInRefused, "code_used_up"}, &Refusal{Field: "resend", Text: "code.used-up"})
	case err != nil:
		return err
	}
	v.attempt.prove(byCode, s.Now())
	if !v.person.EmailVerified {
		if err := s.Store.ProveEmail(v.r.Context(), v.person); err != nil {
			return err
		}
	}
	if err := s.forgiveGuesses(v, codeGuesses, s.letters(v)); err != nil {
		return err
	}
	return s.record(v, tried{codeRight, "ok"})
}

// codeOf names the code of this attempt: each person gets one of their own, should a second one go through it.
func codeOf(v *visit) string { return v.attempt.flow() + "-" + v.person.ID }

func wrongCode(left int) *Refusal {
	if left == 1 {
		return &Refusal{Field: "code", Text: "code.wrong-last"}
	}
	return &Refusal{Field: "code", Text: "code.wrong", Pairs: []string{"n", strconv.Itoa(left)}}
}

// dead says why there is no code to compare with: too old, guessed too often, or spent already. A spent one has been
// right: the attempt is further than this form, or finished, as when a form is sent twice.
func (s emailCodeStep) dead(v *visit) error {
	row, err := s.Store.MailedCode(v.r.Context(), codeOf(v), codePurpose)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return s.refuse(v, tried{storage.SignInRefused, "code_spent"}, stopped("error.start-again", v.attempt))
	case err != nil:
		return err
	case s.Now().Before(row.Expires):
		return s.refuse(v, tried{storage.SignInRefused, "code_used_up"}, &Refusal{Field: "resend", Text: "code.used-up"})
	}
	return s.refuse(v, tried{storage.SignInRefused, "code_expired"}, &Refusal{Field: "resend", Text: "code.expired"})
}

// digits is a code as typed, without the spaces and hyphens that people and mail programs put in.
func digits(typed string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) || unicode.Is(unicode.Pd, c) {
			return -1
		}
		return c
	}, typed)
}

func isCode(code string) bool {
	return len(code) == codeDigits && strings.Trim(code, "0123456789") == ""
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
