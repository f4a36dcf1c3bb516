package storage

import (
	"context"
	"errors"
	"time"
)

var errUnbuilt = errors.New("unbuilt")

// Trust is a browser that a person trusts: after their password it is asked for no mailed code. Its cookie is a stamp of ID and Generation.
type Trust struct {
	ID, UserID string
	Agent      string // short, e.g. "Chrome on Windows"
	Generation int64  // of the cookie, from 1; each use raises it
	Created    time.Time
	Used       time.Time
	Rotated    time.Time // when Generation was raised last
	Expires    time.Time
}

func (db *DB) UseTrust(ctx context.Context, id, userID string, generation int64) (Trust, error) {
	return Trust{}, errUnbuilt
}

func (db *DB) Trust(ctx context.Context, id string) (Trust, User, error) {
	return Trust{}, User{}, ErrNotFound
}

func (db *DB) Trusts(ctx context.Context, userID string) ([]Trust, error) { return nil, nil }

func (db *DB) EndTrust(ctx context.Context, userID, id string, e Event) error { return errUnbuilt }

func (db *DB) EndTrusts(ctx context.Context, userID string, e Event) error { return errUnbuilt }
