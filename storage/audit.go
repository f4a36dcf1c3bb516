package storage

import (
	"context"
	"fmt"
	"maps"
	"time"
)

// The kinds of events. One word for what it is about, one for what happened to it.
const (
	SignInRefused      = "sign_in.refused"
	SessionStarted     = "session.started"
	SessionRaised      = "session.raised"
	SessionReplaced    = "session.replaced" // another person signed in with this browser
	SessionEnded       = "session.ended"
	SessionsEnded      = "sessions.ended"
	GrantRevoked       = "grant.revoked"
	GrantCodeBurnt     = "grant.code_burnt"     // a code met a wrong verifier, client or redirect URI
	GrantCodeReplayed  = "grant.code_replayed"  // a code came twice: its grant is revoked
	GrantRefreshReused = "grant.refresh_reused" // a spent refresh token came again: its grant is revoked
	ConsentGiven       = "consent.given"
	ConsentWithdrawn   = "consent.withdrawn"
	UserAdded          = "user.added"
	UserStateChanged   = "user.state_changed"
	UserPasswordSet    = "user.password_set"
	ClientAdded        = "client.added"
	ClientRegistered   = "client.registered" // by itself (RFC 7591)
	ClientChanged      = "client.changed"
	ClientRemoved      = "client.removed"
	ClientDisabled     = "client.disabled"
	ClientEnabled      = "client.enabled"
	ClientRefused      = "client.refused" // its authentication, so many times ("count") since a time ("since")
	ClientMisfit       = "client.misfit"  // its request for a sign-in was refused, counted alike
	ClientDenied       = "client.denied"  // a person who may not sign in to it asked to
	ClientTested       = "client.tested"  // an administrator saw what it would be told
	KeysRewrapped      = "keys.rewrapped"
	KeysChanged        = "keys.changed"
	EpochRaised        = "epoch.raised"

	TrustGiven           = "trust.given"
	TrustEnded           = "trust.ended"
	TrustsEnded          = "trusts.ended"
	TrustStolen          = "trust.stolen" // an older value of a trust's cookie came: a copy is about; "ended": the trust is, "cleared": only the cookie
	LinkSent             = "link.sent"
	LinkUsed             = "link.used"
	AuthenticatorAdded   = "totp.added"
	AuthenticatorRemoved = "totp.removed"
	RecoveryMade         = "recovery.made"
	RecoveryUsed         = "recovery.used"
	IdentityLinked       = "google.linked"
	IdentityUnlinked     = "google.unlinked"
	FactorsReset         = "factors.reset"
	ProfileChanged       = "profile.changed"
	EmailChanged         = "email.changed"
	AlarmRaised          = "alarm.raised" // "That wasn't me", from a letter

	UserChanged     = "user.changed" // by an operator: claims, number, link address; "changed" names which
	UserRoleChanged = "user.role_changed"
	UserRemoved     = "user.removed"
	PeopleExported  = "people.exported" // somebody has taken a list of people as a file
	LinkWithdrawn   = "link.withdrawn"
	GroupAdded      = "group.added"
	GroupChanged    = "group.changed"
	GroupRemoved    = "group.removed"
	GroupJoined     = "group.joined" // by a person
	GroupLeft       = "group.left"
)

// Event is one line of the log of who may enter: it is written in the transaction of the change that it tells.
// A method that takes one fills in what it knows better where the field is empty: Kind, User, Client, Result.
type Event struct {
	ID        string    // given by the log, which is in the order of ids
	Time      time.Time // zero: now
	Kind      string    // from the list in this file, e.g. "session.started"
	Actor     string    // who did it: a person's id, "client:ID", "operator", "system"
	User      string    // on whom
	Client    string
	Address   string
	Reference string // of the request, as error pages show it
	Attempt   string // the sign-in that it is of, as Session.Attempt
	Result    string // "ok" or a reason code
	Data      map[string]string
}

// or fills empty fields from what the method knows.
func (e Event) or(known Event) Event {
	for _, f := range []struct{ to, from *string }{
		{&e.Kind, &known.Kind}, {&e.Actor, &known.Actor}, {&e.User, &known.User}, {&e.Client, &known.Client}, {&e.Result, &known.Result},
	} {
		if *f.to == "" {
			*f.to = *f.from
		}
	}
	return e
}

// with is e with one more word in its data.
func (e Event) with(name, value string) Event {
	data := maps.Clone(e.Data)
	if data == nil {
		data = map[string]string{}
	}
	data[name] = value
	e.Data = data
	return e
}

const insertEvent = `insert into events (id, happened, kind, actor, user_id, client_id, address, reference, result, data, attempt)
	values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`

// args are what insertEvent wants.
func (e Event) args(db *DB) ([]any, error) {
	now := db.Now()
	if e.Time.IsZero() {
		e.Time = now
	}
	if e.Result == "" {
		e.Result = "ok"
	}
	data, err := encoded(e.Data, len(e.Data) == 0)
	return []any{db.nextEventID(now), micros(e.Time), e.Kind, e.Actor, e.User, e.Client, e.Address, e.Reference, e.Result, data, e.Attempt}, err
}

// nextEventID rises with each event of this node, so that events of one microsecond keep their order.
func (db *DB) nextEventID(now time.Time) string {
	for {
		last := db.eventID.Load()
		next := max(last+1, now.UnixMicro())
		if db.eventID.CompareAndSwap(last, next) {
			return eventIDAt(time.UnixMicro(next)) + NewID()[:8]
		}
	}
}

// eventIDAt is where the ids of events of that time begin, and so it stands before all of them.
func eventIDAt(t time.Time) string { return fmt.Sprintf("%014x", t.UnixMicro()) }

// record writes an event in the transaction of its change.
func (u *unit) record(db *DB, e Event) error {
	args, err := e.args(db)
	if err != nil {
		return err
	}
	_, err = u.exec(insertEvent, args...)
	return err
}

// Record writes an event that changes nothing else (a refused sign-in, say).
func (db *DB) Record(ctx context.Context, e Event) error {
	args, err := e.args(db)
	if err == nil {
		_, err = db.writeOne(ctx, insertEvent, args...)
	}
	return wrap("record event", err)
}

// Note is Record for a command beside a server that runs: with SQLite too, and where the database was opened for reading only.
func (db *DB) Note(ctx context.Context, e Event) error { return wrap("record event", db.note(ctx, e)) }

func (db *DB) note(ctx context.Context, e Event) error {
	args, err := e.args(db)
	if err != nil {
		return err
	}
	return db.engine.note(ctx, insertEvent, args)
}
