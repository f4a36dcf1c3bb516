package storage

import (
	"bytes"
	"context"
	"encoding/hex"
	"time"
)

// What a verification finds.
const (
	ChainChanged  = "changed"  // the event differs from what was chained
	ChainRemoved  = "removed"  // the event is gone, and is none of those that are kept for a while only
	ChainInserted = "inserted" // an event came to be among others that had long been chained
	ChainBroken   = "broken"   // the row of the chain was altered, moved or made by somebody without the key
	ChainGap      = "missing"  // rows before this one are missing
	ChainCut      = "cut"      // the chain ends before, or behind, where it was written to end
)

// ChainFault is a place at which the log is not as it was written.
type ChainFault struct {
	Position int64  // in the chain; 0 where the event is not chained
	Event    string // its id; "" unknown
	What     string
}

// ChainReport is what a verification has seen.
type ChainReport struct {
	Events      int64 // that are as they were
	Brief       int64 // that were chained and are gone since: refused tries, kept for a while only
	Waiting     int64 // that are not chained yet
	Faults      int64
	First, Last int64     // positions
	Begun       time.Time // when the chain was: what was changed before, nobody can tell
	Head        string    // hex of the last link; who notes it elsewhere sees later whether all before it is unchanged
}

// verifyBatch is how many rows are held at once.
const verifyBatch = 1000

// chainFrom reads the chain with what has become of its events.
var chainFrom = `select ` + chainColumns + `, c.digest, c.link, ` + eventColumns + `
	from chain c left join events on events.id = c.event_id where c.position > $1 and c.position <= $2 order by c.position limit $3`

// VerifyChain reads the chain behind a position (0: all of it) and calls each for every fault. Its own error, or that of each, ends it. It
// may be run while the house is open, however long the log is.
func (db *DB) VerifyChain(ctx context.Context, from int64, l Linker, each func(ChainFault) error) (ChainReport, error) {
	v := &verification{db: db, linker: l, each: each, position: from}
	err := v.run(ctx)
	return v.report, wrap("verify the log", err)
}

type verification struct {
	db     *DB
	linker Linker
	each   func(ChainFault) error
	report ChainReport

	position int64  // of the row before
	previous []byte // its link; nil where it is not known
	highest  string // id of an event until here
}

func (v *verification) fault(f ChainFault) error {
	v.report.Faults++
	return v.each(f)
}

func (v *verification) run(ctx context.Context) error {
	ends, err := v.db.readEnds(ctx)
	if err == nil {
		err = v.begin(ends)
	}
	if err != nil {
		return err
	}
	head := ends["head"]
	for more := true; more; {
		if more, err = v.batch(ctx, head.position); err != nil {
			return err
		}
	}
	v.report.Last, v.report.Head = v.position, hex.EncodeToString(v.previous)
	if v.position != head.position || v.previous != nil && !bytes.Equal(v.previous, head.link) {
		if err := v.fault(ChainFault{Position: v.position, What: ChainCut}); err != nil {
			return err
		}
	}
	if err := v.behind(ctx); err != nil {
		return err
	}
	return v.loose(ctx, head.last)
}

// begin judges the ends. A log of which nothing is chained yet has none.
func (v *verification) begin(ends map[string]chainEnd) error {
	for _, name := range []string{"base", "head"} {
		if e := ends[name]; len(ends) > 0 && !v.linker.Linked(e.seal, e.link, e.mark()) {
			if err := v.fault(ChainFault{Position: e.position, What: ChainCut}); err != nil {
				return err
			}
		}
	}
	base := ends["base"]
	v.report.Begun = base.begun
	if v.position <= base.position {
		v.position, v.previous = base.position, base.link
	}
	v.report.First = v.position + 1
	return nil
}

// batch judges the next rows, none behind the head that was read, and says whether there may be more.
func (v *verification) batch(ctx context.Context, head int64) (bool, error) {
	type pair struct {
		chainRow
		event hashed
	}
	var rows []pair
	err := v.db.readRows(ctx, chainFrom, []any{v.position, head, int64(verifyBatch)}, func(scan func(...any) error) error {
		var p pair
		err := scan(p.dest(), &p.digest, &p.link, &p.event)
		rows = append(rows, p)
		return err
	})
	for _, p := range rows {
		if err == nil {
			err = v.step(ctx, p.chainRow, p.event)
		}
	}
	return len(rows) == verifyBatch, err
}

// step judges a row, where it stands, and its event.
func (v *verification) step(ctx context.Context, r chainRow, e hashed) error {
	if r.position != v.position+1 {
		if err := v.gap(ctx, r); err != nil {
			return err
		}
	}
	linked := v.previous == nil || v.linker.Linked(r.link, v.previous, r.mark())
	v.position, v.previous = r.position, r.link
	if !linked {
		if err := v.fault(ChainFault{r.position, r.event, ChainBroken}); err != nil {
			return err
		}
	}
	what := v.judge(r, e)
	switch {
	case what != "":
		return v.fault(ChainFault{r.position, r.event, what})
	case linked && e.ID == "":
		v.report.Brief++
	case linked:
		v.report.Events++
	}
	return nil
}

// judge compares an event with what was chained of it, and says what is wrong; "" nothing.
func (v *verification) judge(r chainRow, e hashed) string {
	gone := e.ID == ""
	before, kept := before(v.highest, late), r.happened.Add(refusedKept)
	v.highest = max(v.highest, r.event)
	switch {
	case gone && (!r.brief || v.db.Now().Before(kept)):
		return ChainRemoved
	case !gone && !bytes.Equal(e.digest, r.digest):
		return ChainChanged
	case r.event < before:
		return ChainInserted
	}
	return ""
}

// gap is a fault, but where the rows were swept meanwhile.
func (v *verification) gap(ctx context.Context, r chainRow) error {
	ends, err := v.db.readEnds(ctx)
	if err != nil {
		return err
	}
	if base := ends["base"]; base.position == r.position-1 && v.linker.Linked(base.seal, base.link, base.mark()) {
		v.previous = base.link
		return nil
	}
	v.previous = nil
	return v.fault(ChainFault{r.position, r.event, ChainGap})
}

// behind finds rows that somebody put behind the head. The last row is read first: the head is never before it.
func (v *verification) behind(ctx context.Context) error {
	var last int64
	if err := v.db.readRow(ctx, `select coalesce(max(position), 0) from chain`, nil, &last); err != nil {
		return err
	}
	ends, err := v.db.readEnds(ctx)
	if err == nil && last > ends["head"].position {
		err = v.fault(ChainFault{Position: last, What: ChainCut})
	}
	return err
}

// loose counts events that are not chained yet, and finds those whose time for that is long over: nobody runs the house so long
// without chaining them, and yet has chained what came later.
func (v *verification) loose(ctx context.Context, highest string) error {
	long := before(highest, late)
	return v.db.looseAll(ctx, func(events []hashed) error {
		for _, e := range events {
			if e.ID >= long {
				v.report.Waiting++
			} else if err := v.fault(ChainFault{Event: e.ID, What: ChainInserted}); err != nil {
				return err
			}
		}
		return nil
	})
}
