package storage

import (
	"context"
	"time"
)

// Identity is a person's account elsewhere.
type Identity struct {
	Issuer, Subject string
	UserID          string
	Email           string // as the issuer says, to show
	Created         time.Time
	Used            time.Time
}

// NewIdentity is what linking an account needs.
type NewIdentity struct {
	Identity
	UserVersion int64
	Keep        string // session that stays
}

func (db *DB) ByIdentity(ctx context.Context, issuer, subject string) (User, Identity, error) {
	return User{}, Identity{}, ErrNotFound
}

func (db *DB) UserByLinkEmail(ctx context.Context, email string) (User, error) {
	return User{}, ErrNotFound
}

func (db *DB) AddIdentity(ctx context.Context, n NewIdentity, e Event) (User, error) {
	return User{}, errUnbuilt
}

func (db *DB) TouchIdentity(ctx context.Context, i Identity) error { return errUnbuilt }

func (db *DB) Identities(ctx context.Context, userID string) ([]Identity, error) { return nil, nil }

func (db *DB) RemoveIdentity(ctx context.Context, userID, issuer, keep string, e Event) error {
	return errUnbuilt
}
