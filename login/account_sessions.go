package login

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// sessions are the browsers in which the person is signed in, this one first.
func (p *ownPage) sessions() (section, error) {
	out := section{Name: "sessions", Title: p.t("account.sessions")}
	all, err := p.Store.SessionsOf(p.r.Context(), p.person.ID)
	if err != nil {
		return out, err
	}
	apps, err := p.apps()
	if err != nil {
		return out, err
	}
	slices.SortStableFunc(all, func(a, b storage.Session) int { return p.rank(a) - p.rank(b) })
	for _, session := range all {
		out.Rows = append(out.Rows, p.sessionRow(session, appsOf(session.ID, apps)))
	}
	out.Count = len(all)
	if len(all) > 1 {
		out.All = &action{Path: "/account/sessions/end-others", Text: p.t("account.sign-out-others"), Danger: true, Hint: p.t("account.sign-out-hint")}
	}
	return out, nil
}

func (p *ownPage) rank(session storage.Session) int {
	if session.ID == p.session.ID {
		return 0
	}
	return 1
}

func (p *ownPage) sessionRow(session storage.Session, apps []string) row {
	date := p.Site.Texts.Date
	out := row{
		Title: p.device(p.lang, session.Agent),
		Hints: []string{
			p.t("account.session-since", "date", date(p.lang, session.Created), "address", session.Address, "used", date(p.lang, session.Seen)),
			p.t("account.session-ends", "idle", date(p.lang, session.IdleUntil), "end", p.Site.Texts.Day(p.lang, session.Expires)),
		},
		Action: &action{Path: "/account/sessions/end", Text: p.t("account.sign-out"), ID: session.ID},
	}
	if !session.IdleUntil.Before(session.Expires) {
		out.Hints[1] = p.t("account.session-end", "end", date(p.lang, session.Expires))
	}
	if len(apps) > 0 {
		out.Hints = append(out.Hints, p.t("account.session-apps", "apps", strings.Join(apps, ", ")))
	}
	if p.rank(session) == 0 {
		out.Tag = p.t("account.here")
		out.Action = &action{Path: "/account/sign-out", Text: p.t("account.sign-out"), Button: "confirm"}
	}
	return out
}

// appsOf are the names of the applications that hang on a session.
func appsOf(session string, apps []storage.App) []string {
	var names []string
	for _, app := range apps {
		if slices.Contains(app.Sessions, session) {
			names = append(names, app.Name)
		}
	}
	return names
}

// device is a browser and its system in the language of the page.
func (s *Server) device(lang, agent string) string {
	browser, system, both := strings.Cut(agent, " on ")
	switch {
	case both:
		return s.Site.Texts.T(lang, "account.device", "browser", browser, "system", system)
	case agent == "":
		return s.Site.Texts.T(lang, "account.device-unknown")
	}
	return agent
}

// acting is a post of the person's own page: who posted, and what.
func (s *Server) acting(w http.ResponseWriter, r *http.Request) (storage.Session, storage.User, string, error) {
	session, person, err := s.own(w, r)
	if err != nil {
		return session, person, "", err
	}
	form, err := web.ParseForm(w, r)
	return session, person, form.Get("id"), err
}

// endSession signs the person out in one of their browsers. An id that is none of theirs ends nothing, and gets the same
// answer as one that has ended meanwhile (AD-02).
func (s *Server) endSession(w http.ResponseWriter, r *http.Request) error {
	session, person, id, err := s.acting(w, r)
	if err != nil {
		return err
	}
	if id == session.ID {
		return s.leaveHere(w, r, session)
	}
	all, err := s.Store.SessionsOf(r.Context(), person.ID)
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(all, func(one storage.Session) bool { return one.ID == id }); i >= 0 {
		e := event(r, tried{storage.SessionEnded, "elsewhere"}, person.ID)
		e.Data = map[string]string{"browser": all[i].Agent}
		if err := s.Store.EndSession(r.Context(), id, e); err != nil {
			return err
		}
	}
	return s.done(w, r, session, "session")
}

// endOtherSessions signs the person out everywhere but here, and ends all trust (S-30) and whatever sign-in is under way. This session gets a new cookie value,
// or a copy of the old one would stay signed in with it.
func (s *Server) endOtherSessions(w http.ResponseWriter, r *http.Request) error {
	session, person, _, err := s.acting(w, r)
	if err != nil {
		return err
	}
	if err := s.renew(w, r, session); err != nil {
		return err
	}
	person, _, err = s.Store.EndEverywhere(r.Context(), person.ID, session.ID, event(r, tried{storage.SessionsEnded, "ok"}, person.ID))
	if err != nil {
		return err
	}
	s.forgetTrust(w, person.ID)
	s.rebind(w)
	if err := s.know(w, person); err != nil {
		return err
	}
	return s.done(w, r, session, "sessions")
}

// renew gives this browser's session another cookie value. When another tab, or a thief, was faster, nobody is signed in here
// any more: the page says so by asking to sign in.
func (s *Server) renew(w http.ResponseWriter, r *http.Request, session storage.Session) error {
	value, hash := keys.NewSecret("dwl_")
	err := s.Store.RenewSession(r.Context(), session.ID, session.Cookie, hash)
	if errors.Is(err, storage.ErrNotFound) {
		return &elsewhere{"/account", ""}
	}
	if err == nil {
		s.Site.SetCookie(w, sessionCookie, value) // no trust is left with which it would outlive the browser's window
	}
	return err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
