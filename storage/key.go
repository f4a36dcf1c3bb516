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

const (
	selectWorkingKeys = `select id, purpose, serial, sealed, master, created from working_keys order by created, purpose, serial`
	insertWorkingKey  = `insert into working_keys (id, purpose, serial, sealed, master, created) values ($1, $2, $3, $4, $5, $6) on conflict do nothing`
	// The counter's row is a lock: no key is added, on any node, while all are wrapped anew.
	holdWorkingKeys   = `update meta set value = value + 1 where name = 'keys'`
	rewrapWorkingKey  = `update working_keys set sealed = $2, master = $3 where id = $1`
	selectSigningKeys = `select id, alg, serial, public, sealed, created, use_from, retire, gone from signing_keys order by created, alg, serial`
	insertSigningKey  = `insert into signing_keys (id, alg, serial, public, sealed, created, use_from, retire, gone)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing`
	updateSigningKey = `update signing_keys set use_from = $2, retire = $3, gone = $4 where id = $1`
)

// WorkingKeys reads all working keys, oldest first.
func (db *DB) WorkingKeys(ctx context.Context) ([]WorkingKey, error) {
	var all []WorkingKey
	err := db.readRows(ctx, selectWorkingKeys, nil, func(scan func(...any) error) error {
		var k WorkingKey
		err := scan(&k.ID, &k.Purpose, &k.Serial, &k.Sealed, &k.Master, at(&k.Created))
		all = append(all, k)
		return err
	})
	return all, wrap("read working keys", err)
}

// AddWorkingKey stores a key; ErrConflict when its purpose has that serial already: another node was first.
func (db *DB) AddWorkingKey(ctx context.Context, k WorkingKey) error {
	return wrap("add working key", db.tx(ctx, func(u *unit) error {
		if _, err := u.exec(holdWorkingKeys); err != nil {
			return err
		}
		return u.add(insertWorkingKey, k.ID, k.Purpose, k.Serial, k.Sealed, k.Master, micros(k.Created))
	}))
}

// add runs a statement that is to change a row. ErrConflict when it changes none: its key is taken, or the row is gone.
func (u *unit) add(text string, args ...any) error {
	n, err := u.exec(text, args...)
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return err
}

// RewrapWorkingKeys replaces Sealed and Master of all given keys in one transaction. ErrConflict when the stored
// keys are not just those of the list: read again.
func (db *DB) RewrapWorkingKeys(ctx context.Context, keys []WorkingKey, e Event) error {
	return wrap("rewrap working keys", db.tx(ctx, func(u *unit) error {
		if _, err := u.exec(holdWorkingKeys); err != nil {
			return err
		}
		var stored int
		if err := u.row(`select count(*) from working_keys`, nil, &stored); err != nil {
			return err
		}
		if stored != len(keys) {
			return ErrConflict
		}
		seen := map[string]bool{}
		for _, k := range keys {
			if seen[k.ID] {
				return ErrConflict
			}
			seen[k.ID] = true
			if err := u.add(rewrapWorkingKey, k.ID, k.Sealed, k.Master); err != nil {
				return err
			}
		}
		return u.record(db, e.or(Event{Kind: KeysRewrapped, Actor: "operator"}))
	}))
}

// SigningKeys reads all signing keys, oldest first.
func (db *DB) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	var all []SigningKey
	err := db.readRows(ctx, selectSigningKeys, nil, func(scan func(...any) error) error {
		var k SigningKey
		err := scan(&k.ID, &k.Alg, &k.Serial, &k.Public, &k.Sealed, at(&k.Created), at(&k.Use), at(&k.Retire), at(&k.Gone))
		all = append(all, k)
		return err
	})
	return all, wrap("read signing keys", err)
}

// ChangeSigningKeys adds keys and updates Use, Retire and Gone of others, in one transaction. ErrConflict
// when an (alg, serial) is taken: another node was first. ErrNotFound when a key to change does not exist.
func (db *DB) ChangeSigningKeys(ctx context.Context, add, change []SigningKey, e Event) error {
	return wrap("change signing keys", db.tx(ctx, func(u *unit) error {
		for _, k := range add {
			err := u.add(insertSigningKey, k.ID, k.Alg, k.Serial, k.Public, k.Sealed,
				micros(k.Created), micros(k.Use), micros(k.Retire), micros(k.Gone))
			if err != nil {
				return err
			}
		}
		for _, k := range change {
			n, err := u.exec(updateSigningKey, k.ID, micros(k.Use), micros(k.Retire), micros(k.Gone))
			if err != nil {
				return err
			}
			if n == 0 {
				return ErrNotFound
			}
		}
		return u.record(db, e.or(Event{Kind: KeysChanged, Actor: "system"}))
	}))
}
