package login

import (
	"errors"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

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
	wait, err := s.spendLetter(v)
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
		MAC:     s.Keys.Box.MAC(keys.ForMailedCode, codePurpose, v.attempt.flow(), v.person.ID, code),
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

// spendLetter charges the letter quotas. Known browsers have quotas of their own, so that somebody who has only the
// password cannot use up the owner's, and are not counted by their address block, since a whole company may sign in behind
// one; the demo house is signed in to all day by one person, and its letters go nowhere.
func (s emailCodeStep) spendLetter(v *visit) (time.Duration, error) {
	if s.Site.Dev {
		return 0, nil
	}
	charges := []charge{
		{"letters:sign-in:" + s.recipient(v), lettersPerMailbox},
		{"letters-day:sign-in:" + s.recipient(v), lettersPerDay},
	}
	if s.knows(v.r, v.person) == "" {
		charges = append(charges, charge{"letters-block:" + web.AddressBlock(v.r.Context()), lettersPerBlock})
	}
	return s.spend(v.r.Context(), charges...)
}

func (s emailCodeStep) letter(v *visit, code string, expires time.Time) mail.Letter {
	browser, system := web.Agent(v.r.UserAgent())
	voice := func(key string, pairs ...string) string { return s.text(v, key, pairs...) }
	return mail.SignInCode{
		To:      v.person.Email,
		User:    v.person.ID,
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

func (s emailCodeStep) untilResend(row storage.MailedCode) time.Duration {
	return max(0, row.Sent.Add(resendAfter).Sub(s.Now()))
}
