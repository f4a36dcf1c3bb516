package storage

import (
	"context"
	"errors"
	"time"
)

// EventsKept is how long the log is kept where nobody says otherwise.
const EventsKept = 365 * 24 * time.Hour

const (
	sweepEvents = `delete from events where id in (select event_id from chain where position <= $1)`
	sweepChain  = `delete from chain where position <= $1`
)

var selectOldest = `select ` + chainColumns + `, c.digest, c.link from chain c where c.position > $1 order by c.position limit $2`

// SweepLog removes events that were chained and are older than keep, from the chain's old end, in small batches, and says how many. The
// base is moved and sealed with it, so that the chain begins where it says. What is not chained stays. ErrTampered: the rows are not those
// that were chained, and nobody may have the log swept by writing other times into them.
func (db *DB) SweepLog(ctx context.Context, keep time.Duration, l Linker) (int, error) {
	ends, err := db.ends(ctx, l)
	if err != nil {
		return 0, wrap("sweep log", err)
	}
	until := db.Now().Add(-keep)
	s := logSweep{db: db, linker: l, until: until, base: ends["base"]}
	removed, err := batch(func() (int, error) { return s.batch(ctx) }).repeat(ctx)
	if err == nil {
		_, err = db.sweepRows(ctx, sweepTallies, micros(until), sweepBatch).repeat(ctx)
	}
	return removed, wrap("sweep log", err)
}

// logSweep takes one batch after the other from the chain's old end.
type logSweep struct {
	db     *DB
	linker Linker
	until  time.Time
	base   chainEnd
}

func (s *logSweep) batch(ctx context.Context) (int, error) {
	next, err := s.old(ctx)
	if errors.Is(err, ErrTampered) {
		ends, again := s.db.ends(ctx, s.linker)
		if again == nil && ends["base"].position != s.base.position {
			return 0, nil // another node has swept these rows since the base was read
		}
		err = errors.Join(err, again)
	}
	n := int(next.position - s.base.position)
	if err != nil || n == 0 {
		return 0, err
	}
	next = next.sealed(s.linker)
	err = s.db.tx(ctx, func(u *unit) error {
		moved, err := u.exec(moveEnd, "base", s.base.position, next.position, next.link, next.last, next.seal)
		if err == nil && moved == 0 {
			err = ErrConflict // another node sweeps: the next time is early enough
		}
		for _, text := range []string{sweepEvents, sweepChain} {
			if err == nil {
				_, err = u.exec(text, next.position)
			}
		}
		return err
	})
	if errors.Is(err, ErrConflict) {
		return 0, nil
	}
	s.base = next
	return n, err
}

// old is where the chain begins when its next rows are gone, as far as they are old enough.
func (s *logSweep) old(ctx context.Context) (chainEnd, error) {
	next := s.base
	young := false
	err := s.db.readRows(ctx, selectOldest, []any{s.base.position, int64(sweepBatch)}, func(scan func(...any) error) error {
		var r chainRow
		if err := scan(r.dest(), &r.digest, &r.link); err != nil {
			return err
		}
		if young = young || r.happened.After(s.until); young {
			return nil
		}
		if r.position != next.position+1 || !s.linker.Linked(r.link, next.link, r.mark()) {
			return ErrTampered
		}
		next.position, next.link = r.position, r.link
		return nil
	})
	return next, err
}
