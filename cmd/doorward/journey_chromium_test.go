package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// The journeys of people in a real browser, from the letter to the app. Each goes the way that a person goes: it reads the letter, follows
// its link, looks at the picture of the QR code with zbarimg, and asks oathtool for the code of the phone.

const newPassword = "seven quiet hedgehogs at dawn"

func TestAnInvitedPersonComesFromTheLetterToTheApp(t *testing.T) { // S-11 … S-19, S-26 … S-29
	t.Parallel()
	browser := startChromium(t)
	d := startDev(t)
	carla := "carla@example.com"

	v := visit(t, browser)
	v.do(chromedp.Navigate(linkIn(t, d, carla, "/invite?")))
	v.page("welcome", "#username")
	v.wants("the invited address to be filled in", v.value("#username") == carla)
	v.press("#submit")
	v.page("new-password", `#password[autocomplete="new-password"]`)
	v.types("#password", "carla2026").press("#submit")
	v.page("new-password-refused", `#password[aria-invalid="true"]`)
	v.types("#password", newPassword).press("#submit")
	v.page("invitation-code", "#code")
	v.enters(mailedCode(t, d, carla))
	v.page("trust", "#trust-yes")
	v.press("#trust-yes")
	v.page("account-new", `form[action="/account/sign-out"]`)

	v.opensApp(d)
	v.wants("two factors in the ID token", v.json("#claims")["acr"] == "urn:doorward:2fa")

	// The same browser again: no code. The session ends first, the trust stays.
	letters := len(d.letters())
	v.signsOut(d)
	v.do(chromedp.Navigate(d.App), chromedp.Click(chromedp.CSS("#sign-in")))
	v.page("continue-as", "#another")
	v.passes(carla, newPassword)
	v.page("", "#claims")
	v.wants("one factor where trust stood for the code", v.json("#claims")["acr"] == "urn:doorward:1fa")
	v.wants("no letter", len(d.letters()) == letters)

	// Another browser: a code again, and no trust by answering No.
	other := visit(t, browser)
	other.do(chromedp.Navigate(d.App), chromedp.Click(chromedp.CSS("#sign-in")))
	other.page("", "#username")
	other.passes(carla, newPassword)
	other.page("", "#code")
	other.enters(mailedCode(t, d, carla))
	other.page("", "#trust-no")
	other.press("#trust-no")
	other.page("", "#claims")

	// The letter again: used.
	again := visit(t, browser)
	again.do(chromedp.Navigate(linkIn(t, d, carla, "/invite?")))
	again.sees("You already have an account")
}

func TestAPersonTurnsOnAnAuthenticatorAppByItsPicture(t *testing.T) { // S-31 … S-37
	t.Parallel()
	needsPrograms(t, "zbarimg", "oathtool")
	browser := startChromium(t)
	d := startDev(t)
	person := d.People[0]

	v := visit(t, browser)
	v.toCode(d.Issuer, person.Email, person.Password)
	v.enters(mailedCode(t, d, person.Email))
	v.page("", "#trust-no")
	v.press("#trust-no")
	v.page("account", `a[href="/account/authenticator"]`)
	v.press(`a[href="/account/authenticator"]`)
	v.page("authenticator", "#qr svg")

	phone := v.scans(t)
	v.wants("the key below to be the same", phone.secret == strings.ReplaceAll(v.text("#key"), " ", ""))
	v.enters(phone.code(t))
	v.page("recovery-codes", "#codes")
	codes := strings.Fields(v.text("#codes"))
	v.wants("ten recovery codes", len(codes) == 10)
	v.press("#saved").press("#submit")
	v.page("account-with-totp", `form[action="/account/sign-out"]`)

	// Signing in: the app's code, and no letter. Its time step is not the one that set it up.
	letters := len(d.letters())
	next := visit(t, browser)
	next.do(chromedp.Navigate(d.App), chromedp.Click(chromedp.CSS("#sign-in")))
	next.page("", "#username")
	next.passes(person.Email, person.Password)
	next.page("totp", "#code")
	next.enters(phone.nextCode(t))
	next.page("", "#claims")
	next.wants("two factors by app in the ID token", next.json("#claims")["acr"] == "urn:doorward:2fa-app")
	next.wants("no letter with a code", len(codeLetters(d)) == len(codeLetters(d, letters)))

	// Without the phone: a recovery code, once.
	for _, works := range []bool{true, false} {
		lost := visit(t, browser)
		lost.toCode(d.Issuer, person.Email, person.Password)
		lost.press(`a[href^="/login/recovery"]`)
		lost.page("recovery", `form[action^="/login/recovery"] #code`)
		lost.enters(codes[3])
		if works {
			lost.page("", `form[action="/account/sign-out"]`)
		} else {
			lost.page("recovery-refused", `#code[aria-invalid="true"]`)
		}
	}
}

func TestWhoForgotThePasswordComesBackByALetter(t *testing.T) { // S-38 … S-42
	t.Parallel()
	browser := startChromium(t)
	d := startDev(t)
	person := d.People[0]

	v := visit(t, browser)
	v.do(chromedp.Navigate(d.App), chromedp.Click(chromedp.CSS("#sign-in")))
	v.page("", "#username")
	v.types("#username", person.CustomerNumber).press("#submit")
	v.page("", "#password")
	v.press(`a[href^="/forgot"]`)
	v.page("forgot", `form[action="/forgot"]`)
	v.wants("the number to be filled in", v.value("#username") == person.CustomerNumber)
	v.press("#submit")
	v.page("forgot-sent", "#resend")
	v.do(chromedp.Navigate(awaitLink(t, d, person.Email, "/reset?")))
	v.page("reset", `#password[autocomplete="new-password"]`)
	v.types("#password", newPassword).press("#submit")
	v.page("changed", ".notice.good")
	v.press("#submit")
	v.page("", "#claims") // the same browser is back in the app that it came from

	old := visit(t, browser)
	old.do(chromedp.Navigate(d.Issuer + "/account"))
	old.page("", "#username")
	old.passes(person.Email, person.Password)
	old.page("", `#password[aria-invalid="true"]`)
}

func TestThatWasNotMeEndsEverythingAndLeadsToANewPassword(t *testing.T) { // S-41
	t.Parallel()
	browser := startChromium(t)
	d := startDev(t)
	person := d.People[1]

	at := visit(t, browser) // the person, signed in
	at.toCode(d.Issuer, person.Email, person.Password)
	at.enters(mailedCode(t, d, person.Email))
	at.page("", "#trust-yes")
	at.press("#trust-yes")
	at.page("", `form[action="/account/sign-out"]`)

	thief := visit(t, browser) // who has the password only
	thief.toCode(d.Issuer, person.Email, person.Password)
	code := mailedCode(t, d, person.Email)

	owner := visit(t, browser) // reads the letter on another device
	owner.do(chromedp.Navigate(linkIn(t, d, person.Email, "/alarm?")))
	owner.page("alarm", "#confirm")
	owner.press("#confirm")
	owner.sees("Check your email")
	owner.do(chromedp.Navigate(awaitLink(t, d, person.Email, "/reset?")))
	owner.page("", `#password[autocomplete="new-password"]`)
	owner.types("#password", newPassword).press("#submit")
	owner.page("", ".notice.good")
	owner.press("#submit")
	owner.page("", `form[action="/account/sign-out"]`)

	thief.enters(code)
	thief.sees("no longer fits")
	at.do(chromedp.Navigate(d.Issuer + "/account"))
	at.page("", "#username")
}

// phone is an authenticator app that has scanned a QR code.
type phone struct{ secret string }

// scans takes a picture of the QR code, as a phone does, and reads it with zbarimg.
func (v *visitor) scans(t *testing.T) phone {
	t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#qr svg").scrollIntoView({block: "center"})`))
	picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "screen.png")
	if err := os.WriteFile(file, picture, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("zbarimg", "--quiet", "--raw", file).Output()
	if err != nil {
		t.Fatalf("zbarimg reads nothing: %v", err)
	}
	match := regexp.MustCompile(`^otpauth://totp/\S+[?&]secret=([A-Z2-7]+)`).FindSubmatch(out)
	if match == nil {
		t.Fatalf("the QR code holds %q", out)
	}
	return phone{string(match[1])}
}

func (p phone) code(t *testing.T) string { return p.at(t, "now") }

// nextCode is the code of the step that comes next, which counts already: clocks differ by a step.
func (p phone) nextCode(t *testing.T) string { return p.at(t, "now + 30 seconds") }

func (p phone) at(t *testing.T, when string) string {
	t.Helper()
	at, err := exec.Command("date", "-u", "-d", when, "+%Y-%m-%d %H:%M:%S UTC").Output()
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("oathtool", "--totp", "--base32", "--now", strings.TrimSpace(string(at)), p.secret).Output()
	if err != nil {
		t.Fatalf("oathtool: %v", err)
	}
	return strings.TrimSpace(string(out))
}

func needsPrograms(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		_, err := exec.LookPath(name)
		needs(t, err != nil, name)
	}
}

// linkIn finds the newest link of a kind in the letters to an address.
func linkIn(t *testing.T, d *demo, to, path string) string {
	t.Helper()
	link := newestLink(d, to, path)
	if link == "" {
		t.Fatalf("no letter to %s has a link %s…: %d letters", to, path, len(d.letters()))
	}
	return link
}

// awaitLink is for letters that are written after the answer.
func awaitLink(t *testing.T, d *demo, to, path string) string {
	t.Helper()
	for range 200 {
		if link := newestLink(d, to, path); link != "" {
			return link
		}
		time.Sleep(50 * time.Millisecond)
	}
	return linkIn(t, d, to, path)
}

func newestLink(d *demo, to, path string) string {
	link := regexp.MustCompile(regexp.QuoteMeta(d.Issuer+path) + `\S+`)
	for _, l := range d.letters() {
		if found := link.FindString(l.Text); l.To == to && found != "" {
			return found
		}
	}
	return ""
}

// codeLetters are the letters that carry a code, of the oldest so many where a number is given.
func codeLetters(d *demo, first ...int) []letter {
	list := d.letters()
	slices.Reverse(list)
	if len(first) > 0 {
		list = list[:first[0]]
	}
	return slices.DeleteFunc(list, func(l letter) bool { return !sixDigits.MatchString(l.Subject) })
}

func (v *visitor) press(selector string) *visitor {
	v.t.Helper()
	v.do(chromedp.Click(chromedp.CSS(selector)))
	return v
}

// types replaces what a field holds.
func (v *visitor) types(selector, text string) *visitor {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('`+selector+`').value = ""`), chromedp.SendKeys(chromedp.CSS(selector), text))
	return v
}

func (v *visitor) value(selector string) string {
	v.t.Helper()
	return v.reads(chromedp.Value(chromedp.CSS(selector)))
}

func (v *visitor) text(selector string) string {
	v.t.Helper()
	return v.reads(chromedp.Text(chromedp.CSS(selector)))
}

func (v *visitor) reads(what chromedp.Action[string]) string {
	v.t.Helper()
	text, err := chromedp.Run(v.ctx, what)
	if err != nil {
		v.t.Fatal(err)
	}
	return text
}

// sees waits for words on the page.
func (v *visitor) sees(words string) {
	v.t.Helper()
	var body string
	for range 200 {
		// A page that is just going away answers with an error.
		if body, _ = chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.body.innerText`)); strings.Contains(body, words) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.t.Fatalf("at %s: %q is not there:\n%s", v.address(), words, body)
}

// toCode goes by the account to the page that asks for the code.
func (v *visitor) toCode(issuer, email, password string) {
	v.t.Helper()
	v.do(chromedp.Navigate(issuer + "/account"))
	v.page("", "#username")
	v.passes(email, password)
	v.page("", "#code")
}

// passes types address and password, whatever of them the page asks for.
func (v *visitor) passes(email, password string) {
	v.t.Helper()
	if strings.Contains(v.address(), "/login/username") {
		if v.has("#another") { // the browser is trusted: it offers to go on
			v.press(`button[name="continue"]`)
		} else {
			v.types("#username", email).press("#submit")
		}
	}
	v.page("", "#password:not([tabindex])")
	v.types("#password:not([tabindex])", password).press("#submit")
}

func (v *visitor) has(selector string) bool {
	v.t.Helper()
	has, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](`document.querySelector('`+selector+`') !== null`))
	if err != nil {
		v.t.Fatal(err)
	}
	return has
}

// opensApp signs on at the demo app with the session that lives.
func (v *visitor) opensApp(d *demo) {
	v.t.Helper()
	v.do(chromedp.Navigate(d.App))
	v.page("", "#sign-in")
	v.press("#sign-in")
	v.page("", "#claims")
}

func (v *visitor) signsOut(d *demo) {
	v.t.Helper()
	v.do(chromedp.Click(chromedp.CSS("#sign-out")))
	v.page("", "#sign-in")
}
