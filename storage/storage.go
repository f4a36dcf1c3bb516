// Package storage keeps every record of Doorward, in SQL, for SQLite and PostgreSQL.
package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

var (
	// ErrNotFound says that the record does not exist, or that it does not live any more.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that somebody else was first: what is used once is used.
	ErrConflict = errors.New("conflict")
)

// Invalid says which field of a record breaks which rule; its text is safe to show to an operator.
type Invalid struct{ Field, Why string }

func (e *Invalid) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Why) }

// Options are what a database needs besides its address.
type Options struct {
	Log *slog.Logger     // nil: slog.Default()
	Now func() time.Time // nil: time.Now
}

// DB is an open, migrated database.
type DB struct{ now func() time.Time }

// Open opens (and creates) the database at url, "sqlite:PATH" or a "postgres://" URL, and migrates it.
func Open(ctx context.Context, url string, o Options) (*DB, error) { panic("stub") }

// Close waits for writes under way and closes the database.
func (db *DB) Close() error { panic("stub") }

// Now is the local clock corrected by its offset to the database's; rooms tell time by it.
func (db *DB) Now() time.Time { panic("stub") }

// Ready says whether this node may serve: the database answers and the clocks differ by 2 s at most.
func (db *DB) Ready(ctx context.Context) error { panic("stub") }

// Kind is "sqlite" or "postgres".
func (db *DB) Kind() string { panic("stub") }

// Epoch is the number that stands in every sealed value and in every grant (house: epoch).
func (db *DB) Epoch(ctx context.Context) (int64, error) { panic("stub") }

// RaiseEpoch raises the epoch by one and ends sessions, mailed codes and so every online grant.
func (db *DB) RaiseEpoch(ctx context.Context, e Event) (int64, error) { panic("stub") }

// NewID is a fresh identifier: 128 random bits as 26 lower-case base32 characters.
func NewID() string { panic("stub") }
