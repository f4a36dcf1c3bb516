package login_test

import (
	"errors"
	"testing"

	"github.com/doorward/doorward/storage"
)

func TestConsentIsAskedAndKept(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.must(h.db.AddClient(t.Context(), thirdParty(), storage.Event{Actor: "test"}))
	h.ask.Consent = []string{"openid", "profile", "email", "address", "phone", "groups", "offline_access", "odd"}
	b := h.in(h.browser(), "anna@example.com").Check().Sees("Grafana wants to use your Acme account").Sees("Anna Berg").
		Sees("See your name and profile").Sees("See your email address").Sees("See your groups").Sees("Stay connected when you're away").Sees("“odd”")
	b.Tab().Post("/login/consent", map[string][]string{"attempt": {b.Value("attempt")}}).Status(422).Check().Sees("Choose whether to allow it.")
	b.Press("Allow").Sees("app got anna")
	consent, err := h.db.Consent(t.Context(), h.anna.ID, "grafana")
	if err != nil || len(consent.Scopes) != len(h.ask.Consent) || !consent.Allows(h.ask.AppHost, h.ask.Consent) || consent.Allows("elsewhere.example", h.ask.Consent) {
		t.Errorf("consent is %+v, %v", consent, err)
	}
	sid, when := sidOf(b), field(b, "auth_time")
	b.Go("/app?lang=de").Check().Sees("Grafana möchte Ihr Konto bei Acme verwenden").Press("Erlauben").Sees("app got anna") // asked again, no proofs
	if sidOf(b) != sid || field(b, "auth_time") != when {
		t.Error("a consent alone changes sid or auth_time")
	}
}

func thirdParty() storage.Client {
	return storage.Client{ID: "grafana", Name: "Grafana", Type: "web", AuthMethod: "client_secret_basic", RedirectURIs: []string{"https://grafana.test/cb"},
		Secrets: [2][]byte{make([]byte, 32)}, GrantTypes: []string{"authorization_code"}, RequirePKCE: true, IDTokenAlg: "ES256", Refresh: "never", TokenFormat: "opaque", Consent: true}
}

func TestConsentThatIsRefusedIsToldToTheApplication(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.ask.Consent = []string{"openid"}
	b := h.in(h.browser(), "anna@example.com").Press("Cancel").Sees("app got error=access_denied")
	if _, err := h.db.Consent(t.Context(), h.anna.ID, "grafana"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("consent: %v", err)
	}
	h.sees("consent.refused denied", 1)
	b.Go("/account").SeesNot("Anna Berg")
}

func TestAnAttemptWhoseConsentIsRefusedSignsNobodyIn(t *testing.T) { // a shared machine, and the browser's history
	t.Parallel()
	h := open(t)
	h.ask.Consent = []string{"openid"}
	page := h.in(h.browser(), "anna@example.com").Sees("wants to use")
	before := page.Clone() // keeps the binding that it has
	deny := page.Tab()
	deny.Press("Cancel").Sees("app got error=access_denied")
	page.Tab().Go(page.URL()).Status(400).SeesNot("Anna Berg")
	page.Tab().Press("Allow").Status(400).SeesNot("app got")
	before.Tab().Press("Allow").Status(409).SeesNot("app got")
	before.Tab().Press("Cancel").Sees("app got error=access_denied")
	before.Go("/account").SeesNot("Anna Berg")
	h.sees("consent.refused denied", 1)
	h.sees("session.started ok", 0)
	if _, err := h.db.Consent(t.Context(), h.anna.ID, "grafana"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("consent: %v", err)
	}
}

func TestAConsentIsOfOnePersonOneRequestAndOneBrowser(t *testing.T) { // CS-17
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.must(h.db.AddClient(t.Context(), thirdParty(), storage.Event{Actor: "test"}))
		ben := h.add(storage.User{Email: "ben@example.com"})
		h.ask.Consent = []string{"openid", "email"}
		anna := h.in(h.browser(), "anna@example.com").Sees("wants to use")
		theirs := anna.Value("attempt")

		thief := h.in(h.browser(), "ben@example.com").Sees("wants to use")
		own := thief.Value("attempt")
		thief.Tab().Post("/login/consent", map[string][]string{"attempt": {theirs}, "allow": {""}}).Status(400).SeesNot("app got") // of another person
		for _, forged := range []string{"", "dwt_x", own[:len(own)-1], own + "A", theirs[:len(theirs)/2] + own[len(own)/2:]} {
			thief.Tab().Post("/login/consent", map[string][]string{"attempt": {forged}, "allow": {""}}).Status(400).SeesNot("app got")
		}
		for _, id := range []string{h.anna.ID, ben.ID} {
			if _, err := h.db.Consent(t.Context(), id, "grafana"); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("consent of %s: %v", id, err)
			}
		}
		twice := anna.Clone()
		anna.Press("Allow").Sees("app got anna@example.com")
		twice.Press("Allow").SeesNot("app got ben")
		h.sees("consent.given ok", 1)
		h.sees("session.started ok", 1)
	})
}
