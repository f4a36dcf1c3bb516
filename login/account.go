package login

import (
	"errors"
	"net/http"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

type accountPage struct {
	Name, Email, CustomerNumber string
	Since                       string // when signed in, in words
	Device                      string // "" when unknown
	WithCode                    bool   // a code by mail was asked besides the password
}

func (s *Server) toAccount(w http.ResponseWriter, r *http.Request) error {
	http.Redirect(w, r, "/account", http.StatusSeeOther)
	return nil
}

// account shows a person their own page; who is not signed in signs in first and lands here (S-09).
func (s *Server) account(w http.ResponseWriter, r *http.Request) error {
	session, person, err := s.Session(r)
	if errors.Is(err, storage.ErrNotFound) {
		return s.Begin(w, r, Ask{Attempt: storage.NewID(), Back: "/account"})
	}
	if err != nil {
		return err
	}
	lang := s.Site.Language(w, r)
	return s.pages.Write(w, r, web.View{
		Name:   "account",
		Lang:   lang,
		Title:  s.Site.Texts.T(lang, "account.title"),
		Switch: "/account",
		Data: accountPage{
			Name:           person.Name(),
			Email:          person.Email,
			CustomerNumber: person.CustomerNumber,
			Since:          s.Site.Texts.Date(lang, session.AuthTime),
			Device:         s.device(lang, session.Agent),
			WithCode:       level(session.ACR) >= level(twoFactors),
		},
	})
}

// signOut is the person's own way out.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	session, _, err := s.Session(r)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	if err := s.SignOut(w, r, session); err != nil {
		return err
	}
	http.Redirect(w, r, "/account/signed-out", http.StatusSeeOther)
	return nil
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

func (s *Server) signedOut(w http.ResponseWriter, r *http.Request) error {
	_, _, err := s.Session(r)
	if err == nil {
		return s.toAccount(w, r)
	}
	if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	lang := s.Site.Language(w, r)
	return s.pages.Write(w, r, web.View{
		Name:   "signedout",
		Lang:   lang,
		Title:  s.Site.Texts.T(lang, "signedout.title"),
		Switch: "/account/signed-out",
	})
}

// device is a session's browser and system in the language of the page.
func (s *Server) device(lang, agent string) string {
	browser, system, both := strings.Cut(agent, " on ")
	if !both {
		return agent
	}
	return s.Site.Texts.T(lang, "account.device", "browser", browser, "system", system)
}
