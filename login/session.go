package login

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// seenEvery is how often a session's idle end is moved at most: a page is read far more often than that.
const seenEvery = 5 * time.Minute

// renewing is the header of a request that a page makes by itself (web/console.js): nobody is there who reads it.
const renewing = "Doorward-Renew"

// Session tells who is signed in in the browser of r. storage.ErrNotFound when nobody is. It marks the session as seen
// every five minutes, but not by what an open page asks by itself: that a page lies open somewhere keeps no session awake.
func (s *Server) Session(r *http.Request) (storage.Session, storage.User, error) {
	value := s.Site.CookieValue(r, sessionCookie)
	if value == "" {
		return storage.Session{}, storage.User{}, storage.ErrNotFound
	}
	session, person, err := s.Store.SessionByCookie(r.Context(), keys.HashSecret(value))
	if err != nil {
		return storage.Session{}, storage.User{}, err
	}
	if now := s.Now(); now.Sub(session.Seen) >= seenEvery && r.Header.Get(renewing) == "" {
		if err := s.Store.TouchSession(r.Context(), session.ID, now, earlier(now.Add(s.Idle), session.Expires)); err != nil {
			web.Note(r.Context(), slog.String("session_not_touched", err.Error())) // it only ends earlier
		}
	}
	return session, person, nil
}

// attemptSpent is the kind under which storage.DB.Finish spends an attempt's id.
const attemptSpent = "attempt"

// finish ends an attempt of which nothing is left to ask. Only the first of all that finish it makes a session.
func (s *Server) finish(v *visit) error {
	if v.r.Method != http.MethodPost && v.back == nil || v.person.ID == "" {
		return stopped("error.start-again", v.attempt)
	}
	value, hash := keys.NewSecret("dwl_")
	in, kind := s.signIn(v, hash), storage.SessionStarted
	if in.Session.ID != "" {
		kind = storage.SessionRaised
	}
	lasts, err := s.lasting(v, in)
	if err != nil {
		return err
	}
	session, err := s.Store.Finish(v.r.Context(), in, s.started(v, in, kind))
	switch {
	case errors.Is(err, storage.ErrConflict):
		return alreadyFinished(v.attempt)
	case errors.Is(err, storage.ErrNotFound): // the person or the session changed at this very moment
		return stopped("error.start-again", v.attempt)
	case err != nil:
		return err
	}
	s.Observe(Outcome{kind, "ok", session.AMR})
	cookie := sessionCookie
	if lasts {
		cookie.MaxAge = roundUp(session.Expires.Sub(s.Now()), time.Second)
	}
	s.Site.SetCookie(v.w, cookie, value)
	s.rebind(v.w)
	if err := s.remember(v, in); err != nil {
		return err
	}
	return s.leave(v.w, v.r, elsewhere{v.attempt.Ask.Back, v.attempt.Lang})
}

// started is the event of a session, which says how its person signed in: the account page tells it in words.
func (s *Server) started(v *visit, in storage.SignIn, kind string) storage.Event {
	e := v.event(tried{kind, "ok"})
	e.Data = map[string]string{"methods": v.attempt.methods(), "browser": in.Session.Agent, "trail": s.trail(v)}
	if in.Trusted != "" {
		e.Data["trusted"] = "1" // so no code was asked
	}
	return e
}

// remember marks this browser as one that the person has used, and trusts where they said so.
func (s *Server) remember(v *visit, in storage.SignIn) error {
	if in.Trust != nil {
		if err := errors.Join(s.makeRoom(v), s.holdTrust(v.w, *in.Trust)); err != nil {
			return err
		}
	}
	return s.know(v.w, v.person)
}

// signIn is the session that this attempt makes, or raises where this browser has one of the same person: sid stays,
// the cookie's value is always new (session fixation).
func (s *Server) signIn(v *visit, cookie []byte) storage.SignIn {
	now, a := s.Now(), v.attempt
	session := storage.Session{
		Cookie:    cookie,
		UserID:    v.person.ID,
		Attempt:   a.ID,
		Agent:     agentOf(v.r),
		Address:   web.Address(v.r.Context()).String(),
		Created:   now,
		Seen:      now,
		Expires:   now.Add(s.Absolute),
		IdleUntil: now.Add(s.Idle),
	}
	in := storage.SignIn{UserVersion: v.person.Version, Until: a.ends(), Trust: s.given(v)}
	if !a.proved(byCode, now) {
		in.Trusted = a.Trusted
	}
	if v.session.UserID == v.person.ID {
		session.ID, session.Created = v.session.ID, v.session.Created
	} else if v.session.ID != "" {
		in.Replaces = v.session.Cookie
	}
	proved := a.result(v.session)
	session.AuthTime, session.ACR, session.AMR = proved.AuthTime, proved.ACR, proved.AMR
	if a.rests() { // its own end stays
		session.Expires = v.session.Expires
	}
	session.IdleUntil = earlier(session.IdleUntil, session.Expires)
	in.Session = session
	return in
}

// alreadyFinished is for the form that was sent twice: the other one signed in, and this browser has its cookie.
func alreadyFinished(a *Attempt) *stop {
	return &stop{web.Failure{Status: http.StatusConflict, Text: "done.already", Again: a.Ask.Back, AgainText: "leave.continue"}, a.Lang}
}

// agentOf names browser and system of a visitor, as far as they are known.
func agentOf(r *http.Request) string {
	browser, system := web.Agent(r.UserAgent())
	if browser == "" || system == "" {
		return browser + system
	}
	return browser + " on " + system
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
