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

// first sends the person's first code in this attempt, once however many ask at the same time.
func (s emailCodeStep) first(v *visit) (storage.MailedCode, error) {
	err := s.Store.Once(v.r.Context(), "first-code", codeOf(v), v.attempt.ends())
	if errors.Is(err, storage.ErrConflict) {
		return s.sentMeanwhile(v)
	}
	if err != nil {
		return storage.MailedCode{}, err
	}
	row, err := s.send(v)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		err = errors.Join(s.neverSent(v), err)
	}
	return row, err
}

// neverSent keeps that the first letter did not leave: without a row, a first code was sent and is gone.
func (s emailCodeStep) neverSent(v *visit) error {
	now := s.Now()
	row := storage.MailedCode{Attempt: codeOf(v), Purpose: codePurpose, UserID: v.person.ID, MAC: []byte{}, Sent: now, Expires: now}
	return s.Store.PutMailedCode(v.r.Context(), row)
}

// sentMeanwhile is the code of the request that was faster, as when a form is sent twice; none when it is spent, as after the
// back button, and for the moment that the other request takes.
func (s emailCodeStep) sentMeanwhile(v *visit) (storage.MailedCode, error) {
	row, err := s.Store.MailedCode(v.r.Context(), codeOf(v), codePurpose)
	if errors.Is(err, storage.ErrNotFound) {
		return storage.MailedCode{}, nil
	}
	return row, err
}

// resend sends another code in place of the former one.
func (s emailCodeStep) resend(v *visit) error {
	row, err := s.Store.MailedCode(v.r.Context(), codeOf(v), codePurpose)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if wait := s.untilResend(row); wait > 0 {
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
	if err := s.spendLetter(v); err != nil {
		return none, err
	}
	code := keys.NewDigits(codeDigits)
	row := storage.MailedCode{
		Attempt: codeOf(v),
		Purpose: codePurpose,
		UserID:  v.person.ID,
		MAC:     s.Keys.Box.MAC(keys.ForMailedCode, codePurpose, codeOf(v), v.person.ID, code),
		Sent:    s.Now(),
		Expires: s.Now().Add(codeLife),
	}
	if err := s.Store.PutMailedCode(ctx, row); err != nil {
		return none, err
	}
	letter, err := s.letter(v, code, row.Expires)
	if err != nil {
		return none, err
	}
	if err := s.Mail.Send(ctx, letter); err != nil {
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

// spendLetter charges the letter quotas; a *Refusal when one is used up. Known browsers have quotas of their own, so that somebody who has only the
// password cannot use up the owner's, and are not counted by their address block, since a whole company may sign in behind
// one; the demo house is signed in to all day by one person, and its letters go nowhere.
//
// The mailbox's counter comes first, so that one person alone cannot use up the block's; the day's comes last, so that
// it counts only what is sent.
func (s emailCodeStep) spendLetter(v *visit) error {
	if s.Site.Dev {
		return nil
	}
	ctx := v.r.Context()
	if wait, err := s.Store.Charge(ctx, s.letters(v), lettersPerMailbox); err != nil || wait > 0 {
		return s.usedUp(v, "code.quota", wait, err)
	}
	if s.knows(v.r, v.person) == "" {
		wait, err := s.Store.Spend(ctx, "letters-block:"+web.AddressBlock(ctx), lettersPerBlock)
		if err != nil || wait > 0 {
			return s.usedUp(v, "code.quota-address", wait, err)
		}
	}
	if wait, err := s.Store.Spend(ctx, "letters-day:sign-in:"+s.recipient(v), lettersPerDay); err != nil || wait > 0 {
		return s.usedUp(v, "code.quota", wait, err)
	}
	return nil
}

// letters is the counter of a mailbox's letters.
func (s emailCodeStep) letters(v *visit) string { return "letters:sign-in:" + s.recipient(v) }

// usedUp is err, or else the refusal of a letter for which one has to wait.
func (s emailCodeStep) usedUp(v *visit, text string, wait time.Duration, err error) error {
	if err != nil {
		return err
	}
	return s.slowed(v, "resend", text, wait)
}

func (s emailCodeStep) letter(v *visit, code string, expires time.Time) (mail.Letter, error) {
	browser, system := web.Agent(v.r.UserAgent())
	alarm, err := s.alarmLink(v.person, v.attempt.Lang)
	return mail.SignInCode{
		To:      v.person.Email,
		User:    v.person.ID,
		Name:    v.person.Name(),
		Code:    code,
		Company: s.Site.Company,
		Accent:  s.accent,
		Contact: s.Site.Contact,
		Alarm:   alarm,
		App:     v.attempt.Ask.ClientName,

		SignedIn: v.attempt.rests() && !v.attempt.primary(s.Now()),
		Google:   v.attempt.proved(byGoogle, s.Now()),
		Invited:  v.attempt.Link != nil && v.attempt.Link.Kind == storage.LinkInvitation,

		Browser: browser,
		System:  system,
		Address: web.Address(v.r.Context()).String(),
		Time:    s.Site.Texts.Date(v.attempt.Lang, s.Now()),
		Lang:    v.attempt.Lang,
		Expires: expires,
	}.Letter(s.voice(v.attempt.Lang)), err
}

// untilResend is the wait after a letter; none after one that never left.
func (s emailCodeStep) untilResend(row storage.MailedCode) time.Duration {
	if unsent(row) {
		return 0
	}
	return max(0, row.Sent.Add(resendAfter).Sub(s.Now()))
}
