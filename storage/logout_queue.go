package storage

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// The events of what an application was told.
const (
	LogoutTold   = "logout.delivered"
	LogoutUntold = "logout.failed"
)

// NoAnswer begins Logout.Why where the client did not answer at all: whatever else waits for it would fare no better now.
const NoAnswer = "no answer: "

// othersWait is how long at most the others wait with one that got no answer.
const othersWait = time.Minute

// As in the outbox, due says whose a logout is: who claims it moves due to the end of the lease, and the one conditional update has one
// winner on both databases.
const (
	claimLogout = `update logouts set due = $2, tries = tries + 1, lease = $3
		where id = (select id from logouts where state = 'waiting' and due <= $1%s order by due, id limit 1)
			and state = 'waiting' and due <= $1 returning ` + returnedLogout
	returnedLogout = `id, session_id, client_id, user_id, state, why, tries, lease, ended, done`
	returnLogout   = `update logouts set due = $3, why = $4, lease = '' where id = $1 and lease = $2 and state = 'waiting'`
	postponeOthers = `update logouts set due = $2 where client_id = $1 and state = 'waiting' and lease = '' and due < $2`
	hurryOthers    = `update logouts set due = $2 where client_id = $1 and state = 'waiting' and lease = '' and due > $2
		and (why = '' or why like '` + NoAnswer + `%')`
	deliverLogout = `update logouts set state = 'delivered', why = '', lease = '', done = $2 where id = $1 and state = 'waiting'`
	failLogout    = `update logouts set state = 'failed', why = $4, lease = '', done = $2 where id = $1 and state = 'waiting' and lease = $3`
	countLogouts  = `select count(*), coalesce(min(due), 0) from logouts where state = 'waiting'`
)

// ClaimLogout takes the logout that is due the longest until the lease is over, none of the clients in but. However many ask at the
// same time, one gets it; ErrNotFound for the others, and when none is due.
func (db *DB) ClaimLogout(ctx context.Context, lease time.Duration, but []string) (Logout, error) {
	now := db.Now()
	args := []any{micros(now), micros(now.Add(lease)), NewID()}
	except := ""
	if len(but) > 0 {
		places := make([]string, len(but))
		for i, id := range but {
			args = append(args, id)
			places[i] = fmt.Sprintf("$%d", len(args))
		}
		except = ` and client_id not in (` + strings.Join(places, ", ") + `)`
	}
	var l Logout
	err := db.writeRow(ctx, fmt.Sprintf(claimLogout, except), args, l.dest()...)
	return l, wrap("claim logout", err)
}

// ReturnLogout gives a claimed logout back, to be tried again at due. Where the client did not answer, the others that wait for it wait
// too, for a while. It does nothing when its lease ran out and somebody else has it.
func (db *DB) ReturnLogout(ctx context.Context, l Logout, due time.Time) error {
	return wrap("return logout", db.tx(ctx, func(u *unit) error {
		n, err := u.exec(returnLogout, l.ID, l.Lease, micros(due), l.Why)
		if err != nil || n == 0 || !strings.HasPrefix(l.Why, NoAnswer) {
			return err
		}
		if soon := db.Now().Add(othersWait); soon.Before(due) {
			due = soon
		}
		_, err = u.exec(postponeOthers, l.ClientID, micros(due))
		return err
	}))
}

// DeliverLogout says that the client knows, whoever has claimed the logout meanwhile, and makes due what waits since the client did not
// answer. One event tells of it.
func (db *DB) DeliverLogout(ctx context.Context, l Logout) error {
	return wrap("deliver logout", db.tx(ctx, func(u *unit) error {
		now := micros(db.Now())
		n, err := u.exec(deliverLogout, l.ID, now)
		if err != nil || n == 0 {
			return err
		}
		if _, err := u.exec(hurryOthers, l.ClientID, now); err != nil {
			return err
		}
		return u.record(db, l.event(LogoutTold, "ok"))
	}))
}

// FailLogout says that nobody tries any more, for the reason in Why. It does nothing when somebody else has the logout meanwhile.
func (db *DB) FailLogout(ctx context.Context, l Logout) error {
	return wrap("fail logout", db.tx(ctx, func(u *unit) error {
		n, err := u.exec(failLogout, l.ID, micros(db.Now()), l.Lease, l.Why)
		if err != nil || n == 0 {
			return err
		}
		return u.record(db, l.event(LogoutUntold, "failed"))
	}))
}

func (l Logout) event(kind, result string) Event {
	e := Event{Kind: kind, Actor: "system", User: l.UserID, Client: l.ClientID, Result: result}
	e = e.with("session", l.SessionID).with("tries", fmt.Sprint(l.Tries))
	if l.Why != "" {
		e = e.with("why", l.Why)
	}
	return e
}

// LogoutQueue is how the logouts stand that are still to be told.
type LogoutQueue struct {
	Waiting int       // those being told included
	Due     time.Time // when the next is to be tried; zero: none waits
}

// LogoutQueue counts what waits.
func (db *DB) LogoutQueue(ctx context.Context) (LogoutQueue, error) {
	var q LogoutQueue
	err := db.readRow(ctx, countLogouts, nil, &q.Waiting, at(&q.Due))
	return q, wrap("read logouts", err)
}
