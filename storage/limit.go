package storage

import (
	"context"
	"time"
)

// Rate allows Burst at once and Burst per Per in the long run (GCRA).
type Rate struct {
	Burst int
	Per   time.Duration
}

// Spend charges one to key and says how long to wait when the rate is used up (then nothing is charged). Exact under concurrency.
func (db *DB) Spend(ctx context.Context, key string, r Rate) (wait time.Duration, err error) {
	panic("stub")
}

// Backoff allows Free tries, then makes each further one wait First, 2·First, 4·First … up to Max after the
// former; forgotten when nothing came for Forget.
type Backoff struct {
	Free               int
	First, Max, Forget time.Duration
}

// Charge counts a try at key before its outcome is known and says how long to wait when one is due (then it is not counted).
func (db *DB) Charge(ctx context.Context, key string, b Backoff) (wait time.Duration, err error) {
	panic("stub")
}

// Forgive forgets the tries at key, after a right one.
func (db *DB) Forgive(ctx context.Context, key string) error { panic("stub") }
