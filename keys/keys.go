// Package keys holds everything that signs, seals or hashes.
//
//	master.go  master_file.go   master keys: outside the database, they only wrap working keys
//	working.go                  working keys: one per purpose, wrapped in the database
//	keeper.go                   the snapshot of all open keys that every call reads; how it is renewed
//	seal.go  stamp.go  row.go   Box: sealed text (what must be read again), stamps, MACs, aliases, sealed rows
//	ring.go  signing.go         Ring: signs and verifies JWS, the public set
//	foreign.go  foreign_jws.go  public keys of another issuer or of a client, fetched and kept; what is signed by them
//	usable.go                   whether the keys that somebody hands over can verify anything
//	rotate.go                   signing keys by age: publish ahead, use, retire
//	password.go  argon2.go      passwords, behind a bounded queue (queue.go)
//	imported.go  imported_*.go  hashes that other systems have made, until their person next signs in; a kind a file
//	chosen.go  known/           which new password is taken: length, what others know, what is tried first
//	secret.go                   random secrets and digits
//	chain.go                    links of the log's chain, which nobody makes who writes the database alone
//	setup.go                    the link by which a house gets its first administrator
//	stats.go                    queue, ages and readiness, for operators
//
// No call on the path of a request asks the database, but for one reload a second at most when a well-formed value
// names a key that this node has not seen yet. Nodes agree within a second (Run); while the database is away the last
// snapshot goes on. This room knows no tokens, clients or people: what is in a sealed value, when it expires, and for whom
// it is, its maker judges.
package keys

import (
	"context"
	"errors"
	"log/slog"
	"sync"
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
	Log       *slog.Logger     // nil: slog.Default()
	Now       func() time.Time // nil: time.Now
	Passwords PasswordOptions
}

// Keys are the opened keys of one database.
type Keys struct {
	Box       *Box
	Ring      *Ring
	Passwords *Passwords

	keeper *keeper
}

// Open reads the keys under the master keys, and makes those that are missing (first start). A master key that does
// not open what is stored is an error. However many nodes open an empty database at once, they agree on the same keys.
func Open(ctx context.Context, store Store, master Master, o Options) (*Keys, error) {
	if o.Log == nil {
		o.Log = slog.Default()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	k := newKeeper(store, master, o)
	passwords, err := newPasswords(k, o.Passwords)
	if err != nil {
		return nil, err
	}
	if err := k.open(ctx); err != nil {
		return nil, err
	}
	return &Keys{Box: &Box{k}, Ring: &Ring{k}, Passwords: passwords, keeper: k}, nil
}

// Refresh reads epoch and keys again; it is run at least every second (see Run), so that all nodes agree within one.
// An error leaves what was read before.
func (k *Keys) Refresh(ctx context.Context) error { return k.keeper.refresh(ctx) }

// Rotate publishes the next signing keys of all algorithms, to be used after the publish-ahead time (now: at once). Next keys
// that are published already are not made again: they keep their time, or are used at once. The keys before them stay
// published, so that what they have signed is still verified.
func (k *Keys) Rotate(ctx context.Context, now bool, e storage.Event) error {
	if now {
		return k.keeper.change(ctx, rotateNow, e)
	}
	return k.keeper.change(ctx, rotateAhead, e)
}

const (
	refreshEvery = time.Second
	rotateEvery  = time.Minute
	askFor       = 10 * time.Second // with a new RSA key in it
)

// Run refreshes every second, and publishes, uses and retires signing keys by age, until ctx ends. It logs what fails, and
// while the database is away the keys stay in use.
func (k *Keys) Run(ctx context.Context) {
	var both sync.WaitGroup
	both.Go(func() { k.keeper.every(ctx, rotateEvery, "signing keys are rotated by age", k.keeper.rotateByAge) })
	both.Go(func() { k.keeper.every(ctx, refreshEvery, "keys are read again", k.keeper.refresh) })
	both.Wait()
}

// every does a thing at an interval. It logs once that it fails, while the keys at hand stay in use, and once that it works again.
func (k *keeper) every(ctx context.Context, interval time.Duration, what string, do func(context.Context) error) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := within(ctx, askFor, do)
		switch failed := err != nil && ctx.Err() == nil; {
		case failed && !failing:
			k.log.ErrorContext(ctx, "failing, the present keys stay in use: "+what, "error", err)
			failing = true
		case !failed && failing:
			k.log.InfoContext(ctx, "works again: "+what)
			failing = false
		}
	}
}

func within(ctx context.Context, limit time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return do(ctx)
}
