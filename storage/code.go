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
	Sent    time.Time
	Expires time.Time
}

// PutMailedCode stores a code in place of the attempt's former one.
func (db *DB) PutMailedCode(ctx context.Context, c MailedCode) error { panic("stub") }

// MailedCode reads the attempt's present code, expired or used up included. ErrNotFound.
func (db *DB) MailedCode(ctx context.Context, attempt, purpose string) (MailedCode, error) {
	panic("stub")
}

// TryMailedCode charges a guess, compares by match, and spends the code when it was right, in one
// transaction: nil error for the one winner; ErrConflict when wrong, with how many tries are left;
// ErrNotFound when there is no live code (expired, used up, spent).
func (db *DB) TryMailedCode(ctx context.Context, attempt, purpose string, match func(mac []byte) bool) (left int, err error) {
	panic("stub")
}

// Once spends an id of a kind until a time: nil for the first, ErrConflict for all others.
func (db *DB) Once(ctx context.Context, kind, id string, until time.Time) error { panic("stub") }
