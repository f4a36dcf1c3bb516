package main_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// sight is one page, in one state, as a visitor meets it: how it is reached from the one before, and what it alone has. Its name is
// that of its picture in docs/pages.
type sight struct {
	name  string
	seen  string // selector
	reach []move
}

// move is a thing that a visitor does.
type move func(g *guide)

// tours are walks through all pages of sign-in and account. Each sight is a line: a new page is a new line, in the tour where it is
// met. Every tour goes through a house of its own, once in each language, as a person of that language.
func tours() map[string][]sight {
	account := moves(open("/login"), fill("#username", person), press("#submit"), fill("#password", password), press("#submit"))
	return map[string][]sight{
		"sign-in": {
			{"username", "#username", moves(authorize("wiki", nil))},
			{"username-empty", ".problem", moves(press("#submit"))},
			{"password", "#password:not([tabindex])", moves(fill("#username", person), press("#submit"))},
			{"password-wrong", ".problem", moves(fill("#password", word("not the password at all")), press("#submit"))},
			{"email-code", "#code", moves(fill("#password", password), press("#submit"))},
			{"email-code-wrong", ".problem", moves(fill("#code", word("00000x")), press("#submit"))},
			{"trust", "#trust-yes", moves(fill("#code", mailed), press("#submit"))},
			{"consent", "#allow", moves(press("#trust-yes"))},
			{"", "main.wide", moves(press("#allow"), elsewhere, open("/account"))},
			{"signed-out", "main .btn[href='/login']", moves(press("form[action='/account/sign-out'] button"))},
			{"username-known", "[name=continue]", moves(open("/login"))},
		},
		"select": {
			{"", "#code", account},
			{"", "#trust-no", moves(enter("#code", mailed))},
			{"", "main.wide", moves(press("#trust-no"))},
			{"select", "#another", moves(authorize("grafana", url.Values{"prompt": {"select_account"}}))},
		},
		"invitation": {
			{"invitation", "#username", moves(follow(invited, "/invite?"))},
			{"new-password", "#password[autocomplete=new-password]", moves(press("#submit"))},
			{"new-password-refused", ".problem", moves(fill("#password", word("acme")), press("#submit"))},
			{"", "#code", moves(fill("#password", password), press("#submit"))},
			{"", "#trust-no", moves(as(invited), enter("#code", mailed))},
			{"account-new", "main.wide", moves(press("#trust-no"))},
			{"invitation-used", "main .btn", moves(follow(invited, "/invite?"))},
		},
		"forgot": {
			{"forgot", "#username", moves(open("/forgot"))},
			{"forgot-sent", "#resend", moves(fill("#username", person), press("#submit"))},
			{"reset", "#password[autocomplete=new-password]", moves(follow(person, "/reset?"))},
			{"changed", ".good", moves(fill("#password", word("seven quiet hedgehogs at dawn")), press("#submit"))},
			{"alarm", "#confirm", moves(follow(person, "/alarm?"))},
			{"alarm-raised", "main .sub", moves(press("#confirm"))},
		},
		"account": {
			{"", "#code", account},
			{"", "#trust-yes", moves(enter("#code", mailed))},
			{"account", "main.wide", moves(press("#trust-yes"))},
			{"account-sessions", "main .rows", moves(open("/account/sessions"))},
			{"account-browsers", "main .rows", moves(open("/account/browsers"))},
			{"account-activity", "main .rows", moves(open("/account/activity"))},
			{"account-apps", "main", moves(open("/account/apps"))},
			{"account-profile", "#locale", moves(open("/account/profile"))},
			{"account-password", "#new", moves(open("/account/password"))},
			{"account-password-wrong", ".problem", moves(press("#submit"))},
			{"account-alarm", "#confirm", moves(open("/account/alarm"))},
			{"account-google", "#google", moves(open("/account/google"))},
			{"account-address", "#email", moves(open("/account/address"))},
			{"account-address-sent", "main strong", moves(fill("#email", word("new@acme.example")), press("#submit"))},
			{"account-address-confirm", "#confirm", moves(follow(word("new@acme.example"), "/account/address/confirm?"))},
			{"sign-out", "#confirm", moves(open("/end_session"))},
		},
		"second-factor": {
			{"", "#code", account},
			{"", "#trust-no", moves(enter("#code", mailed))},
			{"", "main.wide", moves(press("#trust-no"))},
			{"authenticator", ".qr", moves(open("/account/authenticator"))},
			{"authenticator-wrong", ".problem", moves(scan, fill("#code", word("000000")), press("#submit"))},
			{"recovery-codes", ".codes", moves(fill("#code", app(0)), press("#submit"))},
			{"account-totp", "main.wide", moves(open("/account"))},
			{"recovery-codes-left", "#submit", moves(open("/account/recovery-codes"))},
			{"authenticator-remove", "#submit.danger", moves(open("/account"), press("a[href^='/account/authenticator/remove']"))},
			{"totp", "#code", moves(clear, open("/login"), fill("#username", person), press("#submit"), fill("#password", password), press("#submit"))},
			{"totp-wrong", ".problem", moves(enter("#code", word("000000")))},
			{"recovery", "#code:not([inputmode])", moves(press("a[href^='/login/recovery']"))},
			{"recovery-wrong", ".problem", moves(fill("#code", word("xxxx-xxxx")), press("#submit"))},
		},
		"errors": {
			{"error-not-found", "main details", moves(open("/nowhere"))},
			{"error-app", "main .ref", moves(authorize("nobody", nil))},
			{"error-cookies", "main .ref", moves(open("/login/password"))},
			{"google-down", "#email", moves(open("/login"), press("#google"))},
		},
	}
}

// TestEveryPageIsForEverybody holds every page of every tour against the rules of accessibility and against the width of a small phone, in
// real Chromium (behaviours.md 3.0b; S-01 to S-08).
func TestEveryPageIsForEverybody(t *testing.T) {
	t.Parallel()
	rules := axe(t)
	browser := startChromium(t)
	for name, tour := range tours() {
		t.Run(name, func(t *testing.T) {
			c := newCompany(t)
			languages := []string{"en", "de"}
			if os.Getenv("CI") == "" && !full { // at home a change is to be tried in minutes
				languages = languages[:1]
			}
			for _, lang := range languages {
				t.Run(lang, func(t *testing.T) {
					g := c.guide(visit(t, browser), lang)
					for _, s := range tour {
						for _, move := range s.reach {
							move(g)
						}
						g.page("", s.seen)
						if s.name != "" {
							g.judge(s.name, rules)
							g.weigh(s.name)
						}
					}
					g.weighLetters()
					for _, complaint := range g.console() {
						if !strings.Contains(complaint, "the server responded with a status of") { // what is told to a person as a page
							t.Errorf("the console complains: %s", complaint)
						}
					}
				})
			}
		})
	}
}

// TestACompanysPageIsForEverybody holds a page with logo, colour and links of a company against the same rules: the logo is the one other
// thing that a page may fetch.
func TestACompanysPageIsForEverybody(t *testing.T) {
	t.Parallel()
	rules := axe(t)
	v := newServer(t, settings{
		"database": "sqlite:" + filepath.Join(t.TempDir(), "doorward.db"), "company": "Nordwind", "contact": "help@nordwind.example",
		"brand": settings{"logo_file": "logo.svg", "accent": "#0b7a75", "links": []settings{
			{"name": "Imprint", "url": "https://www.nordwind.example/imprint"}, {"name": "Privacy", "url": "https://www.nordwind.example/privacy"},
		}},
	})
	drawing := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 220 44"><style>.t{font:700 30px sans-serif;fill:#1b2a41}</style>` +
		`<path d="M4 40 22 4l18 36z" fill="#0b7a75"/><text class="t" x="52" y="33">Nordwind</text></svg>`
	if err := os.WriteFile(filepath.Join(filepath.Dir(v.file), "logo.svg"), []byte(drawing), 0o600); err != nil {
		t.Fatal(err)
	}
	v.start()
	g := (&company{server: v}).guide(visit(t, startChromium(t)), "en")
	open("/login")(g)
	g.page("", "#username")
	g.is("the logo to be drawn", `document.querySelector("img.logo").complete && document.querySelector("img.logo").naturalWidth > 0`)
	g.judge("username-company", rules)
	if said := g.console(); len(said) > 0 {
		t.Errorf("the console complains: %q", said)
	}
}

// TestTheJudgesOfPagesAreAwake breaks a page on purpose: without it their silence would mean nothing.
func TestTheJudgesOfPagesAreAwake(t *testing.T) {
	t.Parallel()
	rules := axe(t)
	c := newCompany(t)
	g := c.guide(visit(t, startChromium(t)), "en")
	open("/login")(g)
	g.page("", "#username")
	if found := g.violations(rules); len(found) > 0 {
		t.Fatalf("the page is broken before anybody broke it: %q", found)
	}
	g.do(chromedp.Evaluate[chromedp.Void](`document.documentElement.removeAttribute("lang"); document.querySelector("label").remove();
		document.querySelector("main").append(Object.assign(document.createElement("pre"), {textContent: "x".repeat(2000)}))`))
	if found := g.violations(rules); len(found) < 2 {
		t.Errorf("axe finds only %q", found)
	}
	if g.sideways(320) <= 0 {
		t.Error("a line of 2000 letters does not stick out")
	}
}
