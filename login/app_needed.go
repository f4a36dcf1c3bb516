package login

import (
	"net/url"

	"github.com/doorward/doorward/storage"
)

// appNeededStep leads whoever must have an authenticator app and has none to where it is set up, and says why. They are signed in by
// then, since an app is set up in the account by fresh proofs; but they are let through to nothing before it is there.
type appNeededStep struct{ *Server }

type appNeededPage struct {
	frame
	Why   string
	SetUp string // leads back to where the person wanted to go
	Deny  bool   // an application is told that the person does not want to
}

func (appNeededStep) Name() string { return "app_needed" }

func (s appNeededStep) Asked(v *visit) bool { return v.attempt.rests() && s.lacksApp(v) }

// lacksApp says whether the person must have an app, and has none.
func (s *Server) lacksApp(v *visit) bool { return !v.person.TOTP && s.must(v) }

func (s appNeededStep) Show(v *visit) (page, error) {
	ask := v.attempt.Ask
	policy, err := s.MustHaveApp(v.r.Context(), v.person)
	if err != nil {
		return page{}, err
	}
	shown := appNeededPage{frame: v.frame, SetUp: setUpApp(ask.Back), Deny: ask.ClientID != ""}
	shown.Why = s.text(v, "needed.policy", "company", s.totpIssuer())
	if !policy {
		shown.Why = s.text(v, "needed.app", "app", ask.ClientName)
	}
	return page{Title: s.text(v, "needed.title"), Data: shown}, nil
}

func (appNeededStep) Spend(*visit, url.Values) error { return nil }

// Take is the way out: the application is told that the person is not coming. Nothing is spent, since nothing was proved.
func (s appNeededStep) Take(v *visit, form url.Values) error {
	if !form.Has("deny") || v.attempt.Ask.ClientID == "" {
		return &Refusal{Field: "deny", Text: "needed.neither"}
	}
	back := &elsewhere{v.attempt.Ask.Back + "&error=access_denied", v.attempt.Lang}
	return s.refuse(v, tried{storage.SignInRefused, "no_app"}, back)
}
