package main

import (
	"context"
	"fmt"
	"os"
	"time"
)

// statisticsLag is after how long PostgreSQL's counters have surely been written down by every backend: an idle one waits ten seconds.
const statisticsLag = 11 * time.Second

// syncs counts what one sign-on with a session makes PostgreSQL do: transactions, of which reads are most, and disk syncs of
// its log. One worker alone, so that no two share a sync.
func (p plan) syncs(ctx context.Context, db *database, at place) error {
	if db.name != "postgres" || db.shell == nil {
		return nil // SQLite's group commit shares one sync among all who wait
	}
	h, err := db.house(ctx, at, cheapHash)
	if err != nil {
		return err
	}
	defer h.stop()
	const signOns = 500
	before, err := counters(ctx, db, h.database)
	if err != nil {
		return err
	}
	w := newWorker()
	for range signOns {
		if err := h.signOn(ctx, w); err != nil {
			return err
		}
	}
	after, err := counters(ctx, db, h.database)
	if err != nil {
		return err
	}
	per := func(i int) float64 { return (after[i] - before[i]) / signOns }
	printFindings(os.Stdout, "postgres, one sign-on with a session", []finding{
		{what: "WAL syncs", figure: per(0), unit: "each", goal: 1.05, note: "1, and a little for what runs in the background"},
		{what: "rows inserted", figure: per(1), unit: "each", goal: 1.1, note: "1, and the statistics' own"},
		{what: "transactions", figure: per(2), unit: "each", note: "reads included: session, grant, userinfo"},
	})
	return nil
}

func counters(ctx context.Context, db *database, address string) ([3]float64, error) {
	time.Sleep(statisticsLag)
	var c [3]float64
	said, err := db.run(ctx, address, `select wal_sync from pg_stat_wal;
		select tup_inserted from pg_stat_database where datname = current_database();
		select xact_commit from pg_stat_database where datname = current_database();`)
	if err != nil {
		return c, err
	}
	_, err = fmt.Sscan(said, &c[0], &c[1], &c[2])
	return c, err
}
