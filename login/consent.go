package login

import (
	"errors"
	"net/url"

	"github.com/doorward/doorward/storage"
)

// consentStep asks the person whether an application may have what it asks for (OIDC Core §3.1.2.4).
type consentStep struct{ *Server }

type consentPage struct {
	frame
	Name     string
	Username string
	Scopes   []string // in words
	Host     string   // where the application's answer goes; "" unknown
	Here     bool     // that is this very device
}

func (consentStep) Name() string { return "consent" }

func (consentStep) Asked(v *visit) bool {
	return len(v.attempt.Ask.Consent) > 0 && !v.attempt.Consented
}

func (s consentStep) Show(v *visit) (page, error) {
	shown := consentPage{frame: v.frame, Name: v.person.Name(), Username: v.person.Email}
	shown.Host, shown.Here = v.attempt.Ask.AppHost, onThisDevice(v.attempt.Ask.AppHost)
	for _, scope := range v.attempt.Ask.Consent {
		shown.Scopes = append(shown.Scopes, s.scopeWords(v.attempt.Lang, scope))
	}
	title := s.text(v, "consent.title", "app", v.attempt.Ask.ClientName, "company", s.Site.Company)
	return page{Title: title, Data: shown}, nil
}

// onThisDevice says whether an application is a program that runs where the browser does (RFC 8252 §7.3): then its host proves
// nothing.
func onThisDevice(host string) bool {
	return host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// scopeWords says what a scope lets an application do; one that nobody here has words for is shown by its name.
func (s *Server) scopeWords(lang, scope string) string {
	if key, ok := scopeTexts[scope]; ok {
		return s.Site.Texts.T(lang, key)
	}
	return s.Site.Texts.T(lang, "consent.scope-other", "scope", scope)
}

var scopeTexts = map[string]string{
	"openid":         "consent.scope-openid",
	"profile":        "consent.scope-profile",
	"email":          "consent.scope-email",
	"address":        "consent.scope-address",
	"phone":          "consent.scope-phone",
	"groups":         "consent.scope-groups",
	"offline_access": "consent.scope-offline",
	"doorward:read":  "consent.scope-console-read",
	"doorward:write": "consent.scope-console-write",
}

func (consentStep) Spend(*visit, url.Values) error { return nil }

func (s consentStep) Take(v *visit, form url.Values) error {
	ask := v.attempt.Ask
	switch {
	case form.Has("deny"):
		return s.deny(v)
	case !form.Has("allow"):
		return &Refusal{Field: "allow", Text: "consent.neither"}
	}
	if over, err := s.Store.Spent(v.r.Context(), attemptSpent, v.attempt.ID); err != nil {
		return err
	} else if over {
		return alreadyFinished(v.attempt)
	}
	v.attempt.Consented = true
	given := storage.Consent{
		UserID: v.person.ID, ClientID: ask.ClientID, Granted: s.Now(),
		Scopes: ask.Consent, Hosts: map[string][]string{ask.AppHost: ask.Consent}, // the host that the page has shown, and no other
	}
	return s.Store.GiveConsent(v.r.Context(), given, v.event(tried{storage.ConsentGiven, "ok"}))
}

// deny tells the application, and ends the attempt as finishing it does: its proofs must not sign in whoever opens the
// address from this browser's history next. However often the button was pressed, one refusal is recorded.
func (s consentStep) deny(v *visit) error {
	ask := v.attempt.Ask
	refused := &elsewhere{ask.Back + "&error=access_denied", v.attempt.Lang}
	err := s.Store.Once(v.r.Context(), attemptSpent, v.attempt.ID, v.attempt.ends())
	if err != nil && !errors.Is(err, storage.ErrConflict) {
		return err
	}
	s.rebind(v.w)
	if err != nil {
		return refused
	}
	return s.refuse(v, tried{consentRefused, "denied"}, refused)
}
