package storage

import (
	"context"
	"fmt"
	"strings"
	"time"
)

const (
	sweepBatch = 100                  // rows a statement, so that nobody waits behind a long one
	sweepPause = 5 * time.Millisecond // between statements at least: sign-ons come first
	sweepShare = 4                    // how many times as long as a statement took the pause after it is
	// codeKept is how long a grant outlives the issue of its code at least, however soon the grant itself ends: as long as the code
	// could be taken for valid, its grant must be found (RFC 6749 §4.1.2).
	codeKept = time.Hour
	// refusedKept is how long the log tells of a refused sign-in.
	refusedKept = 90 * 24 * time.Hour
)

// sweeps are the tables that grow. $1 is now, $2 how many rows; $3 the latest issue of a code that is surely over.
var sweeps = []string{
	`delete from logouts where id in (select id from logouts where expires <= $1
		and not exists (select 1 from sessions s where s.id = logouts.session_id) limit $2)`,
	`delete from trusts where id in (select id from trusts where expires <= $1 limit $2)`,
	`delete from mailed_codes where (attempt, purpose) in (select attempt, purpose from mailed_codes where expires <= $1 limit $2)`,
	`delete from spent where (kind, id) in (select kind, id from spent where expires <= $1 limit $2)`,
	`delete from limits where id in (select id from limits where expires <= $1 limit $2)`,
	// A private key is kept no longer than somebody may verify by its public half.
	`delete from signing_keys where id in (select id from signing_keys where gone > 0 and gone <= $1 limit $2)`,
	sweepIdempotent,
	`delete from outbox where id in (select id from outbox where expires <= cast($1 as bigint) - 3600000000 limit $2)`, // the sender's, with events, for an hour
}

// What tells of strangers is kept only for a while, and what is not chained yet stays until it is.
const sweepRefused = `delete from events where id in (select id from events where kind = $1 and id < $2
	and exists (select 1 from chain c where c.event_id = events.id) order by id limit $3)`

const sweepLinks = `delete from links where id in (select id from links where expires <= $1 limit $2)`

var sweepGrants = `delete from grants where id in (select id from grants where expires <= $1 and code_issued <= $3 limit $2)
	returning ` + grantColumns

// Sweep removes expired rows of every table that grows, in small batches, and says how many it removed.
func (db *DB) Sweep(ctx context.Context) (int, error) {
	now := db.Now()
	batches := []batch{db.sweepSessions(ctx, micros(now))}
	for _, text := range sweeps {
		batches = append(batches, db.sweepRows(ctx, text, micros(now), sweepBatch))
	}
	for _, kind := range briefKinds {
		batches = append(batches, db.sweepRows(ctx, sweepRefused, kind, eventIDAt(now.Add(-refusedKept)), sweepBatch))
	}
	batches = append(batches,
		db.sweepRows(ctx, sweepLinks, micros(now.Add(-linksKept)), sweepBatch),
		db.sweepGrants(ctx, now))
	removed := 0
	for _, next := range batches {
		n, err := next.repeat(ctx)
		removed += n
		if err != nil {
			return removed, wrap("sweep", err)
		}
	}
	n, err := db.sweepUnused(ctx) // last: whatever becomes of it, the tables above do not grow
	return removed + n, wrap("sweep", err)
}

// batch removes so many rows at most, in a unit of work of its own, and says how many.
type batch func() (int, error)

// repeat runs it until it finds less than there may be in one.
func (b batch) repeat(ctx context.Context) (int, error) {
	removed := 0
	for {
		began := time.Now()
		n, err := b()
		removed += n
		if err != nil || n < sweepBatch {
			return removed, err
		}
		if err := rest(ctx, time.Since(began)); err != nil {
			return removed, err
		}
	}
}

// rest is the pause after what took so long; the context's error when that ends first.
func rest(ctx context.Context, took time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(max(sweepPause, sweepShare*took)):
		return nil
	}
}

func (db *DB) sweepRows(ctx context.Context, text string, args ...any) batch {
	return func() (int, error) {
		n, err := db.writeOne(ctx, text, args...)
		return int(n), err
	}
}

// What a batch of sessions leaves behind that nobody is told of: they only expired. The places of a smaller batch stay empty, so that
// it is one text.
var dropOpen = `delete from logouts where state = 'open' and session_id in ($1` + places(2, sweepBatch) + `)`

const sweepSessions = `delete from sessions where id in (select id from sessions where idle_until <= $1 limit $2) returning id`

func places(from, to int) string {
	var b strings.Builder
	for n := from; n <= to; n++ {
		fmt.Fprintf(&b, ", $%d", n)
	}
	return b.String()
}

func (db *DB) sweepSessions(ctx context.Context, now int64) batch {
	return func() (int, error) {
		gone := 0
		err := db.tx(ctx, func(u *unit) error {
			ids := make([]any, sweepBatch)
			gone = 0
			err := u.rows(sweepSessions, []any{now, sweepBatch}, func(scan func(...any) error) error {
				var id string
				err := scan(&id)
				ids[gone] = id
				gone++
				return err
			})
			for i := gone; i < sweepBatch; i++ {
				ids[i] = ""
			}
			if err == nil && gone > 0 {
				_, err = u.exec(dropOpen, ids...)
			}
			return err
		})
		return gone, err
	}
}
