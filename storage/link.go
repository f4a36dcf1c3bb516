package storage

import (
	"context"
	"time"
)

// The kinds of mailed links.
const (
	LinkInvitation = "invitation"
	LinkReset      = "reset"
	LinkAddress    = "address" // confirms a new address
)

// Link is a mailed link.
type Link struct {
	ID          string
	Token       []byte // SHA-256 of what the link carries
	Kind        string
	UserID      string
	UserVersion int64  // that it was made for
	Email       string // where it went; of an address link, the new address
	Note        string
	Created     time.Time
	Expires     time.Time
	Used        time.Time // zero: not used
	Replaced    bool      // a later one took its place, or what it was for is over
}

// Acceptance is what settles an invitation or a reset.
type Acceptance struct {
	LinkID      string
	UserVersion int64
	Hash        string // of the new password
}

func (db *DB) PutLink(ctx context.Context, l Link, e Event) error { return errUnbuilt }

func (db *DB) LinkByToken(ctx context.Context, token []byte) (Link, User, error) {
	return Link{}, User{}, ErrNotFound
}

func (db *DB) AcceptLink(ctx context.Context, a Acceptance, e Event) (User, error) {
	return User{}, errUnbuilt
}

func (db *DB) ConfirmAddress(ctx context.Context, linkID string, e Event) (User, error) {
	return User{}, errUnbuilt
}
