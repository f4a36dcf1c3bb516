package storage

import (
	"context"
	"encoding/hex"
	"errors"
	"time"
)

const (
	insertRecovery = `insert into recovery_codes (user_id, mac, created) values ($1, $2, $3)`
	deleteRecovery = `delete from recovery_codes where user_id = $1`
	selectRecovery = `select mac from recovery_codes where user_id = $1`
	useRecovery    = `delete from recovery_codes where user_id = $1 and mac = $2`
	countRecovery  = `select count(*) from recovery_codes where user_id = $1`
)

// recoverySpent is how long a used code is remembered beside its row: a backup in which it is unused is surely not restored later.
const recoverySpent = 10 * 365 * 24 * time.Hour

func (u *unit) putRecovery(userID string, macs [][]byte, now time.Time) error {
	if _, err := u.exec(deleteRecovery, userID); err != nil {
		return err
	}
	for _, mac := range macs {
		if _, err := u.exec(insertRecovery, userID, mac, micros(now)); err != nil {
			return err
		}
	}
	return nil
}

// PutRecovery replaces all recovery codes of a person by new ones. ErrNotFound when the person has no TOTP that they could stand in for.
func (db *DB) PutRecovery(ctx context.Context, userID string, macs [][]byte, e Event) error {
	return wrap("put recovery codes", db.tx(ctx, func(u *unit) error {
		p, err := u.hold(userID)
		if err != nil {
			return err
		}
		if !p.TOTP {
			return ErrNotFound
		}
		if err := u.putRecovery(p.ID, macs, db.Now()); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: RecoveryMade, Actor: p.ID, User: p.ID}))
	}))
}

// RecoveryLeft counts the recovery codes of a person that were not used.
func (db *DB) RecoveryLeft(ctx context.Context, userID string) (int, error) {
	var n int
	err := db.readRow(ctx, countRecovery, []any{userID}, &n)
	return n, wrap("count recovery codes", err)
}

// UseRecovery spends the code of an active person that match says is right, and returns how many are left. However many use one
// code, one wins. ErrNotFound when none is right. match runs inside the transaction, for every code whatever it says: it is quick,
// takes the same time for each, and asks no database.
func (db *DB) UseRecovery(ctx context.Context, userID string, match func(mac []byte) bool, e Event) (int, error) {
	var left int
	var right bool
	err := db.tx(ctx, func(u *unit) error {
		p, err := u.hold(userID)
		if err != nil {
			return err
		}
		if p.State != "active" {
			return ErrNotFound
		}
		mac, err := u.rightRecovery(p.ID, match)
		if err != nil {
			return err
		}
		if right, err = u.spendRecovery(p.ID, mac, db.Now()); err != nil || !right {
			return err
		}
		if err := u.row(countRecovery, []any{p.ID}, &left); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: RecoveryUsed, Actor: p.ID, User: p.ID}))
	})
	if err == nil && !right {
		err = ErrNotFound
	}
	if err != nil {
		return 0, wrap("use recovery code", err)
	}
	return left, nil
}

// rightRecovery is the stored code that matches. ErrNotFound.
func (u *unit) rightRecovery(userID string, match func(mac []byte) bool) ([]byte, error) {
	var found []byte
	err := u.rows(selectRecovery, []any{userID}, func(scan func(...any) error) error {
		var mac []byte
		if err := scan(&mac); err != nil {
			return err
		}
		if match(mac) {
			found = mac
		}
		return nil
	})
	if err == nil && found == nil {
		err = ErrNotFound
	}
	return found, err
}

// spendRecovery removes a code, and says whether it was good: one that a restore has brought back was used before, and goes too.
func (u *unit) spendRecovery(userID string, mac []byte, now time.Time) (bool, error) {
	if _, err := u.exec(useRecovery, userID, mac); err != nil {
		return false, err
	}
	err := u.once("recovery", userID+"/"+hex.EncodeToString(mac), now, now.Add(recoverySpent))
	if errors.Is(err, ErrConflict) {
		return false, nil
	}
	return err == nil, err
}
