package storage_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// waits counts how many of the callers who asked at once had to wait.
func waits(t *testing.T, n int, ask func() (time.Duration, error)) int {
	t.Helper()
	var refused atomic.Int64
	for _, err := range atOnce(n, func(int) error {
		wait, err := ask()
		if wait > 0 {
			refused.Add(1)
		}
		return err
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	return int(refused.Load())
}

func TestOfAllWhoComeAtOnceJustTheBurstPasses(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		rate := storage.Rate{Burst: 7, Per: time.Hour}
		refused := waits(t, 500, func() (time.Duration, error) { return db.Spend(t.Context(), "k", rate) })
		if refused != 493 {
			t.Errorf("%d of 500 refused, want 493", refused)
		}
		if wait, err := db.Spend(t.Context(), "another", rate); wait != 0 || err != nil {
			t.Errorf("another key waits %v, %v", wait, err)
		}
	})
}

func TestARateComesBackOneByOne(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		rate := storage.Rate{Burst: 3, Per: 15 * time.Minute}
		want := func(want time.Duration) {
			t.Helper()
			wait, err := db.Spend(t.Context(), "mail:anna", rate)
			if err != nil || wait != want {
				t.Errorf("wait %v, %v; want %v", wait, err, want)
			}
		}
		want(0)
		want(0)
		want(0)
		want(5 * time.Minute)
		want(5 * time.Minute) // a refusal charges nothing
		c.pass(4 * time.Minute)
		want(time.Minute)
		c.pass(time.Minute)
		want(0)
		want(5 * time.Minute)
		c.pass(24 * time.Hour)
		want(0)
		want(0)
		want(0)
		want(5 * time.Minute)
		c.pass(-time.Minute) // a node whose clock is behind gets no more, and no less
		want(6 * time.Minute)
	})
}

var passwordBackoff = storage.Backoff{Free: 5, First: time.Second, Max: 15 * time.Minute, Forget: time.Hour}

// BF-05: a race of tries is counted to the last one.
func TestOfFiveHundredTriesAtOnceJustTheFreeOnesPass(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		slow := passwordBackoff
		slow.First = time.Hour
		slow.Max = time.Hour
		refused := waits(t, 500, func() (time.Duration, error) { return db.Charge(t.Context(), "k", slow) })
		if refused != 495 {
			t.Errorf("%d of 500 refused, want 495", refused)
		}
	})
}

func TestEachFurtherTryWaitsTwiceAsLong(t *testing.T) {
	c := newClock()
	db := storagetest.New(t, c.now)
	try := func(want time.Duration) {
		t.Helper()
		wait, err := db.Charge(t.Context(), "password:anna", passwordBackoff)
		if err != nil || wait != want {
			t.Errorf("wait %v, %v; want %v", wait, err, want)
		}
	}
	for range 5 {
		try(0)
	}
	for wait := time.Second; wait < 15*time.Minute; wait *= 2 {
		try(wait)
		c.pass(wait - time.Microsecond)
		try(time.Millisecond) // a refusal never says 0
		c.pass(time.Microsecond)
		try(0)
	}
	for range 3 {
		try(15 * time.Minute)
		c.pass(15 * time.Minute)
		try(0)
	}
	c.pass(time.Hour)
	for range 5 { // forgotten
		try(0)
	}
	try(time.Second)
	if err := db.Forgive(t.Context(), "password:nobody", "password:anna"); err != nil {
		t.Fatal(err)
	}
	for range 5 { // forgiven
		try(0)
	}
	try(time.Second)
}

func TestOfAllWhoWaitedOneTriesNext(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		for range 6 {
			if _, err := db.Charge(t.Context(), "k", passwordBackoff); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			c.pass(time.Minute)
			refused := waits(t, 100, func() (time.Duration, error) { return db.Charge(t.Context(), "k", passwordBackoff) })
			if refused != 99 {
				t.Errorf("%d of 100 refused, want 99", refused)
			}
		}
	})
}

func TestTriesAreCountedAtEachKeyUpToTheFirstThatWaits(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		once := storage.Backoff{Free: 1, First: time.Minute, Max: time.Minute, Forget: time.Hour}
		here, anywhere := storage.Try{Key: "anna@home", Backoff: once}, storage.Try{Key: "anna", Backoff: passwordBackoff}
		charge := func(wantKey string, tries ...storage.Try) {
			t.Helper()
			key, wait, err := db.ChargeAll(t.Context(), tries...)
			if key != wantKey || (wait > 0) != (wantKey != "") || err != nil {
				t.Errorf("%q waits %v, %v; want %q", key, wait, err, wantKey)
			}
		}
		charge("", here, anywhere)
		for range 10 { // whoever is slowed down here slows nobody down elsewhere
			charge("anna@home", here, anywhere)
		}
		for range 4 {
			charge("", anywhere)
		}
		charge("anna", storage.Try{Key: "anna@work", Backoff: once}, anywhere)
		charge("anna@work", storage.Try{Key: "anna@work", Backoff: once}) // counted, though the next key refused
		charge("")
		c.pass(2 * time.Hour)
		refused := waits(t, 100, func() (time.Duration, error) {
			_, wait, err := db.ChargeAll(t.Context(), storage.Try{Key: storage.NewID(), Backoff: once}, anywhere)
			return wait, err
		})
		if refused != 95 {
			t.Errorf("%d of 100 refused, want 95", refused)
		}
	})
}

func TestAnyTextIsAKeyAndNoTwoKeysShareACount(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		rate := storage.Rate{Burst: 1, Per: time.Hour}
		long := strings.Repeat("x", 1<<20)
		for _, key := range []string{"", "a", "a\x00", "a\xff", "a\xfe", "ａ", "#a", long, long + "y"} {
			for want := range 2 {
				wait, err := db.Spend(t.Context(), key, rate)
				if err != nil || (wait > 0) != (want > 0) {
					t.Errorf("%.10q: wait %v, %v", key, wait, err)
				}
			}
			if wait, err := db.Charge(t.Context(), key, passwordBackoff); wait != 0 || err != nil {
				t.Errorf("%.10q: its tries wait %v, %v", key, wait, err)
			}
		}
	})
}
