package storage

import (
	"context"
	"errors"
	"maps"
	"strconv"
	"time"
)

// The events of letters that nobody will get.
const (
	LetterFailed  = "letter.failed"  // refused for good, or it could not be opened
	LetterExpired = "letter.expired" // its time ran out before the mail server took it
)

// ErrOutboxFull says that as many letters wait as may.
var ErrOutboxFull = errors.New("the outbox is full")

// OutboxLetter is a letter on its way. Its text is sealed: who reads the database reads no letter.
type OutboxLetter struct {
	ID      string
	Sealed  string
	UserID  string // whom it concerns, for events; "" nobody
	Created time.Time
	Expires time.Time
	Tries   int    // with the present one; ignored by PutLetter
	Lease   string // of the present try; ignored by PutLetter
	Reply   string // what that came to, for an operator to read: ReturnLetter keeps it, where there is any
}

// Whose letter it is stands in one column: due. Who claims a letter moves it to the end of the lease, so that a letter is due
// again when its sender died, and the one conditional update has one winner on both databases.
const (
	putLetter = `insert into outbox (id, sealed, user_id, created, due, expires, tries, lease)
		select cast($1 as text), cast($2 as text), cast($3 as text), cast($4 as bigint), cast($4 as bigint), cast($5 as bigint), 0, ''
		where (select count(*) from outbox) < $6`
	claimLetter = `update outbox set due = $2, tries = tries + 1, lease = $3
		where id = (select id from outbox where due <= $1 and expires > $1 order by due, id limit 1) and due <= $1
		returning id, sealed, user_id, created, expires, tries, lease`
	dropLetter   = `delete from outbox where id = $1`
	returnLetter = `update outbox set due = $3, lease = '', reply = coalesce(nullif(cast($4 as text), ''), reply) where id = $1 and lease = $2`
	hurryLetters = `update outbox set due = $1 where due > $1 and lease = ''`
	failLetter   = `delete from outbox where id = $1 and lease = $2`
	lateLetters  = `delete from outbox where id in (select id from outbox where expires <= $1 and (lease = '' or due <= $1) limit $2)
		returning id, user_id, tries, reply`
	countLetters = `select count(*), coalesce(min(created), 0), coalesce(min(due), 0) from outbox`
)

// PutLetter stores a letter, due at once. ErrOutboxFull when most letters wait already; with PostgreSQL, writers at the
// same moment may pass that by their number.
func (db *DB) PutLetter(ctx context.Context, l OutboxLetter, most int) error {
	n, err := db.writeOne(ctx, putLetter, l.ID, l.Sealed, l.UserID, micros(l.Created), micros(l.Expires), int64(most))
	if err == nil && n == 0 {
		err = ErrOutboxFull
	}
	return wrap("put letter", err)
}

// ClaimLetter takes the letter that is due the longest until the lease is over. However many ask at the same time, one gets
// it; ErrNotFound for the others, and when none is due: LetterQueue tells whether to ask again. An expired one is
// never handed out.
func (db *DB) ClaimLetter(ctx context.Context, lease time.Duration) (OutboxLetter, error) {
	var l OutboxLetter
	now := db.Now()
	err := db.writeRow(ctx, claimLetter, []any{micros(now), micros(now.Add(lease)), NewID()},
		&l.ID, &l.Sealed, &l.UserID, at(&l.Created), at(&l.Expires), &l.Tries, &l.Lease)
	return l, wrap("claim letter", err)
}

// DropLetter removes a letter that was sent, whoever has claimed it meanwhile: sent is sent.
func (db *DB) DropLetter(ctx context.Context, id string) error {
	_, err := db.writeOne(ctx, dropLetter, id)
	return wrap("drop letter", err)
}

// ReturnLetter gives a claimed letter back, to be tried again at due. It does nothing when its lease ran out and
// somebody else has it.
func (db *DB) ReturnLetter(ctx context.Context, l OutboxLetter, due time.Time) error {
	_, err := db.writeOne(ctx, returnLetter, l.ID, l.Lease, micros(due), l.Reply)
	return wrap("return letter", err)
}

// HurryLetters makes due now what waits for a later try: mail works again.
func (db *DB) HurryLetters(ctx context.Context) error {
	_, err := db.writeOne(ctx, hurryLetters, micros(db.Now()))
	return wrap("hurry letters", err)
}

// LettersHurried is the event of HurryLettersAs.
const LettersHurried = "mail.hurried"

// HurryLettersAs is HurryLetters by somebody, with its event, which tells how many letters there were.
func (db *DB) HurryLettersAs(ctx context.Context, e Event) error {
	return wrap("hurry letters", db.tx(ctx, func(u *unit) error {
		n, err := u.exec(hurryLetters, micros(db.Now()))
		if err != nil {
			return err
		}
		data := map[string]string{"letters": strconv.FormatInt(int64(n), 10)}
		maps.Copy(data, e.Data)
		e.Data = data
		return u.record(db, e.or(Event{Kind: LettersHurried, Result: "ok"}))
	}))
}

// FailLetter removes a claimed letter that nobody will get, with its event (LetterFailed). It does nothing when somebody
// else has the letter meanwhile.
func (db *DB) FailLetter(ctx context.Context, l OutboxLetter, e Event) error {
	err := db.tx(ctx, func(u *unit) error {
		n, err := u.exec(failLetter, l.ID, l.Lease)
		if err != nil || n == 0 {
			return err
		}
		return u.record(db, e.or(Event{Kind: LetterFailed, Actor: "system", User: l.UserID}))
	})
	return wrap("fail letter", err)
}

// ExpireLetters removes letters that are too late and that nobody is sending, a batch of them, each with its event
// (LetterExpired), and says how many. Of two who ask at the same time one removes a letter.
func (db *DB) ExpireLetters(ctx context.Context) (int, error) {
	removed := 0
	err := db.tx(ctx, func(u *unit) error {
		var late []Event
		err := u.rows(lateLetters, []any{micros(db.Now()), int64(sweepBatch)}, func(scan func(...any) error) error {
			var id, user, tries, reply string
			err := scan(&id, &user, &tries, &reply)
			e := Event{Kind: LetterExpired, Actor: "system", User: user, Result: "expired", Data: map[string]string{"letter": id, "tries": tries}}
			if reply != "" {
				e.Data["reply"] = reply
			}
			late = append(late, e)
			return err
		})
		if removed = len(late); err != nil {
			return err
		}
		for _, e := range late {
			if err := u.record(db, e); err != nil {
				return err
			}
		}
		return nil
	})
	return removed, wrap("expire letters", err)
}

// LetterQueue is how the outbox stands.
type LetterQueue struct {
	Waiting int       // letters, those being sent included
	Oldest  time.Time // when the oldest of them came; zero: none waits
	Due     time.Time // when the next is to be tried; zero: none waits
}

// LetterQueue counts what waits.
func (db *DB) LetterQueue(ctx context.Context) (LetterQueue, error) {
	var q LetterQueue
	err := db.readRow(ctx, countLetters, nil, &q.Waiting, at(&q.Oldest), at(&q.Due))
	return q, wrap("read outbox", err)
}
