package login

import (
	"errors"
	"net/http"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// signedOutPage tells of the applications only in the answer to the sign-out itself: whoever opens the address later, on a
// shared machine, learns nothing.
type signedOutPage struct{ Apps []string }

// signOut is the person's own way out.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	session, _, err := s.Session(r)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return s.leaveHere(w, r, session)
}

// leaveHere ends this browser's session and says which applications may still be open.
func (s *Server) leaveHere(w http.ResponseWriter, r *http.Request, session storage.Session) error {
	var open []string
	if session.ID != "" {
		var err error
		if open, err = s.Store.OpenedIn(r.Context(), session.UserID, session.ID, rowsListed); err != nil {
			return err
		}
	}
	if err := s.SignOut(w, r, session); err != nil {
		return err
	}
	return s.writeSignedOut(w, r, open)
}

// SignOut ends the session of this browser, and with it all that hangs on it; attempts under way here are worthless then.
// However often it is asked at once, the session ends once and nobody gets an error. With the zero session, when nobody is
// signed in, it only makes the browser forget.
func (s *Server) SignOut(w http.ResponseWriter, r *http.Request, session storage.Session) error {
	if session.ID != "" {
		e := event(r, tried{storage.SessionEnded, "signed_out"}, session.UserID)
		if err := s.Store.EndSession(r.Context(), session.ID, e); err != nil {
			return err
		}
	}
	s.Site.ClearCookie(w, sessionCookie)
	s.rebind(w)
	return nil
}

// signedOut is where the protocol's own sign-out leads to, too.
func (s *Server) signedOut(w http.ResponseWriter, r *http.Request) error {
	_, _, err := s.Session(r)
	if err == nil {
		return s.toAccount(w, r)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return s.writeSignedOut(w, r, nil)
}

func (s *Server) writeSignedOut(w http.ResponseWriter, r *http.Request, open []string) error {
	lang := s.Site.Language(w, r)
	return s.pages.Write(w, r, web.View{
		Name:   "signedout",
		Lang:   lang,
		Title:  s.Site.Texts.T(lang, "signedout.title"),
		Switch: "/account/signed-out",
		Data:   signedOutPage{open},
	})
}
