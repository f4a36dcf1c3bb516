package login_test

import (
	"html"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

var otpauth = regexp.MustCompile(`href="(otpauth:[^"]*)"`)

func TestAPersonSetsUpAnAuthenticatorApp(t *testing.T) { // S-31, S-33, S-34, S-37, 3.6
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	h.step()
	b.Go("/account/authenticator").Check().Status(200).Sees("Set up your authenticator app").
		Sees("Install any authenticator app.").Sees("Scan this code.").Sees("Enter the 6 digits.").
		Sees("We don't offer text messages: they are insecure and need reception.")
	if b.Value("name") != "My phone" {
		t.Errorf("the device is called %q", b.Value("name"))
	}
	phone := h.scanned(b)
	b.Fill("name", "Anna's iPhone").Fill("code", phone.code()).Press("Complete activation").Status(200).Check().
		Sees("Save your recovery codes").Sees("I have saved them")
	if codes := codesOf(b); len(codes) != 10 || strings.Contains(b.Body(), "lang=de") {
		t.Errorf("recovery codes: %q; a link to another language would lose them", codes)
	}
	b.Fill("saved", "on").Press("Done").Sees("Your account").Sees("Anna's iPhone")
	h.sees("totp.added ok", 1)
	letter := h.mailbox.Letters()[0]
	if letter.Subject != "An authenticator app was added to your Acme account" || !strings.Contains(letter.Text, "“Anna's iPhone”") ||
		!strings.Contains(letter.Text, issuer+"/alarm?token=") {
		t.Errorf("the letter: %s\n%s", letter.Subject, letter.Text)
	}

	h.later(30 * time.Second)
	tablet := h.scanned(b.Go("/account/authenticator").Check().Sees("This device is added to those that you have set up already:").Sees("Anna's iPhone"))
	b.Fill("name", "My tablet").Fill("code", tablet.code()).Press("submit").Check().Sees("Your account").Sees("My tablet").
		Sees("The device is added. All other browsers are signed out.").SeesNot("Save your recovery codes")
	if left, err := h.db.RecoveryLeft(t.Context(), h.anna.ID); err != nil || left != 10 {
		t.Errorf("%d recovery codes: %v", left, err)
	}
}

func TestThePageIsGermanToo(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	b.Go("/account/authenticator?lang=de").Check().Sees("Authenticator-App einrichten").Sees("Scannen Sie diesen Code.").
		Sees("SMS bieten wir nicht an: Sie sind unsicher und brauchen Netz.").Sees("Aktivierung abschließen")
	if b.Value("name") != "Mein Telefon" {
		t.Errorf("the device is called %q", b.Value("name"))
	}
	b.Fill("code", h.scanned(b).code()).Press("submit").Check().Sees("Wiederherstellungscodes sichern").Sees("Fertig")
	b.Go("/account/authenticator/remove?id=" + h.device("Mein Telefon")).Follow("English").Check().Sees("Codes of Mein Telefon will no longer be accepted.")
}

func TestTheAddressForTheAppIsWhatAllAppsRead(t *testing.T) { // Key URI format
	t.Parallel()
	h := open(t)
	h.site.Company = "Böll & Söhne: Licht?"
	ben := h.add(storage.User{Email: "b%n+x@example.com", Claims: map[string]any{"name": `<b>"Ben"`}})
	b := h.in(h.browser(), ben.Email).Go("/account/authenticator").Check()
	found := otpauth.FindStringSubmatch(b.Body())
	if found == nil {
		t.Fatalf("no address: %s", b.Body())
	}
	u, err := url.Parse(html.UnescapeString(found[1]))
	h.must(err)
	query := u.Query()
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Böll & Söhne  Licht?:"+ben.Email {
		t.Errorf("the address is %s", u)
	}
	for name, want := range map[string]string{"issuer": "Böll & Söhne  Licht?", "algorithm": "SHA1", "digits": "6", "period": "30"} {
		if query.Get(name) != want {
			t.Errorf("%s is %q", name, query.Get(name))
		}
	}
	if secret := query.Get("secret"); len(secret) != 32 || !strings.Contains(strings.ReplaceAll(b.Body(), " ", ""), ">"+secret+"<") {
		t.Errorf("the secret is %q", secret)
	}
	h.site.Company = ""
	if body := b.Go("/account/authenticator").Body(); !strings.Contains(body, "otpauth://totp/login.test:b%25n%2Bx%40example.com?") {
		t.Error(body)
	}
}

func TestAnAppWorksOnlyAfterItsFirstRightCode(t *testing.T) { // S-33
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	h.step()
	a := h.scanned(b.Go("/account/authenticator"))
	page := b.Tab()
	for code, text := range map[string]string{
		wrongFor(a): "That code is not right.",
		"":          "Enter the code that your app shows.",
		"12345":     "The code has 6 digits.",
		a.at(-3):    "Your code was right for a time 2 minutes off.",
	} {
		b.Fill("name", "Mine").Fill("code", code).Press("submit").Status(422).Check().Sees(text)
		if again := h.scanned(b); string(again.secret) != string(a.secret) || b.Value("name") != "Mine" {
			t.Fatal("the page forgets what was scanned, or typed")
		}
	}
	if h.person().TOTP || h.person().Version != h.anna.Version {
		t.Fatal("an app is on that has shown no right code")
	}
	toCode(h.browser(), "anna@example.com").Sees("Check your email")
	page.Fill("code", a.code()).Press("submit").Sees("Save your recovery codes")
	if !h.person().TOTP {
		t.Error("the app is off")
	}
	// Its first code is used by that.
	h.toApp().Fill("code", a.code()).Press("submit").Status(422)
}

func TestNamesOfDevicesAreOneLineThatCanBeRead(t *testing.T) { // XS-06
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		h.step()
		a := h.scanned(b.Go("/account/authenticator"))
		for _, name := range []string{"", "  ", strings.Repeat("n", 65), "a\nb", "a\tb", "a\x1b[31mb", "a\u202eb", "a\u0085b", "a\u200bb", "a\ufeffb"} {
			b.Fill("name", name).Fill("code", a.code()).Press("submit").Status(422).Check().Sees("Give the device a name of 1 to 64 characters.")
		}
		name := `<img src=x>` + strings.Repeat("ä", 44) + "\u00a0📱’s x"
		b.Fill("name", " "+name+" ").Fill("code", a.code()).Press("submit").Sees("Save your recovery codes")
		devices, err := h.db.Authenticators(t.Context(), h.anna.ID)
		if err != nil || len(devices) != 1 || devices[0].Name != strings.ReplaceAll(name, "\u00a0", " ") {
			t.Errorf("devices: %+v, %v", devices, err)
		}
		b.Go("/account").Check().Sees("<img src=x>")
	})
}

func TestTheSecretStandsInItsPageAlone(t *testing.T) { // TP-09
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		h.step()
		b.Go("/account/authenticator")
		page := b.Tab()
		a := h.scanned(b)
		if b.Header().Get("Cache-Control") != "no-store" || strings.Contains(b.URL(), "?") {
			t.Errorf("%s: %v", b.URL(), b.Header())
		}
		sealed := b.Value("enrolment")
		if again := h.scanned(b.Go("/account/authenticator")); string(again.secret) == string(a.secret) {
			t.Error("a second page shows the same secret")
		}
		codes := codesOf(page.Fill("code", a.code()).Press("submit"))
		page.Go("/account/recovery-codes").Sees("You have 10 recovery codes left.")
		if len(codes) != 10 || len(codesOf(page)) != 0 {
			t.Error("recovery codes are shown again")
		}
		// Sent twice, as by pressing twice: the device is there, and no second one.
		page.Post("/account/authenticator", url.Values{"enrolment": {sealed}, "name": {"x"}, "code": {a.code()}}).
			Status(200).Check().Sees("You have 10 recovery codes left.").Sees("If you make new ones, no old one works any more.")
		h.sees("totp.added ok", 1)
	})
}

func TestFiftyActivateOneAppAndOneDoes(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	h.step()
	a := h.scanned(b.Go("/account/authenticator"))
	code := a.code()
	var shown, failed atomic.Int32
	together(50, func(int) {
		tab := b.Clone().Fill("code", code).Press("submit")
		if len(codesOf(tab)) == 10 {
			shown.Add(1)
		}
		if strings.Contains(tab.Body(), "wrong on our side") {
			failed.Add(1)
		}
	})
	if shown.Load() != 1 || failed.Load() != 0 {
		t.Errorf("%d have seen recovery codes, %d have failed", shown.Load(), failed.Load())
	}
	h.sees("totp.added ok", 1)
	if devices, err := h.db.Authenticators(t.Context(), h.anna.ID); err != nil || len(devices) != 1 {
		t.Errorf("devices: %+v, %v", devices, err)
	}
}

func TestAnEnrolmentIsForOneSessionAndTenMinutes(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com"})
	ben := h.signedInAs("ben@example.com")
	b := h.signedIn()
	h.step()
	a := h.scanned(b.Go("/account/authenticator"))
	form := url.Values{"enrolment": {b.Value("enrolment")}, "name": {"x"}, "code": {a.code()}}
	ben.Go("/account").Post("/account/authenticator", form).Status(422).Check().Sees("Scan the new code.") // a secret that Anna knows
	another := h.signedIn()
	another.Go("/account").Post("/account/authenticator", form).Status(422).Sees("Scan the new code.")
	for _, sealed := range []string{"", "x", "dwe_" + strings.Repeat("A", 200), b.Value("enrolment") + "A"} {
		b.Tab().Post("/account/authenticator", url.Values{"enrolment": {sealed}, "name": {"x"}, "code": {a.code()}}).Status(422).Sees("Scan the new code.")
	}
	late := b.Tab()
	h.later(10*time.Minute + time.Second)
	late.Fill("code", a.code()).Press("submit").Sees("Enter your password") // proofs are too old by then
	webtest.New(t, h.router).Set("Origin", issuer).Post(issuer+"/account/authenticator", form).Sees("Email address or customer number")
	h.sees("totp.added ok", 0)
}

func TestAnAppEndsOtherSessionsAndGivesThisOneANewCookie(t *testing.T) { // CS-05
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		other := h.signedIn()
		b := h.signedIn()
		sid, when, cookieBefore := sidOf(b), field(b, "auth_time"), cookie(b, "__Host-session")
		stolen := b.Clone()
		h.setUp(b, "My phone")
		if cookie(b, "__Host-session") == cookieBefore {
			t.Error("the cookie is the same")
		}
		for _, gone := range []*webtest.Browser{other, stolen} {
			gone.Go("/account").SeesNot("Anna Berg")
		}
		h.ask.ACR = "urn:doorward:2fa-app"
		b.Go("/app?back=1").Sees("acr=urn:doorward:2fa-app amr=pwd+otp+mfa")
		if sidOf(b) != sid || field(b, "auth_time") != when {
			t.Errorf("now %s %s, before %s %s", sidOf(b), field(b, "auth_time"), sid, when)
		}
	})
}

func TestTenDevicesAreEnough(t *testing.T) {
	t.Parallel()
	h, a, _, _ := withApp(t)
	for range 9 {
		h.addDevice()
	}
	b := h.toApp().Fill("code", a.code()).Press("submit").Sees("app got anna")
	b.Go("/account/authenticator").Status(409).Check().Sees("You have set up ten devices already. Remove one of them first.").Follow("Back to your account").Sees("Your account")
}

func TestNeitherSecretNorRecoveryCodesLieInLogOrDatabase(t *testing.T) { // AD-08, XS-10, TP-09
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, codes []string, b *webtest.Browser) {
		h.toApp().Fill("code", a.code()).Press("submit").Sees("app got anna")
		h.toApp().Fill("code", a.code()).Press("submit").Status(422)
		h.toRecovery().Fill("code", codes[0]).Press("submit").Sees("app got anna")
		b.Go("/account")
		file := filepath.Join(t.TempDir(), "backup.db")
		_, err := h.db.Backup(t.Context(), file, false)
		h.must(err)
		dump, err := os.ReadFile(file)
		h.must(err)
		letters := ""
		for _, letter := range h.mailbox.Letters() {
			letters += letter.Subject + letter.Text + letter.HTML
		}
		places := map[string]string{"the database": string(dump), "the log": h.log.String(), "a letter": letters}
		secrets := append(slices.Clone(codes), string(a.secret), a.text(), strings.ToLower(a.text()), a.code())
		for _, code := range codes {
			secrets = append(secrets, strings.ReplaceAll(code, "-", ""))
		}
		for place, text := range places {
			if len(text) < 500 {
				t.Errorf("%s is empty", place)
			}
			for _, secret := range secrets {
				if strings.Contains(text, secret) {
					t.Errorf("%q stands in %s", secret, place)
				}
			}
		}
	})
}
