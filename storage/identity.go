package storage

import (
	"context"
	"time"
)

// Identity is a person's account elsewhere, known by issuer and subject alone: an address there may change, or become somebody else's.
type Identity struct {
	Issuer, Subject string
	UserID          string
	Email           string // as the issuer said last, to show
	Created         time.Time
	Used            time.Time
}

// NewIdentity is what linking an account needs.
type NewIdentity struct {
	Identity
	UserVersion int64  // of the person who was asked or found
	Keep        string // session that stays
}

const identityColumns = `i.issuer, i.subject, i.user_id, i.email, i.created, i.used`

func (i *Identity) dest() []any {
	return []any{&i.Issuer, &i.Subject, &i.UserID, &i.Email, at(&i.Created), at(&i.Used)}
}

var (
	selectByIdentity = `select ` + identityColumns + `, ` + userColumns + ` from identities i join users u on u.id = i.user_id
		where i.issuer = $1 and i.subject = $2`
	selectByLinkEmail = `select ` + userColumns + ` from users u where u.link_email = $1`
)

const (
	insertIdentity = `insert into identities (issuer, subject, user_id, email, created, used) values ($1, $2, $3, $4, $5, $5)
		on conflict do nothing`
	touchIdentity    = `update identities set email = $4, used = $5 where issuer = $1 and subject = $2 and user_id = $3`
	selectIdentities = `select ` + identityColumns + ` from identities i where i.user_id = $1 order by i.created, i.issuer`
	deleteIdentity   = `delete from identities where user_id = $1 and issuer = $2`
)

// ByIdentity reads the person, whatever their state, to whom an account elsewhere is linked. ErrNotFound.
func (db *DB) ByIdentity(ctx context.Context, issuer, subject string) (User, Identity, error) {
	var u User
	var i Identity
	if err := db.readRow(ctx, selectByIdentity, []any{issuer, subject}, append(i.dest(), u.dest())...); err != nil {
		return User{}, Identity{}, wrap("read identity", err)
	}
	return u, i, nil
}

// UserByLinkEmail reads the person, whatever their state, to whom an account of that address may be linked the first time. The
// address is compared as it is, in canonical form. ErrNotFound.
func (db *DB) UserByLinkEmail(ctx context.Context, email string) (User, error) {
	if email == "" {
		return User{}, wrap("read user", ErrNotFound)
	}
	var u User
	err := db.readRow(ctx, selectByLinkEmail, []any{email}, u.dest())
	return u, wrap("read user", err)
}

// AddIdentity links an account elsewhere. An invited person becomes active by it. The version is raised, and sessions but Keep with
// their grants, trusts, links and mailed codes end, so that nothing an intruder has prepared survives (FD-09). However many link one
// account, one wins. ErrConflict when the account, or one of the same issuer, is linked already; ErrNotFound when the person's version
// is not UserVersion, or they are disabled.
func (db *DB) AddIdentity(ctx context.Context, n NewIdentity, e Event) (User, error) {
	if n.Issuer == "" || n.Subject == "" {
		return User{}, wrap("add identity", &Invalid{"identity", "has no issuer or no subject"})
	}
	var p User
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		person, err := u.hold(n.UserID)
		if err != nil {
			return err
		}
		if err := u.add(insertIdentity, n.Issuer, n.Subject, person.ID, n.Email, micros(now)); err != nil {
			return err
		}
		if person.Version != n.UserVersion || person.State == "disabled" {
			return ErrNotFound
		}
		p = person
		p.State = "active"
		if err := u.raise(&p, now, endsOthers, n.Keep); err != nil {
			return err
		}
		if err := u.record(db, e.or(Event{Kind: IdentityLinked, Actor: p.ID, User: p.ID}).with("issuer", n.Issuer)); err != nil {
			return err
		}
		return u.activated(db, person.State, p.ID, e)
	})
	if err != nil {
		return User{}, wrap("add identity", err)
	}
	return p, nil
}

// TouchIdentity notes that an account was used, and its present address there. No error when it is linked no more.
func (db *DB) TouchIdentity(ctx context.Context, i Identity) error {
	_, err := db.writeOne(ctx, touchIdentity, i.Issuer, i.Subject, i.UserID, i.Email, micros(db.Now()))
	return wrap("touch identity", err)
}

// Identities lists the accounts elsewhere of a person, oldest first.
func (db *DB) Identities(ctx context.Context, userID string) ([]Identity, error) {
	var all []Identity
	err := db.readRows(ctx, selectIdentities, []any{userID}, func(scan func(...any) error) error {
		var i Identity
		err := scan(i.dest()...)
		all = append(all, i)
		return err
	})
	return all, wrap("read identities", err)
}

// RemoveIdentity unlinks the account at an issuer, raises the version, and ends all other sessions with their grants, and all trusts. By its
// address it is not linked again by itself: an address does so once. ErrNotFound when there is none.
func (db *DB) RemoveIdentity(ctx context.Context, userID, issuer, keep string, e Event) error {
	return wrap("remove identity", db.tx(ctx, func(u *unit) error {
		p, err := u.hold(userID)
		if err != nil {
			return err
		}
		if n, err := u.exec(deleteIdentity, p.ID, issuer); err != nil {
			return err
		} else if n == 0 {
			return ErrNotFound
		}
		p.LinkEmail = ""
		if err := u.raise(&p, db.Now(), endsOthers, keep); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: IdentityUnlinked, User: p.ID}).with("issuer", issuer))
	}))
}
