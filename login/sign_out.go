package login

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// App is an application that was signed on to in a session that has ended, and how far it knows.
type App struct {
	ClientID string
	Name     string
	State    string // "done", "trying", "browser", "failed"; "" it has no way to be told
	Frame    string // address that the browser opens in a frame to tell it; "" none
}

// SignedOut is what a sign-out ends with.
type SignedOut struct {
	Session storage.Session
	To      string   // where the browser goes on to, proved to be an application's; "" nowhere
	Locales []string // languages that the application asked for, best first
}

// signedOutPage tells of the applications only in the answer to the sign-out itself, and to who looks again by the link in it:
// whoever opens the address later, on a shared machine, learns nothing.
type signedOutPage struct {
	Apps   []App
	Frames []string
	Look   string // link to the same page, while somebody has not answered yet; "" none

	told string // sealed farewell that led here; "" the page is the first
}

// farewell is the session that a page of who has signed out is about, as it travels sealed.
type farewell struct {
	Session string `json:"s"`
	User    string `json:"u"`
	Start   int64  `json:"t"` // Unix microseconds
}

const (
	farewellLife = 5 * time.Minute
	farewellStay = 3 // seconds that frames have before the browser goes on
	signedOutURL = "/account/signed-out"
)

// signOut is the person's own way out.
func (s *Server) signOut(w http.ResponseWriter, r *http.Request) error {
	session, _, err := s.Session(r)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	return s.leaveHere(w, r, session)
}

// leaveHere ends this browser's session and says which applications know.
func (s *Server) leaveHere(w http.ResponseWriter, r *http.Request, session storage.Session) error {
	if err := s.SignOut(w, r, session); err != nil {
		return err
	}
	return s.SignedOut(w, r, SignedOut{Session: session})
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

// SignedOut answers who has just signed out: it tells which applications know, has the browser tell those that want it, and goes on
// to where out says.
func (s *Server) SignedOut(w http.ResponseWriter, r *http.Request, out SignedOut) error {
	apps := s.left(r.Context(), out.Session)
	if len(apps) == 0 && out.To == "" && r.Method == http.MethodGet {
		return s.leave(w, r, elsewhere{signedOutURL, ""}) // whose address names nobody
	}
	page := signedOutPage{Apps: apps}
	for _, app := range apps {
		if app.Frame != "" {
			page.Frames = append(page.Frames, app.Frame)
		}
	}
	return s.writeSignedOut(w, r, out, page)
}

// signedOut is the page by itself: without a word of applications, or, by the link of the page before, with how far they know now.
func (s *Server) signedOut(w http.ResponseWriter, r *http.Request) error {
	query, err := web.ParseQuery(r)
	if err != nil {
		return err
	}
	if _, _, err := s.Session(r); err == nil {
		return s.toAccount(w, r)
	} else if !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	var f farewell
	if s.Keys.Box.Open(keys.ForFarewell, query.Get("told"), &f) != nil || s.Now().Sub(time.UnixMicro(f.Start)) > farewellLife {
		return s.writeSignedOut(w, r, SignedOut{}, signedOutPage{})
	}
	session := storage.Session{ID: f.Session, UserID: f.User}
	return s.writeSignedOut(w, r, SignedOut{Session: session}, signedOutPage{Apps: s.left(r.Context(), session), told: query.Get("told")})
}

// left are the applications of a session that has ended, by name, of which two may have the same. That they cannot be read keeps nobody
// from being signed out.
func (s *Server) left(ctx context.Context, session storage.Session) []App {
	if session.ID == "" {
		return nil
	}
	apps, err := s.Told(ctx, session)
	open, err2 := s.Store.OpenedIn(ctx, session.UserID, session.ID, rowsListed)
	if err = errors.Join(err, err2); err != nil {
		web.Note(ctx, slog.String("error", err.Error()))
	}
	for _, opened := range open {
		if !slices.ContainsFunc(apps, func(app App) bool { return app.ClientID == opened.ClientID }) {
			apps = append(apps, App{ClientID: opened.ClientID, Name: opened.Name})
		}
	}
	slices.SortStableFunc(apps, func(a, b App) int { return strings.Compare(a.Name, b.Name) })
	return apps
}

func (s *Server) writeSignedOut(w http.ResponseWriter, r *http.Request, out SignedOut, page signedOutPage) error {
	if len(page.Apps) > 0 && page.told == "" {
		var err error
		page.told, err = s.Keys.Box.Seal(keys.ForFarewell, farewell{out.Session.ID, out.Session.UserID, s.Now().UnixMicro()})
		if err != nil {
			return err
		}
	}
	again := signedOutURL
	if page.told != "" {
		again += "?told=" + page.told
	}
	if slices.ContainsFunc(page.Apps, func(app App) bool { return app.State == "trying" }) {
		page.Look = again
	}
	lang := s.Site.Language(w, r, out.Locales...)
	return s.pages.Write(w, r, web.View{
		Name: "signedout", Lang: lang, Title: s.Site.Texts.T(lang, "signedout.title"), Switch: again,
		Frames: page.Frames, Leave: out.To, Stay: farewellStay, Data: page,
	})
}
