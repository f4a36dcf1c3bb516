package storage

import (
	"context"
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
	// Before the sessions themselves, which only expire here: nobody is told. A cross join is read in its order, sessions first.
	`delete from logouts where id in (select l.id from sessions s cross join logouts l
		where l.session_id = s.id and s.idle_until <= $1 and l.state = 'open' limit $2)`,
	`delete from logouts where id in (select id from logouts where expires <= $1
		and not exists (select 1 from sessions s where s.id = logouts.session_id) limit $2)`,
	`delete from sessions where id in (select id from sessions where idle_until <= $1 limit $2)`,
	`delete from trusts where id in (select id from trusts where expires <= $1 limit $2)`,
	`delete from mailed_codes where (attempt, purpose) in (select attempt, purpose from mailed_codes where expires <= $1 limit $2)`,
	`delete from spent where (kind, id) in (select kind, id from spent where expires <= $1 limit $2)`,
	`delete from limits where id in (select id from limits where expires <= $1 limit $2)`,
	// A private key is kept no longer than somebody may verify by its public half.
	`delete from signing_keys where id in (select id from signing_keys where gone > 0 and gone <= $1 limit $2)`,
	`delete from outbox where id in (select id from outbox where expires <= cast($1 as bigint) - 3600000000 limit $2)`, // the sender's, with events, for an hour
}

// Whoever cannot sign in must not fill the disk: a refused sign-in is no change of who may enter, and is kept only for a while.
const sweepRefused = `delete from events where id in (
	select id from events where kind = '` + SignInRefused + `' and happened <= $1 order by happened limit $2)`

const sweepLinks = `delete from links where id in (select id from links where expires <= $1 limit $2)`

const sweepGrants = `delete from grants where id in (select id from grants where expires <= $1 and code_issued <= $3 limit $2)`

// Sweep removes expired rows of every table that grows, in small batches, and says how many it removed.
func (db *DB) Sweep(ctx context.Context) (int, error) {
	now := db.Now()
	removed := 0
	for _, text := range sweeps {
		n, err := db.sweep(ctx, text, micros(now), sweepBatch)
		removed += n
		if err != nil {
			return removed, wrap("sweep", err)
		}
	}
	n, err := db.sweep(ctx, sweepRefused, micros(now.Add(-refusedKept)), sweepBatch)
	removed += n
	if err != nil {
		return removed, wrap("sweep", err)
	}
	n, err = db.sweep(ctx, sweepLinks, micros(now.Add(-linksKept)), sweepBatch)
	removed += n
	if err != nil {
		return removed, wrap("sweep", err)
	}
	n, err = db.sweepUnused(ctx)
	removed += n
	if err != nil {
		return removed, wrap("sweep", err)
	}
	n, err = db.sweep(ctx, sweepGrants, micros(now), sweepBatch, micros(now.Add(-codeKept)))
	return removed + n, wrap("sweep", err)
}

// sweep repeats a statement until it finds less than a batch.
func (db *DB) sweep(ctx context.Context, text string, args ...any) (int, error) {
	removed := 0
	for {
		began := time.Now()
		n, err := db.writeOne(ctx, text, args...)
		took := time.Since(began)
		removed += int(n)
		if err != nil || n < sweepBatch {
			return removed, err
		}
		select {
		case <-ctx.Done():
			return removed, ctx.Err()
		case <-time.After(max(sweepPause, sweepShare*took)):
		}
	}
}
