package login

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// registerLinks adds the paths of mailed links. A GET there changes nothing: mail scanners open every link, and press none.
func (s *Server) registerLinks(door *web.Door, router *mux.Router) {
	door.Handle(router, "/invite", web.Methods{"GET": s.openLink(storage.LinkInvitation), "POST": s.renewInvitation})
	door.Handle(router, "/invite/sent", web.Methods{"GET": s.invitationSent})
	door.Handle(router, "/reset", web.Methods{"GET": s.openLink(storage.LinkReset)})
	door.Handle(router, "/forgot", web.Methods{"GET": s.forgot, "POST": s.sendForgotten})
	door.Handle(router, "/forgot/sent", web.Methods{"GET": s.forgotSent})
	door.Handle(router, "/alarm", web.Methods{"GET": s.askAlarm, "POST": s.raiseAlarm})
	door.Handle(router, "/alarm/raised", web.Methods{"GET": s.alarmRaised})
}

// linkState says whether a link still works, or why not.
type linkState int

const (
	livingLink linkState = iota
	unknownLink
	usedLink
	replacedLink
	withdrawnLink // replaced by none: an operator has ended it, or the address that it went to is not the person's any more
	expiredLink
)

// stateOf judges a link. Whoever has come in by another way meanwhile needs no invitation any more, as if it were used; a link of
// somebody who is disabled says no more than one that never was.
func (s *Server) stateOf(l storage.Link, person storage.User) linkState {
	invitation := l.Kind == storage.LinkInvitation
	switch {
	case person.State == "disabled" || !invitation && person.State != "active":
		return unknownLink
	case !l.Used.IsZero() || invitation && person.State != "invited":
		return usedLink
	case l.Replaced || l.UserVersion != person.Version:
		return replacedLink
	case !s.Now().Before(l.Expires):
		return expiredLink
	}
	return livingLink
}

// deadState is stateOf, and for a replaced invitation whether there is another one at all: of a withdrawn one nobody is to look for it.
func (s *Server) deadState(r *http.Request, l storage.Link, person storage.User) (linkState, error) {
	state := s.stateOf(l, person)
	if state != replacedLink || l.Kind != storage.LinkInvitation {
		return state, nil
	}
	withdrawn, err := s.withdrawn(r.Context(), person)
	if withdrawn {
		state = withdrawnLink
	}
	return state, err
}

// withdrawn says whether the last invitation of a person was taken back, or went to an address that is not theirs any more, and none
// has followed. One that ended otherwise may be renewed.
func (s *Server) withdrawn(ctx context.Context, person storage.User) (bool, error) {
	i, err := s.Store.Invitation(ctx, person.ID)
	if errors.Is(err, storage.ErrNotFound) { // they have gone meanwhile
		return true, nil
	}
	return i.TakenBack || i.State == storage.InvitationWithdrawn && i.Link.Email != person.Email, err
}

// unwelcome says whether an operator took back the invitation of a person who asks for a way in: whoever knows an address, or holds a
// letter of before, must not undo that. It is not of another address that they have by now.
func (s *Server) unwelcome(ctx context.Context, person storage.User) (bool, error) {
	if person.State != "invited" {
		return false, nil
	}
	i, err := s.Store.Invitation(ctx, person.ID)
	return i.TakenBack && (i.Link.ID == "" || i.Link.Email == person.Email), err
}

// findLink reads a link of one kind by what stands in its address. A link of another kind is none: storage.ErrNotFound.
func (s *Server) findLink(r *http.Request, kind, token string) (storage.Link, storage.User, error) {
	l, person, err := s.Store.LinkByToken(r.Context(), keys.HashSecret(token))
	if err == nil && l.Kind != kind {
		err = storage.ErrNotFound
	}
	return l, person, err
}

// openLink answers GET of a mailed link: a living one begins an attempt that is bound to this browser, and leaves the
// address; a dead one says why before anything is asked (S-20).
func (s *Server) openLink(kind string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		query, err := web.ParseQuery(r)
		if err != nil {
			return err
		}
		token := query.Get("token")
		l, person, err := s.findLink(r, kind, token)
		state := unknownLink
		if err == nil {
			state, err = s.deadState(r, l, person)
		}
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return err
		}
		if state != livingLink {
			return s.tellDead(w, r, deadPage{Kind: kind, State: state, Token: token})
		}
		a, err := s.byLink(w, r, l, person)
		if err != nil {
			return err
		}
		return s.advance(&visit{w: w, r: r, attempt: a})
	}
}

// byLink is the attempt that a mailed link begins. It rests on no session: whoever is signed in here may be somebody else.
func (s *Server) byLink(w http.ResponseWriter, r *http.Request, l storage.Link, person storage.User) (*Attempt, error) {
	a := &Attempt{ID: storage.NewID(), Browser: s.bind(w, r), Started: s.Now().Unix()}
	a.Ask = Ask{Attempt: a.ID, Back: "/account"}
	a.Lang = s.languageOf(person)
	asked, err := s.askedHere(r, l, person)
	if err != nil {
		return nil, err
	}
	if asked != nil {
		a.ID, a.Ask, a.Started, a.Lang = asked.ID, asked.Ask, asked.Started, asked.Lang
	}
	a.Chosen, a.Lang = true, s.Site.Language(w, r, a.Lang)
	a.Link = &Link{ID: l.ID, Token: l.Token, Kind: l.Kind, UserID: person.ID, Email: l.Email, Number: person.CustomerNumber, Name: greeting(person)}
	if l.Kind == storage.LinkReset {
		a.Typed = l.Email
	} else {
		a.Ask.LoginHint = l.Email // the person may type another
	}
	return a, nil
}

// askedHere is the sign-in in which this browser asked for the link, and which is not over: the new password leads back to
// its application. Nil where the link was asked for elsewhere.
func (s *Server) askedHere(r *http.Request, l storage.Link, person storage.User) (*Attempt, error) {
	asked := s.ownAttempt(r, l.Note)
	if asked == nil || asked.Ask.UserID != "" && asked.Ask.UserID != person.ID {
		return nil, nil
	}
	over, err := s.Store.Spent(r.Context(), attemptSpent, asked.ID)
	if over || err != nil {
		return nil, err
	}
	return asked, nil
}

// greeting is how a person is welcomed: by first name, where one is known.
func greeting(person storage.User) string {
	if first, ok := person.Claims["given_name"].(string); ok && first != "" {
		return first
	}
	return person.Name()
}

// deadPage is why a link does not work, and what to do instead.
type deadPage struct {
	Kind  string
	State linkState
	Token string // "" under way, where it has left the address

	Text             string
	Renew            bool // a new invitation can be asked for with the token
	Again, AgainText string
	Forgot           bool // besides, the way to a link of one's own: somebody else may have used this one
}

// deadTexts are title, text, and the link that leads on: its address and words.
var deadTexts = map[string]map[linkState][4]string{
	storage.LinkInvitation: {
		unknownLink:   {"link.unknown", "link.unknown-text", "/login", "link.sign-in"},
		usedLink:      {"link.invitation-used", "link.invitation-used-text", "/login", "link.sign-in"},
		replacedLink:  {"link.replaced", "link.invitation-replaced-text", "", ""},
		withdrawnLink: {"link.withdrawn", "link.withdrawn-text", "", ""},
		expiredLink:   {"link.invitation-expired", "link.invitation-expired-text", "", ""},
	},
	storage.LinkReset: {
		unknownLink:  {"link.unknown", "link.unknown-text", "/login", "link.sign-in"},
		usedLink:     {"link.reset-used", "link.reset-used-text", "/login", "link.sign-in"},
		replacedLink: {"link.replaced", "link.reset-replaced-text", "/forgot", "link.ask-again"},
		expiredLink:  {"link.reset-expired", "link.reset-expired-text", "/forgot", "link.ask-again"},
	},
}

// tellDead says why a link does not work.
func (s *Server) tellDead(w http.ResponseWriter, r *http.Request, dead deadPage) error {
	lang := s.Site.Language(w, r)
	texts := deadTexts[dead.Kind][dead.State]
	t := s.voice(lang)
	if texts[1] == "link.invitation-used-text" && s.abroad != nil {
		texts[1] = "link.invitation-used-google"
	}
	if dead.State == withdrawnLink && s.Site.Contact != "" {
		texts[1] = "link.withdrawn-ask"
	}
	dead.Text, dead.Again = t(texts[1], "contact", s.Site.Contact), texts[2]
	if dead.Again != "" {
		dead.AgainText = t(texts[3])
	}
	dead.Forgot = dead.Kind == storage.LinkReset && dead.State == usedLink
	dead.Renew = dead.Token != "" && dead.Again == "" && dead.State != withdrawnLink
	if dead.Again == "" && !dead.Renew && dead.State != withdrawnLink { // sends invitations too
		dead.Again, dead.AgainText = "/forgot", t("link.ask-again")
	}
	again := ""
	if dead.Token != "" {
		again = linkKinds[dead.Kind].path + "?token=" + url.QueryEscape(dead.Token)
	}
	return s.pages.Write(w, r, web.View{
		Status: http.StatusGone,
		Name:   "link_dead",
		Lang:   lang,
		Title:  t(texts[0]),
		Switch: again,
		Data:   dead,
	})
}

// deadLink stops an attempt whose link has died under way, with the same words.
func (s *Server) deadLink(v *visit, state linkState) error {
	if err := s.tellDead(v.w, v.r, deadPage{Kind: v.attempt.Link.Kind, State: state}); err != nil {
		return err
	}
	return ErrAnswered
}
