package login

import (
	"context"

	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
)

// invite sends a person a new invitation, in the place of the one before.
func (s *Server) invite(ctx context.Context, person storage.User, e storage.Event) error {
	to := s.addressee(person, "")
	l, address, err := s.newLink(ctx, storage.Link{Kind: storage.LinkInvitation}, person, e)
	if err != nil {
		return err
	}
	return s.Mail.Send(ctx, mail.Invitation{
		Addressee: to,
		URL:       address,
		Until:     s.Site.Texts.Date(to.Lang, l.Expires),
		Expires:   l.Expires,
	}.Letter(s.voice(to.Lang)))
}
