package storage

import (
	"context"
	"time"
)

// Receipt is what a change of a person has ended of theirs: what lived before it and does not live after.
type Receipt struct {
	Sessions int64
	Trusts   int64
	Grants   int64 // of applications, those that hung on the sessions included
}

// countStanding counts what lives of a person at the time $2.
const countStanding = `select
	(select count(*) from sessions s where s.user_id = $1 and s.idle_until > $2 and s.expires > $2),
	(select count(*) from trusts t where t.user_id = $1 and t.expires > $2),
	(select count(*) from grants where grants.user_id = $1 and ` + liveGrant + `)`

// standing counts what lives of a person.
func (u *unit) standing(userID string, now time.Time) (Receipt, error) {
	var r Receipt
	err := u.row(countStanding, []any{userID, micros(now)}, &r.Sessions, &r.Trusts, &r.Grants)
	return r, err
}

// receipt is what has ended since before.
func (u *unit) receipt(before Receipt, userID string, now time.Time) (Receipt, error) {
	after, err := u.standing(userID, now)
	return Receipt{before.Sessions - after.Sessions, before.Trusts - after.Trusts, before.Grants - after.Grants}, err
}

// SetUserState changes the state and raises the version; "disabled" ends the person's sessions. No grant
// lives while its person is not active. ErrNotFound; ErrLastAdmin.
func (db *DB) SetUserState(ctx context.Context, id, state string, e Event) error {
	_, err := db.setUserState(ctx, id, state, e)
	return err
}

// DisableUser is SetUserState for "disabled", and says what has ended by it. Grants that were not revoked live again when the person is
// active again. ErrNotFound; ErrLastAdmin.
func (db *DB) DisableUser(ctx context.Context, id string, e Event) (Receipt, error) {
	return db.setUserState(ctx, id, "disabled", e)
}

func (db *DB) setUserState(ctx context.Context, id, state string, e Event) (Receipt, error) {
	if !userStates[state] {
		return Receipt{}, &Invalid{"state", "is none of invited, active, disabled"}
	}
	var r Receipt
	err := db.tx(ctx, func(u *unit) error {
		p, err := u.hold(id)
		if err != nil {
			return err
		}
		now := db.Now()
		before, err := u.standing(id, now)
		if err != nil {
			return err
		}
		next := p
		next.State = state
		if err := u.keepAdmin(p, next); err != nil {
			return err
		}
		if err := u.raise(&next, now, endsNothing, ""); err != nil {
			return err
		}
		if state == "disabled" {
			if _, err := u.endOthers(id, "", now); err != nil {
				return err
			}
		}
		if r, err = u.receipt(before, id, now); err != nil {
			return err
		}
		return u.record(db, r.on(e.or(Event{Kind: UserStateChanged, User: id, Result: state}), now))
	})
	if err != nil {
		return Receipt{}, wrap("set user state", err)
	}
	return r, nil
}

const (
	holdAdmins  = `update meta set value = value + 1 where name = 'admins'`
	otherAdmins = `select count(*) from users where role = 'admin' and role <> '' and state = 'active' and id <> $1`
)

func (u User) administers() bool { return u.Role == "admin" && u.State == "active" }

// keepAdmin is ErrLastAdmin when a person who is held is the last active administrator, and would be one no more. Administrators go one
// after the other: of two who remove each other at the same moment, the second one sees that the first is gone (AD-05).
func (u *unit) keepAdmin(before, after User) error {
	if !before.administers() || after.administers() {
		return nil
	}
	if _, err := u.exec(holdAdmins); err != nil {
		return err
	}
	var n int
	if err := u.row(otherAdmins, []any{before.ID}, &n); err != nil {
		return err
	}
	if n == 0 {
		return ErrLastAdmin
	}
	return nil
}
