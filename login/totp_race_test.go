package login_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/web/webtest"
)

// from is a browser behind an address of its own, with the password given.
func (h *house) from(i int) *webtest.Browser {
	h.t.Helper()
	return toCode(h.browser().From(fmt.Sprintf("198.51.100.%d:9", i)), "anna@example.com").Sees("Enter the code from your app")
}

func TestFiftySendOneCodeOfAnAppAndOneWins(t *testing.T) { // TP-01
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, _ *webtest.Browser) {
		sessions := h.events()["session.started ok"]
		var signIns []*webtest.Browser
		for i := range 50 { // each with an attempt of its own: what they share is the code
			signIns = append(signIns, h.from(i))
		}
		code := a.code()
		var won, failed atomic.Int32
		together(50, func(i int) {
			signIns[i].Fill("code", code).Press("submit")
			switch body := signIns[i].Body(); {
			case strings.Contains(body, "app got anna"):
				won.Add(1)
			case strings.Contains(body, "wrong on our side"):
				failed.Add(1)
			}
		})
		if won.Load() != 1 || failed.Load() != 0 {
			t.Errorf("%d won, %d failed", won.Load(), failed.Load())
		}
		h.sees("session.started ok", sessions+1)
		h.sees("sign_in.totp_right ok", 1)
	})
}

func TestTwoNodesTakeOneCodeOnce(t *testing.T) { // TP-01, on the other node
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, _ *webtest.Browser) {
		other := h.node()
		for range 5 {
			h.later(30 * time.Second)
			here := h.toApp()
			there := toCode(webtest.New(t, other).Go(issuer+"/app"), "anna@example.com")
			code := a.code()
			both := []*webtest.Browser{here, there}
			var won atomic.Int32
			together(2, func(i int) {
				if strings.Contains(both[i].Fill("code", code).Press("submit").Body(), "app got anna") {
					won.Add(1)
				}
			})
			if won.Load() != 1 {
				t.Fatalf("%d nodes took the code", won.Load())
			}
		}
		h.sees("sign_in.totp_right ok", 5)
	})
}

func TestOfManyParallelGuessesAtAnAppFiveAreCompared(t *testing.T) { // TP-04
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, _ *webtest.Browser) {
		b, wrong := h.toApp(), wrongFor(a)
		together(60, func(int) { b.Clone().Fill("code", wrong).Press("submit") })
		h.sees("sign_in.refused totp_wrong", 5)
		b.Fill("code", a.code()).Press("submit").Status(429).Check().Sees("Too many wrong codes. Try again in 30 seconds.") // the right one waits too
		if b.Header().Get("Retry-After") != "30" {
			t.Errorf("Retry-After is %q", b.Header().Get("Retry-After"))
		}
		h.later(30 * time.Second)
		b.Fill("code", a.code()).Press("submit").Sees("app got anna")
	})
}

func TestGuessesAtAnAppAreCountedByThePersonEverywhere(t *testing.T) { // TP-06, zitadel CVE-2025-64102
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, codes []string, known *webtest.Browser) {
		other, wrong := h.node(), wrongFor(a)
		compared := func() int { return h.events()["sign_in.refused totp_wrong"] }
		for i := range 30 { // from many addresses, in many attempts, on both nodes, for a quarter of an hour
			b := h.from(i)
			if i%2 == 1 {
				b = toCode(webtest.New(t, other).From(fmt.Sprintf("203.0.113.%d:9", i)).Go(issuer+"/app"), "anna@example.com")
			}
			b.Fill("code", wrong).Press("submit")
			h.later(30 * time.Second)
		}
		if n := compared(); n < 5 || n > 10 {
			t.Errorf("%d guesses were compared in a quarter of an hour", n)
		}
		// Whoever guesses locks nobody out: a browser that the person has used has a counter of its own, and so have recovery codes.
		stranger := h.from(99).Fill("code", a.code()).Press("submit").Status(429)
		stranger.Follow("Use a recovery code").Fill("code", codes[0]).Press("submit").Sees("app got anna")
		known.Go("/account").Press("confirm")
		toCode(known.Go("/app"), "anna@example.com").Fill("code", a.code()).Press("submit").Sees("app got anna")
	})
}
