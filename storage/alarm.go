package storage

import (
	"context"
	"errors"
	"time"
)

// AlarmLife is how long "That wasn't me" works in a letter.
const AlarmLife = 7 * 24 * time.Hour

// Alarm is what "That wasn't me" in a letter carries.
type Alarm struct {
	ID          string    // spent by the first who raises it
	Until       time.Time // until which its id stays spent: its own end, at most AlarmLife ahead
	UserID      string
	UserVersion int64  // of the person as they were when it was made
	Email       string // address to restore, "" none
	Added       Added  // what goes, where it is still there
	Keep        string // session that stays: of whoever raises the alarm on their own page; "" none
}

// AlarmSpent is the kind under which an alarm that was raised stays spent.
const AlarmSpent = "alarm"

// Added is a way in that a letter says was added: an account elsewhere, or a device. The zero one is nothing.
type Added struct {
	Issuer, Subject string
	Authenticator   string // its id
}

const deleteSubject = `delete from identities where user_id = $1 and issuer = $2 and subject = $3`

// RaiseAlarm spends the alarm's id, raises the version, and ends everything by which somebody may be in the person's place: sessions, trusts,
// links, mailed codes, grants, sign-ins under way; it takes away exactly what Added names; and it gives the person back the address Email
// where they have another, and no role: whose mailbox that was would come by the role (AD-07). However many raise one alarm, one wins. Of
// the sessions Keep stays. ErrConflict when it was raised before, or has expired; ErrNotFound when there is no such person, or they were
// given another role since it was made. *Invalid when somebody else has the address: then it stays as it is, but all else is done, and the
// person is returned.
func (db *DB) RaiseAlarm(ctx context.Context, a Alarm, e Event) (User, error) {
	var p User
	var taken *Invalid
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		taken = nil
		if !a.Until.After(now) {
			return ErrConflict // its spent id would be forgotten at once
		}
		if err := u.once(AlarmSpent, a.ID, now, a.Until); err != nil {
			return err
		}
		var err error
		if p, err = u.hold(a.UserID); err != nil {
			return err
		}
		if err := u.sinceRole(a, now); err != nil {
			return err
		}
		e := e.or(Event{Kind: AlarmRaised, Actor: p.ID, User: p.ID})
		if a.Email != "" && a.Email != p.Email && p.Role == "" {
			err := u.free(a.Email, p.ID)
			if err != nil && !errors.As(err, &taken) {
				return err
			}
			if err == nil {
				e = e.with("from", p.Email).with("to", a.Email)
				p.Email, p.EmailVerified = a.Email, true // whoever presses it has read the letter there
			}
		}
		if err := u.undo(db, &p, a.Added, e); err != nil {
			return err
		}
		if err := u.raise(&p, now, endsGrants, a.Keep); err != nil {
			return err
		}
		return u.record(db, e)
	})
	if err == nil && taken != nil {
		return p, wrap("raise alarm", taken)
	}
	if err != nil {
		return User{}, wrap("raise alarm", err)
	}
	return p, nil
}

// undo takes away from a person who is held what was added, with an event of it; e is the alarm's. What is gone already is no error.
func (u *unit) undo(db *DB, p *User, a Added, e Event) error {
	gone := Event{Time: e.Time, Actor: e.Actor, User: p.ID, Address: e.Address, Reference: e.Reference, Attempt: e.Attempt, Result: e.Result}
	if a.Issuer != "" {
		n, err := u.exec(deleteSubject, p.ID, a.Issuer, a.Subject)
		if err != nil {
			return err
		}
		if n > 0 {
			p.LinkEmail = "" // by which it could be linked again at once
			gone.Kind = IdentityUnlinked
			if err := u.record(db, gone.with("issuer", a.Issuer)); err != nil {
				return err
			}
		}
	}
	if a.Authenticator == "" {
		return nil
	}
	name, err := u.dropAuthenticator(p, a.Authenticator)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	gone.Kind = AuthenticatorRemoved
	return u.record(db, gone.with("device", a.Authenticator).with("name", name))
}
