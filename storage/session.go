package storage

import (
	"context"
	"time"
)

// Session is a signed-in browser. ID is the public sid; the cookie's value is another random one.
type Session struct {
	ID        string
	Cookie    []byte // SHA-256 of the cookie's value
	UserID    string
	Attempt   string // id of the sign-in attempt that made or last raised it
	AuthTime  time.Time
	ACR       string
	AMR       []string // RFC 8176
	Agent     string   // short, e.g. "Chrome on Windows"
	Address   string
	Created   time.Time
	Seen      time.Time
	IdleUntil time.Time // ends earlier than Expires when nothing is seen
	Expires   time.Time // absolute
}

// SignIn is what finishing an attempt needs.
type SignIn struct {
	Session     Session   // ID empty: a new session; else the session of the same person that is raised: sid stays, cookie changes
	UserVersion int64     // the version that the attempt's proofs were made for
	Until       time.Time // the attempt's own end, until which its id stays spent
	Replaces    []byte    // hash of this browser's former cookie; another person's session with it ends
}

// Finish ends a sign-in attempt: it spends the attempt's id and makes or raises the session, in one
// transaction. However many finish one attempt, one wins and the others get ErrConflict. ErrNotFound when
// the person is not active any more, their version has changed, or the session to raise is gone.
// The returned session is complete.
func (db *DB) Finish(ctx context.Context, in SignIn, e Event) (Session, error) { panic("stub") }

// SessionByCookie reads a living session and its active person in one statement. ErrNotFound.
func (db *DB) SessionByCookie(ctx context.Context, hash []byte) (Session, User, error) { panic("stub") }

// TouchSession marks a session as seen and moves its idle end; callers do so every five minutes at most.
func (db *DB) TouchSession(ctx context.Context, id string, seen, idleUntil time.Time) error {
	panic("stub")
}

// EndSession removes a session; what hangs on it stops living. No error when it is gone already.
func (db *DB) EndSession(ctx context.Context, id string, e Event) error { panic("stub") }

// EndSessions ends all sessions of a person but keep ("" for none).
func (db *DB) EndSessions(ctx context.Context, userID, keep string, e Event) error { panic("stub") }
