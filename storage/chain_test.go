package storage_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// linker links by a key that stands in this test.
type linker string

func (l linker) Link(previous, digest []byte) []byte {
	h := hmac.New(sha256.New, []byte(l))
	h.Write(previous)
	h.Write(digest)
	return h.Sum(nil)
}

func (l linker) Linked(link, previous, digest []byte) bool {
	return hmac.Equal(link, l.Link(previous, digest))
}

const ours = linker("the key of this house")

// chainAll chains all that is a moment old, and says how much that was.
func chainAll(t *testing.T, db *storage.DB) int {
	t.Helper()
	all := 0
	for {
		n, err := db.ChainEvents(t.Context(), 7, ours)
		if err != nil {
			t.Fatal(err)
		}
		if all += n; n == 0 {
			return all
		}
	}
}

// verified reads the whole chain, and says what is wrong with it: the kinds of faults, each as often as it was found.
func verified(t *testing.T, db *storage.DB) (storage.ChainReport, map[string]int) {
	t.Helper()
	faults := map[string]int{}
	report, err := db.VerifyChain(t.Context(), 0, ours, func(f storage.ChainFault) error {
		faults[f.What]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return report, faults
}

func (h *house) record(n int, e storage.Event) {
	h.t.Helper()
	for range n {
		h.must(h.Record(h.t.Context(), e))
	}
}

// AD-16
func TestEachEventIsChainedOnceWhenItIsAMomentOld(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		if report, faults := verified(t, db); len(faults) > 0 || report.Events != 0 || !report.Begun.IsZero() {
			t.Errorf("of an empty log: %+v, %v", report, faults)
		}
		h.record(20, storage.Event{Kind: storage.KeysChanged, Data: map[string]string{"what": "a\x1fb\x00"}})
		if n := chainAll(t, db); n != 0 {
			t.Errorf("%d were chained at once: one that another node writes now may come to be before them", n)
		}
		c.pass(3 * time.Second)
		if n := chainAll(t, db); n != 20 {
			t.Errorf("%d were chained, want 20", n)
		}
		h.record(3, storage.Event{Kind: storage.SignInRefused})
		c.pass(3 * time.Second)
		report, faults := verified(t, db)
		if len(faults) > 0 || report.Events != 20 || report.Waiting != 3 || report.First != 1 || report.Last != 20 || report.Begun.IsZero() {
			t.Errorf("%+v, %v", report, faults)
		}
		before := report.Head
		if n := chainAll(t, db); n != 3 {
			t.Errorf("%d were chained, want 3", n)
		}
		if report, faults = verified(t, db); len(faults) > 0 || report.Events != 23 || report.Head == before {
			t.Errorf("%+v, %v", report, faults)
		}
	})
}

// AD-16
func TestNodesThatChainAtOnceChainEachEventOnce(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, _ func(string)) {
		c := newClock()
		db := node(t, url, c.now)
		nodes := []*storage.DB{db, db, db, db}
		if db.Kind() == "postgres" {
			for i := range nodes[1:] {
				nodes[i+1] = node(t, url, c.now)
			}
		}
		h := &house{DB: db, t: t}
		h.record(150, storage.Event{Kind: storage.KeysChanged})
		c.pass(3 * time.Second)
		for deadline := time.Now().Add(time.Minute); ; {
			for _, err := range atOnce(len(nodes), func(i int) error {
				_, err := nodes[i].ChainEvents(t.Context(), 11, ours)
				return err
			}) {
				h.must(err)
			}
			report, faults := verified(t, db)
			if len(faults) > 0 {
				t.Fatalf("%+v, %v", report, faults)
			}
			if report.Waiting == 0 && report.Events == 150 && report.Last == 150 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("nothing comes of it: %+v", report)
			}
		}
	})
}

// late writes an event into the log with an id of a time that is over, as another node's transaction would that took so long.
func late(exec func(string), t time.Time, kind string) {
	exec(fmt.Sprintf(`insert into events (id, happened, kind, actor, user_id, client_id, address, reference, result, data, attempt)
		values ('%014xabcdefgh', %d, '%s', '', '', '', '', '', 'ok', '', '')`, t.UnixMicro(), t.UnixMicro(), kind))
}

// AD-16
func TestAnEventThatComesLateIsChainedAndOneThatComesMuchTooLateIsToldOf(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		c := newClock()
		h := &house{DB: node(t, url, c.now), t: t}
		for range 10 {
			h.record(1, storage.Event{Kind: storage.KeysChanged})
			c.pass(time.Minute)
		}
		chainAll(t, h.DB)
		late(exec, c.now().Add(-100*time.Second), "a transaction that took its time")
		if n := chainAll(t, h.DB); n != 1 {
			t.Errorf("%d were chained, want the late one", n)
		}
		if report, faults := verified(t, h.DB); len(faults) > 0 || report.Events != 11 {
			t.Errorf("%+v, %v", report, faults)
		}
		late(exec, c.now().Add(-8*time.Minute), "somebody was at the database")
		if n := chainAll(t, h.DB); n != 0 {
			t.Errorf("%d were chained", n)
		}
		if report, faults := verified(t, h.DB); faults[storage.ChainInserted] != 1 || report.Faults != 1 {
			t.Errorf("before it is chained: %+v, %v", report, faults)
		}
		h.must(h.ChainLoose(t.Context(), ours))
		h.must(h.ChainLoose(t.Context(), ours))
		if report, faults := verified(t, h.DB); faults[storage.ChainInserted] != 1 || report.Faults != 1 || report.Last != 12 || report.Waiting != 0 {
			t.Errorf("chained: %+v, %v", report, faults)
		}
	})
}

// AD-16
func TestAHouseChainsItsLogByItself(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		h.record(450, storage.Event{Kind: storage.KeysChanged, Time: time.Now().Add(-time.Hour)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			db.KeepChain(ctx, ours)
		}()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			report, faults := verified(t, db)
			if report.Events == 450 && len(faults) == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%+v, %v", report, faults)
			}
		}
		cancel()
		<-done
	})
}

// What was left out is looked for beside what is new, and first after an hour, so that a process that begins chains what happens now.
func TestAHouseChainsWhatWasLeftOutAfterAnHour(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		c := newClock()
		h := &house{DB: node(t, url, c.now), t: t}
		h.record(1, storage.Event{Kind: storage.KeysChanged})
		c.pass(time.Minute)
		chainAll(t, h.DB)
		late(exec, c.now().Add(-time.Hour), "left out")
		h.record(1, storage.Event{Kind: storage.KeysChanged})
		c.pass(time.Minute)
		ctx, cancel := context.WithCancel(t.Context())
		var keeper sync.WaitGroup
		defer keeper.Wait()
		defer cancel()
		keeper.Go(func() { h.KeepChain(ctx, ours) })
		reaches := func(last int64) storage.ChainReport {
			for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
				if report, _ := verified(t, h.DB); report.Last >= last || time.Now().After(deadline) {
					return report
				}
			}
		}
		if report := reaches(2); report.Last != 2 || report.Waiting+report.Faults != 1 {
			t.Errorf("what is new: %+v", report)
		}
		c.pass(time.Hour + time.Minute)
		if report := reaches(3); report.Last != 3 || report.Waiting != 0 {
			t.Errorf("an hour later: %+v", report)
		}
	})
}

func TestAVerificationEndsWhenItsReaderHasSeenEnough(t *testing.T) {
	enough := errors.New("enough")
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		c := newClock()
		h := &house{DB: node(t, url, c.now), t: t}
		h.record(5, storage.Event{Kind: storage.KeysChanged})
		c.pass(time.Minute)
		chainAll(t, h.DB)
		exec(`update events set kind = 'nothing'`)
		if report, err := h.VerifyChain(t.Context(), 0, ours, func(storage.ChainFault) error { return enough }); !errors.Is(err, enough) || report.Faults != 1 {
			t.Errorf("%+v, %v", report, err)
		}
		if report, err := h.VerifyChain(t.Context(), 3, ours, func(storage.ChainFault) error { return nil }); err != nil || report.Faults != 2 || report.First != 4 {
			t.Errorf("from the fourth on: %+v, %v", report, err)
		}
	})
}
