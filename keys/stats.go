package keys

import (
	"fmt"
	"time"
)

// Load is how many passwords are being hashed or wait for it.
func (p *Passwords) Load() int { return int(p.queue.here.Load()) }

// Refused counts who got ErrBusy since Open.
func (p *Passwords) Refused() int64 { return p.queue.refused.Load() }

// SigningAge is how old the key is that signs with an algorithm, and when its successor does; that time lies in
// the past when rotation fails.
type SigningAge struct {
	Alg       string
	Since     time.Time
	Successor time.Time
}

// Ages tells of each algorithm.
func (r *Ring) Ages() []SigningAge {
	set, now := r.keeper.snapshot.Load().signing, r.keeper.now()
	var ages []SigningAge
	for _, alg := range algorithms {
		key := set.present(string(alg), now)
		if key == nil {
			continue
		}
		age := SigningAge{Alg: string(alg), Since: key.use, Successor: key.retire}
		if key.retire.IsZero() { // no successor is published yet
			age.Successor = key.use.Add(useFor)
		}
		ages = append(ages, age)
	}
	return ages
}

// staleAfter is how old what this node knows of epoch and keys may be: a few rounds of Run, for a database that is slow.
const staleAfter = 5 * time.Second

// Ready says whether this node knows the present epoch and keys. One that does not would go on taking what was revoked
// by a new epoch, and refuse what other nodes sign.
func (k *Keys) Ready() error {
	if age := time.Since(k.keeper.snapshot.Load().read); age > staleAfter {
		return fmt.Errorf("keys were read last %v ago", age.Round(time.Second))
	}
	return nil
}
