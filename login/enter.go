package login

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

var (
	// ErrAnswered ends a handler whose answer is written already.
	ErrAnswered = errors.New("answered")
	// ErrNoApp says that the person cannot reach the level that is demanded: they have no authenticator app (or, for two
	// factors of any kind, nothing else either). They set one up at /account/authenticator?next=PATH.
	ErrNoApp = errors.New("the person has no authenticator app")
)

// Demand is what a page wants of who opens it. The zero one is met by every living session.
type Demand struct {
	ACR    string        // the least level, one of storage.Levels; "": any
	MaxAge time.Duration // how old the newest proofs may be; 0: as old as a living session gets
	Back   string        // where the browser comes back to by GET, a path of our own; "": the address of this request
}

// Enter gives the session of this browser and its person where they meet the demand. Otherwise it sends the browser through the
// proofs that lack and then back, and returns ErrAnswered: the handler just ends. Where no proof would do since the person has no
// app it returns ErrNoApp with both, and has written nothing. Whether the person may be here (their role) the caller judges.
//
// A trusted browser and a mailed link are no proof for a demand with an age (TB-06). A recovery code stands in for its person's
// app: it was given with it, counts once, and a letter tells of it.
//
// The way back must answer GET, and what a post wants to change stands in its query (/x?id=…), not in the form. What was posted is
// lost and posted again: a GET changes nothing.
func (s *Server) Enter(w http.ResponseWriter, r *http.Request, d Demand) (storage.Session, storage.User, error) {
	session, person, err := s.Session(r)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return storage.Session{}, storage.User{}, err
	}
	known := err == nil
	switch {
	case known && s.meets(session, person, d):
		return session, person, nil
	case known && d.ACR != "" && !s.Reaches(person, d.ACR):
		return session, person, ErrNoApp
	}
	ask := Ask{Attempt: storage.NewID(), Back: d.Back, UserID: person.ID, ACR: d.ACR}
	if ask.Back == "" {
		ask.Back = backTo(r)
	}
	if ask.Fresh = d.MaxAge > 0 && !(known && s.recent(session, person, d.MaxAge)); ask.Fresh && person.TOTP && level(d.ACR) < level(twoFactors) {
		ask.ACR = twoFactors // after Google too, whatever a usual sign-in asks (TP-10)
	}
	if err := s.Begin(w, r, ask); err != nil {
		return storage.Session{}, storage.User{}, err
	}
	return storage.Session{}, storage.User{}, ErrAnswered
}

// meets says whether the session is of the level and the age that are demanded. The level of an app counts while the person has one.
func (s *Server) meets(session storage.Session, person storage.User, d Demand) bool {
	switch {
	case d.MaxAge > 0 && !s.recent(session, person, d.MaxAge):
		return false
	case d.ACR == appFactor:
		return byOwnApp(session, person)
	}
	return level(session.ACR) >= level(d.ACR)
}

// byOwnApp says whether the session rests on the person's authenticator app, or on a recovery code in its place: turning an app on
// ends every other session and raises the one that stays, so with one two factors are one of these.
func byOwnApp(session storage.Session, person storage.User) bool {
	return person.TOTP && level(session.ACR) >= level(twoFactors)
}

// recent says whether all that a sign-in asks of the person was proved as lately as is demanded. A proof of a time that is still to
// come was made by a clock that has been set back, and is not.
func (s *Server) recent(session storage.Session, person storage.User, age time.Duration) bool {
	return s.Now().Sub(session.AuthTime).Abs() < age && s.full(session, person)
}

// full says whether the session rests on all that a sign-in with Ask.Fresh would ask of the person (see second): a browser
// that is trusted is not enough here, nor is a mailed link.
func (s *Server) full(session storage.Session, person storage.User) bool {
	if !person.TOTP && (s.EmailCode == codeNever || slices.Contains(session.AMR, "fed")) {
		return true
	}
	return level(session.ACR) >= level(twoFactors)
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
