package storage

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// The events of what an application was told.
const (
	LogoutTold    = "logout.delivered"
	LogoutUntold  = "logout.failed"
	LogoutRetried = "logout.retried" // an operator asked for another round of tries
)

// LogoutGone is Logout.Why where the client was removed: nobody is there any more to be told.
const LogoutGone = "it is gone"

// NoAnswer begins Logout.Why where the client did not answer at all: whatever else waits for it would fare no better now.
const NoAnswer = "no answer: "

// As in the outbox, due says whose a logout is: who claims it moves due to the end of the lease, and the one conditional update has one
// winner on both databases.
//
// A client may have any number of logouts waiting, and be left out. So what is due is looked for client by client: queues steps from
// client to client along the index, and each step costs the same, however many wait for it.
const (
	queues = `with recursive queues(client_id) as (
		select min(client_id) from logouts where state = 'waiting'
		union all select (select min(l.client_id) from logouts l where l.state = 'waiting' and l.client_id > q.client_id)
			from queues q where q.client_id is not null) `
	nextLogout = queues + `select coalesce(min(due), 0) from (
		select (select min(l.due) from logouts l where l.state = 'waiting' and l.client_id = q.client_id) as due
		from queues q where q.client_id is not null%s) heads`
	claimLogout = queues + `update logouts set due = $2, tries = tries + 1, lease = $3
		where id = (select h.id from logouts h where h.state = 'waiting' and h.due <= $1 and h.client_id = (
				select q.client_id from queues q where q.client_id is not null%s
				order by (select min(l.due) from logouts l where l.state = 'waiting' and l.client_id = q.client_id), q.client_id limit 1)
			order by h.due, h.id limit 1)
		and state = 'waiting' and due <= $1 returning ` + returnedLogout
	returnedLogout = `id, session_id, client_id, user_id, state, why, tries, lease, ended, done`
	returnLogout   = `update logouts set due = $3, why = $4, silent = $5, lease = '' where id = $1 and lease = $2 and state = 'waiting'`
	hurryOthers    = `update logouts set due = $2 where client_id = $1 and state = 'waiting' and silent and lease = '' and due > $2`
	deliverLogout  = `update logouts set state = 'delivered', why = '', lease = '', done = $2 where id = $1 and state = 'waiting'`
	failLogout     = `update logouts set state = 'failed', why = $4, lease = '', done = $2 where id = $1 and state = 'waiting' and lease = $3`
	failOthers     = `update logouts set state = 'failed', why = $4, lease = '', done = $2 where id in (
		select id from logouts where client_id = $1 and state = 'waiting' and due <= $3 order by due, id limit $5)
		and state = 'waiting' returning ` + returnedLogout
	// retryLogouts begins with the newest: who asks is looking at what has ended just now.
	retryLogouts = `update logouts set state = 'waiting', tries = 0, lease = '', silent = false, due = $2, done = $2, expires = $3 where id in (
		select id from logouts where user_id = $1 and ended > 0 and state = 'failed' and why <> '` + LogoutGone + `' order by ended desc, id limit $4)
		and state = 'failed'`
	// Both go by logouts_client, which has what they ask for.
	dropLogouts  = `delete from logouts where client_id = $1 and state = 'open' and state in ('open', 'waiting', 'failed')`
	loseLogouts  = `update logouts set state = 'failed', why = '` + LogoutGone + `', lease = '', done = $2 where client_id = $1 and state in ('open', 'waiting', 'failed')`
	countLogouts = `select count(*), coalesce(min(case when done > ended then done else ended end), 0) from logouts where state = 'waiting'`
)

// without leaves clients out of a text that has a place for it; their ids are added to the arguments.
func without(clients []string, text string, args ...any) (string, []any) {
	except := ""
	if len(clients) > 0 {
		places := make([]string, len(clients))
		for i, id := range clients {
			args = append(args, id)
			places[i] = fmt.Sprintf("$%d", len(args))
		}
		except = ` and q.client_id not in (` + strings.Join(places, ", ") + `)`
	}
	return fmt.Sprintf(text, except), args
}

// NextLogout says when the next logout is to be tried, of a client that is not in but; zero: none waits.
func (db *DB) NextLogout(ctx context.Context, but []string) (time.Time, error) {
	var due time.Time
	text, args := without(but, nextLogout)
	err := db.readRow(ctx, text, args, at(&due))
	return due, wrap("read next logout", err)
}

// ClaimLogout takes the logout that is due the longest until the lease is over, none of the clients in but. However many ask at the
// same time, one gets it; ErrNotFound for the others, and when none is due.
func (db *DB) ClaimLogout(ctx context.Context, lease time.Duration, but []string) (Logout, error) {
	now := db.Now()
	var l Logout
	text, args := without(but, claimLogout, micros(now), micros(now.Add(lease)), NewID())
	err := db.writeRow(ctx, text, args, l.dest()...)
	return l, wrap("claim logout", err)
}

// ReturnLogout gives a claimed logout back, to be tried again at due. It does nothing when its lease ran out and somebody else has it.
// That other logouts of a client that does not answer had better wait too, the sender must remember.
func (db *DB) ReturnLogout(ctx context.Context, l Logout, due time.Time) error {
	_, err := db.writeOne(ctx, returnLogout, l.ID, l.Lease, micros(due), l.Why, l.silent())
	return wrap("return logout", err)
}

// DeliverLogout says that the client knows, whoever has claimed the logout meanwhile, and makes due what waits for a later try since the
// client did not answer. One event tells of it.
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
		told := l
		told.Why = "" // that of an earlier try
		return u.record(db, told.event(LogoutTold, "ok"))
	}))
}

// FailLogout says that nobody tries any more, for the reason in Why. It does nothing when somebody else has the logout meanwhile.
// Where the client did not answer, others that have waited for it as long fail with it, a batch at a time: so however many wait, none
// waits for ever.
func (db *DB) FailLogout(ctx context.Context, l Logout) error {
	return wrap("fail logout", db.tx(ctx, func(u *unit) error {
		now := micros(db.Now())
		n, err := u.exec(failLogout, l.ID, now, l.Lease, l.Why)
		if err != nil || n == 0 {
			return err
		}
		failed := []Logout{l}
		if l.silent() {
			args := []any{l.ClientID, now, micros(l.Since()), l.Why, int64(sweepBatch)}
			err = u.rows(failOthers, args, func(scan func(...any) error) error {
				var other Logout
				err := scan(other.dest()...)
				failed = append(failed, other)
				return err
			})
		}
		for _, l := range failed {
			err = errors.Join(err, u.record(db, l.event(LogoutUntold, "failed")))
		}
		return err
	}))
}

// endLogouts settles what a client was to be told that is removed: another one of its id must hear nothing of sessions of its own people's
// that it never saw. What it was told stays for whoever asks, and what it was not.
func (u *unit) endLogouts(client string, now int64) error {
	if _, err := u.exec(dropLogouts, client); err != nil {
		return err
	}
	_, err := u.exec(loseLogouts, client, now)
	return err
}

// RetryLogouts makes due what nobody tries any more to tell applications of a person's ended sessions, a batch at most, and says how much
// that is: each has a whole round of tries before it, as if its session had ended now, and stands for thirty days again. However many ask
// at the same time, one gets each, and one event tells of all that it got; none tells of nothing.
func (db *DB) RetryLogouts(ctx context.Context, userID string, e Event) (int64, error) {
	var due int64
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		var err error
		due, err = u.exec(retryLogouts, userID, micros(now), micros(now.Add(logoutsKept)), int64(sweepBatch))
		if err != nil || due == 0 {
			return err
		}
		return u.record(db, e.or(Event{Kind: LogoutRetried, User: userID}).with("logouts", fmt.Sprint(due)))
	})
	return due, wrap("retry logouts", err)
}

func (l Logout) silent() bool { return strings.HasPrefix(l.Why, NoAnswer) }

func (l Logout) event(kind, result string) Event {
	e := Event{Kind: kind, Actor: "system", User: l.UserID, Client: l.ClientID, Result: result}
	e = e.with("session", l.SessionID).with("tries", fmt.Sprint(l.Tries))
	if l.Why != "" {
		e = e.with("why", l.Why)
	}
	return e
}

// LogoutQueue is how the logouts stand that are still to be told. Nobody adds to them but who has signed on: there is one at most for a
// client in a session, and within a day or two of the session's end it is settled.
type LogoutQueue struct {
	Waiting int       // those being told included
	Oldest  time.Time // since when the oldest waits (Logout.Since); zero: none does
}

// LogoutQueue counts what waits, one by one: it is for metrics.
func (db *DB) LogoutQueue(ctx context.Context) (LogoutQueue, error) {
	var q LogoutQueue
	err := db.readRow(ctx, countLogouts, nil, &q.Waiting, at(&q.Oldest))
	return q, wrap("read logouts", err)
}
