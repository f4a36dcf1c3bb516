package storage

import "context"

const renewSession = `update sessions set cookie = $3 where id = $1 and cookie = $2 and idle_until > $4 and expires > $4 returning user_id`

// RenewSession gives a session's cookie a new value: whoever holds a copy of the old one is signed out. old and fresh are
// hashes. Of many who hold the same old value one wins, and the others get ErrNotFound, as when the session has ended.
func (db *DB) RenewSession(ctx context.Context, id string, old, fresh []byte) error {
	var user string
	return wrap("renew session", db.writeRow(ctx, renewSession, []any{id, old, fresh, micros(db.Now())}, &user))
}

// PasswordChange is a new password that a person sets while they are signed in.
type PasswordChange struct {
	UserID      string
	UserVersion int64 // that the former password was proved for
	Hash        string
	Session     string // id of the session that stays
	Cookie      []byte // its cookie's hash, which ends
	Renewed     []byte // and the one that follows
}

// ChangePassword is SetPassword by the person themselves: this browser's session stays, under a new cookie value. Of two
// changes at the same time one wins, and the other gets ErrNotFound, as when the session has ended: a password that was
// right a moment ago replaces none that was set since.
func (db *DB) ChangePassword(ctx context.Context, c PasswordChange, e Event) (User, error) {
	var p User
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		var err error
		if p, err = u.hold(c.UserID); err != nil {
			return err
		}
		if p.State != "active" || p.Version != c.UserVersion {
			return ErrNotFound
		}
		var user string
		err = u.row(renewSession, []any{c.Session, c.Cookie, c.Renewed, micros(now)}, &user)
		if err == nil && user != p.ID {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := u.raise(&p, now, endsGrants, c.Session); err != nil {
			return err
		}
		if _, err := u.exec(putPassword, p.ID, c.Hash, micros(now)); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: UserPasswordSet, Actor: p.ID, User: p.ID}))
	})
	return p, wrap("change password", err)
}
