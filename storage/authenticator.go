package storage

import (
	"context"
	"time"
)

// Authenticator is a device that shows codes (TOTP, RFC 6238).
type Authenticator struct {
	ID, UserID, Name string
	Sealed           []byte // its secret
	LastStep         int64  // time step of the last code that was taken; only a later one is taken
	Created          time.Time
	Used             time.Time // zero: not since it was added
}

// NewAuthenticator is what adding a device needs.
type NewAuthenticator struct {
	Authenticator
	UserVersion int64    // of the person who proved it
	Recovery    [][]byte // MACs of new recovery codes; nil keeps those that are there
	Keep        string   // session that stays
}

// MaxAuthenticators is how many a person may have: it bounds how many codes are right at one time.
const MaxAuthenticators = 10

const authenticatorColumns = `a.id, a.user_id, a.name, a.sealed, a.last_step, a.created, a.used`

func (a *Authenticator) dest() []any {
	return []any{&a.ID, &a.UserID, &a.Name, &a.Sealed, &a.LastStep, at(&a.Created), at(&a.Used)}
}

const (
	selectAuthenticators = `select ` + authenticatorColumns + ` from authenticators a where a.user_id = $1 order by a.created, a.id`
	insertAuthenticator  = `insert into authenticators (id, user_id, name, sealed, last_step, created, used) values ($1, $2, $3, $4, $5, $6, 0)
		on conflict do nothing`
	countAuthenticators = `select count(*) from authenticators where user_id = $1`
	useStep             = `update authenticators set last_step = $2, used = $3 where id = $1 and last_step < $2`
	deleteAuthenticator = `delete from authenticators where id = $1 and user_id = $2 returning name`
)

// Check judges the record. The error joins *Invalid values.
func (a Authenticator) Check() error {
	var f faults
	f.unless(a.ID != "" && len(a.Sealed) > 0, "authenticator", "has no id, or no secret")
	f.unless(printable(a.Name, 64), "name", "wants 1 to 64 printable characters")
	return f.err()
}

// Authenticators lists a person's devices, oldest first.
func (db *DB) Authenticators(ctx context.Context, userID string) ([]Authenticator, error) {
	var all []Authenticator
	err := db.readRows(ctx, selectAuthenticators, []any{userID}, func(scan func(...any) error) error {
		var a Authenticator
		err := scan(a.dest()...)
		all = append(all, a)
		return err
	})
	return all, wrap("read authenticators", err)
}

// AddAuthenticator turns a device on, raises the version, and ends all other sessions with their grants, and all trusts. Whoever adds
// one gives the time step of its first right code as LastStep, which is spent by that. ErrNotFound when the person's version is not
// UserVersion, or they are not active. ErrConflict when the id is known. *Invalid, also when there are ten already.
func (db *DB) AddAuthenticator(ctx context.Context, n NewAuthenticator, e Event) error {
	if err := n.Check(); err != nil {
		return wrap("add authenticator", err)
	}
	return wrap("add authenticator", db.tx(ctx, func(u *unit) error {
		now := db.Now()
		p, err := u.hold(n.UserID)
		if err != nil {
			return err
		}
		if p.Version != n.UserVersion || p.State != "active" {
			return ErrNotFound
		}
		if count, err := u.authenticators(p.ID); err != nil {
			return err
		} else if count >= MaxAuthenticators {
			return &Invalid{"authenticators", "are ten already"}
		}
		if err := u.add(insertAuthenticator, n.ID, p.ID, n.Name, n.Sealed, n.LastStep, micros(now)); err != nil {
			return err
		}
		if n.Recovery != nil {
			if err := u.putRecovery(p.ID, n.Recovery, now); err != nil {
				return err
			}
		}
		p.TOTP = true
		if err := u.raise(&p, now, endsOthers, n.Keep); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: AuthenticatorAdded, Actor: p.ID, User: p.ID}).with("name", n.Name))
	}))
}

func (u *unit) authenticators(userID string) (int, error) {
	var n int
	err := u.row(countAuthenticators, []any{userID}, &n)
	return n, err
}

// UseStep spends a time step of a device, and all before it. However many use one step, on whatever node and whatever their clocks
// say, one wins (RFC 6238 §5.2). ErrConflict for all others, and when there is no such device.
func (db *DB) UseStep(ctx context.Context, id string, step int64) error {
	n, err := db.writeOne(ctx, useStep, id, step, micros(db.Now()))
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return wrap("use time step", err)
}

// Removal is a device that is to go.
type Removal struct {
	UserID, ID string
	Last       bool   // it may be the last one
	Keep       string // session that stays
}

// RemoveAuthenticator removes a device, raises the version, and ends all other sessions with their grants, and all trusts. With the
// last one TOTP is off, and recovery codes go. ErrNotFound when the person has no such device. ErrConflict when it is the last one,
// and may not be: of the last two, however many are removed at once, one stays.
func (db *DB) RemoveAuthenticator(ctx context.Context, r Removal, e Event) error {
	return wrap("remove authenticator", db.tx(ctx, func(u *unit) error {
		p, err := u.hold(r.UserID)
		if err != nil {
			return err
		}
		if _, err := u.dropAuthenticator(&p, r.ID); err != nil {
			return err
		}
		if !p.TOTP && !r.Last {
			return ErrConflict
		}
		if err := u.raise(&p, db.Now(), endsOthers, r.Keep); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: AuthenticatorRemoved, User: p.ID}).with("device", r.ID))
	}))
}

// dropAuthenticator removes a device of a person who is held, with the last one their recovery codes too, and gives its name. TOTP is off
// then once the person is stored. ErrNotFound.
func (u *unit) dropAuthenticator(p *User, id string) (string, error) {
	var name string
	if err := u.row(deleteAuthenticator, []any{id, p.ID}, &name); err != nil {
		return "", err
	}
	left, err := u.authenticators(p.ID)
	if err != nil {
		return "", err
	}
	if p.TOTP = left > 0; !p.TOTP {
		_, err = u.exec(deleteRecovery, p.ID)
	}
	return name, err
}

// ResetFactors removes devices and recovery codes, raises the version, and ends sessions, trusts and grants, offline ones too: an
// operator's answer to a lost device. ErrNotFound.
func (db *DB) ResetFactors(ctx context.Context, userID string, e Event) error {
	return wrap("reset factors", db.tx(ctx, func(u *unit) error {
		p, err := u.hold(userID)
		if err != nil {
			return err
		}
		for _, text := range []string{`delete from authenticators where user_id = $1`, deleteRecovery} {
			if _, err := u.exec(text, p.ID); err != nil {
				return err
			}
		}
		now := db.Now()
		before, err := u.standing(p.ID, now)
		if err != nil {
			return err
		}
		p.TOTP = false
		if err := u.raise(&p, now, endsGrants, ""); err != nil {
			return err
		}
		r, err := u.receipt(before, p.ID, now)
		if err != nil {
			return err
		}
		return u.record(db, r.on(e.or(Event{Kind: FactorsReset, User: p.ID}), now))
	}))
}
