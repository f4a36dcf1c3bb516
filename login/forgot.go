package login

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// How often a new password may be asked for. These counters are of this kind alone, so that nobody's codes are used up by it.
var (
	asksPerBlock      = storage.Rate{Burst: 20, Per: time.Hour}
	wayBackPerMailbox = storage.Rate{Burst: 3, Per: time.Hour}
	wayBackPerDay     = storage.Rate{Burst: 10, Per: 24 * time.Hour}
)

type forgotPage struct {
	Attempt, Username, App string
	Back                   string // to where the name is asked
}

// forgot shows where a new password is asked for. It carries the sign-in from which the person came: so the name is filled
// in, and a new password leads back to the application.
func (s *Server) forgot(w http.ResponseWriter, r *http.Request) error {
	query, err := web.ParseQuery(r)
	if err != nil {
		return err
	}
	a := s.asking(w, r, query.Get("attempt"))
	if a.Typed == "" {
		a.Typed = a.Ask.LoginHint
	}
	return s.forgotPage(w, r, a, nil)
}

func (s *Server) forgotPage(w http.ResponseWriter, r *http.Request, a *Attempt, refusal *Refusal) error {
	sealed, err := s.seal(a)
	if err != nil {
		return err
	}
	view := web.View{
		Name:   "forgot",
		Lang:   a.Lang,
		Title:  s.Site.Texts.T(a.Lang, "forgot.title"),
		Switch: withAttempt("/forgot", sealed),
		Data:   forgotPage{sealed, a.Typed, a.Ask.ClientName, withAttempt(pathOf(usernameStep{}), sealed)},
	}
	if refusal != nil {
		view.Status = http.StatusUnprocessableEntity
		view.Errors = []web.FieldError{{Field: refusal.Field, Text: s.Site.Texts.T(a.Lang, refusal.Text)}}
	}
	return s.pages.Write(w, r, view)
}

// asking is what is known of who asks: their sign-in under way, without what it has proved, or a fresh one that leads to the account
// page. One of another browser is not believed, and one that is too old leads nowhere any more.
func (s *Server) asking(w http.ResponseWriter, r *http.Request, sealed string) *Attempt {
	a := s.ownAttempt(r, sealed)
	if a == nil {
		a = &Attempt{ID: storage.NewID(), Browser: s.bind(w, r), Started: s.Now().Unix()}
		a.Ask = Ask{Attempt: a.ID, Back: "/account"}
	}
	lang := s.Site.Language(w, r, a.Lang)
	return &Attempt{ID: a.ID, Browser: a.Browser, Ask: a.Ask, Lang: lang, Started: a.Started, Typed: a.Typed}
}

// ownAttempt opens an attempt of this very browser; nil where it is none, or too old.
func (s *Server) ownAttempt(r *http.Request, sealed string) *Attempt {
	a := new(Attempt)
	if s.Keys.Box.Open(keys.ForAttempt, sealed, a) != nil || a.expired(s.Now()) || !keys.SameSecret(s.Site.CookieValue(r, bindCookie), a.Browser) {
		return nil
	}
	return a
}

// sendForgotten answers all alike (S-39): nothing is looked up before the answer, and what is charged is charged for everybody.
func (s *Server) sendForgotten(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(w, r)
	if err != nil {
		return err
	}
	a := s.asking(w, r, form.Get("attempt"))
	name, refusal := typedName(form)
	if a.Typed = name; refusal != nil {
		return s.forgotPage(w, r, a, refusal)
	}
	sealed, err := s.seal(a)
	if err != nil {
		return err
	}
	wait, err := s.Store.Spend(r.Context(), "forgotten-block:"+web.AddressBlock(r.Context()), asksPerBlock)
	if err != nil {
		return err
	}
	if wait == 0 || s.Site.Dev {
		from := originOf(r, a.Lang)
		err := s.afterwards(func(ctx context.Context) error { return s.answerForgotten(ctx, name, from, sealed) })
		if err != nil {
			return err
		}
	}
	http.Redirect(w, r, withAttempt("/forgot/sent", sealed), http.StatusSeeOther)
	return nil
}

// answerForgotten mails whoever has the name the way back in, as often as their mailbox can bear.
func (s *Server) answerForgotten(ctx context.Context, name string, from origin, asked string) error {
	person, _, err := s.Store.Login(ctx, name)
	if errors.Is(err, storage.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if unwelcome, err := s.unwelcome(ctx, person); err != nil || unwelcome {
		return err
	}
	if busy, err := s.underWay(ctx, person, asked); err != nil || busy {
		return err
	}
	if most, err := s.enough(ctx, person); err != nil || most {
		return err
	}
	return s.mailWayBack(ctx, person, from, asked)
}

// resetRest is how long a link to a new password is left alone by what other browsers ask: whoever knows an address could kill each
// link before its person has used it.
const resetRest = 5 * time.Minute

// underWay says whether the person has such a link already, just now, by another browser than the one that asks.
func (s *Server) underWay(ctx context.Context, person storage.User, asked string) (bool, error) {
	l, err := s.Store.LivingLink(ctx, person.ID, storage.LinkReset)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	if err != nil || s.Now().Sub(l.Created) >= resetRest {
		return false, err
	}
	var here, there Attempt
	if s.Keys.Box.Open(keys.ForAttempt, asked, &here) != nil || s.Keys.Box.Open(keys.ForAttempt, l.Note, &there) != nil {
		return true, nil
	}
	return !bytes.Equal(here.Browser, there.Browser), nil
}

// enough says whether a mailbox has had as many of these letters as it can bear.
func (s *Server) enough(ctx context.Context, person storage.User) (bool, error) {
	if s.Site.Dev {
		return false, nil
	}
	if wait, err := s.Store.Spend(ctx, "letters:way-back:"+person.ID, wayBackPerMailbox); err != nil || wait > 0 {
		return true, err
	}
	wait, err := s.Store.Spend(ctx, "letters-day:way-back:"+person.ID, wayBackPerDay)
	return wait > 0, err
}

// forgotSent is the page that everybody gets.
func (s *Server) forgotSent(w http.ResponseWriter, r *http.Request) error {
	query, err := web.ParseQuery(r)
	if err != nil {
		return err
	}
	a := s.asking(w, r, query.Get("attempt"))
	if a.Typed == "" {
		http.Redirect(w, r, "/forgot", http.StatusSeeOther)
		return nil
	}
	sealed, err := s.seal(a)
	if err != nil {
		return err
	}
	return s.pages.Write(w, r, web.View{
		Name:   "forgot_sent",
		Lang:   a.Lang,
		Title:  s.Site.Texts.T(a.Lang, "forgot.sent-title"),
		Switch: withAttempt("/forgot/sent", sealed),
		Data:   forgotPage{sealed, a.Typed, a.Ask.ClientName, withAttempt(pathOf(usernameStep{}), sealed)},
	})
}
