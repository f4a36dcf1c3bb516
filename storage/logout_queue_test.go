package storage_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// ended makes a session of the person with sign-ons to these clients, and ends it.
func (h *house) ended(clients ...string) storage.Session {
	h.t.Helper()
	s := h.signIn(storage.SignIn{})
	for _, id := range clients {
		h.signOn(s, id, storage.TellByUs)
	}
	h.must(h.EndSession(h.t.Context(), s.ID, storage.Event{}))
	return s
}

func (h *house) claimLogout(but ...string) storage.Logout {
	h.t.Helper()
	l, err := h.ClaimLogout(h.t.Context(), time.Minute, but)
	h.must(err)
	return l
}

func (h *house) wantNoLogoutDue(why string, but ...string) {
	h.t.Helper()
	if l, err := h.ClaimLogout(h.t.Context(), time.Minute, but); !errors.Is(err, storage.ErrNotFound) {
		h.t.Errorf("%s: claimed %+v, %v; want ErrNotFound", why, l, err)
	}
}

func TestFiftyClaimTenLogoutsAndEachHasOneWinner(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for range 10 {
			h.ended("web")
		}
		claimed := map[string]int{}
		var mu sync.Mutex
		for total := 0; total < 10; total = len(claimed) {
			before := total
			for _, err := range atOnce(50, func(int) error {
				l, err := db.ClaimLogout(t.Context(), time.Minute, nil)
				if err == nil {
					mu.Lock()
					claimed[l.ID]++
					mu.Unlock()
				}
				return err
			}) {
				if err != nil && !errors.Is(err, storage.ErrNotFound) {
					t.Fatal(err)
				}
			}
			if len(claimed) == before {
				t.Fatalf("fifty asked and none won, with %d of 10 claimed", before)
			}
		}
		for id, times := range claimed {
			if times != 1 {
				t.Errorf("%s was claimed %d times", id, times)
			}
		}
		h.wantNoLogoutDue("all are claimed")
	})
}

// A node that dies loses its logout to the next when the lease is over, and what it says late about a failure counts no more.
func TestALeaseThatRanOutLosesTheLogoutToTheNext(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		s := h.ended("web")
		first := h.claimLogout()
		if first.SessionID != s.ID || first.ClientID != "web" || first.UserID != h.user.ID || first.Tries != 1 || first.Lease == "" || !first.Done.IsZero() {
			t.Errorf("claimed %+v", first)
		}
		c.pass(time.Minute - time.Microsecond)
		h.wantNoLogoutDue("the lease lasts")
		c.pass(time.Microsecond)
		second := h.claimLogout()
		if second.ID != first.ID || second.Tries != 2 || second.Lease == first.Lease {
			t.Errorf("then %+v", second)
		}
		first.Why = "late"
		h.must(db.FailLogout(t.Context(), first))
		h.must(db.ReturnLogout(t.Context(), first, h.Now()))
		h.wantStand(s, "web", storage.LogoutWaiting)
		h.wantNoLogoutDue("the second has it")
		h.must(db.DeliverLogout(t.Context(), first)) // delivered is delivered
		h.must(db.DeliverLogout(t.Context(), second))
		h.must(db.FailLogout(t.Context(), second))
		h.wantStand(s, "web", storage.LogoutDelivered)
		if told, failed := h.events(storage.LogoutTold), h.events(storage.LogoutUntold); told != 1 || failed != 0 {
			t.Errorf("%d and %d events", told, failed)
		}
	})
}

func TestALogoutThatFailsSaysWhy(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		s := h.ended("web")
		l := h.claimLogout()
		l.Why = "it answers 400"
		h.must(db.FailLogout(t.Context(), l))
		all, err := db.Logouts(t.Context(), s.ID)
		if h.must(err); len(all) != 1 || all[0].State != storage.LogoutFailed || all[0].Why != l.Why || all[0].Done.IsZero() {
			t.Errorf("%+v", all)
		}
		h.wantNoLogoutDue("nobody tries again")
		events, err := db.Activity(t.Context(), h.user.ID, 1)
		if h.must(err); events[0].Kind != storage.LogoutUntold || events[0].Client != "web" || events[0].Data["session"] != s.ID || events[0].Data["why"] != l.Why {
			t.Errorf("%+v", events[0])
		}
	})
}

// LO-08: what waits for one client that does not answer waits together, and never before others.
func TestWhatWaitsForAClientThatDoesNotAnswerKeepsNobodyElseWaiting(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.apps("dead")
		for range 5 {
			h.ended("dead")
		}
		wait := func(l storage.Logout, why string, wait time.Duration) {
			l.Why = why
			h.must(db.ReturnLogout(t.Context(), l, h.Now().Add(wait)))
		}
		claimed := func(n int) {
			t.Helper()
			for range n {
				if l := h.claimLogout(); l.ClientID != "dead" {
					t.Errorf("claimed %+v", l)
				}
			}
		}
		first := h.claimLogout()
		h.wantNoLogoutDue("one at a time", "dead", "other")
		wait(first, storage.NoAnswer+"in time", 5*time.Second)
		h.wantNoLogoutDue("all five wait")
		h.ended("web")
		web := h.claimLogout()
		if web.ClientID != "web" {
			t.Errorf("claimed %+v", web)
		}
		h.must(db.DeliverLogout(t.Context(), web))
		c.pass(5 * time.Second)
		again := h.claimLogout()
		wait(again, storage.NoAnswer+"in time", time.Hour)
		c.pass(time.Minute - time.Second)
		h.wantNoLogoutDue("the others wait a minute")
		c.pass(time.Second)
		third := h.claimLogout()
		if third.ID == again.ID {
			t.Error("what waits for an hour came within a minute")
		}
		h.must(db.DeliverLogout(t.Context(), third)) // it is back: the others go at once
		claimed(4)
		h.wantNoLogoutDue("all are claimed")
	})
}

// An application that fails at one session's logout is told the others' all the same, and not that one's any sooner.
func TestOneLogoutThatFailsIsNoConcernOfTheOthers(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.ended("web")
		bad := h.claimLogout()
		h.ended("web")
		bad.Why = "it answers 500"
		h.must(db.ReturnLogout(t.Context(), bad, h.Now().Add(time.Hour)))
		good := h.claimLogout()
		h.must(db.DeliverLogout(t.Context(), good))
		h.wantNoLogoutDue("it has its own time")
		c.pass(time.Hour)
		if l := h.claimLogout(); l.ID != bad.ID || l.Why != bad.Why || l.Tries != 2 {
			t.Errorf("claimed %+v", l)
		}
	})
}
