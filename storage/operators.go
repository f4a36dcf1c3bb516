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
	Reply         string // what the last try came to; "" there was none
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
const selectOutbox = `select o.id, o.user_id, coalesce(u.email, ''), o.tries, o.lease, o.created, o.due, o.expires, o.reply
	from outbox o left join users u on u.id = o.user_id where o.created > $1 or (o.created = $1 and o.id > $2) order by o.created, o.id limit $3`

// OutboxList lists the letters that wait, the oldest first, limit at most, those behind the place after ("": all). The second
// result is the place to go on from, "" at the end. *Invalid when after is none.
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
		err := scan(&o.ID, &o.UserID, &o.Email, &o.Tries, &lease, at(&o.Created), at(&o.Due), at(&o.Expires), &o.Reply)
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
