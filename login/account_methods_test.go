package login_test

import (
	"testing"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestTheAccountListsAuthenticatorsAndWarnsBeforeTheLastRecoveryCode(t *testing.T) { // 3.10, S-37
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, _ app, _ []string, b *webtest.Browser) {
		h.setUp(b, "Philipp's iPhone <b>")
		b.Go("/account").Check().Sees("Devices: 2").Sees("My phone").Sees("Philipp's iPhone <b>").Sees("10 of 10 left").SeesNot("before they run out").
			Sees("Not used: you enter a code from your app instead.").Sees("You added an authenticator app: My phone.").SeesNot("Trusted browsers 1")
		for left := 9; left >= 3; left-- {
			h.spendRecoveryCode()
		}
		b.Go("/account").Check().Sees("3 of 10 left").Sees("You have 3 recovery codes left. Make new ones before they run out")
		b.Go("/account?lang=de").Check().Sees("Noch 3 von 10").Sees("Sie haben noch 3 Wiederherstellungscodes.")
		h.spendRecoveryCode()
		h.spendRecoveryCode()
		b.Go("/account?lang=en").Sees("You have one recovery code left.")
		h.spendRecoveryCode()
		b.Go("/account").Sees("You have no recovery codes left.").Follow("Make new ones").Sees("recovery codes")
	})
}

// spendRecoveryCode uses one of Anna's, whichever.
func (h *house) spendRecoveryCode() {
	h.t.Helper()
	_, err := h.db.UseRecovery(h.t.Context(), h.anna.ID, func([]byte) bool { return true }, storage.Event{})
	h.must(err)
}

func TestWhatTheAccountSaysOfCodesByMailFollowsThePolicy(t *testing.T) {
	t.Parallel()
	for text, policy := range map[string]option{
		"in browsers that you don't trust": func(*login.Options) {},
		"after your password.":             always,
		"":                                 without,
	} {
		h := open(t, policy)
		b := toCode(h.browser(), "anna@example.com")
		if text != "" {
			b = no(h.withCode(b))
		}
		b.Go("/account").Check().Sees(text)
		if text == "" {
			b.SeesNot("Code by email")
		}
	}
}

func TestGoogleIsOfferedWhereItIsSetUp(t *testing.T) { // 3.10
	t.Parallel()
	h := withGoogle(t, newGoogle(t))
	h.signedIn().Go("/account").Check().Sees("Google Sign in without a password.")
	open(t).signedIn().Go("/account").SeesNot("Google")
}

func TestTheLanguageOfTheProfileHoldsInEveryBrowserWhereNoneWasChosen(t *testing.T) { // item 12
	t.Parallel()
	h := open(t)
	h.must(h.db.SetProfile(t.Context(), h.anna.ID, map[string]any{"name": "Anna Berg", "locale": "de"}, storage.Event{}))
	b := h.signedIn()
	b.Go("/account").Check().Sees("Ihr Konto")
	b.Go("/account/password").Check().Sees("Passwort ändern")
	b.Go("/account?lang=en").Sees("Your account")
	b.Go("/account").Sees("Your account") // what was chosen here stands before it
}
