package login_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestWhoTrustsTheBrowserGoesOnByAButton(t *testing.T) { // 3.1
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com", Claims: map[string]any{"name": "Ben Kaya"}})
	b := h.trusts()
	b.Go("/app").Check().Sees("Continue as Anna Berg").Sees("Not you?").SeesNot("Email address or customer number")
	b.Press("Continue as Anna Berg").Check().Sees("Enter your password")
	if b.Value("username") != "anna@example.com" {
		t.Errorf("the password is of %q", b.Value("username"))
	}
	b.Fill("password", password).Press("submit").Sees("app got anna")
	signOut(b)

	b.Go("/app").Press("Use another account").Check().Sees("Email address or customer number").SeesNot("Continue as")
	if b.Value("username") != "" {
		t.Errorf("the field starts with %q", b.Value("username"))
	}
	b.Follow("Deutsch").Sees("E-Mail-Adresse oder Kundennummer").Follow("English")
	b.Press("submit").Status(422).Sees("Enter your email address or customer number.")
	h.withCode(toCode(b, "ben@example.com")).Press("trust-yes").Sees("app got ben")
	signOut(b).Go("/app").Check().Sees("Continue as Ben Kaya").Sees("Continue as Anna Berg")
	b.Press("Continue as Anna Berg").Fill("password", password).Press("submit").Sees("app got anna")

	h.ask.LoginHint = "ben@example.com"
	signOut(b).Go("/app").Sees("Enter your password").Follow("Change").SeesNot("Continue as")
}

func TestNobodyElseLearnsWhoTrustsABrowser(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.trusts()
		copied := b.Clone()
		again(b, "anna@example.com")
		copied.Go("/app").SeesNot("Anna").Sees("Email address or customer number") // an old copy is of no use
		attempt := copied.Value("attempt")
		trusts, err := h.db.Trusts(t.Context(), h.anna.ID)
		h.must(err)
		copied.Post("/login/username", map[string][]string{"attempt": {attempt}, "continue": {trusts[0].ID}}).SeesNot("anna")
		h.must(h.db.SetUserState(t.Context(), h.anna.ID, "disabled", storage.Event{Actor: "test"}))
		b.Go("/app").SeesNot("Anna")
	})
}

// counting counts what the database is asked about trusts.
type counting struct {
	*storage.DB
	asked atomic.Int32
}

func (c *counting) UseTrust(ctx context.Context, id, userID string, generation int64) (storage.Trust, error) {
	c.asked.Add(1)
	return c.DB.UseTrust(ctx, id, userID, generation)
}

func (c *counting) Trust(ctx context.Context, id string) (storage.Trust, storage.User, error) {
	c.asked.Add(1)
	return c.DB.Trust(ctx, id)
}

func TestForgedTrustsCostNoDatabaseAndCountForNothing(t *testing.T) { // TB-08
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.trusts()
		right := trustCookies(b)[0]
		store := &counting{DB: h.db}
		h.serve(login.Options{Store: store, Keys: h.keys, Site: h.site, Mail: h.mailbox, EmailCode: "untrusted", TrustFor: ninetyDays, Now: h.now})
		forge := func(b *webtest.Browser, value string) *webtest.Browser {
			forged := *right
			forged.Value = value
			return b.Hold(issuer, &forged)
		}
		last := right.Value[len(right.Value)-1:]
		other := map[string]string{"A": "B"}[last]
		if other == "" {
			other = "A"
		}
		for _, value := range []string{"", "x", "dww_", right.Value + "A", right.Value[:len(right.Value)-1] + other, strings.Replace(right.Value, "-1-", "-2-", 1),
			"dwr_" + right.Value[4:], strings.ToUpper(right.Value), strings.Repeat("a", 300)} {
			again(forge(h.browser(), value), "anna@example.com").SeesNot("app got")
			h.later(time.Hour)
		}
		crowd := h.browser()
		for i := range 100 {
			crowd.Hold(issuer, &http.Cookie{Name: fmt.Sprintf("__Host-trust-%016x", i), Value: right.Value[:len(right.Value)-1] + other, Path: "/", Secure: true})
		}
		crowd.Go("/app").Status(200).SeesNot("Continue as")
		if n := store.asked.Load(); n != 0 {
			t.Errorf("the database was asked %d times", n)
		}
		again(forge(h.browser(), right.Value), "anna@example.com").Sees("app got") // the genuine one
	})
}

func TestABrowserIsTrustedByFiveAtMost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.browser()
		var people []storage.User
		for i := range 6 {
			person := h.add(storage.User{Email: fmt.Sprintf("p%d@example.com", i)})
			people = append(people, person)
			h.later(time.Minute)
			h.withCode(again(b, person.Email)).Press("trust-yes").Sees("app got " + person.Email)
			signOut(b)
			if i == 4 { // the first is not the one that was used least lately
				h.later(time.Minute)
				again(b, people[0].Email).Sees("app got")
				signOut(b)
			}
		}
		for i, person := range people {
			all, err := h.db.Trusts(t.Context(), person.ID)
			h.must(err)
			if gone := i == 1; gone != (len(all) == 0) {
				t.Errorf("person %d has %d trusts", i, len(all))
			}
		}
		if n := len(trustCookies(b)); n != 5 {
			t.Errorf("the browser holds %d trusts", n)
		}
		h.sees("trust.ended crowded_out", 1)
		again(b, people[1].Email).Sees("Check your email")
		again(b, people[0].Email).Sees("app got")
	})
}

// Whoever has copied a cookie once needs no password to bring it where there is no room for it.
func TestAnOldCopyOfATrustIsNotCrowdedOut(t *testing.T) { // TB-03
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.saysYes(h.browser(), "anna@example.com")
		thief := b.Clone()
		signOut(b)
		again(b, "anna@example.com").Sees("app got") // the copy is old now
		h.later(2 * time.Minute)
		thief.Forget("__Host-session", "__Host-bind", "__Host-known")
		for i := range 5 {
			h.later(time.Minute)
			person := h.add(storage.User{Email: fmt.Sprintf("p%d@example.com", i)})
			h.withCode(again(thief, person.Email)).Press("trust-yes").Sees("app got " + person.Email)
			signOut(thief)
		}
		if len(h.trusted(h.anna)) != 1 || len(trustCookies(thief)) != 5 {
			t.Errorf("Anna's trusts: %v; the thief holds %d", h.trusted(h.anna), len(trustCookies(thief)))
		}
		h.sees("trust.ended crowded_out", 0)
		h.sees("trust.stolen cleared", 1)
		signOut(b)
		again(b, "anna@example.com").Sees("app got")
		b.Go("/account/activity").Sees("An old copy of a trusted browser was shown to us. Trust in it goes on.")
	})
}

// sessionCookie is the one of who is signed in here.
func sessionCookie(b *webtest.Browser) *http.Cookie {
	for _, c := range b.Cookies(issuer) {
		if c.Name == "__Host-session" {
			return c
		}
	}
	return &http.Cookie{}
}

func TestASessionOutlivesTheWindowOnlyWhereTheBrowserIsTrusted(t *testing.T) {
	t.Parallel()
	h := open(t)
	if c := sessionCookie(h.signedIn()); c.Value == "" || c.MaxAge != 0 || !c.Expires.IsZero() {
		t.Errorf("the cookie is %v", c)
	}
	lasts := func(when string, b *webtest.Browser) {
		if c := sessionCookie(b); c.MaxAge < 29*24*3600 || c.MaxAge > 30*24*3600 {
			t.Errorf("%s the cookie is %v", when, c)
		}
	}
	b := h.saysYes(h.browser(), "anna@example.com")
	lasts("when the person says Yes", b)
	again(signOut(b), "anna@example.com")
	lasts("where the browser is trusted", b)
	h.ask.ACR = "urn:doorward:2fa"
	h.withCode(b.Go("/app").Sees("Check your email")).Sees("app got anna")
	lasts("after a step-up", b)
	h.must(h.db.EndTrusts(t.Context(), h.anna.ID, storage.Event{Actor: "test"}))
	h.ask = login.Ask{Fresh: true}
	h.withCode(again(b, "anna@example.com")).Sees("app got anna")
	if c := sessionCookie(b); c.MaxAge != 0 {
		t.Errorf("when the trust has ended the cookie is %v", c)
	}
}

func TestAStepUpOnATrustedBrowserAsksForTheCodeAlone(t *testing.T) { // CS-05, JW-10, item 10
	t.Parallel()
	for _, acr := range []string{"urn:doorward:2fa", "urn:doorward:2fa-app"} { // without an app nobody is asked for its code
		each(t, func(t *testing.T, h *house) {
			b := again(h.trusts(), "anna@example.com").Sees("acr=urn:doorward:1fa ")
			sid, cookie, when := sidOf(b), sessionCookie(b).Value, field(b, "auth_time")
			old := b.Clone()
			h.ask.ACR = acr
			h.later(time.Minute)
			b.Go("/app").Check().Sees("Check your email").SeesNot("password")
			h.withCode(b).Sees("app got anna").Sees("acr=urn:doorward:2fa ").Sees("amr=pwd+otp+mfa")
			if sidOf(b) != sid || field(b, "auth_time") != when {
				t.Errorf("sid %s, auth_time %s; before %s, %s", sidOf(b), field(b, "auth_time"), sid, when)
			}
			if sessionCookie(b).Value == cookie {
				t.Error("the cookie has kept its value")
			}
			old.Go("/app?back=1").SeesNot("app got") // the old value is dead
			h.sees("session.raised ok", 1)
		})
	}
}

func TestEverySignInGivesTheSessionANewCookie(t *testing.T) { // CS-05
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.trusts()
		seen := map[string]bool{"": true}
		for range 3 {
			again(b, "anna@example.com").Sees("app got anna")
			h.ask.Fresh = true
			if value := sessionCookie(b).Value; seen[value] {
				t.Error("a session's cookie has a value that was there before")
			} else {
				seen[value] = true
			}
			if strings.Contains(b.Body(), "Check your email") {
				h.withCode(b)
			}
			h.ask.Fresh = false
			signOut(b)
		}
	})
}
