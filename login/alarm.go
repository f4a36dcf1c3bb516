package login

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// alarmLife is how long “That wasn't me” works in a letter.
const alarmLife = 7 * 24 * time.Hour

// alarm is what “That wasn't me” in a letter carries, sealed. It needs no row before somebody presses it, and it may be pressed
// in any browser: whoever reads the letter has the mailbox, and all that it does is to end things.
type alarm struct {
	ID    string `json:"i"`
	User  string `json:"u"`
	Email string `json:"e,omitempty"` // the address to restore
	Lang  string `json:"l"`
	Until int64  `json:"t"` // Unix seconds
}

// alarmLink is the address behind “That wasn't me” in a letter to a person; lang is the letter's language.
func (s *Server) alarmLink(person storage.User, lang string) (string, error) {
	return s.sealAlarm(alarm{User: person.ID, Lang: lang})
}

// alarmRestoring is alarmLink for the letter to an address that is the person's no more, once the change is done; former is the
// person as before. It gives the address back, but once in seven days only: a thief who changes it twice has a former
// address too, and would take the account back with it.
func (s *Server) alarmRestoring(ctx context.Context, former storage.User, lang string) (string, error) {
	err := s.Store.Once(ctx, "alarm-restores", former.ID, s.Now().Add(alarmLife))
	if errors.Is(err, storage.ErrConflict) {
		return s.alarmLink(former, lang)
	}
	if err != nil {
		return "", err
	}
	return s.sealAlarm(alarm{User: former.ID, Email: former.Email, Lang: lang})
}

func (s *Server) sealAlarm(a alarm) (string, error) {
	a.ID, a.Until = storage.NewID(), s.Now().Add(alarmLife).Unix()
	sealed, err := s.Keys.Box.Seal(keys.ForAlarm, a)
	return s.Site.Issuer + "/alarm?token=" + url.QueryEscape(sealed), err
}

type alarmPage struct{ Token, Masked, Restored string }

// askAlarm shows the button that raises the alarm. It changes nothing: mail scanners open every link.
func (s *Server) askAlarm(w http.ResponseWriter, r *http.Request) error {
	query, err := web.ParseQuery(r)
	if err != nil {
		return err
	}
	token := query.Get("token")
	a, err := s.openAlarm(token)
	if err != nil {
		return err
	}
	person, err := s.Store.User(r.Context(), a.User)
	if errors.Is(err, storage.ErrNotFound) {
		return deadAlarm(a.Lang)
	}
	if err != nil {
		return err
	}
	lang := s.Site.Language(w, r, a.Lang)
	return s.pages.Write(w, r, web.View{
		Name:   "alarm",
		Lang:   lang,
		Title:  s.Site.Texts.T(lang, "alarm.title"),
		Switch: "/alarm?token=" + url.QueryEscape(token),
		Data:   alarmPage{token, masked(person.Email), a.Email},
	})
}

// raiseAlarm ends whatever somebody else may hold of the person's account, once, and mails the way to a new password.
func (s *Server) raiseAlarm(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(w, r)
	if err != nil {
		return err
	}
	a, err := s.openAlarm(form.Get("token"))
	if err != nil {
		return err
	}
	raised := storage.Alarm{ID: a.ID, Until: time.Unix(a.Until, 0), UserID: a.User, Email: a.Email}
	person, err := s.Store.RaiseAlarm(r.Context(), raised, event(r, tried{storage.AlarmRaised, "ok"}, a.User))
	var taken *storage.Invalid
	switch {
	case errors.Is(err, storage.ErrConflict):
		return &stop{web.Failure{Status: http.StatusConflict, Text: "alarm.used", Again: forgotIn(a.Lang), AgainText: "forgot.link"}, a.Lang}
	case errors.Is(err, storage.ErrNotFound):
		return deadAlarm(a.Lang)
	case errors.As(err, &taken): // the present address may be a thief's, so no letter goes there
		return &stop{web.Failure{Status: http.StatusConflict, Text: "alarm.taken"}, a.Lang}
	case err != nil:
		return err
	}
	s.Observe(Outcome{Kind: storage.AlarmRaised, Result: "ok"})
	if err := s.mailWayIn(r.Context(), person, originOf(r, a.Lang)); err != nil {
		web.Note(r.Context(), slog.String("letter_not_sent", err.Error()))
		return &stop{web.Failure{Status: http.StatusServiceUnavailable, Text: "alarm.unsent", Again: forgotIn(a.Lang), AgainText: "forgot.link"}, a.Lang}
	}
	http.Redirect(w, r, "/alarm/raised?lang="+a.Lang, http.StatusSeeOther)
	return nil
}

// alarmRaised says what was done. It names nobody, since everybody may open it.
func (s *Server) alarmRaised(w http.ResponseWriter, r *http.Request) error {
	lang := s.Site.Language(w, r)
	return s.pages.Write(w, r, web.View{Name: "alarm_raised", Lang: lang, Title: s.Site.Texts.T(lang, "alarm.raised"), Switch: "/alarm/raised"})
}

func (s *Server) openAlarm(token string) (alarm, error) {
	var a alarm
	if err := s.Keys.Box.Open(keys.ForAlarm, token, &a); err != nil {
		return alarm{}, deadAlarm("")
	}
	if !s.Now().Before(time.Unix(a.Until, 0)) {
		return alarm{}, deadAlarm(a.Lang)
	}
	return a, nil
}

// forgotIn leads on in the language of the letter.
func forgotIn(lang string) string {
	if lang == "" {
		return "/forgot"
	}
	return "/forgot?lang=" + lang
}

// deadAlarm leads to a new password all the same: that helps whoever has come to this page.
func deadAlarm(lang string) *stop {
	return &stop{web.Failure{Status: http.StatusGone, Text: "alarm.dead", Again: forgotIn(lang), AgainText: "forgot.link"}, lang}
}
