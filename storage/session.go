package storage

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Levels are the classes of a sign-in that acr names, the weakest first: one factor (also a password on a trusted browser), a
// password and a mailed code, a code of an authenticator app.
var Levels = []string{OneFactor, TwoFactors, AppFactor}

// The classes by name.
const (
	OneFactor  = "urn:doorward:1fa"
	TwoFactors = "urn:doorward:2fa"
	AppFactor  = "urn:doorward:2fa-app"
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
	Spends      string    // id that is spent in the place of Session.Attempt, which the session has from before; "" that one
	Replaces    []byte    // hash of this browser's former cookie; another person's session with it ends
	Trust       *Trust    // that this browser is given, with ID and Expires; nil for none
	Trusted     string    // id of the trust that took the place of a factor, which must still live; "" none did
}

var sessionColumns = packed(`s.id, s.user_id, s.attempt, s.auth_time, s.acr, s.amr, s.agent, s.address, s.created, s.seen, s.idle_until, s.expires`)

func (s *Session) dest() any {
	return fields{&s.ID, &s.UserID, &s.Attempt, at(&s.AuthTime), &s.ACR, list(&s.AMR), &s.Agent, &s.Address,
		at(&s.Created), at(&s.Seen), at(&s.IdleUntil), at(&s.Expires)}
}

const (
	startSession = `insert into sessions (id, cookie, user_id, attempt, auth_time, acr, amr, agent, address, created, seen, idle_until, expires)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
		where exists (select 1 from users where id = $3 and state = 'active' and version = $14 ` + held + `)
			and ($15 = '' or exists (select 1 from trusts where id = $15 and user_id = $3 and expires > $10 ` + held + `))
		on conflict do nothing returning created`
	raiseSession = `update sessions set cookie = $2, attempt = $4, auth_time = $5, acr = $6, amr = $7, agent = $8, address = $9,
			seen = $11, idle_until = $12, expires = $13
		where id = $1 and user_id = $3 and idle_until > $10 and expires > $10
			and exists (select 1 from users where id = $3 and state = 'active' and version = $14 ` + held + `)
			and ($15 = '' or exists (select 1 from trusts where id = $15 and user_id = $3 and expires > $10 ` + held + `))
		returning created`
	signedIn       = `update users set signed_in = $2 where id = $1 and signed_in = 0`
	replaceSession = `delete from sessions where cookie = $1 and user_id <> $2 returning id, user_id`
)

// Finish ends a sign-in attempt: it spends the attempt's id and makes or raises the session, in one
// transaction. However many finish one attempt, one wins and the others get ErrConflict. ErrNotFound when
// the person is not active any more, their version has changed, or the session to raise or the trust that helped is gone: of a
// change that ends those and a sign-in at the same moment, one sees the other. The returned session is complete.
func (db *DB) Finish(ctx context.Context, in SignIn, e Event) (Session, error) {
	s, known, text, now := in.Session, Event{Kind: SessionRaised}, raiseSession, db.Now()
	if s.ID == "" {
		s.ID, known.Kind, text = NewID(), SessionStarted, startSession
	}
	if s.Seen.IsZero() {
		s.Seen = now
	}
	if s.IdleUntil.After(s.Expires) {
		s.IdleUntil = s.Expires
	}
	known.User, known.Actor = s.UserID, s.UserID
	args := []any{s.ID, s.Cookie, s.UserID, s.Attempt, micros(s.AuthTime), s.ACR, joined(s.AMR), s.Agent, s.Address,
		micros(now), micros(s.Seen), micros(s.IdleUntil), micros(s.Expires), in.UserVersion, in.Trusted}
	if in.Trust != nil && (in.Trust.ID == "" || !in.Trust.Expires.After(now)) {
		return Session{}, &Invalid{"trust", "has no id, or has expired"}
	}
	err := db.tx(ctx, func(u *unit) error {
		if err := u.once("attempt", cmp.Or(in.Spends, s.Attempt), now, in.Until); err != nil {
			return err
		}
		if err := u.arrive(in, now); err != nil {
			return err
		}
		if err := u.replace(db, in, e); err != nil {
			return err
		}
		if err := u.row(db.engine.hold(text), args, at(&s.Created)); err != nil {
			return err
		}
		if err := u.trust(db, in, e, now); err != nil {
			return err
		}
		return u.record(db, e.or(known).with("session", s.ID)) // by which the log finds what applications were given in it
	})
	if err != nil {
		return Session{}, wrap("finish sign-in", err)
	}
	return s, nil
}

// arrive remembers a person's first sign-in. It stands before their row is held for sharing: two who did both the other way around would wait
// for each other.
func (u *unit) arrive(in SignIn, now time.Time) error {
	if in.Session.ID != "" {
		return nil // who raises a session has come in before
	}
	_, err := u.exec(signedIn, in.Session.UserID, micros(now))
	return err
}

// replace ends the session of another person that this browser had, with an event of its own.
func (u *unit) replace(db *DB, in SignIn, e Event) error {
	if len(in.Replaces) == 0 {
		return nil
	}
	var id, user string
	err := u.row(replaceSession, []any{in.Replaces, in.Session.UserID}, &id, &user)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil {
		err = u.tell(user, db.Now())
	}
	if err != nil {
		return err
	}
	return u.record(db, Event{Time: e.Time, Kind: SessionReplaced, Actor: in.Session.UserID, User: user,
		Address: e.Address, Reference: e.Reference, Attempt: e.Attempt})
}

var sessionByCookie = `select s.cookie, ` + sessionColumns + `, ` + userColumns + ` from sessions s join users u on u.id = s.user_id
	where s.cookie = $1 and s.idle_until > $2 and s.expires > $2 and u.state = 'active'`

// SessionByCookie reads a living session and its active person in one statement. ErrNotFound.
func (db *DB) SessionByCookie(ctx context.Context, hash []byte) (Session, User, error) {
	var s Session
	var u User
	if err := db.readRow(ctx, sessionByCookie, []any{hash, micros(db.Now())}, &s.Cookie, s.dest(), u.dest()); err != nil {
		return Session{}, User{}, wrap("read session", err)
	}
	return s, u, nil
}

var sessionsOf = `select ` + sessionColumns + ` from sessions s where s.user_id = $1 and s.idle_until > $2 and s.expires > $2
	order by s.seen desc, s.id`

// SessionsOf lists the living sessions of a person, the one seen last first.
func (db *DB) SessionsOf(ctx context.Context, userID string) ([]Session, error) {
	var all []Session
	err := db.readRows(ctx, sessionsOf, []any{userID, micros(db.Now())}, func(scan func(...any) error) error {
		var s Session
		err := scan(s.dest())
		all = append(all, s)
		return err
	})
	return all, wrap("read sessions", err)
}

const touchSession = `update sessions set seen = $2, idle_until = case when $3 < expires then $3 else expires end
	where id = $1 and seen < $2 and idle_until > $4 and expires > $4`

// TouchSession marks a session as seen and moves its idle end; callers do so every five minutes at most. It
// revives nothing and never moves back: of two at once the later stays.
func (db *DB) TouchSession(ctx context.Context, id string, seen, idleUntil time.Time) error {
	_, err := db.writeOne(ctx, touchSession, id, micros(seen), micros(idleUntil), micros(db.Now()))
	return wrap("touch session", err)
}

// EndSession removes a session; what hangs on it stops living. No error when it is gone already.
func (db *DB) EndSession(ctx context.Context, id string, e Event) error {
	return wrap("end session", db.tx(ctx, func(u *unit) error {
		var user string
		err := u.row(`delete from sessions where id = $1 returning user_id`, []any{id}, &user)
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err == nil {
			err = u.tell(user, db.Now())
		}
		if err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: SessionEnded, User: user, Actor: user}))
	}))
}
