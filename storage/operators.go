package storage

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Lists for operators, over all people.

// spot is where a list goes on: behind the row with this time and id.
type spot struct {
	micros int64
	id     string
}

func (p spot) String() string { return strconv.FormatInt(p.micros, 10) + "." + p.id }

// spotOf reads a place. *Invalid when it is none of ours.
func spotOf(text string) (spot, error) {
	n, id, found := strings.Cut(text, ".")
	at, err := strconv.ParseInt(n, 10, 64)
	if !found || err != nil {
		return spot{}, &Invalid{"after", "is no place in this list"}
	}
	return spot{at, id}, nil
}

// SessionFilter says which sessions are looked for: all that is given must hold.
type SessionFilter struct{ User, Client, Address string }

// SignedIn is a session and whose it is.
type SignedIn struct {
	Session
	Email string
}

// selectSessions reads living sessions in the order of their idle end, which is that of their use. Who they belong to is one of few rows.
var selectSessions = `select s.idle_until, ` + sessionColumns + `, u.email from sessions s join users u on u.id = s.user_id
	where s.idle_until > $1 and s.idle_until <= $2 and (s.idle_until < $2 or s.id < $3)
		and (cast($5 as text) = '' or s.user_id = $5) and (cast($6 as text) = '' or s.address = $6)
		and (cast($7 as text) = '' or exists (select 1 from grants where grants.user_id = s.user_id and grants.client_id = $7 and grants.session_id = s.id))
	order by s.idle_until desc, s.id desc limit $4`

// Sessions lists the living sessions of all people, the one seen last first, limit at most, those behind the place after ("": all). The
// second result is the place to go on from, "" at the end. *Invalid when after is none.
func (db *DB) Sessions(ctx context.Context, f SessionFilter, after string, limit int) ([]SignedIn, string, error) {
	from := spot{micros: 1 << 62}
	if after != "" {
		var err error
		if from, err = spotOf(after); err != nil {
			return nil, "", err
		}
	}
	var all []SignedIn
	var places []string
	args := []any{micros(db.Now()), from.micros, from.id, int64(limit + 1), f.User, f.Address, f.Client}
	err := db.readRows(ctx, selectSessions, args, func(scan func(...any) error) error {
		var s SignedIn
		var p spot
		err := scan(&p.micros, s.dest(), &s.Email)
		p.id = s.ID
		all, places = append(all, s), append(places, p.String())
		return err
	})
	return cut(all, limit), next(places, limit), wrap("read sessions", err)
}

// cut is a list without what was read beyond its limit.
func cut[T any](all []T, limit int) []T { return all[:min(len(all), limit)] }

// next is the place of the last row of a list, where more was read.
func next(places []string, limit int) string {
	if len(places) <= limit {
		return ""
	}
	return places[limit-1]
}

// OutboxEntry is what an operator may see of a letter on its way.
type OutboxEntry struct {
	ID            string
	UserID, Email string // whom it concerns; "" nobody
	State         string // LetterWaiting, LetterSending or LetterAgain
	Tries         int
	Created       time.Time
	Due           time.Time // of the next try; while it is sent, when the sender is given up
	Expires       time.Time
}

// How far a letter is.
const (
	LetterWaiting = "waiting" // nobody has tried yet
	LetterSending = "sending"
	LetterAgain   = "again" // a try has failed, and there will be another
)

// selectOutbox sorts all that wait: there are as many at most as the outbox takes.
const selectOutbox = `select o.id, o.user_id, coalesce(u.email, ''), o.tries, o.lease, o.created, o.due, o.expires
	from outbox o left join users u on u.id = o.user_id where o.created > $1 or (o.created = $1 and o.id > $2) order by o.created, o.id limit $3`

// OutboxList lists the letters that wait, the oldest first; see Sessions.
func (db *DB) OutboxList(ctx context.Context, after string, limit int) ([]OutboxEntry, string, error) {
	from := spot{micros: -1}
	if after != "" {
		var err error
		if from, err = spotOf(after); err != nil {
			return nil, "", err
		}
	}
	var all []OutboxEntry
	var places []string
	now := db.Now()
	err := db.readRows(ctx, selectOutbox, []any{from.micros, from.id, int64(limit + 1)}, func(scan func(...any) error) error {
		var o OutboxEntry
		var lease string
		err := scan(&o.ID, &o.UserID, &o.Email, &o.Tries, &lease, at(&o.Created), at(&o.Due), at(&o.Expires))
		o.State = letterState(o, lease, now)
		all, places = append(all, o), append(places, spot{micros(o.Created), o.ID}.String())
		return err
	})
	return cut(all, limit), next(places, limit), wrap("read outbox", err)
}

func letterState(o OutboxEntry, lease string, now time.Time) string {
	switch {
	case lease != "" && o.Due.After(now):
		return LetterSending
	case o.Tries > 0:
		return LetterAgain
	}
	return LetterWaiting
}

// Untold is an application that was not told, or not yet, that a session has ended.
type Untold struct {
	Logout
	Email string // of the person; "" when they are gone
}

const untoldLogouts = `select ` + logoutColumns + `, coalesce(c.name, ''), coalesce(u.email, '') from logouts l
	left join clients c on c.id = l.client_id left join users u on u.id = l.user_id
	where l.state in ('waiting', 'failed') and l.ended <= $1 and (l.ended < $1 or l.id < $2) order by l.ended desc, l.id desc limit $3`

// UntoldLogouts lists what is still to be told and what nobody tries any more, that of the session that ended last first; see Sessions.
func (db *DB) UntoldLogouts(ctx context.Context, after string, limit int) ([]Untold, string, error) {
	from := spot{micros: 1 << 62}
	if after != "" {
		var err error
		if from, err = spotOf(after); err != nil {
			return nil, "", err
		}
	}
	var all []Untold
	var places []string
	err := db.readRows(ctx, untoldLogouts, []any{from.micros, from.id, int64(limit + 1)}, func(scan func(...any) error) error {
		var l Untold
		err := scan(append(l.dest(), &l.ClientName, &l.Email)...)
		all, places = append(all, l), append(places, spot{micros(l.Ended), l.ID}.String())
		return err
	})
	return cut(all, limit), next(places, limit), wrap("read logouts", err)
}
