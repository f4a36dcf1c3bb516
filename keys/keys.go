// Package keys holds everything that signs, seals or hashes.
package keys

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/doorward/doorward/storage"
)

// Store is what keys need of storage.
type Store interface {
	Epoch(ctx context.Context) (int64, error)
	WorkingKeys(ctx context.Context) ([]storage.WorkingKey, error)
	AddWorkingKey(ctx context.Context, k storage.WorkingKey) error
	RewrapWorkingKeys(ctx context.Context, keys []storage.WorkingKey, e storage.Event) error
	SigningKeys(ctx context.Context) ([]storage.SigningKey, error)
	ChangeSigningKeys(ctx context.Context, add, change []storage.SigningKey, e storage.Event) error
}

// ErrRefused is the one answer to anything that is not a value of ours, of this kind, key and epoch, unaltered.
var ErrRefused = errors.New("refused")

// Options are the settings of the key room.
type Options struct {
	Log       *slog.Logger
	Now       func() time.Time
	Passwords PasswordOptions
}

// Keys are the opened keys of one database.
type Keys struct {
	Box       *Box
	Ring      *Ring
	Passwords *Passwords
}

// Open reads the keys under the master keys, and makes those that are missing (first start). A master key that does
// not open what is stored is an error.
func Open(ctx context.Context, store Store, master Master, o Options) (*Keys, error) { panic("stub") }

// Refresh reads epoch and keys again; it is run at least every second (see Run), so that all nodes agree within one.
func (k *Keys) Refresh(ctx context.Context) error { panic("stub") }

// Run refreshes every second, and publishes, uses and retires signing keys by age, until ctx ends.
func (k *Keys) Run(ctx context.Context) { panic("stub") }

// Rotate publishes the next signing keys of all algorithms, to be used after the publish-ahead time (now: at once).
func (k *Keys) Rotate(ctx context.Context, now bool, e storage.Event) error { panic("stub") }
