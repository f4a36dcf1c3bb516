package storage_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// stopped is a context that has ended already.
func stopped(t *testing.T) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}

func TestAWriteIsDoneThoughItsVisitorHasGone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		g := h.code()
		ctx, cancel := stopped(t)
		defer cancel()
		h.must(second(db.RedeemCode(ctx, g)))
		_, _, err := db.RotateGrant(ctx, h.rotation(g, 0))
		h.must(err)
		h.must(db.Record(ctx, storage.Event{Kind: storage.SignInRefused}))
		h.must(db.SetPassword(ctx, h.user.ID, "$new", h.session.ID, storage.Event{}))
		if n := h.events(storage.UserPasswordSet) + h.events(storage.SignInRefused); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
	})
}

func TestVisitorsWhoGoAwayAtAnyMomentLoseNoAcknowledgedWrite(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		errs := atOnce(300, func(i int) error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%50)*20*time.Microsecond)
			defer cancel()
			return db.Once(ctx, "n", storage.NewID()+string(rune('a'+i%26)), h.Now().Add(-time.Second))
		})
		for _, err := range errs {
			h.must(err)
		}
		if n, err := db.Sweep(t.Context()); err != nil || n != 300 {
			t.Errorf("%d writes found, %v; want 300", n, err)
		}
	})
}

func TestARaisedEpochEndsSessionsMailedCodesAndGrants(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		before, err := db.Epoch(t.Context())
		h.must(err)
		mac := h.mail("a", "sign-in", time.Hour)
		epoch, err := db.RaiseEpoch(t.Context(), storage.Event{})
		h.must(err)
		if now, err := db.Epoch(t.Context()); err != nil || epoch <= before || now != epoch {
			t.Errorf("epoch %d, then %d told and %d read, %v", before, epoch, now, err)
		}
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("session: %v, want ErrNotFound", err)
		}
		if _, err := h.guess("a", mac); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("mailed code: %v, want ErrNotFound", err)
		}
	})
}

// Else what the lost database has made after its epoch was raised would live in the copy.
func TestAnEpochRaisedInACopyPutBackByHandIsAboveThatOfTheLostDatabase(t *testing.T) {
	lost, back := filepath.Join(t.TempDir(), "x.db"), filepath.Join(t.TempDir(), "x.db")
	raise := func(path string, times int) int64 {
		t.Helper()
		db, err := storage.Open(t.Context(), "sqlite:"+path, storage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := &house{DB: db, t: t}
		epoch, err := db.Epoch(t.Context())
		h.must(err)
		for range times {
			epoch, err = db.RaiseEpoch(t.Context(), storage.Event{})
			h.must(err)
		}
		h.must(db.Close())
		return epoch
	}
	raise(lost, 1)
	file, err := os.ReadFile(lost)
	if err == nil {
		err = os.WriteFile(back, file, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if then, now := raise(lost, 5), raise(back, 1); now <= then {
		t.Errorf("raised to %d, the lost database had %d", now, then)
	}
}

func TestEventsComeNewestFirstAndWhole(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, _ *clock) { // which stands still
		h := &house{DB: db, t: t}
		want := storage.Event{Kind: storage.SignInRefused, Actor: "anna", User: "anna", Client: "web", Address: "192.0.2.7",
			Reference: "AB12", Result: "wrong_password", Data: map[string]string{"agent": "a\x00\xff\n"}}
		for range 3 {
			h.must(db.Record(t.Context(), storage.Event{Kind: storage.KeysChanged}))
		}
		h.must(db.Record(t.Context(), want))
		got, err := db.Events(t.Context(), 2)
		h.must(err)
		if len(got) != 2 || got[0].Kind != want.Kind || got[1].Kind != storage.KeysChanged || got[1].Result != "ok" {
			t.Fatalf("%+v", got)
		}
		if e := got[0]; e.Reference != "AB12" || e.Result != "wrong_password" || e.Time.IsZero() || !strings.HasPrefix(e.Data["agent"], "a\x00") {
			t.Errorf("%+v", e)
		}
	})
}

func TestADatabaseIsReadyAndTellsItsKind(t *testing.T) {
	kinds := map[string]bool{}
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		kinds[db.Kind()] = true
		if err := db.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if d := time.Since(db.Now()); d.Abs() > time.Second || db.Now().Location() != time.UTC {
			t.Errorf("now is %v off, in %v", d, db.Now().Location())
		}
	})
	if !kinds["sqlite"] {
		t.Errorf("kinds: %v", kinds)
	}
}

func TestTheAddressOfADatabaseIsJudged(t *testing.T) {
	for _, url := range []string{"", "mysql://root:geheim@host/db", "sqlite:", "sqlite::memory:", "postgres://u:geheim@%zz/", "postgres://u:geheim@127.0.0.1:1/db?connect_timeout=1"} {
		_, err := storage.Open(t.Context(), url, storage.Options{})
		if err == nil || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%q: %v; want an error without the password", url, err)
		}
	}
}

func TestASQLiteFileIsItsOwnersAloneAndServesOneProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new dir", "a?b#c%20d.db")
	db := node(t, "sqlite:"+path, nil)
	if err := db.Record(t.Context(), storage.Event{Kind: storage.KeysChanged}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v; want mode 0600", name, info, err)
		}
	}
	if _, err := storage.Open(t.Context(), "sqlite:"+path, storage.Options{}); err == nil || !strings.Contains(err.Error(), "another process has this database open") {
		t.Errorf("a second process: %v", err)
	}
}

func TestAClosedDatabaseIsOpenedAgainWithAllThatWasWritten(t *testing.T) {
	url := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	for n := range 3 {
		db, err := storage.Open(t.Context(), url, storage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		h := &house{DB: db, t: t}
		if got := h.events(storage.KeysChanged); got != n {
			t.Errorf("%d events, want %d", got, n)
		}
		h.must(db.Record(t.Context(), storage.Event{Kind: storage.KeysChanged}))
		for _, err := range atOnce(3, func(int) error { return db.Close() }) {
			h.must(err)
		}
		if err := db.Record(t.Context(), storage.Event{}); err == nil {
			t.Error("a closed database took a write")
		}
	}
}
