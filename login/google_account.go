package login

import (
	"errors"
	"net/http"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Where a person adds Google to their ways in, and takes it away.
const (
	accountGoogle       = "/account/google"
	accountGoogleRemove = accountGoogle + "/remove"
)

func googleLinked(said *idToken) news {
	return news{
		subject: "letter.google-linked-subject",
		text:    "letter.google-linked",
		pairs:   []string{"address", said.address()},
		added:   storage.Added{Issuer: said.Issuer, Subject: said.Subject},
	}
}

func googleUnlinked(address string) news {
	return news{subject: "letter.google-removed-subject", text: "letter.google-removed", pairs: []string{"address", address}}
}

type accountGooglePage struct {
	Email string // of the linked account
	On    bool   // one is linked
	Only  bool   // and it is the only way in
	Done  string // what has just been done, in words; "" nothing
}

// linked is the person's account at the provider; storage.ErrNotFound when there is none.
func (s googleErrand) linked(r *http.Request, person storage.User) (storage.Identity, error) {
	all, err := s.Store.Identities(r.Context(), person.ID)
	if err != nil {
		return storage.Identity{}, err
	}
	for _, one := range all {
		if one.Issuer == s.abroad.Google.Issuer {
			return one, nil
		}
	}
	return storage.Identity{}, storage.ErrNotFound
}

// showLink answers GET: what is linked, and the button that adds or the link that removes it.
func (s googleErrand) showLink(p *ownPage) error {
	one, err := s.linked(p.r, p.person)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return p.write("account_google", p.t("google.connect-title"), accountGooglePage{Email: one.Email, On: err == nil, Done: p.said()})
}

// addLink answers POST: it leaves for Google, to come back with an account that becomes a way in. Only fresh proofs of the
// person lead there, and only this browser, session and version of the person come back (FD-12, FD-16).
func (s googleErrand) addLink(p *ownPage) error {
	a := &Attempt{
		ID:      storage.NewID(),
		Browser: s.bind(p.w, p.r),
		Ask:     Ask{Back: accountGoogle},
		Lang:    s.Site.Language(p.w, p.r),
		Started: s.Now().Unix(),
		Session: p.session.ID,
		Version: p.person.Version,
	}
	c := s.setOut(a, s.abroad.mark())
	c.Linking = true
	v := &visit{w: p.w, r: p.r, attempt: a, session: p.session, person: p.person, back: c}
	to, err := s.leaveWith(v, c, true)
	if away(err) {
		return s.turnDown(v, refused{Why: "down"})
	}
	if err != nil {
		return err
	}
	return s.sendAway(v, to)
}

// connect links the account that the person has brought back. Whose address it bears does not matter: it is they who say
// that it is theirs.
func (s googleErrand) connect(v *visit, said *idToken) error {
	if v.person.ID == "" || v.person.Version != v.attempt.Version { // FD-10
		return stopped("error.start-again", v.attempt)
	}
	if s.abroad.HostedDomain != "" && said.HostedDomain != s.abroad.HostedDomain {
		return s.refuseGoogle(v, "google_domain", refused{"domain", said.address()})
	}
	add := storage.NewIdentity{Identity: said.identity(v.person.ID), UserVersion: v.person.Version, Keep: v.session.ID}
	person, err := s.Store.AddIdentity(v.r.Context(), add, v.event(tried{storage.IdentityLinked, "ok"}))
	switch {
	case errors.Is(err, storage.ErrConflict):
		return s.refuseGoogle(v, "google_taken", refused{Why: "taken"})
	case errors.Is(err, storage.ErrNotFound):
		return stopped("error.start-again", v.attempt)
	case err != nil:
		return err
	}
	s.Observe(Outcome{Kind: storage.IdentityLinked, Result: "ok"})
	s.tell(v.r, person, googleLinked(said))
	if err := errors.Join(s.provedBy(v, person, said), s.renew(v.w, v.r, v.session), s.know(v.w, person)); err != nil {
		return err
	}
	return s.done(v.w, v.r, v.session, "google")
}

// askRemove answers GET: the button that takes Google away.
func (s googleErrand) askRemove(p *ownPage) error {
	one, only, err := s.removable(p.r, p.person)
	if errors.Is(err, storage.ErrNotFound) {
		return s.toAccount(p.w, p.r)
	}
	if err != nil {
		return err
	}
	view := web.View{Name: "account_google_remove", Title: p.t("google.remove-title"), Data: accountGooglePage{Email: one.Email, On: true, Only: only}}
	if only {
		view.Status = http.StatusConflict
	}
	return p.writeView(view)
}

// removable is what is linked, and whether it is the person's only way in: without a password nobody gets in by mail.
func (s googleErrand) removable(r *http.Request, person storage.User) (storage.Identity, bool, error) {
	one, err := s.linked(r, person)
	if err != nil {
		return one, false, err
	}
	_, err = s.Store.PasswordSince(r.Context(), person.ID)
	if errors.Is(err, storage.ErrNotFound) {
		return one, true, nil
	}
	return one, false, err
}

// remove answers POST.
func (s googleErrand) remove(p *ownPage) error {
	one, only, err := s.removable(p.r, p.person)
	if err == nil && only {
		return s.askRemove(p)
	}
	if err == nil {
		e := event(p.r, tried{storage.IdentityUnlinked, "ok"}, p.person.ID)
		err = s.Store.RemoveIdentity(p.r.Context(), p.person.ID, one.Issuer, p.session.ID, e)
	}
	if errors.Is(err, storage.ErrNotFound) { // it is gone already
		return s.toAccount(p.w, p.r)
	}
	if err != nil {
		return err
	}
	s.Observe(Outcome{Kind: storage.IdentityUnlinked, Result: "ok"})
	s.tell(p.r, p.person, googleUnlinked(one.Email))
	if err := s.renew(p.w, p.r, p.session); err != nil {
		return err
	}
	return s.done(p.w, p.r, p.session, "google-removed")
}
