package storage

import (
	"context"
	"slices"
	"strings"
	"time"
)

// LogFilter says which events are looked for: all that is given must hold.
type LogFilter struct {
	User, Client, Result, Attempt, Reference, Address string

	Kind        string    // one, or all that begin like it where it ends with "." ("sign_in.")
	Among       string    // a reference among those that an event stands for (ReferencesKept); it has no letter but those of references
	From, Until time.Time // from this moment on, before that one; zero: no such end
}

// ReferencesKept is the name in an event's data of the references of what it stands for, the last of them.
const ReferencesKept = "references"

// LogPage is a part of the log.
type LogPage struct {
	Events []Event
	// Next is where the part after this one begins, "" when there is none. A page may be short, or empty, and have one:
	// no more than scanned events are looked at for it, so that a page takes its time whatever is looked for.
	Next string
}

const (
	scanned = 4000
	// settled is how old an event is before its place in the log counts: the nodes' clocks differ by so much at most, and an event is
	// committed a moment after it got its id.
	settled = maxSkew
	// skewed is by how much the time of an event may differ from that in its id.
	skewed = time.Minute
)

var eventColumns = packed(`events.id, events.happened, events.kind, events.actor, events.user_id, events.client_id, events.address,
	events.reference, events.result, events.data, events.attempt`)

func (e *Event) dest() any {
	return fields{&e.ID, at(&e.Time), &e.Kind, &e.Actor, &e.User, &e.Client, &e.Address, &e.Reference, &e.Result, parsed{&e.Data}, &e.Attempt}
}

var (
	eventByID       = `select ` + eventColumns + ` from events where id = $1`
	eventsOfAttempt = `select ` + eventColumns + ` from events where attempt = $2 and attempt <> '' order by id limit $1`
)

// Event reads one event. ErrNotFound.
func (db *DB) Event(ctx context.Context, id string) (Event, error) {
	var e Event
	err := db.readRow(ctx, eventByID, []any{id}, e.dest())
	return e, wrap("read event", err)
}

// SignInLog reads what happened in one sign-in, in order; two hundred events at most.
func (db *DB) SignInLog(ctx context.Context, attempt string) ([]Event, error) {
	return db.events(ctx, eventsOfAttempt, int64(200), attempt)
}

// Log reads the newest events first, those before the event with the id before ("": all), limit at most.
func (db *DB) Log(ctx context.Context, f LogFilter, before string, limit int) (LogPage, error) {
	// What is looked for among several kinds besides is looked for in all of the log: each kind would be read so far.
	if q := f.query(); !strings.HasSuffix(f.Kind, ".") || q.column != "" || len(q.rest) > 1 {
		page, err := db.logPage(ctx, f, before, limit)
		return page, wrap("read log", err)
	}
	kinds, err := db.kindsLike(ctx, f.Kind)
	if err != nil {
		return LogPage{}, wrap("read kinds of events", err)
	}
	var pages []LogPage
	for _, kind := range kinds {
		f.Kind = kind
		page, err := db.logPage(ctx, f, before, limit)
		if err != nil {
			return LogPage{}, wrap("read log", err)
		}
		pages = append(pages, page)
	}
	return merged(pages, limit), nil
}

func (db *DB) logPage(ctx context.Context, f LogFilter, before string, limit int) (LogPage, error) {
	q := f.query()
	if before != "" {
		q.until(before)
	}
	bound, err := db.bound(ctx, q)
	if err != nil {
		return LogPage{}, err
	}
	if bound != "" {
		q.from(bound)
	}
	text, args := q.sql(eventColumns, limit+1)
	page := LogPage{Next: bound}
	page.Events, err = db.events(ctx, text, args...)
	if len(page.Events) > limit {
		page.Events = page.Events[:limit]
		page.Next = page.Events[limit-1].ID
	}
	return page, err
}

// logNow is the place in the log where what is still to happen begins: up to there nothing comes in between any more.
func (db *DB) logNow() string { return eventIDAt(db.Now().Add(-settled)) }

// merged is one page of the pages of several kinds. Each is complete from its Next on, so all are from the latest of these on.
func merged(pages []LogPage, limit int) LogPage {
	var all LogPage
	for _, page := range pages {
		all.Events = append(all.Events, page.Events...)
		all.Next = max(all.Next, page.Next)
	}
	slices.SortFunc(all.Events, func(a, b Event) int { return strings.Compare(b.ID, a.ID) })
	if all.Next != "" {
		all.Events = slices.DeleteFunc(all.Events, func(e Event) bool { return e.ID < all.Next })
	}
	if len(all.Events) > limit {
		all.Events = all.Events[:limit]
		all.Next = all.Events[limit-1].ID
	}
	return all
}
