package keys

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/doorward/doorward/storage"
	"golang.org/x/sync/singleflight"
)

// keeper holds the open keys for Box, Ring and Passwords.
type keeper struct {
	store  Store
	master Master
	log    *slog.Logger
	now    func() time.Time

	snapshot atomic.Pointer[snapshot]
	turn     chan struct{} // one refresh at a time, so that none puts an older snapshot over a newer one

	flight singleflight.Group
	begun  time.Time    // a monotonic clock for next
	next   atomic.Int64 // reload does nothing before
}

// snapshot is all keys at one moment; it never changes.
type snapshot struct {
	epoch   int64
	working map[Purpose]*drawer
	signing signingSet
	read    time.Time // when it was asked for, on this process's clock
}

// drawer holds the working keys of one purpose.
type drawer struct {
	present, first *workingKey
	serial, oldest int64 // of these two
	byID           map[keyID]*workingKey
}

func newKeeper(store Store, master Master, o Options) *keeper {
	k := &keeper{store: store, master: master, log: o.Log, now: o.Now, turn: make(chan struct{}, 1), begun: time.Now()}
	k.snapshot.Store(&snapshot{})
	return k
}

// open reads all keys and makes those that are missing.
func (k *keeper) open(ctx context.Context) error {
	if len(k.master.keys) == 0 {
		return errNoMaster
	}
	// Another node may make them at the same time. Whoever is first at a serial wins, and all read what was stored.
	for range 3 {
		if err := k.refresh(ctx); err != nil {
			return err
		}
		missing := k.missing()
		if len(missing) == 0 {
			break
		}
		for _, p := range missing {
			err := k.makeWorkingKey(ctx, p, 1)
			if err != nil && !errors.Is(err, storage.ErrConflict) {
				return fmt.Errorf("make working key: %w", err)
			}
		}
	}
	if missing := k.missing(); len(missing) > 0 {
		return fmt.Errorf("working keys could not be made: %v", missing)
	}
	return k.rotateByAge(ctx)
}

// missing are the purposes without a key: all at the first start, new ones after an update of the program.
func (k *keeper) missing() []Purpose {
	var missing []Purpose
	for _, p := range purposes {
		if k.snapshot.Load().working[p.of] == nil {
			missing = append(missing, p.of)
		}
	}
	return missing
}

// refresh reads everything again. An error leaves the present keys; a new epoch counts though a key does not open.
func (k *keeper) refresh(ctx context.Context) error {
	select {
	case k.turn <- struct{}{}:
		defer func() { <-k.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	next, err := k.read(ctx)
	if next != nil {
		k.snapshot.Store(next)
	}
	if err != nil {
		return fmt.Errorf("read keys: %w", err)
	}
	return nil
}

// read asks for signing keys before working keys: the keys that seal them are surely among those read later. Where a key does
// not open, the answer is that error and the former keys in the present epoch: what it has ended ends here too.
func (k *keeper) read(ctx context.Context) (*snapshot, error) {
	next := &snapshot{read: time.Now()}
	signing, err := k.store.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	working, err := k.store.WorkingKeys(ctx)
	if err != nil {
		return nil, err
	}
	if next.epoch, err = k.store.Epoch(ctx); err != nil {
		return nil, err
	}
	former := k.snapshot.Load()
	next.working, err = former.openWorking(working, k.master)
	if err == nil {
		next.signing, err = former.signing.open(signing, next.working[ForSigning], k.now())
	}
	if err != nil {
		kept := *former
		kept.epoch = next.epoch
		return &kept, err
	}
	return next, nil
}

// openWorking unwraps rows. A key that is open already is taken over, so a node goes on when its master key was
// replaced and the rows were rewrapped.
func (s *snapshot) openWorking(rows []storage.WorkingKey, master Master) (map[Purpose]*drawer, error) {
	working := map[Purpose]*drawer{}
	for _, row := range rows {
		id, ok := parseKeyID(row.ID)
		if !ok {
			return nil, fmt.Errorf("working key %q has no id of ours", row.ID)
		}
		p := Purpose(row.Purpose)
		key := s.working[p].find(id)
		if key == nil {
			secret, err := unwrapKey(row, master)
			if err != nil {
				return nil, err
			}
			key = newWorkingKey(id, secret)
		}
		if working[p] == nil {
			working[p] = &drawer{byID: map[keyID]*workingKey{}}
		}
		working[p].put(key, row.Serial)
	}
	return working, nil
}

// put adds a key; the highest serial is the present one, the others stay for reading.
func (d *drawer) put(key *workingKey, serial int64) {
	d.byID[key.id] = key
	if d.present == nil || serial > d.serial {
		d.present, d.serial = key, serial
	}
	if d.first == nil || serial < d.oldest {
		d.first, d.oldest = key, serial
	}
}

// find gives nil when there is no such key, or no drawer.
func (d *drawer) find(id keyID) *workingKey {
	if d == nil {
		return nil
	}
	return d.byID[id]
}

// present is the key of p that makes new values.
func (k *keeper) present(p Purpose) (*workingKey, *snapshot, error) {
	s := k.snapshot.Load()
	d := s.working[p]
	if d == nil {
		return nil, nil, fmt.Errorf("no key for the purpose %q", string(p))
	}
	return d.present, s, nil
}

// find is the key of p with that id, and nil when there is none even after a look at what other nodes have made.
func (k *keeper) find(p Purpose, id keyID) *workingKey {
	if key := k.snapshot.Load().working[p].find(id); key != nil {
		return key
	}
	if !k.reload() {
		return nil
	}
	return k.snapshot.Load().working[p].find(id)
}

// reload refreshes at most once a second, for all callers together, however many forged values name unknown keys; it
// says whether the snapshot is new.
func (k *keeper) reload() bool {
	if k.early() {
		return false
	}
	_, err, _ := k.flight.Do("", func() (any, error) {
		if k.early() { // the flight before this one has just landed
			return nil, nil
		}
		err := within(context.Background(), refreshEvery, k.refresh)
		k.next.Store(int64(time.Since(k.begun) + refreshEvery))
		return nil, err
	})
	return err == nil
}

// early says that the last reload is less than a second ago.
func (k *keeper) early() bool { return int64(time.Since(k.begun)) < k.next.Load() }
