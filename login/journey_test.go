package login_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestAPersonSignsInWithAddressPasswordAndCode(t *testing.T) { // S-02, S-04, S-05
	t.Parallel()
	h := open(t)
	b := h.browser().Check().Sees("Sign in").Sees("to continue to Grafana").Sees("Email address or customer number").
		Sees("At the top right of your invoice, or on your bank statement if you pay by direct debit.")
	if b.Title() != "Sign in – Acme" {
		t.Errorf("title is %q", b.Title())
	}
	toPassword(b, " Anna@Example.com ").Check().Status(200).Sees("Enter your password").Sees("Signing in as")
	if got := b.Value("username"); got != "anna@example.com" {
		t.Errorf("the password page is for %q", got)
	}
	b.Fill("password", password).Press("Sign in").Check().Status(200).Sees("Check your email").
		Sees("We sent a 6-digit code to a•••@example.com. It is valid for 10 minutes.").
		Sees("Nothing there? Look in spam. Company mailboxes can take 1–2 minutes. Only the newest code works.")
	b.Fill("code", h.code()).Press("Continue").Status(200).Check().Sees("Trust this browser?")
	b.Press("No, ask every time").Status(200).
		Sees("app got anna@example.com").Sees("acr=urn:doorward:2fa").Sees("amr=pwd+otp+mfa")
	for _, event := range []string{"sign_in.password_right ok", "sign_in.code_sent ok", "sign_in.code_right ok", "session.started ok"} {
		h.sees(event, 1)
	}
}

func TestAPersonSignsInGermanWithACustomerNumber(t *testing.T) { // S-03, S-05, S-10
	t.Parallel()
	h := open(t)
	h.ask.Locales = []string{"fr", "de-AT", "en"}
	b := h.browser().Check().Sees("Anmelden").Sees("weiter zu Grafana").Sees("E-Mail-Adresse oder Kundennummer").Sees("Mit E-Mail anmelden")
	toPassword(b, "1000-001").Check().Sees("Passwort eingeben").Sees("Anmeldung als")
	b.Fill("password", password).Press("Anmelden").Check().Sees("Sehen Sie in Ihr Postfach").
		Sees("Wir haben einen 6-stelligen Code an a•••@example.com gesendet. Er ist 10 Minuten gültig.")
	if letter := h.mailbox.Letters()[0]; !strings.HasSuffix(letter.Subject, " ist Ihr Acme-Code") {
		t.Errorf("the letter is headed %q", letter.Subject)
	}
	no(b.Fill("code", h.code()).Press("Weiter")).Sees("app got anna@example.com")
}

func TestAdminsSignInByTheSamePagesAsEverybody(t *testing.T) { // S-06
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "adam@example.com", Role: "admin"})
	var first []string
	for _, name := range []string{"anna@example.com", "adam@example.com"} {
		b := h.browser()
		pages := []string{b.Title(), toPassword(b, name).Title(), b.Fill("password", password).Press("submit").Title(), h.withCode(b).Title()}
		if no(b).Sees("app got " + name); first == nil {
			first = pages
		}
		if !slices.Equal(pages, first) {
			t.Errorf("%s sees %q, and others see %q", name, pages, first)
		}
	}
}

func TestWhoeverOpensThePageDirectlyLandsOnTheirOwnPage(t *testing.T) { // S-01, S-09
	t.Parallel()
	h := open(t)
	for _, address := range []string{"/", "/login", "/account"} {
		b := webtest.New(t, h.router).Go(issuer + address).Check().Sees("to your Acme account")
		h.in(b, "anna@example.com").Check().Sees("Your account").Sees("Anna Berg").Sees("1000001").Sees("You signed in.")
		if b.URL() != issuer+"/account" {
			t.Errorf("%s lands on %s", address, b.URL())
		}
		b.Go(issuer + address).Sees("Your account")
	}
}

func TestTheLanguageSwitchKeepsTheSignInAndSticks(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toPassword(h.browser(), "anna@example.com").Follow("Deutsch").Check().Sees("Passwort eingeben")
	if b.Value("username") != "anna@example.com" {
		t.Error("the switch loses the name")
	}
	b.Fill("password", password).Press("submit").Sees("Sehen Sie in Ihr Postfach")
	no(b.Fill("code", h.code()).Press("submit")).Sees("app got anna@example.com")
	b.Go("/account").Check().Sees("Ihr Konto")
}

func TestAPasswordManagerThatFillsBothFieldsSkipsTheSecondPage(t *testing.T) { // complaint 31
	t.Parallel()
	h := open(t)
	h.browser().Fill("username", "anna@example.com").Fill("password", password).Press("submit").Sees("Check your email")
	h.browser().Fill("username", "anna@example.com").Fill("password", "not the one").Press("submit").
		Status(422).Check().Sees("Enter your password").Sees("is not right")
}

func TestAHintFillsTheNameAndGoesStraightOn(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.ask.LoginHint = "Anna@example.com"
	b := h.browser().Check().Sees("Enter your password").Follow("Change").Check().Sees("Sign in")
	if got := b.Value("username"); got != "anna@example.com" {
		t.Errorf("the changed page starts with %q", got)
	}
	for _, hint := range []string{"<script>alert(1)</script>", strings.Repeat("a", 400) + "@example.com", "anna"} { // AZ-10
		h.ask.LoginHint = hint
		if got := h.browser().Check().Sees("Email address or customer number").Value("username"); got != "" {
			t.Errorf("the hint %.20q fills %q", hint, got)
		}
	}
}

func TestWithoutTheCodeASignInIsOneFactor(t *testing.T) {
	t.Parallel()
	h := open(t, without)
	toCode(h.browser(), "anna@example.com").Sees("app got").Sees("acr=urn:doorward:1fa").Sees("amr=pwd auth_time")
	if len(h.mailbox.Letters()) != 0 {
		t.Error("a letter was sent")
	}
}

func TestNothingButTheListedPoliciesStarts(t *testing.T) {
	t.Parallel()
	h := open(t)
	if _, err := login.New(login.Options{Store: h.db, Keys: h.keys, Site: h.site, EmailCode: "sometimes"}); err == nil {
		t.Error("an unknown policy starts")
	}
}

func TestEmptyAndImpossibleNamesAreRefusedInWords(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, typed := range []string{"", "  \u200b "} {
		b := h.browser().Fill("username", typed).Press("submit").Status(422).Check().Sees("There is a problem").
			Sees("Enter your email address or customer number.")
		if b.Title() != "Error: Sign in – Acme" {
			t.Errorf("title is %q", b.Title())
		}
	}
	for _, typed := range []string{"anna", "anna@", "123", "an na@x", "a@b@example.com", "ａnna@example.com", strings.Repeat("9", 330)} {
		h.browser().Fill("username", typed).Press("submit").Status(422).Check().
			Sees("Enter an email address like name@example.com, or a customer number with digits only.")
	}
	h.ask.Locales = []string{"de"}
	h.browser().Press("submit").Status(422).Check().Sees("Bitte prüfen Sie Ihre Eingabe").Sees("Geben Sie Ihre E-Mail-Adresse oder Kundennummer ein.")
}

func TestAWrongPasswordClearsOnlyThePassword(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toPassword(h.browser(), "anna@example.com").Fill("password", "not the one").Press("submit").Status(422).Check().
		Sees("The email address, customer number or password is not right. Check them and try again.")
	if b.Value("username") != "anna@example.com" || b.Value("password") != "" {
		t.Errorf("the page keeps %q and %q", b.Value("username"), b.Value("password"))
	}
	b.Press("submit").Status(422).Sees("Enter your password.")
	b.Fill("password", password).Press("submit").Sees("Check your email")
	h.sees("sign_in.refused password_wrong", 1)
}

func TestADisabledAccountIsToldOnlyAfterTheRightPassword(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "dora@example.com", State: "disabled"})
	h.add(storage.User{Email: "ida@example.com", State: "invited"})
	b := toPassword(h.browser(), "dora@example.com").Fill("password", "not the one").Press("submit").Status(422).Sees("password is not right")
	b.Fill("password", password).Press("submit").Status(422).Check().Sees("Your account is switched off. Ask help@acme.test.")
	toCode(h.browser(), "ida@example.com").Status(422).Sees("password is not right") // S-19
	h.sees("sign_in.refused disabled", 1)
}

func TestSigningOutEndsTheSessionAndTheAttemptsOfThisBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	waiting := toPassword(b.Tab().Go("/app").Sees("Sign in"), "anna@example.com")
	old := b.Clone()
	b.Go("/account").Check().Press("Sign out").Status(200).Check().Sees("You're signed out")
	h.sees("session.ended signed_out", 1)
	b.Tab().Go("/account").Sees("Sign in").SeesNot("Anna Berg")
	old.Go("/account").SeesNot("Anna Berg")
	waiting.Fill("password", password).Press("submit").Sees("Email address or customer number") // begun anew
	b.Follow("Sign in again").Sees("to your Acme account")
	b.Go("/account/signed-out?lang=de").Check().Sees("Sie sind abgemeldet").Sees("Erneut anmelden")
	h.signedIn().Go("/account/signed-out").Sees("Your account")
}
