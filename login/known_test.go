package login_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestStrangersWhoGuessDoNotLockAKnownBrowserOut(t *testing.T) { // BF-02
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		known := h.signedIn()
		known.Go("/account").Press("confirm")
		for i := range 30 {
			tries(h.browser().From(fmt.Sprintf("198.51.100.%d:99", i)), "anna@example.com", 1)
		}
		toCode(h.browser(), "anna@example.com").Status(429) // unknown browsers wait together
		toCode(known.Go("/app"), "anna@example.com").Sees("Check your email")

		known.Go("/account")
		h.add(storage.User{Email: "ben@example.com"})
		tries(known, "anna@example.com", 7).Status(429) // its own counter holds
		if cookie(known, "__Host-known") == "" {
			t.Error("the browser is not known")
		}
	})
}

func TestAForgedKnownCookieIsNoCounterOfItsOwn(t *testing.T) { // TB-08
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		tries(h.browser(), "anna@example.com", 6)
		for _, forged := range []string{"x", "dwt_known-" + h.anna.ID + "-x.AAAA"} {
			b := h.browser().Hold(issuer, &http.Cookie{Name: "__Host-known", Value: forged, Path: "/", Secure: true})
			tries(b, "anna@example.com", 1).Status(429)
		}
		ben := h.add(storage.User{Email: "ben@example.com"})
		other := h.signedInAs(ben.Email)
		other.Go("/account").Press("confirm")
		tries(other, "anna@example.com", 1).Status(429)
	})
}

func TestAKnownBrowserIsForgottenAfterNinetyDaysAndWhenThePersonChanges(t *testing.T) {
	t.Parallel()
	h := open(t)
	known := func() *webtest.Browser { b := h.signedIn(); b.Go("/account").Press("confirm"); return b }
	b := known()
	h.later(89 * 24 * time.Hour)
	tries(h.browser(), "anna@example.com", 6).Status(429)
	tries(b, "anna@example.com", 1).Status(422) // still one that is known
	h.later(2 * 24 * time.Hour)
	tries(h.browser(), "anna@example.com", 6).Status(429)
	tries(b, "anna@example.com", 1).Status(429)
	h.later(time.Hour)

	b = known()
	hash, err := h.keys.Passwords.Hash(t.Context(), "another sentence")
	h.must(err)
	h.must(h.db.SetPassword(t.Context(), h.anna.ID, hash, "", storage.Event{Actor: "test"}))
	tries(h.browser(), "anna@example.com", 6).Status(429)
	tries(b, "anna@example.com", 1).Status(429) // who lost the password keeps no counter for guessing the new one
}

func TestManyKnownBrowsersOfAPersonTakeTwentyTriesTogether(t *testing.T) { // one cookie for each sign-in
	t.Parallel()
	h := open(t, without)
	var known []*webtest.Browser
	for range 6 {
		b := toCode(h.browser(), "anna@example.com").Sees("app got anna")
		b.Go("/account").Press("confirm")
		known = append(known, b)
	}
	compared := 0
	for _, b := range known {
		for range 5 {
			if strings.Contains(tries(b, "anna@example.com", 1).Body(), "is not right") {
				compared++
			}
		}
	}
	if compared != 20 {
		t.Errorf("%d passwords were compared", compared)
	}
	toCode(h.browser(), "anna@example.com").Sees("app got anna") // they have counters of their own
	h.later(15 * time.Minute)
	toCode(known[0].Go("/app"), "anna@example.com").Sees("app got anna")
}

func TestWhoHasOnlyThePasswordDoesNotTakeTheCodesOfAKnownBrowser(t *testing.T) {
	t.Parallel()
	h := open(t)
	known := h.signedIn()
	known.Go("/account").Press("confirm")
	for range 3 {
		toCode(h.browser(), "anna@example.com").Status(200)
	}
	toCode(h.browser(), "anna@example.com").Status(429).Sees("has not been sent yet")
	h.in(known.Go("/app"), "anna@example.com").Sees("app got anna")
	known.Go("/account").Press("confirm")

	h.later(16 * time.Minute)
	for range 2 {
		thief := toCode(h.browser(), "anna@example.com")
		for range 5 {
			thief.Fill("code", h.wrong()).Press("submit").Status(422)
		}
	}
	toCode(h.browser(), "anna@example.com").Fill("code", h.wrong()).Press("submit").Status(429).Sees("Too many wrong codes")
	h.in(known.Go("/app"), "anna@example.com").Sees("app got anna")
}

func TestKnownBrowsersHaveALimitOfLettersAndGuessesToo(t *testing.T) {
	t.Parallel()
	h := open(t)
	first := h.signedIn() // counted as unknown
	first.Go("/account").Press("confirm")
	b := toCode(first.Go("/app"), "anna@example.com").Status(200)
	for range 2 {
		h.later(31 * time.Second)
		b.Press("resend").Status(200)
	}
	h.later(31 * time.Second)
	b.Press("resend").Status(429)
	if n := len(h.mailbox.Letters()); n != 4 {
		t.Errorf("%d letters were sent", n)
	}
	h.later(15 * time.Minute)
	for range 2 {
		b = toCode(b.Go("/app"), "anna@example.com").Status(200)
		for range 5 {
			b.Fill("code", h.wrong()).Press("submit").Status(422)
		}
	}
	toCode(b.Go("/app"), "anna@example.com").Fill("code", h.code()).Press("submit").Status(429).Sees("Too many wrong codes")
}
