package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// untold lets what is due of these many fail for good.
func (h *house) untold(n int, why string) {
	h.t.Helper()
	for range n {
		l := h.claimLogout()
		l.Why = why
		h.must(h.FailLogout(h.t.Context(), l))
	}
}

func (h *house) wantRetried(want int64, why string) {
	h.t.Helper()
	if n, err := h.RetryLogouts(h.t.Context(), h.user.ID, by); err != nil || n != want {
		h.t.Errorf("%s: %d are tried again, %v; want %d", why, n, err, want)
	}
}

func TestALogoutThatHasFailedIsTriedAgainWhenAnOperatorAsks(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.wantRetried(0, "nothing has failed")
		s := h.ended("web")
		h.wantRetried(0, "it waits")
		ended := h.Now()
		h.untold(1, storage.NoAnswer+"in time")
		c.pass(20 * 24 * time.Hour)
		h.wantRetried(1, "it has failed")
		h.wantStand(s, "web", storage.LogoutWaiting)
		h.wantRetried(0, "it waits again")
		if n := h.events(storage.LogoutRetried); n != 1 {
			t.Errorf("%d events", n)
		}
		if q, err := db.LogoutQueue(t.Context()); err != nil || q.Waiting != 1 || !q.Oldest.Equal(h.Now()) {
			t.Errorf("metrics see %+v, %v: what was asked for now is no old sign-out", q, err)
		}
		asked := h.Now()
		c.pass(time.Hour)
		l := h.claimLogout()
		if l.Tries != 1 || !l.Ended.Equal(ended) || !l.Since().Equal(asked) || l.Why != storage.NoAnswer+"in time" {
			t.Errorf("claimed %+v, since %v", l, l.Since())
		}
		h.must(db.DeliverLogout(t.Context(), l))
		h.wantStand(s, "web", storage.LogoutDelivered)
		h.wantRetried(0, "it is delivered")
		c.pass(29 * 24 * time.Hour)
		h.must(second(db.Sweep(t.Context())))
		h.wantStand(s, "web", storage.LogoutDelivered) // thirty days from when it was asked for
	})
}

// A person's ended sessions are told again, and nobody else's; a batch at a time, the newest first.
func TestOneRoundTriesABatchOfAPersonAgainTheNewestFirst(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		oldest := h.ended("web")
		for range 100 {
			c.pass(time.Second)
			h.ended("web")
		}
		h.untold(101, "it answers 400")
		other := person("other@example.com")
		h.must(db.AddUser(t.Context(), other, "hash", by))
		if n, err := db.RetryLogouts(t.Context(), other.ID, by); n != 0 || err != nil {
			t.Errorf("somebody else's: %d, %v", n, err)
		}
		h.wantRetried(100, "a batch")
		h.wantStand(oldest, "web", storage.LogoutFailed)
		h.wantRetried(1, "the rest")
		h.wantStand(oldest, "web", storage.LogoutWaiting)
	})
}

func TestFiftyAskForAnotherRoundAndOneGetsEach(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for range 10 {
			h.ended("web")
		}
		h.untold(10, "it answers 500")
		got := make([]int64, 50)
		for _, err := range atOnce(50, func(i int) error {
			var err error
			got[i], err = db.RetryLogouts(t.Context(), h.user.ID, by)
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		var total int64
		winners := 0
		for _, n := range got {
			total += n
			winners += int(min(n, 1))
		}
		if total != 10 || h.events(storage.LogoutRetried) != winners {
			t.Errorf("%d were set due, by %d, with %d events", total, winners, h.events(storage.LogoutRetried))
		}
	})
}

// What has waited as long for a client that never answers fails together in the second round too, and what has ended since has its own time.
func TestInAnotherRoundOnlyWhatHasWaitedAsLongFailsTogether(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		first, second := h.ended("web"), h.ended("web")
		h.untold(2, "it answers 500")
		c.pass(24 * time.Hour)
		h.wantRetried(2, "both")
		c.pass(time.Second)
		late := h.ended("web")
		h.untold(1, storage.NoAnswer+"in time")
		for _, s := range []storage.Session{first, second} {
			h.wantStand(s, "web", storage.LogoutFailed)
		}
		h.wantStand(late, "web", storage.LogoutWaiting)
		if l := h.claimLogout(); l.SessionID != late.ID {
			t.Errorf("claimed %+v", l)
		}
	})
}

func TestALogoutThatIsClaimedMeanwhileIsNotSetBack(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.ended("web")
		l := h.claimLogout()
		h.wantRetried(0, "somebody is telling it")
		if _, err := db.ClaimLogout(t.Context(), time.Minute, nil); !errors.Is(err, storage.ErrNotFound) {
			t.Error("it could be claimed twice:", err)
		}
		h.must(db.DeliverLogout(t.Context(), l))
	})
}
