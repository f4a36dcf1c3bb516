package storage

import (
	"context"
	"errors"
	"time"
)

// User is a person.
type User struct {
	ID             string
	Email          string         // canonical, unique (see NormalEmail)
	CustomerNumber string         // digits only, unique; "" none
	Claims         map[string]any // OIDC Core §5.1 claims by name (name, given_name, locale, address, phone_number …), without sub, email and groups
	Groups         []string
	Role           string // "", "admin", "viewer", "helpdesk"
	State          string // "invited", "active", "disabled"
	Version        int64  // rises with every change of password, factor, address, link or state
	Created        time.Time
	Updated        time.Time
	TOTP           bool      // has an active authenticator
	LinkEmail      string    // address that an admin set, by which an account elsewhere is linked the first time; canonical, unique; "" none
	SignedIn       time.Time // the first time; zero: never
	EmailVerified  bool      // the mailbox was proved, or vouched for: what applications are told of the address (OIDC Core §5.1)
	RoleEnded      time.Time // when the last role was taken; zero: there was none
}

// Name is what pages call the person: the claim name, else the address.
func (u User) Name() string {
	if name, ok := u.Claims["name"].(string); ok && name != "" {
		return name
	}
	return u.Email
}

// userColumns are read by User.dest, from the table's alias u. Where it is left-joined and has no row, the zero User is read.
var userColumns = packed(`u.id, u.email, case when u.customer_number is null and u.id is not null then '' else u.customer_number end,
	u.claims, u.group_names, u.role, u.state, u.version, u.created, u.updated,
	u.totp, case when u.link_email is null and u.id is not null then '' else u.link_email end, u.signed_in,
	u.email_verified, u.role_ended`)

func (u *User) dest() any {
	return fields{&u.ID, &u.Email, &u.CustomerNumber, parsed{&u.Claims}, parsed{&u.Groups}, &u.Role, &u.State, &u.Version,
		at(&u.Created), at(&u.Updated), &u.TOTP, &u.LinkEmail, at(&u.SignedIn),
		&u.EmailVerified, at(&u.RoleEnded)}
}

var (
	selectUser    = `select ` + userColumns + ` from users u where u.id = $1`
	selectLogin   = `select ` + userColumns + `, coalesce(p.value, '') from users u left join credentials p on p.user_id = u.id and p.kind = 'password' where `
	loginByEmail  = selectLogin + `u.email = $1`
	loginByNumber = selectLogin + `u.customer_number = $1`
	selectUsers   = `select ` + userColumns + ` from users u where u.email > $1 order by u.email limit $2`
)

// User reads a person by id. ErrNotFound.
func (db *DB) User(ctx context.Context, id string) (User, error) {
	var u User
	err := db.readRow(ctx, selectUser, []any{id}, u.dest())
	return u, wrap("read user", err)
}

// Users lists people by address, at most limit of them, beginning behind the address after ("" begins with the first).
func (db *DB) Users(ctx context.Context, after string, limit int) ([]User, error) {
	var all []User
	err := db.readRows(ctx, selectUsers, []any{after, int64(limit)}, func(scan func(...any) error) error {
		var u User
		err := scan(u.dest())
		all = append(all, u)
		return err
	})
	return all, wrap("read users", err)
}

// Login reads a person and the password hash ("" when none is set) by what was typed, in one statement. ErrNotFound.
func (db *DB) Login(ctx context.Context, typed string) (User, string, error) {
	email, number, ok := Identifier(typed)
	if !ok {
		return User{}, "", wrap("read login", ErrNotFound)
	}
	query, key := loginByEmail, email
	if number != "" {
		query, key = loginByNumber, number
	}
	var u User
	var hash string
	if err := db.readRow(ctx, query, []any{key}, u.dest(), &hash); err != nil {
		return User{}, "", wrap("read login", err)
	}
	return u, hash, nil
}

const (
	insertUser = `insert into users (id, email, customer_number, claims, group_names, role, state, version, grants_since, created, updated, link_email, search, email_verified)
		values ($1, $2, $3, $4, $5, $6, $7, 1, 0, $8, $8, $9, $10, $11) on conflict do nothing`
	putPassword = `insert into credentials (user_id, kind, value, updated) values ($1, 'password', $2, $3)
		on conflict (user_id, kind) do update set value = excluded.value, updated = excluded.updated`
)

// AddUser stores a new person with a password hash ("" for none). LinkEmail is the address where it is empty, but for whoever has a role:
// they link accounts elsewhere themselves. TOTP is off whatever the record says. *Invalid; ErrConflict when an address or the number is taken.
func (db *DB) AddUser(ctx context.Context, u User, passwordHash string, e Event) error {
	if u.LinkEmail == "" && u.Role == "" {
		u.LinkEmail = u.Email
	}
	if err := u.Check(); err != nil {
		return err
	}
	return wrap("add user", db.tx(ctx, func(t *unit) error { return t.addUser(db, u, passwordHash, e) }))
}

// addUser stores a person whose record was checked. ErrConflict when an address or the number is taken.
func (u *unit) addUser(db *DB, p User, hash string, e Event) error {
	claims, groups, err := p.columns()
	if err != nil {
		return err
	}
	now := db.Now()
	err = u.add(insertUser, p.ID, p.Email, orNull(p.CustomerNumber), claims, groups, p.Role, p.State, micros(now), orNull(p.LinkEmail), p.search(), p.EmailVerified)
	if err != nil {
		return err
	}
	if err := u.enrol(p, now); err != nil {
		return err
	}
	if hash != "" {
		if _, err := u.exec(putPassword, p.ID, hash, micros(now)); err != nil {
			return err
		}
	}
	return u.record(db, e.or(Event{Kind: UserAdded, User: p.ID}))
}

// columns are the claims and the groups as they are stored.
func (u User) columns() (string, string, error) {
	claims, err := encoded(u.Claims, len(u.Claims) == 0)
	groups, err2 := encoded(u.Groups, len(u.Groups) == 0)
	if errors.Join(err, err2) != nil {
		return "", "", &Invalid{"claims", "cannot be written as JSON"}
	}
	return claims, groups, nil
}

// SetPassword replaces the password, raises the version, ends all sessions but keep, and revokes all grants. Codes issued before
// it fail too, even those that are being redeemed at this moment. ErrNotFound.
func (db *DB) SetPassword(ctx context.Context, id, hash, keep string, e Event) error {
	return wrap("set password", db.tx(ctx, func(t *unit) error {
		now := db.Now()
		p, err := t.hold(id)
		if err != nil {
			return err
		}
		if err := t.raise(&p, now, endsGrants, keep); err != nil {
			return err
		}
		if _, err := t.exec(putPassword, id, hash, micros(now)); err != nil {
			return err
		}
		return t.record(db, e.or(Event{Kind: UserPasswordSet, User: id}))
	}))
}

// PasswordSince is when the password was set. ErrNotFound when there is none.
func (db *DB) PasswordSince(ctx context.Context, userID string) (time.Time, error) {
	var t time.Time
	err := db.readRow(ctx, `select updated from credentials where user_id = $1 and kind = 'password'`, []any{userID}, at(&t))
	return t, wrap("read password time", err)
}

// Rehash replaces a password hash by one of the same password with present parameters, if it still is old; the version stays, and so does
// the time that PasswordSince tells.
func (db *DB) Rehash(ctx context.Context, id, old, hash string) error {
	_, err := db.writeOne(ctx, `update credentials set value = $3 where user_id = $1 and kind = 'password' and value = $2`, id, old, hash)
	return wrap("rehash", err)
}
