package keys

import (
	"context"
	"errors"
	"time"
)

// ErrBusy says that the queue of password hashes is full or was too slow: answer 503 with Retry-After.
var ErrBusy = errors.New("too many passwords at once")

// PasswordOptions are argon2id's parameters and the bounds of the queue; zero values are the defaults of house.md §9.
type PasswordOptions struct {
	MemoryKiB uint32        // 19456
	Time      uint32        // 2
	Threads   uint8         // 1
	Slots     int           // hashes at once: cores, 8 at most
	Queue     int           // 64
	Wait      time.Duration // 2 s
}

// Passwords hashes and checks passwords: HMAC with the pepper, then argon2id, behind a bounded queue.
type Passwords struct{}

// Hash makes a PHC string that names its pepper's id. ErrBusy.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) { panic("stub") }

// Check says whether password is right and whether the hash is made with former parameters. An empty hash (no such person, no
// password) costs the same and is never right. ErrBusy.
func (p *Passwords) Check(ctx context.Context, hash, password string) (right, stale bool, err error) {
	panic("stub")
}
