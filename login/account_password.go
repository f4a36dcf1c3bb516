package login

import (
	"errors"
	"net/url"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

type accountPasswordPage struct {
	Username string
	Set      bool   // there is a password, and it is asked for
	Done     string // what led here, in words
}

// askPassword is the page on which a person sets another password, or their first.
func (p *ownPage) askPassword() error {
	return p.writePassword(nil)
}

func (p *ownPage) writePassword(refusal *Refusal) error {
	_, err := p.Store.PasswordSince(p.r.Context(), p.person.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	title := p.t("account.password-title")
	if err != nil {
		title = p.t("newpassword.title")
	}
	return p.refused(refusal, web.View{Name: "account_password", Title: title, Data: accountPasswordPage{p.person.Email, err == nil, p.said()}})
}

// changePassword sets the password that the person wants from now on. It takes fresh proofs and the present password besides: an
// open browser, or a copied cookie, is not enough (PR-12). All other sessions, all trust and all applications' access end, and
// this session gets another cookie (CS-05).
func (p *ownPage) changePassword(form url.Values) error {
	hash, err := p.newHash(form.Get("password"), form.Get("new"))
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return p.writePassword(refusal)
	}
	if err != nil {
		return err
	}
	return p.setPassword(hash)
}

// newHash proves the present password, where there is one, and hashes the new one. *Refusal.
func (p *ownPage) newHash(present, wanted string) (string, error) {
	if refusal := p.judgePassword(p.person, wanted); refusal != nil {
		refusal.Field = "new"
		return "", refusal
	}
	step := passwordStep{p.Server}
	v := &visit{w: p.w, r: p.r, attempt: &Attempt{Typed: p.person.Email, Lang: p.lang}, session: p.session}
	if _, err := p.Store.PasswordSince(p.r.Context(), p.person.ID); err == nil {
		if err := step.proveAgain(v, present); err != nil {
			return "", err
		}
	} else if !errors.Is(err, storage.ErrNotFound) {
		return "", err
	}
	v.candidate = p.person
	var hash string
	err := step.inLine(v, func() error {
		var err error
		hash, err = p.Keys.Passwords.Hash(p.r.Context(), wanted)
		return err
	})
	return hash, err
}

// proveAgain compares the password of who is signed in, through the limits, lines and events of a sign-in: there is no second
// place to guess at (BF-04).
func (s passwordStep) proveAgain(v *visit, password string) error {
	if err := s.Spend(v, map[string][]string{"password": {password}}); err != nil {
		return err
	}
	right, _, err := s.compare(v, password)
	if err != nil {
		return err
	}
	if !right {
		if err := s.failed(v.r.Context()); err != nil {
			return err
		}
		return s.refuse(v, tried{storage.SignInRefused, "password_wrong"}, &Refusal{Field: "password", Text: "account.password-wrong"})
	}
	return s.forgivePassword(v)
}

func (p *ownPage) setPassword(hash string) error {
	value, renewed := keys.NewSecret("dwl_")
	change := storage.PasswordChange{UserID: p.person.ID, UserVersion: p.person.Version, Hash: hash,
		Session: p.session.ID, Cookie: p.session.Cookie, Renewed: renewed}
	person, err := p.Store.ChangePassword(p.r.Context(), change, event(p.r, tried{storage.UserPasswordSet, "ok"}, p.person.ID))
	if errors.Is(err, storage.ErrNotFound) { // changed, or signed out, at this very moment
		return &elsewhere{"/account/password", p.lang}
	}
	if err != nil {
		return err
	}
	p.Observe(Outcome{Kind: storage.UserPasswordSet, Result: "ok"})
	p.Site.SetCookie(p.w, sessionCookie, value)
	p.forgetTrust(p.w, person.ID)
	p.rebind(p.w)
	if err := p.know(p.w, person); err != nil {
		return err
	}
	p.tellPasswordChanged(p.r, person)
	return p.done(p.w, p.r, p.session, "password")
}
