package storage

import (
	"context"
	"strconv"
	"time"
)

// Standing counts what lives of a person, and would end with a change that ends all of it.
func (db *DB) Standing(ctx context.Context, userID string) (Receipt, error) {
	var r Receipt
	err := db.readRow(ctx, countStanding, []any{userID, micros(db.Now())}, &r.Sessions, &r.Trusts, &r.Grants)
	return r, wrap("count what stands", err)
}

// The session is looked for, since a row stays open when its session has only expired: nobody is told of that.
const logoutsOpen = selectLogouts + `join sessions s on s.id = l.session_id
	where l.user_id = $1 and l.state = 'open' and s.idle_until > $2 and s.expires > $2 order by c.name, l.client_id, l.id`

// LogoutsOpen lists what applications would be told of if all sessions of a person ended now.
func (db *DB) LogoutsOpen(ctx context.Context, userID string) ([]Logout, error) {
	return db.logouts(ctx, logoutsOpen, userID, micros(db.Now()))
}

// on writes what has ended into the event of its change, which gets the time that is told to applications: whoever has the event finds by it
// what they were told (LogoutsSince).
func (r Receipt) on(e Event, now time.Time) Event {
	if e.Time.IsZero() {
		e.Time = now
	}
	for _, n := range []struct {
		name string
		n    int64
	}{{"sessions", r.Sessions}, {"trusts", r.Trusts}, {"grants", r.Grants}} {
		e = e.with(n.name, strconv.FormatInt(n.n, 10))
	}
	return e
}
