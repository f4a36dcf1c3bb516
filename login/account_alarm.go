package login

import (
	"net/http"

	"github.com/doorward/doorward/storage"
)

// ownAlarm says what “That wasn't me” does, and has the button that does it.
func (s *Server) ownAlarm(w http.ResponseWriter, r *http.Request) error {
	p, err := s.ownPage(w, r)
	if err != nil {
		return err
	}
	return p.write("account_alarm", p.t("account.alarm-title"), nil)
}

// raiseOwnAlarm ends whatever somebody else may hold of the account, as the button in a letter does, but for this browser,
// which gets a new cookie value: then it leads to a new password.
func (s *Server) raiseOwnAlarm(w http.ResponseWriter, r *http.Request) error {
	session, person, _, err := s.acting(w, r)
	if err != nil {
		return err
	}
	if err := s.renew(w, r, session); err != nil {
		return err
	}
	raised := storage.Alarm{ID: storage.NewID(), Until: s.Now().Add(noteLife), UserID: person.ID, Keep: session.ID}
	person, err = s.Store.RaiseAlarm(r.Context(), raised, event(r, tried{storage.AlarmRaised, "ok"}, person.ID))
	if err != nil {
		return err
	}
	s.Observe(Outcome{Kind: storage.AlarmRaised, Result: "ok"})
	s.forgetTrust(w, person.ID)
	if err := s.know(w, person); err != nil {
		return err
	}
	to, err := s.noted("/account/password", session, "alarm")
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
