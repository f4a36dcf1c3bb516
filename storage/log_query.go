package storage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// condition is one of a where clause; ? is its argument. Where that is nil, it has none.
type condition struct {
	text string
	arg  any
}

// logQuery is a look into the log, by one index and in the order of ids.
type logQuery struct {
	column string      // that the index begins with; "" it is that of ids
	value  string      // that it has
	above  string      // ids are not below
	below  string      // ids are below; "" no such end
	by     []condition // what else is nearly always so of what the index finds
	rest   []condition // what each event is tested for besides
}

// seldom are the kinds of which there are few whatever happens, since each stands for all of a minute: an application has them among as
// many events as people sign in to it.
var seldom = map[string]bool{ClientRefused: true, ClientMisfit: true, ClientDenied: true}

// query makes of a filter what one index finds and what is left. Which index, is decided here: neither database knows how rare is what
// is looked for.
func (f LogFilter) query() logQuery {
	var q logQuery
	if seldom[f.Kind] && f.Reference+f.Attempt+f.User == "" {
		q.column, q.value, f.Kind = "kind", f.Kind, ""
	}
	for _, c := range []struct{ column, value string }{
		{"reference", f.Reference}, {"attempt", f.Attempt}, {"user_id", f.User}, {"client_id", f.Client},
	} {
		switch {
		case c.value == "":
		case q.column == "":
			q.column, q.value = c.column, c.value
			q.by = []condition{{"events." + c.column + " <> ''", nil}} // as its index says of itself
		default:
			q.test(c.column, c.value)
		}
	}
	switch {
	case f.Kind == "":
	case strings.HasSuffix(f.Kind, "."):
		q.rest = append(q.rest, condition{"substr(events.kind, 1, length(cast(? as text))) = ?", f.Kind})
	case q.column == "":
		q.column, q.value = "kind", f.Kind
	default:
		q.test("kind", f.Kind)
	}
	q.test("result", f.Result)
	q.test("address", f.Address)
	if f.Among != "" {
		q.rest = append(q.rest, condition{"events.data like '%' || cast(? as text) || '%'", f.Among})
	}
	if !f.From.IsZero() {
		q.above = eventIDAt(f.From.Add(-skewed))
		q.by = append(q.by, condition{"events.happened >= ?", micros(f.From)})
	}
	if !f.Until.IsZero() {
		q.below = eventIDAt(f.Until.Add(skewed))
		q.by = append(q.by, condition{"events.happened < ?", micros(f.Until)})
	}
	return q
}

// from leaves out what is below an id, and until what is not.
func (q *logQuery) from(id string) { q.above = max(q.above, id) }

func (q *logQuery) until(id string) {
	if q.below == "" || id < q.below {
		q.below = id
	}
}

// test adds a condition that no index is tried for.
func (q *logQuery) test(column, value string) {
	if value != "" {
		q.rest = append(q.rest, condition{"events." + column + " || '' = ?", value})
	}
}

// sql is a statement that finds columns of so many events, the newest first.
func (q *logQuery) sql(columns string, limit int) (string, []any) {
	return q.statement(columns, slices.Concat(q.by, q.rest), limit)
}

// statement compares the index's columns as a row: then both databases read that index in its order, and not all events by their ids
// until enough of this kind are found, or all of this kind to sort them.
func (q *logQuery) statement(columns string, where []condition, limit int) (string, []any) {
	args := []any{q.above, cmp.Or(q.below, behindAll)}
	text := "select " + columns + " from events where "
	if q.column == "" {
		text += "events.id >= $1 and events.id < $2"
	} else {
		args = append(args, q.value)
		text += fmt.Sprintf("(events.%[1]s, events.id) >= ($3, $1) and (events.%[1]s, events.id) < ($3, $2)", q.column)
	}
	for _, c := range where {
		if c.arg != nil {
			args = append(args, c.arg)
		}
		text += " and " + strings.ReplaceAll(c.text, "?", "$"+strconv.Itoa(len(args)))
	}
	text += " order by "
	if q.column != "" {
		text += "events." + q.column + " desc, "
	}
	args = append(args, int64(limit))
	return text + "events.id desc limit $" + strconv.Itoa(len(args)), args
}

// behindAll is behind all ids.
const behindAll = "z"

// bound is the id of the last event that a page looks at; "" where there are fewer, or where whatever the index finds is
// wanted.
func (db *DB) bound(ctx context.Context, q logQuery) (string, error) {
	if len(q.rest) == 0 {
		return "", nil
	}
	text, args := q.statement("events.id", q.by, 1)
	var id string
	err := db.readRow(ctx, text+" offset "+strconv.Itoa(scanned-1), args, &id)
	if errors.Is(err, ErrNotFound) {
		return "", nil
	}
	return id, err
}

// allKinds steps from kind to kind along their index, so that it costs the same however many events there are.
const allKinds = `with recursive kinds(kind) as (
	select min(kind) from events
	union all select (select min(e.kind) from events e where e.kind > k.kind) from kinds k where k.kind is not null)
	select kind from kinds where kind is not null`

// kindsLike lists the kinds of which there are events and that begin so.
func (db *DB) kindsLike(ctx context.Context, prefix string) ([]string, error) {
	var all []string
	err := db.readRows(ctx, allKinds, nil, func(scan func(...any) error) error {
		var kind string
		err := scan(&kind)
		if strings.HasPrefix(kind, prefix) {
			all = append(all, kind)
		}
		return err
	})
	return all, err
}
