package main_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/doorward/doorward/web/webtest"
)

// TestBadAttempts goes through one sign-in with password and mailed code, and tries at each step what a thief, a second tab or the
// back button would. The honest browser gets to its end in spite of it all.
func TestBadAttempts(t *testing.T) {
	t.Parallel()
	d := startDev(t)
	anna := d.People[0]
	b := webtest.New(t, nil).StayOn(d.Issuer)
	b.Go(d.authorizeURL())
	b.Fill("username", anna.Email).Press("submit").Fill("password", anna.Password).Press("submit")
	b.Status(http.StatusOK).Sees("Check your email")
	attempt := b.Value("attempt")
	at := func(attempt string) string { return d.Issuer + "/login/email_code?attempt=" + url.QueryEscape(attempt) }
	page := at(attempt)
	code := mailedCode(t, d, anna.Email)
	form := url.Values{"attempt": {attempt}, "code": {code}}

	for _, c := range []struct {
		says string
		try  func(b *webtest.Browser)
	}{
		{"a tampered attempt is a page", func(b *webtest.Browser) {
			for _, bad := range []string{"", "dwt_", attempt[:len(attempt)-2] + "AA", attempt + "=", strings.ToUpper(attempt), flip(attempt)} {
				b.Go(at(bad))
				wantStopped(b, http.StatusBadRequest)
				b.Post(page, url.Values{"attempt": {bad}, "code": {code}})
				wantStopped(b, http.StatusBadRequest)
			}
		}},
		{"another browser's attempt is a page", func(b *webtest.Browser) {
			b.Forget().Go(d.Issuer + "/login").Go(page)
			wantStopped(b, http.StatusBadRequest)
			b.Post(page, form)
			wantStopped(b, http.StatusBadRequest)
		}},
		{"a missing cookie is a page", func(b *webtest.Browser) {
			b.Forget("bind").Go(page)
			wantStopped(b, http.StatusBadRequest)
			b.Post(page, form)
			wantStopped(b, http.StatusBadRequest)
		}},
		{"a foreign Origin is a page", func(b *webtest.Browser) {
			for _, origin := range []string{"https://evil.example", "null", d.App, strings.Replace(d.Issuer, "http:", "https:", 1)} {
				b.Set("Sec-Fetch-Site", "cross-site").Set("Origin", origin).Post(page, form)
				wantStopped(b, http.StatusForbidden)
			}
		}},
		{"a step that is not due leads to the one that is", func(b *webtest.Browser) {
			b.Post("/login/consent", url.Values{"attempt": {attempt}, "allow": {""}})
			b.Sees("Check your email")
		}},
		{"a wrong code is the same page again", func(b *webtest.Browser) {
			b.Post(page, url.Values{"attempt": {attempt}, "code": {otherCode(code)}})
			b.Status(http.StatusUnprocessableEntity).Sees("That code is not right")
		}},
	} {
		t.Log(c.says)
		c.try(b.Clone())
	}

	before := b.Clone()
	b.Fill("code", code).Press("submit").Press("trust-no")
	if to := b.Location(); !strings.HasPrefix(to, d.Clients[0].RedirectURIs[0]+"?") || !strings.Contains(to, "code=") {
		t.Fatalf("the honest browser got to %q", to)
	}
	session := sessionOf(b, d.Issuer)
	if session == "" {
		t.Fatal("signed in without a session")
	}

	t.Log("a finished attempt makes no second session")
	before.Post(page, form)
	wantStopped(before, http.StatusBadRequest)
	if sessionOf(before, d.Issuer) != "" {
		t.Error("a second session")
	}

	t.Log("a form sent twice and the back button lead on and change nothing")
	for _, again := range []func(b *webtest.Browser){
		func(b *webtest.Browser) { b.Go(page) },
		func(b *webtest.Browser) { b.Post(page, form) },
	} {
		tab := b.Clone()
		again(tab)
		if !strings.HasPrefix(tab.Location(), d.Clients[0].RedirectURIs[0]+"?") {
			t.Errorf("the browser is at %s, not on its way to the application", tab.URL())
		}
		if sessionOf(tab, d.Issuer) != session {
			t.Error("the session has changed")
		}
	}
	t.Run("nothing secret is in the log", func(t *testing.T) {
		// dev tells passwords and secrets on purpose, once; the log proper is the lines with a time.
		log := bytes.Join(logLine.FindAll(d.log.bytes(), -1), []byte("\n"))
		if !bytes.Contains(log, []byte("/login/email_code")) {
			t.Error("the log does not tell of requests, so its silence means nothing")
		}
		for what, secret := range map[string]string{
			"password": anna.Password, "mailed code": code, "attempt": attempt, "session": session, "client secret": d.Clients[0].Secret,
		} {
			// Six digits alone may stand in any number.
			if bytes.Contains(log, []byte(secret)) && (what != "mailed code" || bytes.Contains(log, []byte("="+secret))) {
				t.Errorf("the log holds the %s", what)
			}
		}
	})
}

var logLine = regexp.MustCompile(`(?m)^(time=|\d{4}/).*$`)

// authorizeURL is what the demo app would ask.
func (d *demo) authorizeURL() string {
	return d.Issuer + "/authorize?" + url.Values{
		"client_id": {d.Clients[0].ID}, "redirect_uri": {d.Clients[0].RedirectURIs[0]}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
}

// wantStopped wants an error page with a reference, and nobody sent anywhere.
func wantStopped(b *webtest.Browser, status int) {
	b.Status(status)
	if b.Location() != "" || !reference.MatchString(b.Body()) {
		b.Sees("a page with a reference that leads nowhere")
	}
}

func sessionOf(b *webtest.Browser, issuer string) string {
	for _, c := range b.Cookies(issuer) {
		if c.Name == "session" {
			return c.Value
		}
	}
	return ""
}

// flip changes one letter in the middle of sealed text to another of the same alphabet.
func flip(sealed string) string {
	b := []byte(sealed)
	i := len(b) / 2
	if b[i]++; b[i] != 'B' {
		b[i] = 'A'
	}
	return string(b)
}

// otherCode is six other digits.
func otherCode(code string) string {
	return strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
}
