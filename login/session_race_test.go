package login_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/doorward/doorward/storage"
)

// together runs f n times at once.
func together(n int, f func(i int)) {
	var wait sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wait.Go(func() { <-start; f(i) })
	}
	close(start)
	wait.Wait()
}

func TestFiftyFinishOneAttemptAndOneSessionIsMade(t *testing.T) { // CS-03
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.must(h.db.AddClient(t.Context(), thirdParty(), storage.Event{Actor: "test"}))
		h.ask.Consent = []string{"openid"}
		b := toCode(h.browser(), "anna@example.com").Sees("wants to use")
		var won, late atomic.Int32
		together(50, func(int) {
			tab := b.Clone().Press("allow")
			switch {
			case strings.Contains(tab.Body(), "app got anna"):
				won.Add(1)
			case strings.Contains(tab.Body(), "This sign-in is finished already"):
				tab.Status(409)
				late.Add(1)
			}
		})
		if won.Load() != 1 || late.Load() != 49 {
			t.Errorf("%d won and %d came late", won.Load(), late.Load())
		}
		h.sees("session.started ok", 1)
	}, without)
}

func TestFiftySendOneRightCodeAndOneWins(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b, code := toCode(h.browser(), "anna@example.com"), h.code()
		var won, status500 atomic.Int32
		together(50, func(int) {
			tab := no(b.Clone().Fill("code", code).Press("submit"))
			if strings.Contains(tab.Body(), "app got anna") {
				won.Add(1)
			}
			if strings.Contains(tab.Body(), "wrong on our side") {
				status500.Add(1)
			}
		})
		if won.Load() != 1 || status500.Load() != 0 {
			t.Errorf("%d won, %d failed", won.Load(), status500.Load())
		}
		h.sees("session.started ok", 1)
		h.sees("sign_in.code_right ok", 1)
	})
}

func TestOfManyParallelGuessesFiveAreCompared(t *testing.T) { // EO-02
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b, wrong := toCode(h.browser(), "anna@example.com"), h.wrong()
		together(30, func(int) { b.Clone().Fill("code", wrong).Press("submit") })
		e := h.events()
		if e["sign_in.refused code_wrong"] != 4 || e["session.started ok"] != 0 {
			t.Errorf("events are %v", e)
		}
		b.Fill("code", h.code()).Press("submit").SeesNot("app got")
	})
}

func TestTheFirstCodeIsSentOnceHoweverManySeeThePage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toPassword(h.browser(), "anna@example.com")
		b.StayOn("https://elsewhere.test").Fill("password", password).Press("submit")
		address := b.Location()
		if !strings.Contains(address, "/login/email_code") {
			t.Fatalf("the password leads to %q", address)
		}
		together(20, func(int) { b.Clone().StayOn(issuer).Go(address).Status(200) })
		if n := len(h.mailbox.Letters()); n != 1 {
			t.Errorf("%d letters were sent", n)
		}
	})
}

func TestTwoAttemptsAtOnceAreTwoSignIns(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser()
	one, two := b.Tab(), b.Tab().Go("/app")
	toCode(one, "anna@example.com")
	first := h.code()
	toCode(two, "anna@example.com")
	no(two.Fill("code", h.code()).Press("submit")).Sees("app got anna")
	one.Fill("code", first).Press("submit").SeesNot("app got") // the binding was renewed: one is signed in, and begins anew
}
