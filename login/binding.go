package login

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// The cookies of this room. bind ties attempts to a browser; known says that a person has signed in here before and
// opens nothing: it only gives the browser a counter of its own, so that strangers who guess lock nobody out.
var (
	bindCookie    = web.Cookie{Name: "bind"}
	sessionCookie = web.Cookie{Name: "session"}
	knownCookie   = web.Cookie{Name: "known", MaxAge: int(knownLife / time.Second)}
)

// bind gives the hash of the browser's binding. One that exists is never replaced here: another tab's attempt hangs on it.
func (s *Server) bind(w http.ResponseWriter, r *http.Request) []byte {
	if value := s.Site.CookieValue(r, bindCookie); value != "" {
		return keys.HashSecret(value)
	}
	return s.rebind(w)
}

// rebind renews the binding, at the end of a sign-in and at sign-out: attempts begun before are worthless then.
func (s *Server) rebind(w http.ResponseWriter) []byte {
	value, hash := keys.NewSecret("dwb_")
	s.Site.SetCookie(w, bindCookie, value)
	return hash
}

func (s *Server) seal(a *Attempt) (string, error) { return s.Keys.Box.Seal(keys.ForAttempt, a) }

// open is what stands before every step: the attempt must be ours and in time, belong to this browser, rest on a
// session that still lives, and on a person who has not changed since the password was right. Proofs that are too old are gone.
func (s *Server) open(w http.ResponseWriter, r *http.Request, sealed string) (*visit, error) {
	a := new(Attempt)
	if err := s.Keys.Box.Open(keys.ForAttempt, sealed, a); err != nil {
		return nil, stopped("error.start-again", nil)
	}
	v := &visit{w: w, r: r, attempt: a}
	return v, s.enter(v)
}

// enter is open for an attempt that is ours.
func (s *Server) enter(v *visit) error {
	a := v.attempt
	session, owner, err := s.Session(v.r)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if session.ID != "" && session.Attempt == a.ID { // finished, and here: the back button, or a form sent twice
		return &elsewhere{a.Ask.Back, a.Lang}
	}
	v.session = session
	if err := s.checkBinding(v); err != nil {
		return err
	}
	if a.expired(s.Now()) {
		return tooLate(a)
	}
	a.lapse(s.Now())
	return s.recognise(v, owner)
}

// checkBinding compares the attempt's browser with this one. A foreign attempt without proofs starts itself again: so
// the address of a sign-in that somebody else began is just a way to begin one's own (login CSRF gets nothing). What another
// browser was to bring back from an errand is refused.
func (s *Server) checkBinding(v *visit) error {
	a, value := v.attempt, s.Site.CookieValue(v.r, bindCookie)
	switch {
	case value == "":
		return stopped("error.cookies", a)
	case keys.SameSecret(value, a.Browser):
		return nil
	case len(a.Proofs) == 0 && v.back == nil:
		return &elsewhere{a.Ask.Back, a.Lang}
	}
	return stopped("error.start-again", a)
}

// recognise finds the person of the attempt.
func (s *Server) recognise(v *visit, owner storage.User) error {
	a := v.attempt
	if a.Session != "" && v.session.ID != a.Session {
		if a.rests() {
			return &elsewhere{a.Ask.Back, a.Lang}
		}
		a.Session = "" // it ended meanwhile: there is nothing to raise
	}
	if a.Session != "" {
		v.owner = owner
	}
	if a.rests() {
		v.person = owner
		return nil
	}
	if a.User == "" {
		return nil
	}
	person, err := s.Store.User(v.r.Context(), a.User)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if err != nil || !a.mayBe(person) {
		return stopped("error.start-again", a)
	}
	if person.Version != a.Version {
		if a.Link != nil {
			return overtaken(a)
		}
		return stopped("error.start-again", a)
	}
	v.person = person
	return nil
}

// stopped is an error page with the way to start again, where there is one.
func stopped(text string, a *Attempt) *stop {
	out := &stop{Failure: web.Failure{Status: http.StatusBadRequest, Text: text, Again: "/login"}}
	if a != nil {
		out.Again, out.lang = a.Ask.Back, a.Lang
	}
	return out
}

// tooLate offers no way on where an application waits: its request is as old as the attempt, so it must ask anew.
func tooLate(a *Attempt) *stop {
	out := stopped("error.expired", a)
	if a.Ask.ClientID != "" {
		out.Again = ""
	}
	return out
}

// knownLife is how long a browser is known after the person signed in there.
const knownLife = 90 * 24 * time.Hour

// knownAs begins what a known browser's cookie says: for whom, as they were then, so that a password that was changed takes
// all of them back; then come its time and an id.
func knownAs(person storage.User) string {
	return "known-" + person.ID + "-" + strconv.FormatInt(person.Version, 10) + "-"
}

// know marks this browser as one in which the person has signed in.
func (s *Server) know(w http.ResponseWriter, person storage.User) error {
	value, err := s.Keys.Box.Stamp(keys.ForAttempt, knownAs(person)+strconv.FormatInt(s.Now().Unix(), 10)+"-"+storage.NewID())
	if err != nil {
		return err
	}
	s.Site.SetCookie(w, knownCookie, value)
	return nil
}

// knows gives the id under which this browser is known for a person, "" when it is not.
func (s *Server) knows(r *http.Request, person storage.User) string {
	payload, err := s.Keys.Box.Unstamp(keys.ForAttempt, s.Site.CookieValue(r, knownCookie))
	rest, ours := strings.CutPrefix(payload, knownAs(person))
	if err != nil || !ours || person.ID == "" {
		return ""
	}
	since, id, _ := strings.Cut(rest, "-")
	at, err := strconv.ParseInt(since, 10, 64)
	if err != nil || s.Now().Sub(time.Unix(at, 0)) >= knownLife {
		return ""
	}
	return id
}
