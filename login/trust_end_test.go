package login_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestAnOldValueOfATrustEndsItAndIsReported(t *testing.T) { // TB-03
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		owner := h.trusts()
		thief := owner.Clone()
		again(owner, "anna@example.com").Sees("app got anna")
		h.later(61 * time.Second)
		again(thief, "anna@example.com").Sees("Check your email")
		h.sees("trust.stolen ended", 1)
		if len(trustCookies(thief)) != 0 {
			t.Error("the cookie of an ended trust stays")
		}
		letter := h.mailbox.Letters()[1] // the code came after it
		if letter.To != "anna@example.com" || !strings.Contains(letter.Text, "old copy of your trusted browser") || strings.Count(letter.Text, issuer+"/alarm?token=dwk_") != 1 {
			t.Errorf("the letter is %q: %s", letter.Subject, letter.Text)
		}
		again(signOut(owner), "anna@example.com").Sees("Check your email") // nobody knows which of the two it was
		h.sees("trust.stolen ended", 1)
	})
}

func TestTwoTabsUseOneTrustAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.trusts()
		one, two := b.Tab(), b.Tab()
		for _, tab := range []*webtest.Browser{one, two} {
			asAnother(tab, "anna@example.com")
		}
		old := b.Clone()
		one.Fill("password", password).Press("submit").Sees("app got anna")
		late := asAnother(old, "anna@example.com")
		h.later(59 * time.Second)
		late.Fill("password", password).Press("submit").Sees("app got anna") // the value before, within the minute
		if a, b := trustCookies(one), trustCookies(late); len(a) != 1 || len(b) != 1 || a[0].Value != b[0].Value {
			t.Errorf("the successors differ: %v, %v", a, b)
		}
		h.sees("trust.stolen ended", 0)
		h.later(time.Hour)
		again(signOut(late), "anna@example.com").Sees("app got anna")
	})
}

func TestTwentyPasswordsAtOnceUseOneTrust(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := asAnother(h.trusts(), "anna@example.com")
		var in atomic.Int32
		together(20, func(int) {
			body := b.Clone().Fill("password", password).Press("submit").Body()
			if strings.Contains(body, "app got anna") {
				in.Add(1)
			}
			if strings.Contains(body, "Check your email") {
				t.Error("a code is asked")
			}
		})
		if in.Load() == 0 {
			t.Error("nobody got in")
		}
		h.sees("session.started ok", 2)
		h.sees("trust.stolen ended", 0)
	})
}

func TestATrustEndsOnTheDayThatWasNamed(t *testing.T) { // TB-05, S-30
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.trusts()
		h.later(45 * 24 * time.Hour)
		again(b, "anna@example.com").Sees("app got anna") // using it moves nothing
		signOut(b)
		h.later(45*24*time.Hour - time.Minute)
		again(b, "anna@example.com").Sees("app got anna")
		signOut(b)
		h.later(time.Minute)
		h.withCode(again(b, "anna@example.com").Sees("Check your email")).Sees("Trust this browser?")
	})
}

func TestATrustEndsWithWhatMadeIt(t *testing.T) { // S-30
	t.Parallel()
	test := storage.Event{Actor: "test"}
	for name, change := range map[string]func(h *house) error{
		"the password is another": func(h *house) error {
			hash, err := h.keys.Passwords.Hash(t.Context(), password)
			h.must(err)
			return h.db.SetPassword(t.Context(), h.anna.ID, hash, "", test)
		},
		"the person signs out everywhere":  func(h *house) error { _, _, err := h.db.EndEverywhere(t.Context(), h.anna.ID, "", test); return err },
		"an admin resets their factors":    func(h *house) error { return h.db.ResetFactors(t.Context(), h.anna.ID, test) },
		"the person ends all their trusts": func(h *house) error { return h.db.EndTrusts(t.Context(), h.anna.ID, test) },
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			b := h.trusts()
			h.must(change(h))
			b.Go("/app").SeesNot("Continue as")
			again(b, "anna@example.com").Sees("Check your email")
			if len(trustCookies(b)) != 0 {
				t.Error("the cookie of an ended trust stays")
			}
			h.sees("trust.stolen ended", 0)
		})
	}
}

func TestATrustThatIsEndedElsewhereSignsNobodyIn(t *testing.T) { // TB-09
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.trusts()
		h.must(h.db.AddClient(t.Context(), thirdParty(), storage.Event{Actor: "test"}))
		h.ask.Consent = []string{"openid"}
		again(b, "anna@example.com").Sees("wants to use")
		h.must(h.db.EndTrusts(t.Context(), h.anna.ID, storage.Event{Actor: "test"})) // as another node does
		b.Press("allow").Status(400).SeesNot("app got")
		h.sees("session.started ok", 1)
	})
}

func TestSigningOutKeepsTheTrust(t *testing.T) { // TB-11
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.saysYes(h.browser(), "anna@example.com")
		before := trustCookies(b)[0].Value
		signOut(b)
		if after := trustCookies(b); len(after) != 1 || after[0].Value != before {
			t.Errorf("the cookie was %q and is %v", before, after)
		}
	})
}
