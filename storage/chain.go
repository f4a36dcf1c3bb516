package storage

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The chain shows whether anybody changed the log who has the database and not the keys: each event that is a moment old gets a row with
// its digest, linked to the row before by a MAC. It is written behind the events, so nobody who signs in waits for it.

// Linker makes and checks links by a key that is not in the database. keys.Chain is one.
type Linker interface {
	Link(previous, digest []byte) []byte
	Linked(link, previous, digest []byte) bool
}

// ErrTampered says that the ends of the chain are not as they were written: who did that had the database, and not the keys.
var ErrTampered = errors.New("the chain of the log was tampered with: run \"doorward audit verify\"")

// How much later than events of its time one may be chained: its transaction took its time, or its node's clock is behind. Most are
// not that late: only now and then the whole of it is looked through.
const (
	late  = 2 * time.Minute
	brisk = 10 * time.Second
)

// briefKinds tell of strangers. Whoever cannot sign in must not fill the disk, so these events are kept for a while only.
var briefKinds = []string{SignInRefused, ClientRefused, ClientMisfit}

// chainRow is what the chain knows of an event.
type chainRow struct {
	position     int64
	event        string
	happened     time.Time
	brief        bool
	digest, link []byte
}

var chainColumns = packed(`c.position, c.event_id, c.happened, c.brief`)

func (r *chainRow) dest() any { return fields{&r.position, &r.event, at(&r.happened), &r.brief} }

// mark is what a link authenticates of a row.
func (r chainRow) mark() []byte {
	return digestOf("row", strconv.FormatInt(r.position, 10), r.event, strconv.FormatInt(micros(r.happened), 10),
		strconv.FormatBool(r.brief), string(r.digest))
}

// digestOf tells ("ab", "c") from ("a", "bc").
func digestOf(parts ...string) []byte {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return h.Sum(nil)
}

// chainEnd is one end of the chain: "base", behind which it begins, or "head".
type chainEnd struct {
	name     string
	position int64
	link     []byte
	last     string    // head: the highest id of an event that is chained
	begun    time.Time // when the first event was chained
	seal     []byte
}

func (e chainEnd) mark() []byte {
	return digestOf(e.name, strconv.FormatInt(e.position, 10), e.last, strconv.FormatInt(micros(e.begun), 10))
}

func (e chainEnd) sealed(l Linker) chainEnd {
	e.seal = l.Link(e.link, e.mark())
	return e
}

const (
	selectEnds = `select name, position, link, last, begun, seal from chain_ends`
	beginChain = `insert into chain_ends (name, position, link, last, begun, seal) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`
	// moveEnd has one winner: it moves an end from where it was read.
	moveEnd = `update chain_ends set position = $3, link = $4, last = $5, seal = $6 where name = $1 and position = $2`
)

// ends reads where the chain begins and ends, and begins one where there is none. ErrTampered.
func (db *DB) ends(ctx context.Context, l Linker) (map[string]chainEnd, error) {
	ends, err := db.readEnds(ctx)
	if err != nil || len(ends) == 0 {
		if err == nil {
			err = db.beginChain(ctx, l)
		}
		if err == nil {
			ends, err = db.readEnds(ctx)
		}
		if err != nil {
			return nil, err
		}
	}
	for _, name := range []string{"base", "head"} {
		if e := ends[name]; !l.Linked(e.seal, e.link, e.mark()) {
			return ends, ErrTampered
		}
	}
	return ends, nil
}

func (db *DB) readEnds(ctx context.Context) (map[string]chainEnd, error) {
	ends := map[string]chainEnd{}
	err := db.readRows(ctx, selectEnds, nil, func(scan func(...any) error) error {
		var e chainEnd
		err := scan(&e.name, &e.position, &e.link, &e.last, at(&e.begun), &e.seal)
		ends[e.name] = e
		return err
	})
	return ends, err
}

// beginChain writes both ends of an empty chain; of two nodes one does.
func (db *DB) beginChain(ctx context.Context, l Linker) error {
	return db.tx(ctx, func(u *unit) error { return u.beginChain(db.Now(), l) })
}

func (u *unit) beginChain(begun time.Time, l Linker) error {
	for _, name := range []string{"base", "head"} {
		e := chainEnd{name: name, link: digestOf("begun", strconv.FormatInt(micros(begun), 10)), begun: begun}.sealed(l)
		if n, err := u.exec(beginChain, e.name, e.position, e.link, e.last, micros(e.begun), e.seal); err != nil || n == 0 {
			return err
		}
	}
	return nil
}

// selectUnchained finds events without a row, by id: those behind $1, up to $2. It asks for each of them by itself, since PostgreSQL may
// read all of the chain once for all of them.
var selectUnchained = `select ` + eventColumns + ` from events where events.id > $1 and events.id <= $2
	and (select c.position from chain c where c.event_id = events.id) is null order by events.id limit $3`

// ChainEvents links events that are a moment old and not chained yet, limit at most, and says how many; where another node does so at the
// same time, one wins and the other says 0. An event that comes late, with an id before those that are chained, is chained behind them.
// ErrTampered: nothing is chained.
func (db *DB) ChainEvents(ctx context.Context, limit int, l Linker) (int, error) {
	return db.chainEvents(ctx, late, chaining{limit: limit, linker: l})
}

func (db *DB) chainEvents(ctx context.Context, back time.Duration, c chaining) (int, error) {
	ends, err := db.ends(ctx, c.linker)
	if err != nil {
		return 0, wrap("chain events", err)
	}
	c.head = ends["head"]
	c.from = before(c.head.last, back)
	n, err := db.chainBetween(ctx, c)
	return n, wrap("chain events", err)
}

// before is the place in the log so much earlier than an id.
func before(id string, d time.Duration) string {
	n, err := strconv.ParseInt(id[:min(len(id), 14)], 16, 64)
	if err != nil {
		return ""
	}
	return eventIDAt(time.UnixMicro(n).Add(-d))
}

// chaining is one step of the chain's growth.
type chaining struct {
	head   chainEnd
	from   string // ids of events are behind it
	until  string // up to this one; "" all that are settled
	limit  int
	linker Linker
}

// chainBetween chains what is found behind the head that was read. The events are read before the transaction: it is short, and where the
// head has not moved since, they are still not chained.
func (db *DB) chainBetween(ctx context.Context, c chaining) (int, error) {
	if now := db.logNow(); c.until == "" || c.until > now {
		c.until = now
	}
	found, err := db.unchained(ctx, c)
	if err != nil || len(found) == 0 {
		return 0, err
	}
	rows, head := c.link(found)
	err = db.tx(ctx, func(u *unit) error {
		n, err := u.exec(moveEnd, "head", c.head.position, head.position, head.link, head.last, head.seal)
		if err == nil && n == 0 {
			err = ErrConflict
		}
		if err == nil {
			err = u.putChain(rows, db.engine.bulk())
		}
		if err == nil {
			err = u.tally(found)
		}
		return err
	})
	if errors.Is(err, ErrConflict) {
		return 0, nil
	}
	return len(found), err
}

// hashed is an event with its digest: of the text that the log is read as, in which no value can end another.
type hashed struct {
	Event
	digest []byte
}

// Scan implements sql.Scanner.
func (e *hashed) Scan(src any) error {
	s, err := text(src)
	if err != nil {
		return err
	}
	e.digest = digestOf("event", s)
	return e.dest().(fields).Scan(s)
}

func (db *DB) unchained(ctx context.Context, c chaining) ([]hashed, error) {
	var all []hashed
	err := db.readRows(ctx, selectUnchained, []any{c.from, c.until, int64(c.limit)}, func(scan func(...any) error) error {
		var e hashed
		err := scan(&e)
		all = append(all, e)
		return err
	})
	return all, err
}

// link makes the rows of events, and the head behind them.
func (c chaining) link(found []hashed) ([]chainRow, chainEnd) {
	head := c.head
	rows := make([]chainRow, len(found))
	for i, e := range found {
		r := chainRow{position: head.position + 1, event: e.ID, happened: e.Time, brief: slices.Contains(briefKinds, e.Kind), digest: e.digest}
		r.link = c.linker.Link(head.link, r.mark())
		head.position, head.link, head.last = r.position, r.link, max(head.last, e.ID)
		rows[i] = r
	}
	return rows, head.sealed(c.linker)
}

var chainTable = table{name: "chain", columns: strings.Fields(`position event_id happened brief digest link`)}

// putChain inserts rows, so many with a statement. ErrConflict when one of them is there already.
func (u *unit) putChain(rows []chainRow, bulk int) error {
	for part := range slices.Chunk(rows, bulk) {
		var args []any
		for _, r := range part {
			args = append(args, r.position, r.event, micros(r.happened), r.brief, r.digest, r.link)
		}
		n, err := u.exec(insertInto(chainTable, len(part)), args...)
		if err != nil {
			return err
		}
		if n < int64(len(part)) {
			return ErrConflict
		}
	}
	return nil
}
