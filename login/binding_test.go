package login_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestAnAttackersLoginAddressGivesTheAttackerNothing(t *testing.T) { // CS-01, Dex CVE-2022-39222
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		attacker := h.browser()
		address := attacker.URL()

		victim := h.browser() // has a binding of its own
		victim.Go(address).Sees("Email address or customer number")
		if victim.URL() == address {
			t.Error("the victim goes on with the attacker's attempt")
		}
		h.in(victim, "anna@example.com").Sees("app got anna")
		attacker.Go(address).Sees("Sign in").SeesNot("app got")
		attacker.Go("/app?back=1").SeesNot("app got")
		attacker.Go("/account").SeesNot("Anna Berg")

		victim.Go(address) // CS-02: signed in, one click
		attacker.Go("/app?back=1").SeesNot("app got")
	})
}

func TestAProvedAttemptIsWorthlessInAnotherBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toCode(h.browser(), "anna@example.com")
	thief := h.browser()
	thief.Go(b.URL()).Status(400).Check().Sees("This page no longer fits your browser").Follow("Start again").Sees("Sign in")
	thief.Post("/login/email_code", url.Values{"attempt": {b.Value("attempt")}, "code": {h.code()}}).Status(400).SeesNot("app got")
	no(b.Fill("code", h.code()).Press("submit")).Sees("app got anna")
}

func TestWithoutTheCookieThePageSaysAnotherBrowserOrNoCookies(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser()
	b.Tab().Forget("__Host-bind").Go(b.URL()).Status(400).Check().
		Sees("This page was opened in another browser, or your browser blocks cookies")
	h.browser().Forget("__Host-bind").Fill("username", "anna@example.com").Press("submit").Status(400).Check().Sees("blocks cookies")
	webtest.New(t, h.router).Go(b.URL()).Status(400).Sees("blocks cookies").Follow("Start again").Sees("Sign in")
	h.ask.Locales = []string{"de"}
	h.browser().Forget("__Host-bind").Press("submit").Status(400).Check().Sees("in einem anderen Browser geöffnet, oder Ihr Browser blockiert Cookies")
}

func TestATamperedAttemptIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toCode(h.browser(), "anna@example.com")
	good := b.Value("attempt")
	other, err := h.keys.Box.Seal("request", map[string]string{"i": "x"})
	h.must(err)
	for _, bad := range []string{"", "x", good[:len(good)-1], good + "A", strings.ToUpper(good), good[:20] + "A" + good[21:], other, strings.Repeat("A", 5000)} {
		if bad == good {
			continue
		}
		b.Tab().Go("/login/email_code?attempt=" + url.QueryEscape(bad)).Status(400).Check().Sees("Please start again").Follow("Start again").Sees("Sign in")
		b.Tab().Post("/login/email_code", url.Values{"attempt": {bad}, "code": {h.code()}}).Status(400).Check()
	}
	b.Tab().Post("/login/email_code", url.Values{"attempt": {good, good}, "code": {h.code()}}).Status(400)
	b.Tab().Go("/login/email_code?attempt=" + good + "&attempt=" + good).Status(400)
	h.sees("session.started ok", 0)
}

func TestAnAttemptEndsAfterAnHourAndAProofAfterAQuarter(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toCode(h.browser(), "anna@example.com")
	h.later(16 * time.Minute)
	b.Go(b.URL()).Check().Sees("Enter your password") // the proof is too old, and is asked for again
	b.Fill("password", password).Press("submit").Sees("Check your email")
	h.later(45 * time.Minute)
	b.Go(b.URL()).Status(400).Check().Sees("That sign-in took too long, so we stopped it")
	if strings.Contains(b.Body(), "/app?back") {
		t.Error("the page leads back to a request that is as old")
	}
}

func TestAPersonWhoChangesEndsTheirAttempts(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toCode(h.browser(), "anna@example.com")
	hash, err := h.keys.Passwords.Hash(t.Context(), "another sentence")
	h.must(err)
	h.must(h.db.SetPassword(t.Context(), h.anna.ID, hash, "", storage.Event{Actor: "test"}))
	b.Fill("code", h.code()).Press("submit").Status(400).Check().Sees("Please start again")

	b = toPassword(h.browser(), "anna@example.com").Fill("password", "another sentence").Press("submit").Sees("Check your email")
	h.must(h.db.SetUserState(t.Context(), h.anna.ID, "disabled", storage.Event{Actor: "test"}))
	b.Fill("code", h.code()).Press("submit").Status(400).SeesNot("app got")
	h.sees("session.started ok", 0)
}

func TestAFinishedAttemptLeadsOnWhereItWasFinishedAndNowhereElse(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toCode(h.browser(), "anna@example.com")
	codePage, before := b.Tab(), b.Clone()
	code := h.code()
	no(b.Fill("code", code).Press("submit")).Sees("app got anna")
	sid := sidOf(b)
	codePage.Tab().Go(codePage.URL()).Sees("app got anna") // the back button
	no(codePage.Tab().Fill("code", code).Press("submit")).Sees("app got anna")
	if sidOf(b.Go("/app?back=1")) != sid {
		t.Error("the session has changed")
	}
	before.Fill("code", code).Press("submit").Status(400).SeesNot("app got")
	h.sees("session.started ok", 1)
	h.sees("session.raised ok", 0)
}

func TestAForeignPageCannotPostToUs(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := toCode(h.browser(), "anna@example.com")
	form := url.Values{"attempt": {b.Value("attempt")}, "code": {h.code()}}
	for _, origin := range []string{"https://evil.test", "null", "http://login.test", "https://login.test.evil.test"} {
		evil := b.Clone().Set("Origin", origin).Set("Sec-Fetch-Site", "cross-site")
		evil.Post("/login/email_code", form).Status(403).Check()
		evil.Post("/account/sign-out", nil).Status(403)
	}
	signedIn := h.signedIn()
	signedIn.Clone().Set("Origin", "https://evil.test").Set("Sec-Fetch-Site", "cross-site").Post("/account/sign-out", url.Values{"confirm": {""}}).Status(403)
	signedIn.Go("/account").Sees("Anna Berg")
}

func TestNothingChangesByGet(t *testing.T) { // CS-08
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.ask.Consent = []string{"openid"}
		b := toCode(h.browser(), "anna@example.com").Sees("wants to use")
		for _, query := range []string{"&allow=", "&submit=", "&password=" + url.QueryEscape(password)} {
			b.Tab().Go(b.URL() + query).Sees("wants to use")
		}
		h.sees("session.started ok", 0)
		signedIn := b.Press("allow").Sees("app got anna")
		signedIn.Tab().Go("/account/sign-out").Status(405)
		signedIn.Go("/account").Sees("Anna Berg")
	}, without)
}

func TestTheSessionCookieIsNewAtEverySignIn(t *testing.T) { // CS-05, CS-06
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		fixed := &http.Cookie{Name: "__Host-session", Value: "dws_" + strings.Repeat("A", 43), Path: "/", Secure: true}
		b := h.browser().Hold(issuer, fixed)
		h.in(b, "anna@example.com")
		first := cookie(b, "__Host-session")
		if first == fixed.Value || first == "" {
			t.Fatalf("the session is %q", first)
		}
		bound := cookie(b, "__Host-bind")
		h.ask.Fresh = true
		sid := sidOf(b)
		stale := b.Clone()
		no(b.Go("/app").Sees("Enter your password").Fill("password", password).Press("submit").Fill("code", h.code()).Press("submit")).Sees("app got anna")
		if sidOf(b) != sid {
			t.Error("a step-up changes the sid")
		}
		if cookie(b, "__Host-session") == first || cookie(b, "__Host-bind") == bound {
			t.Error("a step-up leaves a cookie as it was")
		}
		stale.Go("/account").SeesNot("Anna Berg")
	})
}

func TestCookiesAreHostOnlyHiddenAndShort(t *testing.T) { // CS-11
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		cookies := b.Go("/account?lang=de").Cookies(issuer)
		if len(cookies) != 4 {
			t.Errorf("%d cookies", len(cookies))
		}
		for _, c := range cookies {
			if !strings.HasPrefix(c.Name, "__Host-") || !c.Secure || !c.HttpOnly || c.Path != "/" || c.Domain != "" || c.SameSite != http.SameSiteLaxMode || len(c.Value) > 256 {
				t.Errorf("cookie %s is %+v", c.Name, c)
			}
			if strings.Contains(c.Value, "anna") {
				t.Errorf("cookie %s names the person", c.Name)
			}
			if c.Name == "__Host-session" && (c.MaxAge != 0 || !c.Expires.IsZero()) {
				t.Error("the session outlives the browser")
			}
		}
	})
}

func TestTheWayBackIsOnOurOwnOrigin(t *testing.T) { // HD-14
	t.Parallel()
	h := open(t)
	for _, back := range []string{"", "//evil.test", "/\\evil.test", "/%09/evil.test", "/\t/evil.test", "https:evil.test", "https://evil.test/", "/..//evil.test",
		"javascript:alert(1)", "app", "/app#x", "/app\r\nX: y", "/./app", "///evil.test", "/%5cevil.test", "/app//x"} {
		w := httptest.NewRecorder()
		err := h.face.Begin(w, httptest.NewRequest(http.MethodGet, issuer+"/app", nil), login.Ask{Attempt: "a", Back: back})
		if err == nil || w.Header().Get("Location") != "" {
			t.Errorf("%q is taken as the way back", back)
		}
	}
	for _, back := range []string{"/", "/account", "/authorize?resume=dwq_abc-_", "/app?a=b&c=https%3A%2F%2Fx"} {
		w := httptest.NewRecorder()
		h.must(h.face.Begin(w, httptest.NewRequest(http.MethodGet, issuer+"/app", nil), login.Ask{Attempt: "a", Back: back}))
	}
}

// sidOf reads the session that the application was told.
func sidOf(b *webtest.Browser) string { return field(b, "sid") }

func field(b *webtest.Browser, name string) string {
	_, after, _ := strings.Cut(b.Body(), name+"=")
	value, _, _ := strings.Cut(after, " ")
	return value
}

func cookie(b *webtest.Browser, name string) string {
	for _, c := range b.Cookies(issuer) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}
