package storage

import (
	"context"
	"errors"
	"time"
)

// Alarm is what "That wasn't me" in a letter carries.
type Alarm struct {
	ID     string    // spent by the first who raises it
	Until  time.Time // until which its id stays spent: its own end
	UserID string
	Email  string // address to restore, "" none
	Keep   string // session that stays: of whoever raises the alarm on their own page; "" none
}

// RaiseAlarm spends the alarm's id, raises the version, and ends everything by which somebody may be in the person's place: sessions, trusts,
// links, mailed codes, grants, sign-ins under way; and it gives the person back the address Email where they have another. However
// many raise one alarm, one wins. Of the sessions Keep stays. ErrConflict when it was raised before, or has expired; ErrNotFound when there is no such person. *Invalid when
// somebody else has the address: then it stays as it is, but all else is done, and the person is returned.
func (db *DB) RaiseAlarm(ctx context.Context, a Alarm, e Event) (User, error) {
	var p User
	var taken *Invalid
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		taken = nil
		if !a.Until.After(now) {
			return ErrConflict // its spent id would be forgotten at once
		}
		if err := u.once("alarm", a.ID, now, a.Until); err != nil {
			return err
		}
		var err error
		if p, err = u.hold(a.UserID); err != nil {
			return err
		}
		e := e.or(Event{Kind: AlarmRaised, Actor: p.ID, User: p.ID})
		if a.Email != "" && a.Email != p.Email {
			err := u.free(a.Email, p.ID)
			if err != nil && !errors.As(err, &taken) {
				return err
			}
			if err == nil {
				e = e.with("from", p.Email).with("to", a.Email)
				p.Email = a.Email
			}
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
