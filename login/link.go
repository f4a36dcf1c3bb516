package login

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// linkKinds are the mailed links: where they lead, how their random value begins, and how long they work.
var linkKinds = map[string]struct {
	path, prefix string
	life         time.Duration
}{
	storage.LinkInvitation: {"/invite", "dwi_", 7 * 24 * time.Hour},
	storage.LinkReset:      {"/reset", "dwp_", 30 * time.Minute},
	storage.LinkAddress:    {"/account/address/confirm", "dwd_", 24 * time.Hour},
}

// origin is where a request came from: what of it letters and events tell, also after the answer.
type origin struct {
	address, reference string
	browser, system    string
	lang               string // of the page
}

func originOf(r *http.Request, lang string) origin {
	browser, system := web.Agent(r.UserAgent())
	return origin{web.Address(r.Context()).String(), web.Reference(r.Context()), browser, system, lang}
}

// event is one of a letter that somebody asked for who is not known: anybody can ask.
func (o origin) event(person storage.User) storage.Event {
	return storage.Event{User: person.ID, Address: o.address, Reference: o.reference}
}

// languageOf is the language that is known of the person; "" none.
func (s *Server) languageOf(person storage.User) string {
	locale, _ := person.Claims["locale"].(string)
	return s.Site.Texts.Match([]string{locale})
}

// addressee is whom a letter goes to: in the language of the page on which it was asked for ("" none), else in the person's, else in
// the house's.
func (s *Server) addressee(person storage.User, page string) mail.Addressee {
	lang := cmp.Or(page, s.languageOf(person), s.Site.DefaultLanguage())
	return mail.Addressee{To: person.Email, User: person.ID, Name: person.Name(), Company: s.Site.Company, Accent: s.accent, Lang: lang}
}

// voice speaks a language in letters.
func (s *Server) voice(lang string) mail.Voice {
	return func(key string, pairs ...string) string { return s.Site.Texts.T(lang, key, pairs...) }
}

// newLink stores a link for a person, in the place of earlier ones of its kind, and gives it with its address. The random value in
// the address is nowhere else.
func (s *Server) newLink(ctx context.Context, l storage.Link, person storage.User, e storage.Event) (storage.Link, string, error) {
	kind := linkKinds[l.Kind]
	token, hash := keys.NewSecret(kind.prefix)
	l.ID, l.Token, l.UserID, l.UserVersion = storage.NewID(), hash, person.ID, person.Version
	l.Email = cmp.Or(l.Email, person.Email)
	l.Created = s.Now()
	l.Expires = l.Created.Add(kind.life)
	e.Kind, e.User = storage.LinkSent, person.ID
	err := s.Store.PutLink(ctx, l, e)
	return l, s.Site.Issuer + kind.path + "?token=" + token, err
}

// mailWayIn sends a person who has raised the alarm the letter by which they get in again: a link to a new password, an invitation to
// whoever has not come yet, or, without a password, the word that Google is the way. Whoever is disabled gets none. mail.ErrDown.
func (s *Server) mailWayIn(ctx context.Context, person storage.User, from origin) error {
	return s.mailWayBack(ctx, person, from, "")
}

// mailWayBack is mailWayIn for the sealed attempt that asked ("" the alarm), by which a new password leads back to an application.
func (s *Server) mailWayBack(ctx context.Context, person storage.User, from origin, asked string) error {
	switch {
	case s.Mail == nil:
		return mail.ErrDown
	case person.State == "invited": // and so for an invitation that was lost
		_, err := s.Invite(ctx, Invitation{Person: person, Lang: from.lang, Event: from.event(person)})
		return err
	case person.State != "active":
		return nil
	}
	to := s.addressee(person, from.lang)
	letter := mail.NewPassword{
		Addressee: to,
		Browser:   from.browser,
		System:    from.system,
		Address:   from.address,
		Time:      s.Site.Texts.Date(to.Lang, s.Now()),
		Alarmed:   asked == "",
	}
	return s.mailReset(ctx, person, reset{letter, asked, from.event(person)})
}

// reset is a letter with a link to a new password that is still to be made.
type reset struct {
	letter mail.NewPassword
	note   string // of the link
	event  storage.Event
}

// mailReset sends it, or, where there is no password, the word that Google is the way.
func (s *Server) mailReset(ctx context.Context, person storage.User, r reset) error {
	letter, voice := r.letter, s.voice(r.letter.Lang)
	google, err := s.googleOnly(ctx, person)
	if err != nil {
		return err
	}
	if google {
		letter.URL, letter.Expires = s.Site.Issuer+"/login", s.Now().Add(linkKinds[storage.LinkReset].life)
		return s.Mail.Send(ctx, letter.GoogleOnly(voice))
	}
	l, address, err := s.newLink(ctx, storage.Link{Kind: storage.LinkReset, Note: r.note}, person, r.event)
	if err != nil {
		return err
	}
	letter.URL, letter.Expires = address, l.Expires
	return s.Mail.Send(ctx, letter.Letter(voice))
}

// googleOnly says whether a person signs in with Google and has no password to forget.
func (s *Server) googleOnly(ctx context.Context, person storage.User) (bool, error) {
	_, err := s.Store.PasswordSince(ctx, person.ID)
	if err == nil || !errors.Is(err, storage.ErrNotFound) {
		return false, err
	}
	linked, err := s.Store.Identities(ctx, person.ID)
	return len(linked) > 0, err
}
