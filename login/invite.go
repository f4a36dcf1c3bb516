package login

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Invitation is to make a link for a person who is invited.
type Invitation struct {
	Person storage.User
	By     string // who invites, as the letter names them; "" the company
	Lang   string // of the page on which it was asked for; "" none
	Event  storage.Event
}

// Invite sends a person an invitation, in the place of earlier ones, and says until when it works. mail.ErrDown.
func (s *Server) Invite(ctx context.Context, i Invitation) (storage.Link, error) {
	if s.Mail == nil {
		return storage.Link{}, mail.ErrDown
	}
	l, address, err := s.newLink(ctx, storage.Link{Kind: storage.LinkInvitation, Note: i.By}, i.Person, i.Event)
	if err != nil {
		return storage.Link{}, err
	}
	to := s.addressee(i.Person, i.Lang)
	return l, s.Mail.Send(ctx, mail.Invitation{
		Addressee: to,
		By:        l.Note,
		URL:       address,
		Until:     s.Site.Texts.Date(to.Lang, l.Expires),
		Google:    s.abroad != nil,
		Expires:   l.Expires,
	}.Letter(s.voice(to.Lang)))
}

// InvitationLink makes an invitation without a letter, and gives the address behind its button: for a person whose mailbox
// is out of reach. Whoever has it can take the account, and proves no mailbox by it.
func (s *Server) InvitationLink(ctx context.Context, i Invitation) (storage.Link, string, error) {
	return s.newLink(ctx, storage.Link{Kind: storage.LinkInvitation, Note: i.By, Copied: true}, i.Person, i.Event)
}

// opened notes, for operators, that somebody has gone on from the first page of an invitation: by a button, which no program that
// opens links presses. It changes nobody's rights, so where it cannot be written the sign-in goes on.
func (s *Server) opened(v *visit) {
	l := v.attempt.Link
	if l == nil || l.Opened || l.Kind != storage.LinkInvitation {
		return
	}
	l.Opened = true
	if err := s.Store.OpenLink(v.r.Context(), l.ID); err != nil {
		web.Note(v.r.Context(), slog.String("invitation_not_marked", err.Error()))
	}
}

// renewInvitation answers the button of an invitation that does not work any more. A new one goes to the invited address
// only, and the answer is the same whatever becomes of it.
func (s *Server) renewInvitation(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(w, r)
	if err != nil {
		return err
	}
	lang := s.Site.Language(w, r)
	wait, err := s.Store.Spend(r.Context(), "forgotten-block:"+web.AddressBlock(r.Context()), asksPerBlock)
	if err != nil {
		return err
	}
	if wait == 0 {
		from, token := originOf(r, lang), keys.HashSecret(form.Get("token"))
		if err := s.afterwards(func(ctx context.Context) error { return s.inviteAgain(ctx, token, from) }); err != nil {
			return err
		}
	}
	http.Redirect(w, r, "/invite/sent", http.StatusSeeOther)
	return nil
}

// inviteAgain sends another invitation for one that is known, to whoever has not come yet. One that was withdrawn is none to be renewed.
func (s *Server) inviteAgain(ctx context.Context, token []byte, from origin) error {
	l, person, err := s.Store.LinkByToken(ctx, token)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (l.Kind != storage.LinkInvitation || person.State != "invited") {
		return nil
	}
	if err != nil {
		return err
	}
	if withdrawn, err := s.withdrawn(ctx, person); err != nil || withdrawn {
		return err
	}
	if most, err := s.enough(ctx, person); err != nil || most {
		return err
	}
	_, err = s.Invite(ctx, Invitation{Person: person, By: l.Note, Event: from.event(person)})
	return err
}

func (s *Server) invitationSent(w http.ResponseWriter, r *http.Request) error {
	lang := s.Site.Language(w, r)
	return s.pages.Write(w, r, web.View{
		Name:   "invite_sent",
		Lang:   lang,
		Title:  s.Site.Texts.T(lang, "invite.sent-title"),
		Switch: "/invite/sent",
	})
}
