package keys

import (
	"context"
	"fmt"
	"runtime"
	"time"
)

// PasswordOptions are argon2id's parameters and the bounds of the queue; zero values stand for the defaults given here.
type PasswordOptions struct {
	MemoryKiB uint32        // 19456
	Time      uint32        // 2
	Threads   uint8         // 1
	Slots     int           // hashes at once: cores, 8 at most
	Queue     int           // 64
	Wait      time.Duration // 2 s
}

func (o PasswordOptions) withDefaults() PasswordOptions {
	if o.MemoryKiB == 0 {
		o.MemoryKiB = 19456
	}
	if o.Time == 0 {
		o.Time = 2
	}
	if o.Threads == 0 {
		o.Threads = 1
	}
	if o.Slots <= 0 {
		o.Slots = min(runtime.GOMAXPROCS(0), 8)
	}
	if o.Queue <= 0 {
		o.Queue = 64
	}
	if o.Wait <= 0 {
		o.Wait = 2 * time.Second
	}
	return o
}

// Passwords hashes and checks passwords: HMAC with the pepper, then argon2id, behind a bounded queue. Without the bound
// a flood of sign-ins takes slots × memory without end (64 at once: 1.2 GB), and every one of them is late.
type Passwords struct {
	keeper *keeper
	cost   cost
	queue  *queue
}

func newPasswords(k *keeper, o PasswordOptions) (*Passwords, error) {
	o = o.withDefaults()
	c := cost{memory: o.MemoryKiB, time: o.Time, threads: o.Threads}
	if !c.bearable() {
		return nil, fmt.Errorf("argon2id with %d KiB, %d passes and %d threads is out of bounds", o.MemoryKiB, o.Time, o.Threads)
	}
	return &Passwords{keeper: k, cost: c, queue: newQueue(o)}, nil
}

// Hash makes a PHC string that names its pepper's id, of a password that JudgePassword has let pass. ErrBusy.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > maxPassword {
		return "", fmt.Errorf("hash password: %w", ErrPasswordLong)
	}
	pepper, _, err := p.keeper.present(ForPepper)
	if err != nil {
		return "", fmt.Errorf("hash password: %w", err)
	}
	h := newHash(p.cost, pepper.id)
	if err := p.queue.enter(ctx); err != nil {
		return "", err
	}
	defer p.queue.leave()
	h.sum = h.compute(pepper, composed(password))
	return h.String(), nil
}

// Check says whether password is right and whether the hash is to be made anew: of former parameters, or of another system
// (Import). An empty hash (no such person, no password) and a password longer than any cost the same and are never right.
// ErrBusy; another error says that the stored hash cannot be read.
func (p *Passwords) Check(ctx context.Context, hash, password string) (bool, bool, error) {
	if len(password) > maxPassword {
		hash, password = "", "" // never right, and hashed all the same: nothing to measure
	}
	if isImported(hash) {
		right, err := p.checkImported(ctx, hash, password)
		return right, right, err
	}
	h, pepper, err := p.stored(hash)
	if err != nil {
		return false, false, fmt.Errorf("check password: %w", err)
	}
	if err := p.queue.enter(ctx); err != nil {
		return false, false, err
	}
	defer p.queue.leave()
	right := h.matches(h.compute(pepper, composed(password))) && hash != ""
	return right, right && p.stale(h), nil
}

// stored reads a hash and finds its pepper. For an empty one it makes up a hash of the present parameters: the
// time it takes must not tell that there is no such person.
func (p *Passwords) stored(hash string) (argonHash, *workingKey, error) {
	if hash == "" {
		pepper, _, err := p.keeper.present(ForPepper)
		if err != nil {
			return argonHash{}, nil, err
		}
		return newHash(p.cost, pepper.id), pepper, nil
	}
	h, err := parseHash(hash)
	if err != nil {
		return argonHash{}, nil, err
	}
	pepper := p.keeper.find(ForPepper, h.pepper)
	if pepper == nil {
		return argonHash{}, nil, fmt.Errorf("the hash was made with the pepper %s, which is gone", h.pepper)
	}
	return h, pepper, nil
}

// stale says that a right password is to be hashed anew, with the present parameters or the present pepper.
func (p *Passwords) stale(h argonHash) bool {
	pepper, _, err := p.keeper.present(ForPepper)
	return h.cost != p.cost || len(h.salt) != saltLen || len(h.sum) != hashLen || (err == nil && pepper.id != h.pepper)
}
