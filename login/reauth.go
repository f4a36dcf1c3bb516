package login

import (
	"errors"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// freshFor is how young the proofs of a session must be for what changes the way in.
const freshFor = 5 * time.Minute

// fresh stands before every page and every post of the account that changes how somebody gets in: see Enter.
func (s *Server) fresh(w http.ResponseWriter, r *http.Request) (storage.Session, storage.User, error) {
	return s.Enter(w, r, Demand{MaxAge: freshFor})
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
	in.Session.Attempt, in.Spends = session.Attempt, a.ID // its proofs are still those of the request for which it was made or raised
	e := event(r, tried{storage.SessionRaised, "proved"}, person.ID)
	e.Attempt, e.Data = session.Attempt, map[string]string{"methods": a.methods(), "browser": in.Session.Agent, "trail": s.trail(v)}
	_, err = s.Store.Finish(r.Context(), in, e)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s.Site.SetCookie(w, sessionCookie, value) // no trust is left with which it would outlive the browser's window
	return s.know(w, person)
}
