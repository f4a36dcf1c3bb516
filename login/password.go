package login

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// passwordStep asks for the password. An unknown name costs the same as a known one: the same reads, limits, hash and event.
type passwordStep struct{ *Server }

type passwordPage struct {
	frame
	Username string
	Change   string // link to the first page; "" when the name stands
	Again    string // why somebody who is signed in proves it again, in words; "" nobody does
	Home     string // where they come from, and what that is called
	HomeText string
}

func (passwordStep) Name() string { return "password" }

func (s passwordStep) Asked(v *visit) bool {
	return !v.attempt.rests() && !v.attempt.primary(s.Now())
}

func (s passwordStep) Show(v *visit) (page, error) {
	shown := passwordPage{frame: v.frame, Username: v.attempt.Typed}
	switch home := v.attempt.Ask.again(); home {
	case "/account":
		shown.Again, shown.Home, shown.HomeText = s.text(v, "password.sub-account"), home, s.text(v, "account.back")
	case "/admin":
		shown.Again, shown.Home, shown.HomeText = s.text(v, "password.sub-console"), s.place(home), s.text(v, "password.back-console")
	}
	if v.attempt.changeable() {
		shown.Change = withAttempt(pathOf(usernameStep{}), v.frame.Attempt)
	}
	return page{Title: s.text(v, "password.title"), Data: shown}, nil
}

func (s passwordStep) Spend(v *visit, form url.Values) error {
	if form.Get("password") == "" {
		return &Refusal{Field: "password", Text: "password.empty"}
	}
	var err error
	v.candidate, v.hash, err = s.Store.Login(v.r.Context(), v.attempt.Typed)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	by, err := s.chargePassword(v)
	if err != nil {
		return err
	}
	if by.wait > 0 {
		return s.refuseSlowed(v, tried{storage.SignInRefused, "password_slowed"}, by, s.slowed(v, "password", "password.slow", by.wait))
	}
	return nil
}

func (s passwordStep) Take(v *visit, form url.Values) error {
	right, stale, err := s.compare(v, form.Get("password"))
	if err != nil {
		return err
	}
	if !right || v.candidate.State == "invited" {
		if err := s.failed(v.r.Context()); err != nil {
			return err
		}
		return s.refuse(v, tried{storage.SignInRefused, "password_wrong"}, &Refusal{Field: "password", Text: "password.wrong"})
	}
	if v.candidate.State != "active" {
		return s.refuse(v, tried{storage.SignInRefused, "disabled"}, s.switchedOff())
	}
	if only := v.attempt.Ask.UserID; only != "" && only != v.candidate.ID {
		return s.refuse(v, tried{storage.SignInRefused, "another_person"}, anotherPerson(v.attempt))
	}
	return s.accept(v, form.Get("password"), stale)
}

// compare says whether the password is right and whether its hash is outdated.
func (s passwordStep) compare(v *visit, password string) (bool, bool, error) {
	var right, stale bool
	err := s.inLine(v, func() error {
		var err error
		right, stale, err = s.Keys.Passwords.Check(v.r.Context(), v.hash, password)
		return err
	})
	return right, stale, err
}

// inLine hashes when it is this visitor's turn. Known browsers wait behind their person alone, since a whole company may
// sign in behind one address. Where many want in, a finished attempt that is sent again costs no hash.
func (s passwordStep) inLine(v *visit, hash func() error) error {
	names := []string{"block:" + web.AddressBlock(v.r.Context()), subject(v)}
	if s.knows(v.r, v.candidate) != "" {
		names = []string{"person:" + v.candidate.ID}
	}
	waited, err := s.lines.enter(v.r.Context(), names...)
	if err != nil {
		return err
	}
	defer s.lines.leave(names...)
	if waited {
		over, err := s.Store.Spent(v.r.Context(), attemptSpent, v.attempt.ID)
		if err != nil {
			return err
		}
		if over {
			return alreadyFinished(v.attempt)
		}
	}
	return hash()
}

// accept notes the proof.
func (s passwordStep) accept(v *visit, password string, stale bool) error {
	a := v.attempt
	a.become(v.candidate)
	a.prove(byPassword, s.Now())
	if err := s.forgivePassword(v); err != nil {
		return err
	}
	v.person = v.candidate
	if err := s.useTrust(v); err != nil {
		return err
	}
	if stale {
		if err := s.rehash(v, password); err != nil && !errors.Is(err, keys.ErrBusy) {
			return err
		}
	}
	return s.recordFirst(v, passwordRight)
}

// rehash makes an outdated hash anew while the password is at hand.
func (s passwordStep) rehash(v *visit, password string) error {
	var fresh string
	err := s.inLine(v, func() error {
		var err error
		fresh, err = s.Keys.Passwords.Hash(v.r.Context(), password)
		return err
	})
	if err != nil {
		return err
	}
	return s.Store.Rehash(v.r.Context(), v.person.ID, v.hash, fresh)
}

// switchedOff is told only after a right password: to anybody else a disabled account looks like any other.
func (s passwordStep) switchedOff() *Refusal {
	if s.Site.Contact == "" {
		return &Refusal{Field: "password", Text: "password.disabled"}
	}
	return &Refusal{Field: "password", Text: "password.disabled-ask", Pairs: []string{"contact", s.Site.Contact}}
}

// anotherPerson ends an attempt that only one person may answer, when somebody else has signed in.
func anotherPerson(a *Attempt) *stop {
	return &stop{web.Failure{Status: http.StatusForbidden, Text: "select.other-person", Again: a.Ask.Back}, a.Lang}
}
