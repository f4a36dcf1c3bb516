package storage_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

const day = 24 * time.Hour

// LG-08, AD-16
func TestALogIsKeptForItsTimeAndStaysChained(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		for range 25 { // events of 125 days
			h.record(9, storage.Event{Kind: storage.KeysChanged})
			h.record(3, storage.Event{Kind: storage.SignInRefused, Result: "password_wrong"})
			c.pass(5 * day)
			chainAll(t, db)
		}
		h.record(4, storage.Event{Kind: storage.SignInRefused}) // of which nothing is chained
		c.pass(100 * day)
		n, err := db.Sweep(t.Context())
		h.must(err)
		report, faults := verified(t, db)
		if n != 3*25 || len(faults) > 0 || report.Brief != 3*25 || report.Events != 9*25 || report.Waiting != 4 {
			t.Errorf("swept %d; %+v, %v", n, report, faults)
		}
		sweep := func(keep time.Duration, want, left int) {
			t.Helper()
			n, err := db.SweepLog(t.Context(), keep, ours)
			h.must(err)
			report, faults := verified(t, db)
			if n != want || len(faults) > 0 || report.Events+report.Brief != int64(left) || report.First != int64(300-left+1) || report.Last != 300 {
				t.Errorf("kept for %v, swept %d, want %d; %+v, %v", keep, n, want, report, faults)
			}
		}
		sweep(365*day, 0, 300)
		sweep(200*day, 12*6, 228) // those of 225, 220 … 200 days ago
		sweep(200*day, 0, 228)
		sweep(day, 228, 0)
		if n := chainAll(t, db); n != 4 {
			t.Errorf("%d were chained", n)
		}
		if report, faults := verified(t, db); len(faults) > 0 || report.Events != 4 || report.First != 301 {
			t.Errorf("%+v, %v", report, faults)
		}
		if all, err := db.Events(t.Context(), 1000); err != nil || len(all) != 4 {
			t.Errorf("%d are left, %v", len(all), err)
		}
	})
}

// AD-16: nobody makes the house sweep what they want to be gone.
func TestALogIsNotSweptByTimesThatSomebodyWroteIntoIt(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		h, _ := twelve(t, url)
		exec(`update chain set happened = 5; update events set happened = 5`)
		if n, err := h.SweepLog(t.Context(), 90*day, ours); n != 0 || !errors.Is(err, storage.ErrTampered) {
			t.Errorf("swept %d, %v", n, err)
		}
		if all, err := h.Events(t.Context(), 100); err != nil || len(all) != 12 {
			t.Errorf("%d are left, %v", len(all), err)
		}
	})
}

// AD-16
func TestNodesThatSweepTheLogAtOnceAndOneThatReadsItSeeItWhole(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, _ func(string)) {
		c := newClock()
		h := &house{DB: node(t, url, c.now), t: t}
		h.record(450, storage.Event{Kind: storage.KeysChanged})
		c.pass(day)
		chainAll(t, h.DB)
		swept := make([]int, 3)
		for _, err := range atOnce(4, func(i int) error {
			if i == 3 {
				_, err := h.VerifyChain(t.Context(), 0, ours, func(f storage.ChainFault) error { return fmt.Errorf("%+v", f) })
				return err
			}
			var err error
			swept[i], err = h.SweepLog(t.Context(), time.Hour, ours)
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		n, err := h.SweepLog(t.Context(), time.Hour, ours)
		if all := swept[0] + swept[1] + swept[2] + n; err != nil || all != 450 {
			t.Errorf("swept %v and %d, %v", swept, n, err)
		}
		if report, faults := verified(t, h.DB); len(faults) > 0 || report.First != 451 {
			t.Errorf("%+v, %v", report, faults)
		}
	})
}

func TestAGrantThatIsSweptIsInTheLog(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		g := h.grant(func(g *storage.Grant) { g.Expires = h.Now().Add(3 * time.Hour); g.Offline = true })
		_, _, err := db.RotateGrant(t.Context(), h.rotation(g, 0))
		h.must(err)
		h.must(db.RevokeGrant(t.Context(), g.ID, storage.Event{}))
		for range 120 { // more than a batch
			h.grant(func(g *storage.Grant) { g.Expires = h.Now().Add(3 * time.Hour) })
		}
		if all, err := db.GrantsOfSession(t.Context(), h.user.ID, h.session.ID); err != nil || len(all) != 100 || all[0].ClientID != "web" {
			t.Errorf("%d grants of the session, %v", len(all), err)
		}
		c.pass(5 * time.Hour)
		_, err = db.Sweep(t.Context())
		h.must(err)
		page, err := db.Log(t.Context(), storage.LogFilter{Kind: storage.GrantEnded, User: h.user.ID, Client: "web"}, "", 200)
		h.must(err)
		if len(page.Events) != 121 {
			t.Fatalf("%d events, want 121", len(page.Events))
		}
		for _, e := range page.Events {
			if e.Data["grant"] == g.ID {
				if e.Data["refreshed"] != "1" || e.Data["revoked"] == "" || e.Data["session"] != h.session.ID || e.Data["scopes"] != "openid email" || e.Data["issued"] == "" {
					t.Errorf("%+v", e)
				}
				return
			}
		}
		t.Error("nothing tells of the grant")
	})
}

// The chain of the backup goes on; what came since is chained behind it.
func TestARestoreBringsTheChainWithItsEvents(t *testing.T) {
	eachWay(t, func(t *testing.T, from, to string) {
		c := newClock()
		db, err := storage.Open(t.Context(), from, storage.Options{Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		h := furnish(t, db)
		h.record(30, storage.Event{Kind: storage.KeysChanged})
		c.pass(time.Hour)
		chainAll(t, db)
		h.record(3, storage.Event{Kind: storage.KeysChanged})
		file := backedUp(t, db)
		h.must(h.Close())
		_, err = storage.Restore{File: file, URL: to, Options: storage.Options{Now: c.now}}.Run(t.Context())
		h.must(err)
		db = node(t, to, c.now)
		c.pass(time.Minute)
		chainAll(t, db)
		report, faults := verified(t, db)
		all, err := db.Events(t.Context(), 100)
		h.must(err)
		if len(faults) > 0 || report.Events != int64(len(all)) || len(all) < 34 || report.Waiting != 0 {
			t.Errorf("of %d events: %+v, %v", len(all), report, faults)
		}
	})
}

// What is in the database and not in the backup stays, and is chained behind it.
func TestARestoreIntoALivingHouseKeepsAndChainsWhatHappenedSinceTheBackup(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, _ func(string)) {
		c := newClock()
		db, err := storage.Open(t.Context(), url, storage.Options{Now: c.now})
		if err != nil {
			t.Fatal(err)
		}
		h := &house{DB: db, t: t}
		h.record(10, storage.Event{Kind: storage.KeysChanged})
		c.pass(time.Hour)
		chainAll(t, db)
		file := backedUp(t, db)
		h.record(5, storage.Event{Kind: storage.KeysChanged})
		c.pass(time.Hour)
		chainAll(t, db)
		h.must(h.Close())
		_, err = storage.Restore{File: file, URL: url, Replace: true, Options: storage.Options{Now: c.now}}.Run(t.Context())
		h.must(err)
		db = node(t, url, c.now)
		c.pass(time.Minute)
		chainAll(t, db)
		if report, faults := verified(t, db); len(faults) > 0 || report.Events != 16+1 || report.Waiting != 0 { // the backup's and the restore's own
			t.Errorf("%+v, %v", report, faults)
		}
	})
}
