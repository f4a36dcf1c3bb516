package storage

import (
	"context"
	"time"
)

// WorkingKey is a random key for one purpose, sealed under a master key.
type WorkingKey struct {
	ID      string
	Purpose string
	Serial  int64 // unique per purpose; the highest is the present one
	Sealed  []byte
	Master  string // id of the master key that seals it
	Created time.Time
}

// SigningKey is a private key, sealed under the working key of its purpose.
type SigningKey struct {
	ID      string // kid
	Alg     string // RS256, ES256, EdDSA
	Serial  int64  // unique per alg
	Public  []byte // JWK, JSON
	Sealed  []byte
	Created time.Time // published since
	Use     time.Time // signs from then on
	Retire  time.Time // signs no more from then on; zero: not decided
	Gone    time.Time // leaves the JWKS then; zero: not decided
}

// WorkingKeys reads all working keys, oldest first.
func (db *DB) WorkingKeys(ctx context.Context) ([]WorkingKey, error) { panic("stub") }

// AddWorkingKey stores a key; ErrConflict when its purpose has that serial already: another node was first.
func (db *DB) AddWorkingKey(ctx context.Context, k WorkingKey) error { panic("stub") }

// RewrapWorkingKeys replaces Sealed and Master of all given keys in one transaction. ErrConflict when the stored
// keys are not just those of the list: read again.
func (db *DB) RewrapWorkingKeys(ctx context.Context, keys []WorkingKey, e Event) error { panic("stub") }

// SigningKeys reads all signing keys, oldest first.
func (db *DB) SigningKeys(ctx context.Context) ([]SigningKey, error) { panic("stub") }

// ChangeSigningKeys adds keys and updates Use, Retire and Gone of others, in one transaction. ErrConflict
// when an (alg, serial) is taken: another node was first.
func (db *DB) ChangeSigningKeys(ctx context.Context, add, change []SigningKey, e Event) error {
	panic("stub")
}
