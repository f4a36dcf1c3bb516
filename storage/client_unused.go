package storage

import (
	"context"
	"errors"
	"time"
)

// A client that registered itself always asks for consent, and no consent is ever deleted, so one that nobody ever signed in to has no
// row there.
const neverUsed = `owner = 'dynamic' and not exists (select 1 from consents k where k.client_id = clients.id)`

// How old such a client is counts from its registration: what it changes of itself would else keep its place for ever.
const (
	countUnused  = `select count(*) from clients where ` + neverUsed
	oldestUnused = `select id from clients where ` + neverUsed + ` and created <= $1 order by created, id limit $2`
	deleteUnused = `delete from clients where id = $1 and created <= $2 and ` + neverUsed + ` returning id, owner`
)

const (
	unusedGives = 24 * time.Hour      // how old a client that nobody has used gives its place to another one
	unusedKept  = 30 * 24 * time.Hour // how long it is kept
)

// crowdedOut tells of a client that goes because nobody has used it.
var crowdedOut = Event{Actor: "system", Result: "never_used"}

// makeRoom counts the clients that nobody has used, and removes the oldest where one more would be too many. The caller holds the
// clients, so that they are counted right.
func (u *unit) makeRoom(db *DB, most int) error {
	if most == 0 {
		return nil
	}
	var unused int
	if err := u.row(countUnused, nil, &unused); err != nil || unused < most {
		return err
	}
	before := micros(db.Now().Add(-unusedGives))
	var oldest string
	err := u.row(oldestUnused, []any{before, int64(1)}, &oldest)
	if err == nil {
		err = u.removeClient(db, crowdedOut, deleteUnused, oldest, before)
	}
	if errors.Is(err, ErrNotFound) {
		err = ErrFull
	}
	return err
}

// sweepUnused removes clients that registered themselves and that nobody has used for a month, each in a transaction of its own: it
// is one at a time that changes clients.
func (db *DB) sweepUnused(ctx context.Context) (int, error) {
	before := micros(db.Now().Add(-unusedKept))
	removed := 0
	for {
		began := time.Now()
		gone, err := db.removeUnused(ctx, before)
		if err != nil || !gone {
			return removed, err
		}
		removed++
		if err := rest(ctx, time.Since(began)); err != nil {
			return removed, err
		}
	}
}

// removeUnused removes the oldest, and says whether it did.
func (db *DB) removeUnused(ctx context.Context, before int64) (bool, error) {
	var oldest string
	err := db.readRow(ctx, oldestUnused, []any{before, int64(1)}, &oldest)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer db.clients.forget()
	err = db.tx(ctx, func(u *unit) error {
		if err := u.holdClients(); err != nil {
			return err
		}
		return u.removeClient(db, crowdedOut, deleteUnused, oldest, before)
	})
	if errors.Is(err, ErrNotFound) { // another node is at it, or somebody has just begun to use it
		return false, nil
	}
	return err == nil, err
}
