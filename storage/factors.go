package storage

import (
	"context"
	"time"
)

// Alarm is what "That wasn't me" in a letter carries.
type Alarm struct {
	ID     string    // spent by the first who raises it
	Until  time.Time // until which its id stays spent
	UserID string
	Email  string // address to restore, "" none
	Keep   string // session that stays: of whoever raises the alarm on their own page; "" none
}

func (db *DB) ResetFactors(ctx context.Context, userID string, e Event) error { return errUnbuilt }

func (db *DB) SetProfile(ctx context.Context, userID string, claims map[string]any, e Event) error {
	return errUnbuilt
}

func (db *DB) RaiseAlarm(ctx context.Context, a Alarm, e Event) (User, error) {
	return User{}, errUnbuilt
}
