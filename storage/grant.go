package storage

import (
	"context"
	"encoding/json"
	"time"
)

// Grant is a client's access on behalf of a person, or of itself.
type Grant struct {
	ID         string
	Kind       string // "code" now; "device", "exchange" … later
	Parent     string
	ClientID   string
	UserID     string
	SessionID  string
	CodeID     string // unique id of the sealed code it was redeemed from
	CodeIssued time.Time
	Scopes     []string
	Claims     json.RawMessage // the claims parameter, as asked
	Resource   []string
	Cnf        string // confirmation key thumbprint (RFC 7800), "" for bearer
	Actor      string
	Offline    bool // outlives the session (offline_access)
	ACR        string
	AMR        []string
	AuthTime   time.Time
	Generation int64 // of the refresh token, from 0
	RotatedAt  time.Time
	RevokedAt  time.Time // zero: not revoked
	IdleUntil  time.Time // refresh: moved at each rotation
	Expires    time.Time // absolute end; never before its code has surely expired
	Epoch      int64
	Created    time.Time
}

// RedeemCode turns a sealed code into its grant. However many ask at the same time, one gets the grant and the
// others get ErrConflict, and then the grant is revoked (RFC 6749 §4.1.2, §10.5). ErrNotFound when the client,
// the person or the session does not live, the consent was withdrawn after CodeIssued, or the epoch has changed.
// One durable statement for the winner.
func (db *DB) RedeemCode(ctx context.Context, g Grant) error { panic("stub") }

// BurnCode makes a code worthless: its grant is inserted revoked, or revoked when it exists.
func (db *DB) BurnCode(ctx context.Context, g Grant) error { panic("stub") }

// Rotation is one use of a refresh token.
type Rotation struct {
	ID, ClientID string
	Generation   int64         // that the token carries
	Keep         bool          // do not rotate (profile fapi2)
	Window       time.Duration // how long the generation before the present one still gets the present one
	IdleUntil    time.Time
}

// RotateGrant spends a refresh token and returns the living grant whose Generation is the successor's. However
// many present one generation, all within the window get the same successor. ErrConflict when an older
// generation, or the one before after the window, was presented, or another client presented it: the grant is
// revoked by that. ErrNotFound when the grant does not live.
func (db *DB) RotateGrant(ctx context.Context, r Rotation) (Grant, error) { panic("stub") }

// LiveGrant reads a grant that lives, with its person (zero User for a grant of a client's own), in one statement.
// It lives while it is not revoked or expired, its client is enabled, its person is active, its epoch is the present
// one, and its session lives or it is offline. ErrNotFound otherwise.
func (db *DB) LiveGrant(ctx context.Context, id string) (Grant, User, error) { panic("stub") }

// RevokeGrant revokes a grant; no error when it is revoked already or unknown.
func (db *DB) RevokeGrant(ctx context.Context, id string, e Event) error { panic("stub") }
