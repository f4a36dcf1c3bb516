package login_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// slowly is a house in which a hash takes its time, with one slot and room for two to wait. Anna's own hash is a quick one.
func slowly(t *testing.T, memory uint32) *house {
	t.Helper()
	h := open(t, without)
	strong, err := keys.Open(t.Context(), h.db, keystest.Master(t), keys.Options{Log: h.site.Log, Now: h.now,
		Passwords: keys.PasswordOptions{MemoryKiB: memory, Time: 2, Slots: 1, Queue: 2, Wait: time.Minute}})
	h.must(err)
	h.face.Keys, h.keys = strong, strong
	return h
}

// crowd sends all forms at once, and gives back when some of them are hashed; the test ends when all are answered.
func (h *house) crowd(forms []*webtest.Browser) {
	h.t.Helper()
	var under sync.WaitGroup
	for _, form := range forms {
		under.Go(func() { form.Press("submit") })
	}
	h.t.Cleanup(under.Wait)
	for end := time.Now().Add(30 * time.Second); h.face.Keys.Passwords.Load() < 2; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			h.t.Fatal("nobody hashes")
		}
	}
	time.Sleep(20 * time.Millisecond) // for the others to come as well
}

func TestOneAddressBlockDoesNotFillTheQueueOfHashes(t *testing.T) {
	h := slowly(t, 64<<10)
	victim := toPassword(h.browser(), "anna@example.com").Fill("password", password)
	var forms []*webtest.Browser
	for i := range 12 {
		b := h.browser().From("203.0.113.7:1")
		forms = append(forms, toPassword(b, fmt.Sprintf("nobody%d@example.com", i)).Fill("password", "not the one"))
	}
	h.crowd(forms)
	victim.Press("submit").Sees("app got anna@example.com")
}

func TestOnePersonWithTheRightPasswordDoesNotFillTheQueueOfHashes(t *testing.T) { // from many addresses, in a known browser
	h := slowly(t, 64<<10)
	h.add(storage.User{Email: "eve@example.com"})
	victim := toPassword(h.browser(), "anna@example.com").Fill("password", password)
	known := toCode(h.browser(), "eve@example.com").Sees("app got eve@example.com").Go("/account").Press("confirm")
	var forms []*webtest.Browser
	for i := range 12 {
		b := known.Clone().From(fmt.Sprintf("203.0.113.%d:1", i)).Go("/app")
		forms = append(forms, toPassword(b, "eve@example.com").Fill("password", password))
	}
	h.crowd(forms)
	victim.Press("submit").Sees("app got anna@example.com")
}

// asked is a store that counts who asks whether an attempt is over. Tries at a password wait at the gate until all have come.
type asked struct {
	*storage.DB
	times atomic.Int32
	gate  sync.WaitGroup
}

// ChargeAll is the last that is asked before the line.
func (a *asked) ChargeAll(ctx context.Context, tries ...storage.Try) (string, time.Duration, error) {
	a.gate.Done()
	a.gate.Wait()
	return a.DB.ChargeAll(ctx, tries...)
}

func (a *asked) Spent(ctx context.Context, kind, id string) (bool, error) {
	a.times.Add(1)
	return a.DB.Spent(ctx, kind, id)
}

func TestWhereManyWantInAFinishedAttemptCostsNoHash(t *testing.T) {
	h := slowly(t, 16<<10) // two hashes one after the other stay far below the two seconds for which others wait, on a busy machine too
	h.add(storage.User{Email: "ben@example.com"})
	store := &asked{DB: h.db}
	h.face.Store = store
	form := toPassword(h.browser(), "ben@example.com")
	store.gate.Add(1)
	form.Clone().Fill("password", password).Press("submit").Sees("app got ben@example.com")
	if store.times.Load() != 0 {
		t.Error("who signs in alone pays for the question")
	}
	var refused atomic.Int32
	store.gate.Add(5)
	together(5, func(int) {
		if strings.Contains(form.Clone().Fill("password", password).Press("submit").Body(), "This sign-in is finished already") {
			refused.Add(1)
		}
	})
	if got := h.events()["sign_in.password_right ok"]; refused.Load() != 5 || got >= 1+5 || store.times.Load() == 0 {
		t.Errorf("%d were refused, %d were hashed", refused.Load(), got)
	}
	h.sees("session.started ok", 1)
}
