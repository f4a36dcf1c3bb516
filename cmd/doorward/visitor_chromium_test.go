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
