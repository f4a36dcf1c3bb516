package storage

import (
	"context"
	"errors"
	"time"
)

const (
	chainEvery = time.Second
	chainBatch = 200 // events a transaction
	// looseEvery is how often all of the log is looked through for events that were forgotten: after a restore, say.
	looseEvery  = time.Hour
	looseWindow = 10_000 // events that one statement looks at
	// chainFails is how often the same trouble is told.
	chainFails = 5 * time.Minute
)

// KeepChain chains events until ctx ends: every second what is new, and at first and every hour what was left out. Every node does so; each
// event is chained once. It logs what fails, and when the chain is shorter than this process has seen it.
func (db *DB) KeepChain(ctx context.Context, l Linker) {
	k := chainKeeper{db: db, linker: l}
	tick := time.NewTicker(chainEvery)
	defer tick.Stop()
	for {
		if err := k.pass(ctx); err != nil && ctx.Err() == nil && db.local().After(k.quiet) {
			k.quiet = db.local().Add(chainFails)
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
	seen   int64     // how far the head was
	loose  time.Time // when all is looked through again
	quiet  time.Time // until when the same trouble is not told
}

// pass chains all that is to be chained now.
func (k *chainKeeper) pass(ctx context.Context) error {
	ends, err := k.db.ends(ctx, k.linker)
	if err != nil {
		return err
	}
	if at := ends["head"].position; at < k.seen {
		return errors.Join(ErrTampered, errors.New("the chain is shorter than it was"))
	}
	k.seen = ends["head"].position
	for n := chainBatch; n == chainBatch; {
		began := time.Now()
		if n, err = k.db.ChainEvents(ctx, chainBatch, k.linker); err != nil {
			return err
		}
		if n == chainBatch {
			if err := rest(ctx, time.Since(began)/sweepShare); err != nil {
				return err
			}
		}
	}
	if now := k.db.local(); now.After(k.loose) {
		k.loose = now.Add(looseEvery)
		return k.db.ChainLoose(ctx, k.linker)
	}
	return nil
}

// ChainLoose chains what ChainEvents does not see, since its id is far before those that are chained. ErrTampered.
func (db *DB) ChainLoose(ctx context.Context, l Linker) error {
	ends, err := db.ends(ctx, l)
	if err != nil {
		return wrap("chain events", err)
	}
	last := before(ends["head"].last)
	return wrap("chain events", db.windows(ctx, last, func(c chaining) error {
		c.linker, c.limit = l, chainBatch
		for {
			ends, err := db.ends(ctx, l)
			if err != nil {
				return err
			}
			c.head = ends["head"] // each step moves it
			if n, err := db.chainBetween(ctx, c); err != nil || n == 0 {
				return err
			}
		}
	}))
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
	return db.windows(ctx, db.LogNow(), func(c chaining) error {
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
