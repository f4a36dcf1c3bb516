package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/doorward/doorward/storage"
)

const (
	mostSwept  = 2.0              // times that a p99 may rise while the server sweeps
	firstSweep = 30 * time.Second // after a start at the soonest (house.go: half of sweepEvery)
	lastSweep  = 5 * time.Minute  // by then it is over, or something is wrong
	slice      = 250 * time.Millisecond
)

// swept is how much is left to sweep; sessions go first, grants last.
const swept = `select (select count(*) from sessions where idle_until <= $NOW), (select count(*) from (select 1 from grants where expires <= $NOW limit 1) g)`

// sweep measures what refreshes and sign-ons wait while the server sweeps many rows that have ended, beside what they
// wait before it begins to.
func (p plan) sweep(ctx context.Context, db *database, at place) error {
	if db.shell == nil {
		fmt.Printf("\n%s, sweep: left out, since its own shell (sqlite3, psql) is not at hand\n", db.name)
		return nil
	}
	address, err := db.make(ctx, "house_"+storage.NewID())
	if err != nil {
		return err
	}
	if err := db.fill(ctx, address, crowded{count: p.growth, came: 24 * time.Hour, ended: time.Hour}); err != nil {
		return fmt.Errorf("fill: %w", err)
	}
	started := time.Now()
	h, err := startHouse(ctx, at, address, cheapHash)
	if err != nil {
		return err
	}
	defer h.stop()
	b := &broom{db: db, address: address, total: p.growth, visits: h.beneath()}
	if err := equip(ctx, b.visits, max(1, p.workers/2)); err != nil {
		return err
	}
	quiet, err := b.before(ctx, started.Add(min(p.each, firstSweep-10*time.Second)))
	if err != nil {
		return err
	}
	during, took, err := b.during(ctx, started.Add(lastSweep))
	if err != nil {
		return err
	}
	var findings []finding
	for i, s := range b.visits {
		was, is := quiet[i].percentile(0.99), during[i].percentile(0.99)
		findings = append(findings, finding{what: s.name + ", p99", figure: is.Seconds() / was.Seconds(), unit: "times", goal: mostSwept,
			note: fmt.Sprintf("%s beside %s ms; %d beside %d done, %d errors %s", milliseconds(is), milliseconds(was),
				len(during[i].latencies), len(quiet[i].latencies), quiet[i].errors+during[i].errors, why(during[i].first))})
	}
	findings = append(findings, finding{what: "the sweep took", figure: took.Seconds(), unit: "s"})
	printFindings(os.Stdout, fmt.Sprintf("%s, %d sessions and %d grants are swept meanwhile", db.name, p.growth, 10*p.growth), findings)
	return nil
}

// beneath are the requests that sweeping must not disturb.
func (h *house) beneath() []scenario {
	return []scenario{
		{name: "refresh", prepare: h.begin(plain), do: h.refresh(plain)},
		{name: "sign-on with a session", do: h.signOn},
	}
}

// broom drives requests in slices, and looks between them how far the sweep is.
type broom struct {
	db      *database
	address string
	total   int // sessions to sweep
	visits  []scenario
}

// left says whether the sweep has begun, and whether it is over.
func (b *broom) left(ctx context.Context) (bool, bool, error) {
	now := fmt.Sprint(time.Now().UnixMicro())
	out, err := b.db.run(ctx, b.address, strings.ReplaceAll(swept, "$NOW", now)+";")
	if err != nil {
		return false, false, err
	}
	var sessions, grants int
	if _, err := fmt.Sscanf(out, "%d|%d", &sessions, &grants); err != nil {
		return false, false, fmt.Errorf("%q: %w", out, err)
	}
	return sessions < b.total, sessions+grants == 0, nil
}

// drive lets all workers of all scenarios work for one slice.
func (b *broom) drive(ctx context.Context, sums []result) {
	until := time.Now().Add(slice)
	var all sync.WaitGroup
	for i, s := range b.visits {
		all.Go(func() { sums[i].add(work(ctx, s, until)) })
	}
	all.Wait()
}

var errSwept = errors.New("the server has begun to sweep before a quiet figure was there: choose a shorter -each")

// before drives until the given time, in which nothing may be swept.
func (b *broom) before(ctx context.Context, until time.Time) ([]result, error) {
	quiet := make([]result, len(b.visits))
	for time.Now().Before(until) {
		b.drive(ctx, quiet)
		begun, _, err := b.left(ctx)
		if err == nil && begun {
			err = errSwept
		}
		if err != nil {
			return nil, err
		}
	}
	return quiet, ctx.Err()
}

// during drives on, and keeps what is done from the sweep's beginning to its end.
func (b *broom) during(ctx context.Context, latest time.Time) ([]result, time.Duration, error) {
	var began time.Time
	kept := make([]result, len(b.visits))
	for time.Now().Before(latest) && ctx.Err() == nil {
		if began.IsZero() {
			clear(kept) // the slice before the one in which it began is still quiet
		}
		b.drive(ctx, kept)
		begun, over, err := b.left(ctx)
		if err != nil {
			return nil, 0, err
		}
		if begun && began.IsZero() {
			began = time.Now()
		}
		if over {
			return kept, time.Since(began), nil
		}
	}
	return nil, 0, errors.Join(ctx.Err(), errors.New("the sweep did not end"))
}
