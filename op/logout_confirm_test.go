package op_test

// OIDC RP-Initiated Logout 1.0 §2: the person confirms. behaviours 3.12.

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// ownOrigin is what a browser says of a form of our own page.
func ownOrigin(r *http.Request) { r.Header.Set("Origin", issuer) }

// confirm presses "Yes, sign out" on a page that holds form.
func (b *browser) confirm(form string, changes ...func(*http.Request)) reply {
	b.t.Helper()
	if changes == nil {
		changes = []func(*http.Request){ownOrigin}
	}
	return b.submit("/end_session/confirm", url.Values{"logout": {form}, "confirm": {""}}, changes...)
}

func TestTheQuestionIsAskedInBothLanguagesAndNamesThePerson(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	for address, texts := range map[string][]string{
		"/end_session":                 {"Do you want to sign out?", "Yes, sign out", "Stay signed in", "anna@example.com"},
		"/end_session?ui_locales=de":   {"Möchten Sie sich abmelden?", "Ja, abmelden", "Angemeldet bleiben", "anna@example.com"},
		"/end_session?lang=de&state=x": {"Möchten Sie sich abmelden?"},
	} {
		body := b.get(address).body
		for _, text := range append(texts, `id="confirm"`, `id="deny" href="/account"`) {
			if !strings.Contains(body, text) {
				t.Errorf("%s lacks %q", address, text)
			}
		}
	}
	// The link to the other language keeps the request.
	body := b.get("/end_session?" + h.signedIn(t, "anna").leaving().Encode()).body
	_, rest, _ := strings.Cut(body, `<a href="/end_session?resume=`)
	link, _, _ := strings.Cut(rest, `"`)
	german := b.get("/end_session?resume=" + strings.ReplaceAll(link, "&amp;", "&"))
	if !strings.Contains(german.body, "Ja, abmelden") {
		t.Errorf("the link leads to %.300s", german.body)
	}
	b.confirm(hiddenLogout.FindStringSubmatch(german.body)[1]).goesOn(out + "?state=st")
}

func TestAYesEndsTheSession(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	form := b.get("/end_session").asks()
	b.confirm(form).leads("/account/signed-out")
	if b.lives() {
		t.Error("the session lives")
	}
	b.confirm(form).leads("/account/signed-out") // sent twice
}

// HD: a foreign page presses no button of ours, and no GET confirms.
func TestOnlyOurOwnPageConfirms(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	form := b.get("/end_session").asks()
	for name, change := range map[string]func(*http.Request){
		"another origin":      header("Origin", "https://evil.test"),
		"null":                header("Origin", "null"),
		"a sibling":           header("Sec-Fetch-Site", "same-site"),
		"another site":        header("Sec-Fetch-Site", "cross-site"),
		"nobody":              nothing,
		"another site's page": header("Referer", "https://evil.test/"),
	} {
		t.Run(name, func(t *testing.T) {
			got := b.confirm(form, change)
			got.t = t
			got.page(http.StatusForbidden)
		})
	}
	b.get("/end_session/confirm?logout=" + form).page(http.StatusMethodNotAllowed)
	if !b.lives() {
		t.Error("the session has ended")
	}
}

func TestAFormEndsOnlyTheSessionThatItWasShownFor(t *testing.T) {
	h := newHouse(t)
	b, ben := h.signedIn(t, "anna"), h.signedIn(t, "ben")
	form := b.get("/end_session").asks()
	again := ben.confirm(form) // another browser, or another person in the same one
	if !strings.HasPrefix(again.header.Get("Location"), "/end_session?resume=") {
		t.Fatalf("%d %v", again.status, again.header)
	}
	second := ben.get(again.header.Get("Location")).asks()
	if !b.lives() || !ben.lives() {
		t.Fatal("a session has ended")
	}
	ben.confirm(second).leads("/account/signed-out")
	if !b.lives() || ben.lives() {
		t.Error("the wrong session has ended")
	}
}

func TestAFormThatIsNotOursOrTooOldIsAskedAgain(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	form := b.get("/end_session").asks()
	resume := h.browser(t).submit("/end_session", b.leaving()).header.Get("Location")
	_, unasked, _ := strings.Cut(resume, "resume=")
	for _, text := range []string{"", "x", form[:len(form)-4], form + "A", unasked} {
		got := b.confirm(text)
		if !strings.HasPrefix(got.header.Get("Location"), "/end_session?resume=") || !b.lives() {
			t.Errorf("%.20q: %d %v", text, got.status, got.header)
		}
	}
	h.later(61 * time.Minute)
	if got := b.confirm(form); !strings.HasPrefix(got.header.Get("Location"), "/end_session?resume=") || !b.lives() {
		t.Errorf("%d %v", got.status, got.header)
	}
}
