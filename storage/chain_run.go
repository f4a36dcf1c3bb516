package storage

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"
)

const (
	chainEvery = time.Second
	chainBatch = 200 // events a transaction
	lateEvery  = 30 * time.Second
	// looseEvery is how often all of the log is looked through for events that were forgotten, which nobody waits for: a process that
	// has just begun has other things to do. As often the head is told.
	looseEvery  = time.Hour
	looseWindow = 10_000 // events that one statement looks at
	// chainFails is how often the same trouble is told.
	chainFails = 5 * time.Minute
)

// KeepChain chains events until ctx ends: every second what is new, and beside that every hour what was left out. Every node does so; each
// event is chained once. It logs what fails, and when the chain is shorter than this process has seen it.
func (db *DB) KeepChain(ctx context.Context, l Linker) {
	k := chainKeeper{db: db, linker: l}
	next := db.local().Add(looseEvery)
	var walk sync.WaitGroup
	defer walk.Wait()
	walk.Go(func() {
		db.everySecond(ctx, func() error {
			if now := db.local(); now.After(next) {
				next = now.Add(looseEvery)
				return db.ChainLoose(ctx, l)
			}
			return nil
		})
	})
	db.everySecond(ctx, func() error { return k.pass(ctx) })
}

// everySecond does something until ctx ends, and tells what fails.
func (db *DB) everySecond(ctx context.Context, do func() error) {
	var quiet time.Time
	tick := time.NewTicker(chainEvery)
	defer tick.Stop()
	for {
		if err := do(); err != nil && ctx.Err() == nil && db.local().After(quiet) {
			quiet = db.local().Add(chainFails)
			db.log.ErrorContext(ctx, "the log is not chained", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

type chainKeeper struct {
	db     *DB
	linker Linker
	head   chainEnd  // as it was seen last
	late   time.Time // when events that come late are looked for again
	tell   time.Time // when the head is told again
}

// pass chains all that is to be chained now.
func (k *chainKeeper) pass(ctx context.Context) error {
	err := k.look(ctx)
	back := brisk
	if now := k.db.local(); now.After(k.late) {
		back, k.late = late, now.Add(lateEvery)
	}
	for n := chainBatch; err == nil && n == chainBatch; {
		began := time.Now()
		n, err = k.db.chainEvents(ctx, back, chaining{limit: chainBatch, linker: k.linker})
		if err == nil && n > 0 {
			err = k.look(ctx)
		}
		if err == nil && n == chainBatch {
			err = rest(ctx, time.Since(began)/sweepShare)
		}
	}
	if now := k.db.local(); err == nil && now.After(k.tell) {
		k.tell = now.Add(looseEvery)
		// Whoever keeps this line elsewhere can tell later whether all before it is unchanged.
		k.db.log.InfoContext(ctx, "the log is chained", "position", k.head.position, "link", hex.EncodeToString(k.head.link), "begun", k.head.begun)
	}
	return err
}

// look compares the head with what this process has seen of it: whoever has the database may put back what it held before, seal and all.
func (k *chainKeeper) look(ctx context.Context) error {
	ends, err := k.db.ends(ctx, k.linker)
	if err != nil {
		return err
	}
	known, head := k.head, ends["head"]
	k.head = head
	switch {
	case known.name == "":
	case !known.begun.Equal(head.begun):
		k.db.log.ErrorContext(ctx, "the chain of the log begins anew", "position_before", known.position, "begun", head.begun)
	case head.position < known.position:
		k.head = known
		return fmt.Errorf("%w: it is shorter than it was", ErrTampered)
	}
	return nil
}

// ChainRestarted is the event of RestartChain.
const ChainRestarted = "log.chain_restarted"

// RestartChain gives up a chain that was tampered with, once an operator has seen what "doorward audit verify" says of it: all that is in
// the log now is chained anew, and counts as unchanged from now on only. Sign-ins are counted anew with it.
func (db *DB) RestartChain(ctx context.Context, l Linker, e Event) error {
	return wrap("restart chain", db.write(ctx, work{limit: longLimit, do: func(u *unit) error {
		for _, text := range []string{`delete from chain_ends`, `delete from chain`, `delete from tallies`} {
			if _, err := u.exec(text); err != nil {
				return err
			}
		}
		if err := u.beginChain(db.Now(), l); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: ChainRestarted, Actor: "operator"}))
	}}))
}

// ChainLoose chains what ChainEvents does not see, since its id is far before those that are chained. It reads all of the log, a part at
// a time, and rests between these, so that it has a fifth of a processor at most. ErrTampered.
func (db *DB) ChainLoose(ctx context.Context, l Linker) error {
	ends, err := db.ends(ctx, l)
	if err != nil {
		return wrap("chain events", err)
	}
	last := before(ends["head"].last, late)
	return wrap("chain events", db.windows(ctx, last, func(c chaining) error {
		c.linker, c.limit = l, chainBatch
		for {
			began := time.Now()
			found, err := db.unchained(ctx, c)
			if err == nil && len(found) > 0 {
				err = db.chainSome(ctx, c)
			}
			if err == nil {
				err = rest(ctx, time.Since(began))
			}
			if err != nil || len(found) == 0 {
				return err
			}
		}
	}))
}

// chainSome chains some of what was found, unless the head was moved meanwhile: then it is found again.
func (db *DB) chainSome(ctx context.Context, c chaining) error {
	ends, err := db.ends(ctx, c.linker)
	if err != nil {
		return err
	}
	c.head = ends["head"]
	_, err = db.chainBetween(ctx, c)
	return err
}

const windowEnd = `select id from events where id > $1 and id < $2 order by id limit 1 offset $3`

// windows goes through the log before an id, so much of it at a time.
func (db *DB) windows(ctx context.Context, until string, each func(chaining) error) error {
	from := ""
	for from < until {
		end := ""
		err := db.readRow(ctx, windowEnd, []any{from, until, int64(looseWindow)}, &end)
		if errors.Is(err, ErrNotFound) {
			end, err = until, nil
		}
		if err != nil {
			return err
		}
		if err := each(chaining{from: from, until: end}); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// looseAll calls each with all events that are not chained, some at a time.
func (db *DB) looseAll(ctx context.Context, each func([]hashed) error) error {
	return db.windows(ctx, db.logNow(), func(c chaining) error {
		c.limit = chainBatch
		for {
			found, err := db.unchained(ctx, c)
			if err != nil || len(found) == 0 {
				return err
			}
			if err := each(found); err != nil {
				return err
			}
			c.from = found[len(found)-1].ID
		}
	})
}
