package login

import (
	"context"

	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
)

// What operators have people written, besides Invite, InvitationLink, ResetFactors and TellPasswordSet. The letters go out in the
// person's own language, and what cannot be sent says so: the change that they tell of is made already.

// SendReset mails a link to a new password, in the place of earlier ones; to whoever signs in with Google alone it says that there is none.
// mail.ErrDown; storage.ErrConflict when the person is not active: who is invited gets an invitation; *TooSoon.
func (s *Server) SendReset(ctx context.Context, person storage.User, e storage.Event) error {
	if s.Mail == nil {
		return mail.ErrDown
	}
	if person.State != "active" {
		return storage.ErrConflict
	}
	if err := s.ChargeOperatorsLetter(ctx, person.Email); err != nil {
		return err
	}
	letter := mail.NewPassword{Addressee: s.addressee(person, ""), Theirs: true}
	return s.mailReset(ctx, person, reset{letter, "", e})
}

// TellAddressChanged tells a person, at the address that they had before, that an operator gave them another one, or another account at
// Google by which they can come in (AD-07). mail.ErrDown.
func (s *Server) TellAddressChanged(ctx context.Context, before, after storage.User) error {
	for _, n := range addressNews(before, after) {
		if err := s.tellFromOperator(ctx, before, n); err != nil {
			return err
		}
	}
	return nil
}

// addressNews are the letters that tell of other addresses.
func addressNews(before, after storage.User) []news {
	var all []news
	if before.Email != after.Email {
		all = append(all, news{subject: "letter.moved-subject", text: "letter.moved-theirs", pairs: []string{"address", masked(after.Email)}, asked: true})
	}
	follows := after.LinkEmail == after.Email && before.LinkEmail == before.Email // the first letter has said it, and masks the new address
	if after.LinkEmail == "" || before.LinkEmail == after.LinkEmail || follows {
		return all
	}
	return append(all, news{subject: "letter.google-theirs-subject", text: "letter.google-theirs", pairs: []string{"address", after.LinkEmail}, asked: true})
}

// ChargeChange counts the letters that will tell a person of a change which an operator is about to make, and an invitation that goes out
// with it: a *TooSoon when the mailbox of before has had enough for them. It stands before the change: a letter that tells of one is the
// person's safeguard, and is not left out later. Where no letter can be sent, none is counted.
func (s *Server) ChargeChange(ctx context.Context, before, after storage.User, invitation bool) error {
	if s.Mail == nil {
		return nil
	}
	letters := len(addressNews(before, after))
	if before.Role != after.Role {
		letters++
	}
	if invitation {
		letters++
	}
	for range letters {
		if err := s.ChargeOperatorsLetter(ctx, before.Email); err != nil {
			return err
		}
	}
	return nil
}

// roleLetters are the texts for each role; "" is none any more.
var roleLetters = map[string]string{
	"":         "letter.role-none",
	"admin":    "letter.role-admin",
	"helpdesk": "letter.role-helpdesk",
	"viewer":   "letter.role-viewer",
}

// TellRoleChanged tells a person the role that an operator gave them. mail.ErrDown.
func (s *Server) TellRoleChanged(ctx context.Context, person storage.User) error {
	return s.tellFromOperator(ctx, person, news{subject: "letter.role-subject", text: roleLetters[person.Role], asked: true})
}

func (s *Server) tellFromOperator(ctx context.Context, person storage.User, n news) error {
	if s.Mail == nil {
		return mail.ErrDown
	}
	return s.notify(ctx, person, n, origin{})
}
