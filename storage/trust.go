package storage

import (
	"context"
	"errors"
	"time"
)

// Trust is a browser that a person trusts: after their password no mailed code is asked there. Its cookie is a stamp of ID and
// Generation, so nothing secret is stored, and every older value is recognised.
type Trust struct {
	ID, UserID string
	Agent      string // short, e.g. "Chrome on Windows"
	Generation int64  // that the present cookie carries, from 1; each use raises it
	Created    time.Time
	Used       time.Time
	Rotated    time.Time // when Generation was raised last
	Expires    time.Time
}

// trustWindow is how long the value before the present one gets the present one: two tabs, or an answer that was lost.
const trustWindow = 60 * time.Second

const trustColumns = `t.id, t.user_id, t.agent, t.generation, t.created, t.used, t.rotated, t.expires`

func (t *Trust) dest() []any {
	return []any{&t.ID, &t.UserID, &t.Agent, &t.Generation, at(&t.Created), at(&t.Used), at(&t.Rotated), at(&t.Expires)}
}

const (
	insertTrust = `insert into trusts (id, user_id, agent, generation, created, used, rotated, expires) values ($1, $2, $3, $4, $5, $6, $7, $8)`
	useTrust    = `update trusts as t set generation = generation + 1, used = $4, rotated = $4
		where id = $1 and user_id = $2 and generation = $3 and expires > $4
		returning id, user_id, agent, generation, created, used, rotated, expires`
	presentTrust = `select ` + trustColumns + ` from trusts t where t.id = $1 and t.user_id = $2 and t.expires > $3`
	deleteTrust  = `delete from trusts where id = $1 and user_id = $2`
	selectTrusts = `select ` + trustColumns + ` from trusts t where t.user_id = $1 and t.expires > $2 order by t.used desc, t.id`
)

var selectTrust = `select ` + trustColumns + `, ` + userColumns + ` from trusts t join users u on u.id = t.user_id
	where t.id = $1 and t.expires > $2 and u.state = 'active'`

// UseTrust spends a generation of a trust and returns the trust with its successor. However many use one generation, one of them
// rotates it, and the others get the same successor within 60 s. ErrNotFound when there is none, it has expired, or it is another
// person's. ErrConflict when an older value was presented, or the one before after the 60 s: a copy is about, and the trust is
// ended by that, with the event TrustStolen.
func (db *DB) UseTrust(ctx context.Context, id, userID string, generation int64) (Trust, error) {
	now := db.Now()
	var t Trust
	err := db.writeRow(ctx, useTrust, []any{id, userID, generation, micros(now)}, t.dest()...)
	if errors.Is(err, ErrNotFound) {
		t, err = db.formerTrust(ctx, Trust{ID: id, UserID: userID, Generation: generation}, now)
	}
	if err != nil {
		return Trust{}, wrap("use trust", err)
	}
	return t, nil
}

// formerTrust judges a value that is not the present one.
func (db *DB) formerTrust(ctx context.Context, said Trust, now time.Time) (Trust, error) {
	var t Trust
	var stolen bool
	err := db.tx(ctx, func(u *unit) error {
		t, stolen = Trust{}, false
		if err := u.row(presentTrust, []any{said.ID, said.UserID, micros(now)}, t.dest()...); err != nil {
			return err
		}
		switch {
		case said.Generation >= t.Generation:
			return ErrNotFound // never handed out
		case said.Generation == t.Generation-1 && !now.After(t.Rotated.Add(trustWindow)):
			return nil
		}
		stolen = true
		// The trust is gone already when another copy was found out at this moment; who asked has lost all the same.
		n, err := u.exec(deleteTrust, t.ID, t.UserID)
		if err != nil || n == 0 {
			return err
		}
		return u.record(db, Event{Kind: TrustStolen, User: t.UserID, Result: "ended", Data: map[string]string{"trust": t.ID}})
	})
	if err == nil && stolen {
		err = ErrConflict
	}
	return t, err
}

// Trust reads a living trust and its active person. ErrNotFound.
func (db *DB) Trust(ctx context.Context, id string) (Trust, User, error) {
	var t Trust
	var u User
	if err := db.readRow(ctx, selectTrust, []any{id, micros(db.Now())}, append(t.dest(), u.dest())...); err != nil {
		return Trust{}, User{}, wrap("read trust", err)
	}
	return t, u, nil
}

// Trusts lists the living trusts of a person, the one used last first.
func (db *DB) Trusts(ctx context.Context, userID string) ([]Trust, error) {
	var all []Trust
	err := db.readRows(ctx, selectTrusts, []any{userID, micros(db.Now())}, func(scan func(...any) error) error {
		var t Trust
		err := scan(t.dest()...)
		all = append(all, t)
		return err
	})
	return all, wrap("read trusts", err)
}

// EndTrust removes a trust of a person. No error when it is gone already, or another person's.
func (db *DB) EndTrust(ctx context.Context, userID, id string, e Event) error {
	return wrap("end trust", db.tx(ctx, func(u *unit) error {
		n, err := u.exec(deleteTrust, id, userID)
		if err != nil || n == 0 {
			return err
		}
		return u.record(db, e.or(Event{Kind: TrustEnded, User: userID}).with("trust", id))
	}))
}

// EndTrusts removes all trusts of a person.
func (db *DB) EndTrusts(ctx context.Context, userID string, e Event) error {
	return wrap("end trusts", db.tx(ctx, func(u *unit) error {
		n, err := u.exec(endTrusts, userID)
		if err != nil || n == 0 {
			return err
		}
		return u.record(db, e.or(Event{Kind: TrustsEnded, User: userID}))
	}))
}

// complete fills in what a new trust has by itself.
func (t Trust) complete(s Session, now time.Time) Trust {
	t.UserID, t.Generation, t.Created, t.Used, t.Rotated = s.UserID, 1, now, now, now
	if t.Agent == "" {
		t.Agent = s.Agent
	}
	return t
}

// trust stores the trust that a sign-in gives its browser.
func (u *unit) trust(db *DB, in SignIn, e Event, now time.Time) error {
	if in.Trust == nil {
		return nil
	}
	t := in.Trust.complete(in.Session, now)
	_, err := u.exec(insertTrust, t.ID, t.UserID, t.Agent, t.Generation, micros(t.Created), micros(t.Used), micros(t.Rotated), micros(t.Expires))
	if err != nil {
		return err
	}
	return u.record(db, Event{Time: e.Time, Kind: TrustGiven, Actor: t.UserID, User: t.UserID, Address: e.Address,
		Reference: e.Reference, Attempt: e.Attempt, Data: map[string]string{"trust": t.ID}})
}
