package storage

import (
	"context"
	"errors"
	"time"
)

// Rotation is one use of a refresh token.
type Rotation struct {
	ID, ClientID string
	Generation   int64         // that the token carries
	Keep         bool          // do not rotate (profile fapi2)
	Window       time.Duration // how long the generation before the present one still gets the present one
	IdleUntil    time.Time
}

// What a grant lives by, at the time $2, so that what ended it is effective at once on every node. The last two conditions
// also end a grant whose code was redeemed in the very moment of a password reset or a withdrawal, which did not see its
// row yet. Its client is not among them: it is cached for a second (see holds), and one table fewer is a fifth of the read. A grant whose
// code is older than its client is one of a former client of the same id, which was removed while the code was redeemed.
const (
	sessionLives = `s.user_id = grants.user_id and s.idle_until > $2 and s.expires > $2`
	personLives  = `u.state = 'active' and (u.grants_since <= grants.code_issued or (u.grants_kept <> '' and u.grants_kept = grants.session_id))`
	withdrawn    = `k.withdrawn >= grants.code_issued`

	grantItself = `grants.revoked_at = 0 and grants.expires > $2 and grants.epoch = (select m.value from meta m where m.name = 'epoch')`

	// liveButClient looks at the other tables by subqueries, for statements that change grants.
	liveButClient = grantItself + `
	and (grants.user_id = '' or grants.offline or exists (select 1 from sessions s where s.id = grants.session_id and ` + sessionLives + `))
	and (grants.user_id = '' or exists (select 1 from users u where u.id = grants.user_id and ` + personLives + `))
	and not exists (select 1 from consents k where k.user_id = grants.user_id and k.client_id = grants.client_id and ` + withdrawn + `)`

	// liveGrant is all of it in one text, for statements that do not know the client.
	liveGrant = liveButClient + ` and exists (select 1 from clients c where c.id = grants.client_id and not c.disabled and c.created <= grants.code_issued)`
)

var (
	// selectLiveGrant joins what liveButClient asks for, since the person is read anyway.
	selectLiveGrant = `select ` + grantColumns + `, ` + userColumns + ` from grants
		left join users u on u.id = grants.user_id
		left join sessions s on s.id = grants.session_id
		left join consents k on k.user_id = grants.user_id and k.client_id = grants.client_id
		where grants.id = $1 and ` + grantItself + `
			and (grants.user_id = '' or grants.offline or (` + sessionLives + `))
			and (grants.user_id = '' or (` + personLives + `))
			and (k.withdrawn is null or not (` + withdrawn + `))`

	// personOfGrant is what the person of a grant is judged by, as a statement gives it back beside that, for User.judged. Their claims would be
	// half of what a refresh costs beyond its write.
	personOfGrant = `coalesce((select ` + packed(`u.id, u.group_names, u.role, u.totp`) + ` from users u where u.id = grants.user_id), '')`

	rotateGrant = `update grants set generation = generation + 1, rotated_at = $2, idle_until = $5
		where ` + presented + ` returning ` + grantColumns + `, ` + personOfGrant

	keepGrant = `update grants set idle_until = $5 where ` + presented + ` returning ` + grantColumns + `, ` + personOfGrant

	// presented is the grant that a client's refresh token is of; $6 is when the client was made.
	presented = `grants.id = $1 and grants.client_id = $3 and grants.generation = $4 and grants.code_issued >= $6
		and (grants.idle_until = 0 or grants.idle_until > $2) and ` + liveButClient
)

// What a refresh token meets that did not rotate: the generation now, whose grant it is, whether it is revoked.
const presentGrant = `select client_id, generation, rotated_at, revoked_at from grants where id = $1`

// LiveGrant reads a grant that lives, with its person (zero User for a grant of a client's own), in one statement.
// It lives while it is not revoked or expired, its client is enabled (a second may pass until another node hears that it is
// not), its person is active, its epoch is the present one, and its session lives or it is offline. ErrNotFound otherwise.
func (db *DB) LiveGrant(ctx context.Context, id string) (Grant, User, error) {
	var g Grant
	var u User
	err := db.readRow(ctx, selectLiveGrant, []any{id, micros(db.Now())}, g.dest(), u.dest())
	if err == nil {
		var c Client
		if c, err = db.holds(ctx, g.ClientID); err == nil && g.CodeIssued.Before(c.Created) {
			err = ErrNotFound
		}
	}
	if err != nil {
		return Grant{}, User{}, wrap("read grant", err)
	}
	return g, u, nil
}

func (u *User) judged() any { return fields{&u.ID, parsed{&u.Groups}, &u.Role, &u.TOTP} }

// holds is the client that a grant hangs on, by what is known of it since a second at most. ErrNotFound where it is not there or disabled.
func (db *DB) holds(ctx context.Context, id string) (Client, error) {
	c, err := db.Client(ctx, id)
	if err == nil && c.Disabled {
		err = ErrNotFound
	}
	return c, err
}

// RotateGrant spends a refresh token and returns the living grant whose Generation is the successor's, and of its person what they are judged
// by: ID, Groups, Role, TOTP (zero User for a grant of a client's own). However
// many present one generation, all within the window get the same successor. ErrConflict when an older
// generation, or the one before after the window, was presented, or another client presented it: the grant is
// revoked by that. ErrNotFound when the grant does not live.
func (db *DB) RotateGrant(ctx context.Context, r Rotation) (Grant, User, error) {
	text := rotateGrant
	if r.Keep {
		text = keepGrant
	}
	now := db.Now()
	var g Grant
	var u User
	c, err := db.holds(context.WithoutCancel(ctx), r.ClientID) // as every write: a visitor who goes away does not undo it
	if err == nil {
		err = db.writeRow(ctx, text, []any{r.ID, micros(now), r.ClientID, r.Generation, micros(r.IdleUntil), micros(c.Created)}, g.dest(), u.judged())
	}
	if errors.Is(err, ErrNotFound) {
		g, u, err = db.refused(ctx, r, now)
	}
	return g, u, wrap("rotate grant", err)
}

// refused finds out why a refresh token did not rotate: it was spent a moment ago and gets the same successor; or it is reused,
// which tells that a copy is about, and ends the grant (RFC 9700 §4.14.2); or the grant does not live.
func (db *DB) refused(ctx context.Context, r Rotation, now time.Time) (Grant, User, error) {
	var client string
	var generation int64
	var rotated, revoked time.Time
	if err := db.readRow(ctx, presentGrant, []any{r.ID}, &client, &generation, at(&rotated), at(&revoked)); err != nil {
		return Grant{}, User{}, err
	}
	switch {
	case !revoked.IsZero():
		return Grant{}, User{}, ErrNotFound
	case client == r.ClientID && generation == r.Generation:
		return Grant{}, User{}, ErrNotFound // the right token of a grant that does not live
	case client == r.ClientID && generation == r.Generation+1 && !now.After(rotated.Add(r.Window)):
		g, person, err := db.LiveGrant(ctx, r.ID)
		if err != nil || g.Generation == generation {
			return g, person, err
		}
		// Meanwhile it was rotated again: the token is two generations old, and never gets the present one.
	}
	err := db.tx(ctx, func(u *unit) error {
		return u.revoke(db, r.ID, Event{Kind: GrantRefreshReused, Actor: "client:" + r.ClientID, Result: "revoked",
			Data: map[string]string{"grant": r.ID}})
	})
	if err == nil || errors.Is(err, ErrNotFound) { // others may have revoked it meanwhile, for the same reason
		err = ErrConflict
	}
	return Grant{}, User{}, err
}
