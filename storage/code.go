package storage

import (
	"context"
	"time"
)

// MailedTries is how many guesses one mailed code takes.
const MailedTries = 5

// MailedCode is a one-time code under way by mail. Only its MAC is stored; one lives per attempt and purpose.
type MailedCode struct {
	Attempt string
	Purpose string // "sign-in"
	UserID  string
	MAC     []byte
	Tries   int // guesses that were charged; ignored by PutMailedCode
	Sent    time.Time
	Expires time.Time
}

const (
	putMailedCode = `insert into mailed_codes (attempt, purpose, user_id, mac, tries, sent, expires) values ($1, $2, $3, $4, 0, $5, $6)
		on conflict (attempt, purpose) do update set user_id = excluded.user_id, mac = excluded.mac, tries = 0,
			sent = excluded.sent, expires = excluded.expires`
	selectMailedCode = `select attempt, purpose, user_id, mac, tries, sent, expires from mailed_codes where attempt = $1 and purpose = $2`
	chargeMailedCode = `update mailed_codes set tries = tries + 1
		where attempt = $1 and purpose = $2 and tries < $3 and expires > $4 returning mac, tries`
	spendMailedCode = `delete from mailed_codes where attempt = $1 and purpose = $2`
)

// PutMailedCode stores a code in place of the attempt's former one.
func (db *DB) PutMailedCode(ctx context.Context, c MailedCode) error {
	_, err := db.writeOne(ctx, putMailedCode, c.Attempt, c.Purpose, c.UserID, c.MAC, micros(c.Sent), micros(c.Expires))
	return wrap("put mailed code", err)
}

// MailedCode reads the attempt's present code, expired or used up included. ErrNotFound when there is none, or it was spent.
func (db *DB) MailedCode(ctx context.Context, attempt, purpose string) (MailedCode, error) {
	var c MailedCode
	err := db.readRow(ctx, selectMailedCode, []any{attempt, purpose},
		&c.Attempt, &c.Purpose, &c.UserID, &c.MAC, &c.Tries, at(&c.Sent), at(&c.Expires))
	return c, wrap("read mailed code", err)
}

// TryMailedCode charges a guess, compares by match, and spends the code when it was right, in one
// transaction: nil error for the one winner; ErrConflict when wrong, with how many tries are left;
// ErrNotFound when there is no live code (expired, used up, spent). match runs inside the transaction: it is quick
// and asks no database.
func (db *DB) TryMailedCode(ctx context.Context, attempt, purpose string, match func(mac []byte) bool) (int, error) {
	var tries int
	var right bool
	err := db.tx(ctx, func(u *unit) error {
		var mac []byte
		args := []any{attempt, purpose, MailedTries, micros(db.Now())}
		if err := u.row(chargeMailedCode, args, &mac, &tries); err != nil {
			return err
		}
		// A wrong guess is no error in here: its charge is to be committed.
		if right = match(mac); !right {
			return nil
		}
		_, err := u.exec(spendMailedCode, attempt, purpose)
		return err
	})
	if err == nil && !right {
		err = ErrConflict
	}
	if err != nil {
		return max(0, MailedTries-tries), wrap("try mailed code", err)
	}
	return MailedTries - tries, nil
}

const spend = `insert into spent (kind, id, expires) values ($1, $2, $3)
	on conflict (kind, id) do update set expires = excluded.expires where spent.expires <= $4 returning id`

func spendArgs(kind, id string, now, until time.Time) []any {
	return []any{kind, id, micros(until), micros(now)}
}

// Once spends an id of a kind until a time: nil for the first, ErrConflict for all others.
func (db *DB) Once(ctx context.Context, kind, id string, until time.Time) error {
	var same string
	err := db.writeRow(ctx, spend, spendArgs(kind, id, db.Now(), until), &same)
	return wrap("spend "+kind, conflictIfNone(err))
}

// once is Once as a part of a larger unit of work.
func (u *unit) once(kind, id string, now, until time.Time) error {
	var same string
	return conflictIfNone(u.row(spend, spendArgs(kind, id, now, until), &same))
}

// Spent says whether an id of a kind is spent now: an access token without a grant that was revoked, say.
func (db *DB) Spent(ctx context.Context, kind, id string) (bool, error) {
	var n int
	err := db.readRow(ctx, `select count(*) from spent where kind = $1 and id = $2 and expires > $3`,
		[]any{kind, id, micros(db.Now())}, &n)
	return n > 0, wrap("read spent", err)
}
