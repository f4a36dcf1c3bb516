package storage_test

import (
	"errors"
	"slices"
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

// LO-08: what waits for one client that is out of reach waits together, and never before others.
func TestWhatWaitsForAClientOutOfReachKeepsNobodyElseWaiting(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.apps("dead")
		for range 5 {
			h.ended("dead")
		}
		tried := h.claimLogout()
		h.wantNoLogoutDue("one at a time", "dead", "other")
		tried.Why = "it does not answer in time"
		h.must(db.ReturnLogout(t.Context(), tried, h.Now().Add(5*time.Second)))
		h.wantNoLogoutDue("all five wait")
		h.ended("web")
		if l := h.claimLogout(); l.ClientID != "web" {
			t.Errorf("claimed %+v", l)
		}
		c.pass(5 * time.Second)
		again := h.claimLogout()
		if again.ID != tried.ID || again.Tries != 2 || again.Why != tried.Why { // what was tried most often goes first
			t.Errorf("claimed %+v, want %s", again, tried.ID)
		}
		h.must(db.ReturnLogout(t.Context(), again, h.Now().Add(time.Hour)))
		c.pass(time.Hour)
		third := h.claimLogout()
		h.must(db.ReturnLogout(t.Context(), third, h.Now().Add(time.Hour)))
		h.must(db.DeliverLogout(t.Context(), third)) // it is back: the others go at once
		var clients []string
		for range 4 {
			clients = append(clients, h.claimLogout().ClientID)
		}
		if slices.ContainsFunc(clients, func(id string) bool { return id != "dead" }) {
			t.Errorf("claimed %v", clients)
		}
	})
}
