package storage_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestWhatHasExpiredIsSweptAndNothingElse(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.mail("short", "sign-in", time.Minute)
		h.mail("long", "sign-in", 48*time.Hour)
		for i := range 1100 { // more than two batches
			h.must(db.Once(t.Context(), "jti", fmt.Sprint(i), h.Now().Add(time.Minute)))
		}
		h.must(db.Once(t.Context(), "jti", "long", h.Now().Add(48*time.Hour)))
		_, err := db.Spend(t.Context(), "k", storage.Rate{Burst: 1, Per: time.Minute})
		h.must(err)
		h.grant(func(g *storage.Grant) { g.Expires = h.Now().Add(time.Minute) })
		long := h.grant(func(g *storage.Grant) { g.Offline = true })
		sweep := func(want int) {
			t.Helper()
			if n, err := db.Sweep(t.Context()); err != nil || n != want {
				t.Errorf("swept %d, %v; want %d", n, err, want)
			}
		}
		sweep(0)
		c.pass(time.Minute)
		sweep(1 + 1100 + 1) // mailed code, spent ids, limit; the grant's code is still young, and so is the first attempt's id
		c.pass(13 * time.Hour)
		sweep(1 + 1 + 1) // session (idle), grant, the attempt's id
		sweep(0)
		_, _, err = db.LiveGrant(t.Context(), long.ID)
		h.must(err)
		if _, err := db.MailedCode(t.Context(), "long", "sign-in"); err != nil {
			t.Error(err)
		}
		if err := db.Once(t.Context(), "jti", "long", h.Now()); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("the id that is still spent: %v, want ErrConflict", err)
		}
	})
}

func TestATrustIsSweptAtItsEnd(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		given := h.trust() // for ninety days
		c.pass(89 * 24 * time.Hour)
		_, err := db.Sweep(t.Context())
		h.must(err)
		if _, _, err := db.Trust(t.Context(), given.ID); err != nil {
			t.Errorf("a living one: %v", err)
		}
		c.pass(24 * time.Hour)
		if n, err := db.Sweep(t.Context()); err != nil || n != 1 {
			t.Errorf("swept %d, %v; want 1", n, err)
		}
	})
}

func TestRefusedSignInsAreKeptForNinetyDaysAndChangesForGood(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		record := func(kind string, n int) {
			for range n {
				if err := db.Record(t.Context(), storage.Event{Kind: kind}); err != nil {
					t.Fatal(err)
				}
			}
		}
		record(storage.SignInRefused, 700) // more than a batch
		record(storage.SessionStarted, 3)
		c.pass(89 * 24 * time.Hour)
		record(storage.SignInRefused, 5)
		c.pass(time.Minute)
		if n, err := db.Sweep(t.Context()); err != nil || n != 0 {
			t.Errorf("swept %d, %v; want nothing that is not chained yet", n, err)
		}
		chainAll(t, db)
		for _, want := range []int{708, 8} {
			if _, err := db.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			all, err := db.Events(t.Context(), 1000)
			if err != nil || len(all) != want {
				t.Errorf("%d events are left, %v; want %d", len(all), err, want)
			}
			c.pass(24 * time.Hour)
		}
	})
}

// RFC 6749 §4.1.2: a code that comes again must find its grant, also when that was a short one.
func TestAGrantIsNotSweptBeforeItsCodeHasSurelyExpired(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		code := h.code()
		code.Expires = h.Now().Add(time.Second)
		h.must(second(db.RedeemCode(t.Context(), code)))
		burnt := h.code()
		burnt.Expires = h.Now()
		h.must(db.BurnCode(t.Context(), burnt))
		c.pass(time.Minute)
		if _, err := db.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, g := range []storage.Grant{code, burnt} {
			if _, err := db.RedeemCode(t.Context(), g); !errors.Is(err, storage.ErrConflict) {
				t.Errorf("redeemed again: %v, want ErrConflict", err)
			}
		}
	})
}

func TestASweepStopsWhenItIsAskedTo(t *testing.T) {
	db := storagetest.New(t, nil)
	h := &house{DB: db, t: t}
	for i := range 600 {
		h.must(db.Once(t.Context(), "jti", fmt.Sprint(i), db.Now().Add(-time.Second)))
	}
	ctx, cancel := stopped(t)
	defer cancel()
	if n, err := db.Sweep(ctx); err == nil || n != 100 {
		t.Errorf("swept %d, %v; want one batch and the context's error", n, err)
	}
}

func TestThePrivateHalfOfASigningKeyGoesWhenItsPublicHalfDoes(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		key := func(serial int64, gone time.Time) storage.SigningKey {
			return storage.SigningKey{ID: fmt.Sprint(serial), Alg: "ES256", Serial: serial, Public: random(), Sealed: random(),
				Created: db.Now(), Use: db.Now(), Gone: gone}
		}
		h.must(db.ChangeSigningKeys(t.Context(), []storage.SigningKey{key(1, db.Now().Add(time.Hour)), key(2, time.Time{})}, nil, storage.Event{}))
		for _, want := range []int{2, 1, 1} { // the newest has no end yet
			n, err := db.Sweep(t.Context())
			h.must(err)
			left, err := db.SigningKeys(t.Context())
			h.must(err)
			if len(left) != want || n > 1 || left[len(left)-1].Serial != 2 {
				t.Errorf("swept %d, %d keys are left; want %d", n, len(left), want)
			}
			c.pass(time.Hour)
		}
	})
}

// SQLite has one writer, and whoever writes waits behind a batch. It takes no longer where many wait to be swept.
func TestABatchOfSessionsTakesNoLongerWhereThereAreMore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	h := furnish(t, node(t, "sqlite:"+path, nil))
	expire := func(from, to int) {
		beside, err := sql.Open("sqlite", path)
		h.must(err)
		defer beside.Close()
		_, err = beside.ExecContext(t.Context(), `insert into sessions
			(id, cookie, user_id, attempt, auth_time, acr, amr, agent, address, created, seen, idle_until, expires)
			with recursive n(i) as (select $1 union all select i + 1 from n where i < $2)
			select 's' || i, cast('s' || i as blob), 'u', '', 0, '', '', '', '', 0, 0, 5, 5 from n`, from, to)
		h.must(err)
	}
	batch := func() time.Duration {
		ctx, cancel := stopped(t)
		defer cancel()
		least := time.Hour
		for range 5 { // a busy machine may hold up any one of them
			began := time.Now()
			if n, err := h.Sweep(ctx); err == nil || n != 100 {
				t.Fatalf("swept %d, %v; want one batch", n, err)
			}
			least = min(least, time.Since(began))
		}
		return least
	}
	expire(1, 550)
	few := batch()
	expire(1000, 100_000)
	if many := batch(); many > 10*few {
		t.Errorf("%v among many, %v among few", many, few)
	}
}
