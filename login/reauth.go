package login

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// freshFor is how young the proofs of a session must be for what changes the way in.
const freshFor = 5 * time.Minute

// errAnswered ends a handler whose answer is written already.
var errAnswered = errors.New("answered")

// fresh stands before every page and every post of the account that changes how somebody gets in. It gives the session
// of this browser and its person where all that a sign-in asks of them was proved less than five minutes ago. Otherwise it
// sends the browser through these proofs and then back to this very address by GET, and a handler just ends.
// So the path must answer GET too, and what a post wants to change stands in its query (/account/x?id=…), not in the form.
// What was posted is lost and posted again: a GET changes nothing.
func (s *Server) fresh(w http.ResponseWriter, r *http.Request) (storage.Session, storage.User, error) {
	session, person, err := s.Session(r)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return storage.Session{}, storage.User{}, err
	}
	if err == nil && s.young(session) && s.full(session, person) {
		return session, person, nil
	}
	ask := Ask{Attempt: storage.NewID(), Back: backTo(r), UserID: person.ID, Fresh: true}
	if person.TOTP { // after Google too, whatever a usual sign-in asks (TP-10)
		ask.ACR = twoFactors
	}
	if err := s.Begin(w, r, ask); err != nil {
		return storage.Session{}, storage.User{}, err
	}
	return storage.Session{}, storage.User{}, errAnswered
}

// raise adds what was proved in the account to this browser's session and gives it another cookie, so that copies of the old one
// end (CS-05). Where the person has changed again meanwhile it does nothing: the session has ended by that, or was renewed.
func (s *Server) raise(w http.ResponseWriter, r *http.Request, session storage.Session, proof string) error {
	person, err := s.Store.User(r.Context(), session.UserID)
	if err != nil {
		return err
	}
	a := &Attempt{ID: storage.NewID(), Session: session.ID, Started: s.Now().Unix()}
	a.prove(proof, s.Now())
	v := &visit{w: w, r: r, attempt: a, session: session, person: person}
	value, hash := keys.NewSecret("dwl_")
	in := s.signIn(v, hash)
	_, err = s.Store.Finish(r.Context(), in, event(r, tried{storage.SessionRaised, "proved"}, person.ID))
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Site.SetCookie(w, sessionCookie, value) // no trust is left with which it would outlive the browser's window
	return s.know(w, person)
}

// maxBack is the most bytes of an address that is kept while somebody proves who they are.
const maxBack = 256

// backTo is the address of this request, without a query that no link of ours has.
func backTo(r *http.Request) string {
	if to := r.URL.RequestURI(); len(to) <= maxBack && web.OwnPath(to) {
		return to
	}
	return r.URL.EscapedPath()
}

// young says whether the newest proof of the session is. One that a clock made in the future, which was then set back, is not.
func (s *Server) young(session storage.Session) bool {
	return s.Now().Sub(session.AuthTime).Abs() < freshFor
}

// full says whether the session rests on all that a sign-in with Ask.Fresh would ask of the person (see second): a browser
// that is trusted is not enough here, nor is a mailed link. With an authenticator app two factors are a code of it or a
// recovery code: turning it on ends every other session and raises the one that stays.
func (s *Server) full(session storage.Session, person storage.User) bool {
	if !person.TOTP && (s.EmailCode == codeNever || slices.Contains(session.AMR, "fed")) {
		return true
	}
	return level(session.ACR) >= level(twoFactors)
}
