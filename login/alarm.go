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

// alarmLife is how long “That wasn't me” works in a letter, where its person gets no other role.
const alarmLife = storage.AlarmLife

// undoLife is how long it takes away what the letter says was added. Whoever reads the mailbox may press it, and must not
// take away a factor that has been in use for days.
const undoLife = 24 * time.Hour

// alarm is what “That wasn't me” in a letter carries, sealed. It needs no row before somebody presses it, and it may be pressed
// in any browser: whoever reads the letter has the mailbox, and all that it does is to end things.
type alarm struct {
	ID       string `json:"i"`
	User     string `json:"u"`
	Version  int64  `json:"v"`           // of the person as they were
	Email    string `json:"e"`           // where the letter went; no link to a new password goes anywhere else
	Restores bool   `json:"r,omitempty"` // the person gets that address back
	Issuer   string `json:"g,omitempty"` // of the account elsewhere that was added
	Subject  string `json:"s,omitempty"`
	Device   string `json:"d,omitempty"` // that was added: its id
	Lang     string `json:"l"`
	Until    int64  `json:"t"` // Unix seconds
}

// alarmLink is the address behind “That wasn't me” in a letter to a person; lang is the letter's language.
func (s *Server) alarmLink(person storage.User, lang string) (string, error) {
	return s.sealAlarm(alarm{User: person.ID, Version: person.Version, Email: person.Email, Lang: lang})
}

// newsLink is alarmLink for the letter that tells the news.
func (s *Server) newsLink(ctx context.Context, person storage.User, n news, lang string) (string, error) {
	a := alarm{User: person.ID, Version: person.Version, Email: person.Email, Lang: lang,
		Issuer: n.added.Issuer, Subject: n.added.Subject, Device: n.added.Authenticator}
	if n.moved && person.Role == "" { // to whoever has a role nothing gives an address back
		// Once in seven days only: a thief who changes the address twice has a former one too, and would take the account back with it.
		err := s.Store.Once(ctx, "alarm-restores", person.ID, s.Now().Add(alarmLife))
		if err != nil && !errors.Is(err, storage.ErrConflict) {
			return "", err
		}
		a.Restores = err == nil
	}
	return s.sealAlarm(a)
}

func (s *Server) sealAlarm(a alarm) (string, error) {
	a.ID, a.Until = storage.NewID(), s.Now().Add(alarmLife).Unix()
	sealed, err := s.Keys.Box.Seal(keys.ForAlarm, a)
	return s.Site.Issuer + "/alarm?token=" + url.QueryEscape(sealed), err
}

// raised is what is to be done at a time.
func (a alarm) raised(now time.Time) storage.Alarm {
	until := time.Unix(a.Until, 0)
	out := storage.Alarm{ID: a.ID, Until: until, UserID: a.User, UserVersion: a.Version}
	if a.Restores {
		out.Email = a.Email
	}
	if now.Before(until.Add(undoLife - alarmLife)) {
		out.Added = storage.Added{Issuer: a.Issuer, Subject: a.Subject, Authenticator: a.Device}
	}
	return out
}

type alarmPage struct {
	Token, Masked string
	Restored      string // address that the person gets back; "" none
	Added         string // what becomes of what was added, in words; "" nothing was, or it is gone
	Moved         bool   // the account has another address now, and nothing is sent there
}

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
	person, err := s.alarmed(r.Context(), a)
	if err != nil {
		return err
	}
	lang := s.Site.Language(w, r, a.Lang)
	shown := alarmPage{Token: token, Masked: masked(a.Email), Moved: !a.Restores && person.Email != a.Email}
	if a.Restores {
		shown.Restored = a.Email
	}
	if shown.Added, err = s.addition(r.Context(), a, lang); err != nil {
		return err
	}
	return s.pages.Write(w, r, web.View{
		Name:   "alarm",
		Lang:   lang,
		Title:  s.Site.Texts.T(lang, "alarm.title"),
		Switch: "/alarm?token=" + url.QueryEscape(token),
		Data:   shown,
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
	unwelcome, err := s.unwelcomeBefore(r.Context(), a.User) // the alarm ends invitations too
	if err != nil {
		return err
	}
	person, err := s.Store.RaiseAlarm(r.Context(), a.raised(s.Now()), event(r, tried{storage.AlarmRaised, "ok"}, a.User))
	var taken *storage.Invalid
	switch {
	case errors.Is(err, storage.ErrConflict):
		return usedAlarm(a.Lang)
	case errors.Is(err, storage.ErrNotFound):
		return s.endedAlarm(r.Context(), a)
	case err != nil && !errors.As(err, &taken):
		return err
	}
	s.Observe(Outcome{Kind: storage.AlarmRaised, Result: "ok"})
	switch { // the present address may be a thief's: no letter goes there
	case taken != nil:
		return s.unsent(a.Lang, "alarm.taken", "alarm.taken-ask")
	case person.Email != a.Email && person.Role != "": // this may have been the email about the change
		return s.unsent(a.Lang, "alarm.stays", "alarm.stays-ask")
	case person.Email != a.Email:
		return s.unsent(a.Lang, "alarm.moved", "alarm.moved-ask")
	}
	if !unwelcome {
		err = s.mailWayIn(r.Context(), person, originOf(r, a.Lang))
	}
	if err != nil {
		web.Note(r.Context(), slog.String("letter_not_sent", err.Error()))
		return &stop{web.Failure{Status: http.StatusServiceUnavailable, Text: "alarm.unsent", Again: forgotIn(a.Lang), AgainText: "forgot.link"}, a.Lang}
	}
	http.Redirect(w, r, "/alarm/raised?lang="+a.Lang, http.StatusSeeOther)
	return nil
}

// unwelcomeBefore is unwelcome for somebody of whom only the id is known, if there is such a person.
func (s *Server) unwelcomeBefore(ctx context.Context, id string) (bool, error) {
	person, err := s.Store.User(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return s.unwelcome(ctx, person)
}

// unsent says that all was ended and why no letter was sent; asking is the text that says whom to ask.
func (s *Server) unsent(lang, text, asking string) *stop {
	f := web.Failure{Status: http.StatusConflict, Text: text}
	if s.Site.Contact != "" {
		f.Text, f.Pairs = asking, []string{"contact", s.Site.Contact}
	}
	return &stop{f, lang}
}

// alarmRaised says what was done. It names nobody, since everybody may open it.
func (s *Server) alarmRaised(w http.ResponseWriter, r *http.Request) error {
	lang := s.Site.Language(w, r)
	return s.pages.Write(w, r, web.View{Name: "alarm_raised", Lang: lang, Title: s.Site.Texts.T(lang, "alarm.raised"), Switch: "/alarm/raised"})
}

// alarmed is the person of an alarm that can be raised; all others end with a page that says why.
func (s *Server) alarmed(ctx context.Context, a alarm) (storage.User, error) {
	over, err := s.Store.Spent(ctx, storage.AlarmSpent, a.ID)
	if err == nil && over {
		err = usedAlarm(a.Lang)
	}
	if err != nil {
		return storage.User{}, err
	}
	outlived, err := s.Store.AlarmOutlived(ctx, a.raised(s.Now()))
	if err == nil && outlived {
		err = s.endedAlarm(ctx, a)
	}
	if err != nil {
		return storage.User{}, err
	}
	person, err := s.Store.User(ctx, a.User)
	if errors.Is(err, storage.ErrNotFound) {
		err = deadAlarm(a.Lang)
	}
	return person, err
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

// usedAlarm is told to whoever comes back to a letter whose alarm was raised.
func usedAlarm(lang string) *stop {
	return &stop{web.Failure{Status: http.StatusConflict, Text: "alarm.used", Again: forgotIn(lang), AgainText: "forgot.link"}, lang}
}

// deadAlarm leads to a new password all the same: that helps whoever has come to this page.
func deadAlarm(lang string) *stop {
	return &stop{web.Failure{Status: http.StatusGone, Text: "alarm.dead", Again: forgotIn(lang), AgainText: "forgot.link"}, lang}
}

// endedAlarm is told of an alarm that nobody can raise any more: its person is gone, or has had another role since its letter, which it
// does not name, since the mailbox of then may be somebody else's.
func (s *Server) endedAlarm(ctx context.Context, a alarm) error {
	outlived, err := s.Store.AlarmOutlived(ctx, a.raised(s.Now()))
	if err != nil {
		return err
	}
	if !outlived {
		return deadAlarm(a.Lang)
	}
	f := web.Failure{Status: http.StatusGone, Text: "alarm.older", Again: "/account/alarm", AgainText: "link.sign-in"}
	if s.Site.Contact != "" {
		f.Text, f.Pairs = "alarm.older-ask", []string{"contact", s.Site.Contact}
	}
	return &stop{f, a.Lang}
}

// addition says what the alarm does to what its letter says was added; "" where nothing was, or it is there no more.
func (s *Server) addition(ctx context.Context, a alarm, lang string) (string, error) {
	removed := a.raised(s.Now()).Added != storage.Added{}
	if a.Issuer != "" {
		person, linked, err := s.Store.ByIdentity(ctx, a.Issuer, a.Subject)
		if errors.Is(err, storage.ErrNotFound) || err == nil && person.ID != a.User {
			return "", nil
		}
		text := "alarm.google-stays"
		if removed {
			text = "alarm.google-goes"
		}
		return s.Site.Texts.T(lang, text, "address", linked.Email), err
	}
	if a.Device == "" {
		return "", nil
	}
	devices, err := s.Store.Authenticators(ctx, a.User)
	if err != nil {
		return "", err
	}
	for _, device := range devices {
		if device.ID == a.Device {
			text := "alarm.device-stays"
			if removed {
				text = "alarm.device-goes"
			}
			return s.Site.Texts.T(lang, text, "device", device.Name), nil
		}
	}
	return "", nil
}
