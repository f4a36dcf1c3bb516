package storage

import (
	"bytes"
	"context"
	"errors"
	"time"
)

// Idempotent is a request that its sender may send again, and gets the same answer.
type Idempotent struct {
	Actor   string // who sent it: keys of different senders do not meet
	Key     string // that the sender gave it
	Request []byte // SHA-256 of what was asked
	Status  int    // of the answer
	// Body is the answer, or nil. Where it has a secret, whoever gives it has sealed it: this room takes what it gets.
	Body    []byte
	Expires time.Time
}

const (
	// An expired row makes room by itself: nobody waits for the sweep.
	beginIdempotent = `insert into idempotency (actor, name, request, status, body, expires) values ($1, $2, $3, 0, $4, $5)
		on conflict (actor, name) do update set request = excluded.request, status = 0, body = excluded.body, expires = excluded.expires
			where idempotency.expires <= $6 returning status`
	selectIdempotent = `select request, status, body, expires from idempotency where actor = $1 and name = $2`
	finishIdempotent = `update idempotency set status = $4, body = $5 where actor = $1 and name = $2 and request = $3 and status = 0`
	dropIdempotent   = `delete from idempotency where actor = $1 and name = $2 and request = $3 and status = 0`
	sweepIdempotent  = `delete from idempotency where (actor, name) in (select actor, name from idempotency where expires <= $1 limit $2)`
)

// BeginIdempotent says true to whoever is to answer a request: of many who ask at the same time, to one. To the others it says false and
// gives the answer back, or ErrConflict while there is none. *Invalid when the key was given to another request.
func (db *DB) BeginIdempotent(ctx context.Context, i Idempotent) (Idempotent, bool, error) {
	var status int64
	err := db.writeRow(ctx, beginIdempotent, []any{i.Actor, i.Key, i.Request, nil, micros(i.Expires), micros(db.Now())}, &status)
	if !errors.Is(err, ErrNotFound) {
		return i, err == nil, wrap("begin request", err)
	}
	known := Idempotent{Actor: i.Actor, Key: i.Key}
	err = db.readRow(ctx, selectIdempotent, []any{i.Actor, i.Key}, &known.Request, &known.Status, &known.Body, at(&known.Expires))
	switch {
	case errors.Is(err, ErrNotFound): // dropped meanwhile: the next try gets it
		return Idempotent{}, false, wrap("begin request", ErrConflict)
	case err != nil:
		return Idempotent{}, false, wrap("begin request", err)
	case !bytes.Equal(known.Request, i.Request):
		return Idempotent{}, false, &Invalid{"Idempotency-Key", "was given to another request"}
	case known.Status == 0:
		return Idempotent{}, false, wrap("begin request", ErrConflict)
	}
	return known, false, nil
}

// FinishIdempotent keeps the answer of a request that was begun. ErrConflict when it was not, or has an answer.
func (db *DB) FinishIdempotent(ctx context.Context, i Idempotent) error {
	if i.Status == 0 {
		return &Invalid{"status", "is missing"}
	}
	var body any // null, where there is none
	if len(i.Body) > 0 {
		body = i.Body
	}
	n, err := db.writeOne(ctx, finishIdempotent, i.Actor, i.Key, i.Request, int64(i.Status), body)
	if err == nil && n == 0 {
		err = ErrConflict
	}
	return wrap("finish request", err)
}

// DropIdempotent forgets a request that was begun and has changed nothing, so that its key may be used again.
func (db *DB) DropIdempotent(ctx context.Context, i Idempotent) error {
	_, err := db.writeOne(ctx, dropIdempotent, i.Actor, i.Key, i.Request)
	return wrap("drop request", err)
}
