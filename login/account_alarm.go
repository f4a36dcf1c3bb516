package login

import (
	"net/http"

	"github.com/doorward/doorward/storage"
)

type ownAlarmPage struct {
	Here bool // this browser stays signed in
}

// ownAlarm says what “That wasn't me” does, and has the button that does it.
func (p *ownPage) ownAlarm() error {
	return p.write("account_alarm", p.t("account.alarm-title"), ownAlarmPage{p.believed(p.session, p.person)})
}

// believed says whether who raises the alarm in this session has proved just now to be its person. An older session may be the thief's: it
// would end the owner's and stay itself.
func (s *Server) believed(session storage.Session, person storage.User) bool {
	return s.recent(session, person, freshFor)
}

// raiseOwnAlarm ends whatever somebody else may hold of the account, as the button in a letter does, but for a browser that is
// believed, which gets a new cookie value. Then it leads to a new password, all others by way of signing in.
func (s *Server) raiseOwnAlarm(w http.ResponseWriter, r *http.Request) error {
	session, person, _, err := s.acting(w, r)
	if err != nil {
		return err
	}
	raised := storage.Alarm{ID: storage.NewID(), Until: s.Now().Add(noteLife), UserID: person.ID, UserVersion: person.Version}
	if s.believed(session, person) {
		raised.Keep = session.ID
		if err := s.renew(w, r, session); err != nil {
			return err
		}
	}
	person, err = s.Store.RaiseAlarm(r.Context(), raised, event(r, tried{storage.AlarmRaised, "ok"}, person.ID))
	if err != nil {
		return err
	}
	s.Observe(Outcome{Kind: storage.AlarmRaised, Result: "ok"})
	s.forgetTrust(w, person.ID)
	to := "/account/password"
	if raised.Keep == "" {
		s.Site.ClearCookie(w, sessionCookie)
		s.rebind(w)
	} else {
		if err := s.know(w, person); err != nil {
			return err
		}
		if to, err = s.noted(to, session, "alarm"); err != nil {
			return err
		}
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
