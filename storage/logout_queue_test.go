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

func TestALogoutThatIsDeliveredKeepsNoFailureOfAnEarlierTry(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		s := h.ended("web")
		l := h.claimLogout()
		l.Why = storage.NoAnswer + "in time"
		h.must(db.ReturnLogout(t.Context(), l, h.Now()))
		l = h.claimLogout()
		if l.Why == "" {
			t.Error("the second try does not know why the first one failed")
		}
		h.must(db.DeliverLogout(t.Context(), l))
		all, err := db.Logouts(t.Context(), s.ID)
		if h.must(err); len(all) != 1 || all[0].Why != "" {
			t.Errorf("%+v", all)
		}
		events, err := db.Activity(t.Context(), h.user.ID, 1)
		if h.must(err); events[0].Kind != storage.LogoutTold || events[0].Data["tries"] != "2" || events[0].Data["why"] != "" {
			t.Errorf("%+v", events[0])
		}
	})
}

// LO-08: what waits for a client that does not answer is left alone, however much it is, and keeps nobody else waiting.
func TestWhatWaitsForAClientThatDoesNotAnswerKeepsNobodyElseWaiting(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.apps("dead")
		for range 5 {
			h.ended("dead")
		}
		first := h.claimLogout()
		first.Why = storage.NoAnswer + "in time"
		h.must(db.ReturnLogout(t.Context(), first, h.Now().Add(time.Hour)))
		h.wantNextLogout(time.Time{}, "dead") // whom the sender leaves out for a while
		h.wantNoLogoutDue("the client is left out", "dead", "other")
		h.ended("web")
		h.wantNextLogout(h.Now(), "dead")
		if web := h.claimLogout("dead"); web.ClientID != "web" {
			t.Errorf("claimed %+v", web)
		} else {
			h.must(db.DeliverLogout(t.Context(), web))
		}
		second := h.claimLogout() // a later one is asked in the place of the first
		if second.ClientID != "dead" || second.ID == first.ID || second.Tries != 1 {
			t.Errorf("claimed %+v", second)
		}
		h.must(db.DeliverLogout(t.Context(), second)) // it is back: the first comes at once
		for range 4 {
			if l := h.claimLogout(); l.ClientID != "dead" || l.ID == second.ID {
				t.Errorf("claimed %+v", l)
			}
		}
		h.wantNoLogoutDue("all are claimed")
		h.wantNextLogout(h.Now().Add(time.Minute)) // the end of the leases
	})
}

// wantNextLogout asks when the next logout is due of a client that is not in but.
func (h *house) wantNextLogout(want time.Time, but ...string) {
	h.t.Helper()
	due, err := h.NextLogout(h.t.Context(), but)
	if h.must(err); !due.Equal(want) {
		h.t.Errorf("the next but %v is due %v, want %v", but, due, want)
	}
}

func TestOfSeveralClientsTheLogoutThatIsDueTheLongestComesFirst(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.wantNextLogout(time.Time{})
		h.apps("a", "m", "z")
		var want []string
		for _, id := range []string{"m", "z", "a", "m", "a", "z", "web"} {
			h.ended(id)
			want = append(want, id)
			c.pass(time.Second)
		}
		h.wantNextLogout(h.Now().Add(-7 * time.Second))
		h.wantNextLogout(h.Now().Add(-6*time.Second), "m")
		h.wantNextLogout(h.Now().Add(-time.Second), "m", "z", "a")
		var got []string
		for range want {
			got = append(got, h.claimLogout().ClientID)
		}
		if !slices.Equal(got, want) {
			t.Errorf("claimed %v, want %v", got, want)
		}
		h.wantNoLogoutDue("all are claimed")
	})
}

// What waits has a bound in time: where a client does not answer for as long as anybody tries, what has waited as long fails too.
func TestWhatHasWaitedAsLongForAClientThatNeverAnswersFailsTogether(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.apps("dead")
		fails := func(why string, events int) {
			t.Helper()
			l := h.claimLogout("web")
			l.Why = why
			h.must(db.FailLogout(t.Context(), l))
			if n := h.events(storage.LogoutUntold); n != events {
				t.Errorf("%q: %d have failed, want %d", why, n, events)
			}
		}
		tried := h.ended("dead")
		l := h.claimLogout()
		h.must(db.ReturnLogout(t.Context(), l, h.Now().Add(time.Hour)))
		var early []storage.Session
		for range 104 {
			early = append(early, h.ended("dead", "web"))
		}
		c.pass(time.Second)
		late := h.ended("dead")
		fails("it answers 400", 1) // which says nothing of the others
		fails(storage.NoAnswer+"in time", 1+101)
		h.wantStand(tried, "dead", storage.LogoutWaiting) // has its own time
		fails(storage.NoAnswer+"in time", 104)
		for _, s := range early {
			h.wantStand(s, "dead", storage.LogoutFailed)
			h.wantStand(s, "web", storage.LogoutWaiting)
		}
		h.wantStand(late, "dead", storage.LogoutWaiting)
		if all, err := db.Logouts(t.Context(), early[103].ID); err != nil || all[0].Why != storage.NoAnswer+"in time" || all[0].Tries > 1 || all[0].Done.IsZero() { // one of the three that were claimed, perhaps
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// Metrics see how much waits, and for how long.
func TestHowMuchWaitsToBeToldIsCounted(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		want := func(waiting int, oldest time.Time) {
			t.Helper()
			if q, err := db.LogoutQueue(t.Context()); err != nil || q.Waiting != waiting || !q.Oldest.Equal(oldest) {
				t.Errorf("%+v, %v; want %d since %v", q, err, waiting, oldest)
			}
		}
		want(0, time.Time{})
		h.signOn(h.session, "web", storage.TellByUs)
		want(0, time.Time{}) // the session lives
		first := h.Now()
		h.ended("web")
		c.pass(time.Minute)
		h.ended("web")
		l := h.claimLogout()
		want(2, first) // those that are being told are among them
		h.must(db.ReturnLogout(t.Context(), l, h.Now().Add(time.Hour)))
		want(2, first)
		h.must(db.DeliverLogout(t.Context(), l))
		want(1, first.Add(time.Minute))
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
