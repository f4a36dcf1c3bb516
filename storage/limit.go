package storage

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Rate allows Burst at once and Burst per Per in the long run (GCRA).
type Rate struct {
	Burst int
	Per   time.Duration
}

// A row of the rate keeps the time at which all that was charged is paid off (GCRA: the theoretical arrival time). A
// charge moves it by one interval ($3), and is refused where it would lie more than the burst ($4) ahead of now. Now is $2, but never
// before the row's last charge: those who asked together arrive in any order, on clocks that differ a little.
const (
	rateNow    = `case when limits.seen > $2 then limits.seen else $2 end`
	chargeRate = `insert into limits (id, seen, due, delay, tries, expires) values ($1, $2, $5, 0, 0, $5)
		on conflict (id) do update set
			seen = ` + rateNow + `,
			due = $3 + case when limits.due > ` + rateNow + ` then limits.due else ` + rateNow + ` end,
			expires = $3 + case when limits.due > ` + rateNow + ` then limits.due else ` + rateNow + ` end
		where limits.due + $3 <= $4 + ` + rateNow + `
		returning due`
	dueOf = `select due from limits where id = $1`
)

// Spend charges one to key and says how long to wait when the rate is used up (then nothing is charged). Exact under concurrency.
func (db *DB) Spend(ctx context.Context, key string, r Rate) (time.Duration, error) {
	interval := max(1, r.Per.Microseconds()/int64(max(1, r.Burst)))
	burst := interval * int64(max(1, r.Burst))
	id, now := limitID("rate:", key), micros(db.Now())
	var due int64
	err := db.writeRow(ctx, chargeRate, []any{id, now, interval, burst, now + interval}, &due)
	if errors.Is(err, ErrNotFound) {
		return db.untilDue(ctx, id, now+burst-interval)
	}
	return 0, wrap("spend", err)
}

// untilDue is how long a refused caller waits: until due is not after the given time. At least a millisecond,
// since somebody may have been forgiven meanwhile, and a refusal never says 0.
func (db *DB) untilDue(ctx context.Context, id string, limit int64) (time.Duration, error) {
	var due int64
	err := db.readRow(ctx, dueOf, []any{id}, &due)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return 0, wrap("read limit", err)
	}
	return max(time.Millisecond, time.Duration(due-limit)*time.Microsecond), nil
}

// Backoff allows Free tries, then makes each further one wait First, 2·First, 4·First … up to Max after the
// former; forgotten when nothing came for Forget.
type Backoff struct {
	Free               int
	First, Max, Forget time.Duration
}

// A row of the back-off counts tries; delay is the wait that the last try laid on the next, and due is that wait's end. The first
// try makes the row ($3 is its delay); later ones are free up to $4, then wait $5, doubled up to $6. A row past its expiry is as good as none.
const (
	nextDelay = `case when limits.expires <= $2 then $3 when limits.tries + 1 < $4 then 0 when limits.delay = 0 then $5
		when limits.delay * 2 > $6 then $6 else limits.delay * 2 end`
	chargeTry = `insert into limits (id, seen, due, delay, tries, expires)
			values ($1, $2, cast($2 as bigint) + cast($3 as bigint), $3, 1, $7)
		on conflict (id) do update set
			seen = $2,
			tries = case when limits.expires <= $2 then 1 else limits.tries + 1 end,
			delay = ` + nextDelay + `,
			due = $2 + ` + nextDelay + `,
			expires = $7
		where limits.delay = 0 or limits.due <= $2 or limits.expires <= $2
		returning due`
)

// Charge counts a try at key before its outcome is known and says how long to wait when one is due (then it is
// not counted). However many try at once, Free of them pass; the next one passes when First is over.
func (db *DB) Charge(ctx context.Context, key string, b Backoff) (time.Duration, error) {
	c := b.charge(key, db.Now())
	var due int64
	err := db.writeRow(ctx, chargeTry, c.args, &due)
	if errors.Is(err, ErrNotFound) {
		return db.untilDue(ctx, c.id, c.now)
	}
	return 0, wrap("charge", err)
}

// Try is a key at which a try is counted, and how.
type Try struct {
	Key string
	Backoff
}

// ChargeAll is Charge at each key in turn, up to the first where a wait is due: its key, and the wait. What was counted
// before that one stays counted. One unit of work, since a sign-in waits for it to be durable.
func (db *DB) ChargeAll(ctx context.Context, tries ...Try) (string, time.Duration, error) {
	charges := make([]charge, len(tries))
	for i, t := range tries {
		charges[i] = t.charge(t.Key, db.Now())
	}
	var passed int
	err := db.tx(ctx, func(u *unit) error {
		for passed = range charges {
			var due int64
			err := u.row(chargeTry, charges[passed].args, &due)
			if errors.Is(err, ErrNotFound) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		passed = len(charges)
		return nil
	})
	if err != nil || passed == len(tries) {
		return "", 0, wrap("charge", err)
	}
	wait, err := db.untilDue(ctx, charges[passed].id, charges[passed].now)
	return tries[passed].Key, wait, err
}

// charge is a try at the row id, at the time now, with the values of chargeTry.
type charge struct {
	id   string
	now  int64
	args []any
}

func (b Backoff) charge(key string, at time.Time) charge {
	first, most := b.First.Microseconds(), b.Max.Microseconds()
	var delay int64
	if b.Free <= 1 {
		delay = first
	}
	id, now := limitID("tries:", key), micros(at)
	until := now + max(b.Forget.Microseconds(), most) // a wait is not forgotten before its end
	return charge{id, now, []any{id, now, delay, int64(b.Free), first, most, until}}
}

// Forgive forgets the tries at keys, after a right one. One statement for all of them, since a sign-in waits for it.
func (db *DB) Forgive(ctx context.Context, keys ...string) error {
	ids, places := make([]any, len(keys)), make([]string, len(keys))
	for i, key := range keys {
		ids[i], places[i] = limitID("tries:", key), "$"+strconv.Itoa(i+1)
	}
	_, err := db.writeOne(ctx, `delete from limits where id in (`+strings.Join(places, ", ")+`)`, ids...)
	return wrap("forgive", err)
}

// limitID is the row of a key. Keys are made of what visitors type, so a long or unprintable one is hashed.
func limitID(kind, key string) string {
	if len(key) > 64 || strings.IndexFunc(key, func(r rune) bool { return r < 0x20 || r > 0x7e }) >= 0 || strings.HasPrefix(key, "#") {
		sum := sha256.Sum256([]byte(key))
		key = "#" + base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return kind + key
}
