package login_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

func TestAPersonSignsOutInAnotherBrowser(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		old := h.signedIn()
		phone := sidOf(old)
		h.later(time.Second)
		b := h.signedIn()
		b.Go("/account").Sees("Where you're signed in 2").Sees("Sign out everywhere else")
		posts(b, "/account/sessions/end", phone).Check().Sees("That browser is signed out.").Sees("Where you're signed in 1").SeesNot("Sign out everywhere else")
		old.Go("/account").Sees("Sign in").SeesNot("Anna Berg")
		b.Go("/account").SeesNot("That browser is signed out.").Sees("Anna Berg")
		h.sees("session.ended elsewhere", 1)
	})
}

func TestAPersonSignsOutEverywhereElse(t *testing.T) { // S-30, LO-12
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.client("grafana", "Grafana")
		phone := h.saysYes(h.browser(), "anna@example.com")
		h.connect(h.anna, sidOf(phone), "grafana", "openid")
		b := h.signedIn()
		copied, sid := b.Clone(), sidOf(b)
		b.Go("/account").Press("Sign out everywhere else").Check().Sees("You are signed out everywhere else, and no browser is trusted any more.")
		if got := h.sessions(h.anna); !slices.Equal(got, []string{sid}) {
			t.Errorf("these sessions are left: %q, want %s alone", got, sid)
		}
		if len(h.trusted(h.anna)) != 0 || len(h.apps(h.anna)) != 0 {
			t.Errorf("left are the trusts %v and the apps %v", h.trusted(h.anna), h.apps(h.anna))
		}
		phone.Go("/account").SeesNot("Anna Berg")
		copied.Go("/account").SeesNot("Anna Berg") // CS-05: a copied cookie does not stay signed in with this browser
		b.Go("/account").Sees("Anna Berg")
		h.sees("sessions.ended ok", 1)
	})
}

func TestOfManyWhoSignOutEverywhereElseNobodyGetsAnError(t *testing.T) { // LO-11
	t.Parallel()
	h := open(t)
	h.signedIn()
	b := h.signedIn().Go("/account")
	together(20, func(int) {
		if tab := b.Clone().Press("Sign out everywhere else"); strings.Contains(tab.Body(), "wrong on our side") {
			t.Errorf("one gets an error: %s", text(tab))
		}
	})
	if n := len(h.sessions(h.anna)); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
}

func TestAPersonEndsTrust(t *testing.T) { // S-30, TB-09
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		one := h.saysYes(h.browser(), "anna@example.com")
		two := h.saysYes(h.browser(), "anna@example.com")
		first := h.trusted(h.anna)[1].ID
		posts(two, "/account/browsers/end", first).Sees("That browser is not trusted any more.").Sees("Trusted browsers 1").Sees("Stop trusting").SeesNot("Stop trusting all")
		toCode(h.browserOf(one), "anna@example.com").Sees("Check your email")
		h.saysYes(h.browser(), "anna@example.com")
		two.Go("/account").Press("Stop trusting all").Check().Sees("No browser is trusted any more.").Sees("You trust no browser.")
		if n := len(h.trusted(h.anna)); n != 0 {
			t.Errorf("%d trusts are left", n)
		}
		if trustCookies(two) != nil {
			t.Error("this browser keeps the cookie of a trust that has ended")
		}
		h.sees("trust.ended ok", 1)
		h.sees("trusts.ended ok", 1)
	})
}

func TestAnotherPersonsIdDoesNothing(t *testing.T) { // AD-02
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ben := h.add(storage.User{Email: "ben@example.com"})
		h.client("grafana", "Grafana")
		victim := h.saysYes(h.browser(), "ben@example.com")
		h.connect(ben, sidOf(victim), "grafana", "openid")
		b := h.signedIn()
		for path, id := range map[string]string{
			"/account/sessions/end": h.sessions(ben)[0],
			"/account/browsers/end": h.trusted(ben)[0].ID,
			"/account/apps/remove":  "grafana",
		} {
			theirs := text(posts(b, path, id).Status(200))
			if nobodys := text(posts(b, path, "nothing")); nobodys != theirs {
				t.Errorf("%s tells whether an id exists:\n%s\n%s", path, theirs, nobodys)
			}
		}
		if len(h.sessions(ben)) != 1 || len(h.trusted(ben)) != 1 || len(h.apps(ben)) != 1 {
			t.Errorf("Ben has %v, %v, %v", h.sessions(ben), h.trusted(ben), h.apps(ben))
		}
		if e := h.events(); e["session.ended elsewhere"]+e["trust.ended ok"]+e["consent.withdrawn ok"] != 0 {
			t.Errorf("events tell of what did not happen: %v", e)
		}
	})
}

func TestTheEndOfASessionIsShownAsItIs(t *testing.T) { // CS-14
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toCode(h.browser(), "anna@example.com")
		date := func(d time.Duration) string { return h.site.Texts.Date("en", h.began.Add(d)) }
		const day = 24 * time.Hour
		b.Go("/account").Sees("Ends on " + date(12*time.Hour) + " if you don't use it, and on " + h.site.Texts.Day("en", h.began.Add(30*day)) + " in any case")
		for range 65 {
			h.later(11 * time.Hour)
			b.Go("/account")
		}
		b.Sees("Ends on " + date(30*day)).SeesNot("if you don't use it") // nothing prolongs it now
		h.later(30*day - 65*11*time.Hour)
		b.Go("/account").SeesNot("Anna Berg")
	}, without)
}

func TestWhatWasDoneIsSaidOnceAndByUsAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	b.StayOn("https://elsewhere.test")
	posts(b, "/account/browsers/end", "none")
	address := b.Location()
	if !strings.Contains(address, "/account?done=") {
		t.Fatalf("the form leads to %q", address)
	}
	b.StayOn("").Go(address).Sees("That browser is not trusted any more.")
	h.signedIn().Go(address).SeesNot("not trusted any more") // an address that was passed on
	b.Go(issuer + "/account?done=browser").SeesNot("not trusted any more")
	h.later(6 * time.Minute)
	b.Go(address).Status(http.StatusOK).SeesNot("not trusted any more")
}

// A sign-in that waits at a question has proved all that it needs.
func TestSigningOutEverywhereElseEndsASignInThatWaits(t *testing.T) { // S-30
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		thief := h.withCode(toCode(h.browser(), "anna@example.com")).Sees("Trust this browser?")
		h.later(time.Minute)
		h.signedIn()
		before := cookie(b, "__Host-known")
		b.Go("/account").Press("Sign out everywhere else").Sees("Anna Berg")
		thief.Press("trust-yes").Status(400).SeesNot("app got")
		if len(h.trusted(h.anna)) != 0 || len(h.sessions(h.anna)) != 1 {
			t.Errorf("left are %v and %v", h.trusted(h.anna), h.sessions(h.anna))
		}
		if cookie(b, "__Host-known") == before {
			t.Error("this browser is known as one of the person that was")
		}
	})
}
