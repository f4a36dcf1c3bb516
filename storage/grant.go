package storage

import (
	"context"
	"encoding/json"
	"errors"
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
	IdleUntil  time.Time // refresh: moved at each rotation; zero: no such end
	Expires    time.Time // absolute end; never before its code has surely expired
	Epoch      int64     // that it was made in; 0 in what is given to RedeemCode: the present one
	Created    time.Time

	Tell Telling // who tells the client that the session has ended; of RedeemCode alone, and not stored with the grant
}

// Telling is who tells a client that a session has ended.
type Telling int

// By the record of the client.
const (
	TellNobody    Telling = iota
	TellByBrowser         // it has a frontchannel_logout_uri alone
	TellByUs              // it has a backchannel_logout_uri
)

var grantColumns = packed(`grants.id, grants.kind, grants.parent, grants.client_id, grants.user_id, grants.session_id, coalesce(grants.code_id, ''),
	grants.code_issued, grants.scopes, grants.claims, grants.resource, grants.cnf, grants.actor, grants.offline, grants.acr, grants.amr,
	grants.auth_time, grants.generation, grants.rotated_at, grants.revoked_at, grants.idle_until, grants.expires, grants.epoch, grants.created`)

func (g *Grant) dest() any {
	return fields{&g.ID, &g.Kind, &g.Parent, &g.ClientID, &g.UserID, &g.SessionID, &g.CodeID,
		at(&g.CodeIssued), list(&g.Scopes), raw{&g.Claims}, list(&g.Resource), &g.Cnf, &g.Actor, &g.Offline, &g.ACR, list(&g.AMR),
		at(&g.AuthTime), &g.Generation, at(&g.RotatedAt), at(&g.RevokedAt), at(&g.IdleUntil), at(&g.Expires), &g.Epoch, at(&g.Created)}
}

// args are the values of insertGrant; $24 is the present time too.
func (g *Grant) args() []any {
	return []any{g.ID, g.Kind, g.Parent, g.ClientID, g.UserID, g.SessionID, g.CodeID, micros(g.CodeIssued), joined(g.Scopes), string(g.Claims),
		joined(g.Resource), g.Cnf, g.Actor, g.Offline, g.ACR, joined(g.AMR), micros(g.AuthTime), g.Generation, micros(g.RotatedAt), micros(g.RevokedAt),
		micros(g.IdleUntil), micros(g.Expires), g.Epoch, micros(g.Created)}
}

var (
	insertGrant = `insert into grants (id, kind, parent, client_id, user_id, session_id, code_id, code_issued, scopes, claims,
			resource, cnf, actor, offline, acr, amr, auth_time, generation, rotated_at, revoked_at, idle_until, expires, epoch, created)
		select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
			case when cast($23 as bigint) = 0 then m.value else $23 end, $24
		from meta m where m.name = 'epoch'`

	redeemCode = insertGrant + ` and ($23 = 0 or $23 = m.value)
			and cast($22 as bigint) > cast($24 as bigint)
			and exists (select 1 from clients c where c.id = $4 and not c.disabled and c.created <= $8)
			and ($5 = '' or exists (select 1 from users u where u.id = $5 and u.state = 'active'
				and (u.grants_since <= $8 or (u.grants_kept <> '' and u.grants_kept = $6))))
			and ($5 = '' or ($14 and $6 = '') or exists (select 1 from sessions s
				where s.id = $6 and s.user_id = $5 and s.idle_until > $24 and s.expires > $24))
			and not exists (select 1 from consents k where k.user_id = $5 and k.client_id = $4 and k.withdrawn >= $8)
		on conflict (code_id) do nothing returning id, ` + personOfGrant

	burnCode = insertGrant + ` on conflict (code_id) do nothing returning id`

	// A grant whose code came again. Only the first who finds it revokes it.
	revokeOfCode = `update grants set revoked_at = $2 where code_id = $1 and revoked_at = 0 returning id, client_id, user_id`
	grantOfCode  = `select id from grants where code_id = $1`
)

// RedeemCode turns a sealed code into its grant. However many ask at the same time, one gets the grant and the
// others get ErrConflict, and then the grant is revoked (RFC 6749 §4.1.2, §10.5). ErrNotFound when the client,
// the person or the session does not live, the client was made after CodeIssued (a former one of its id had the code), the consent was withdrawn after CodeIssued, or the epoch has changed.
// The winner is told of its person what RotateGrant tells. One durable statement for them, or one transaction where the
// client is to be told of the session's end.
func (db *DB) RedeemCode(ctx context.Context, g Grant) (User, error) {
	if err := db.complete(&g); err != nil {
		return User{}, wrap("redeem code", err)
	}
	var person User
	err := db.write(ctx, work{one: g.Tell == TellNobody, do: func(u *unit) error {
		var err error
		person, err = u.redeem(db, g)
		return err
	}})
	if errors.Is(err, ErrNotFound) {
		err = db.tx(ctx, func(u *unit) error { return u.replayed(db, g) })
		// The revocation is committed; who asked has lost all the same.
		if err == nil {
			err = ErrConflict
		}
	}
	return person, wrap("redeem code", err)
}

// redeem inserts the grant of a code. ErrNotFound when the code has one, or may have none.
func (u *unit) redeem(db *DB, g Grant) (User, error) {
	if g.Tell != TellNobody {
		if err := u.open(db, g); err != nil {
			return User{}, err
		}
	}
	var id string
	var person User
	err := u.row(redeemCode, g.args(), &id, person.judged())
	return person, err
}

// complete fills in what a grant of a code must have.
func (db *DB) complete(g *Grant) error {
	if g.ID == "" || g.CodeID == "" || g.ClientID == "" {
		return &Invalid{"grant", "has no id, code or client"}
	}
	g.Created = db.Now()
	if g.CodeIssued.IsZero() {
		g.CodeIssued = g.Created
	}
	return nil
}

// replayed revokes the grant of a code that came again, and tells of it. ErrNotFound when the code has no grant.
func (u *unit) replayed(db *DB, g Grant) error {
	var id, client, user string
	err := u.row(revokeOfCode, []any{g.CodeID, micros(db.Now())}, &id, &client, &user)
	if errors.Is(err, ErrNotFound) {
		return u.row(grantOfCode, []any{g.CodeID}, &id)
	}
	if err != nil {
		return err
	}
	return u.record(db, Event{Kind: GrantCodeReplayed, Actor: "client:" + g.ClientID, User: user, Client: client,
		Result: "revoked", Data: map[string]string{"grant": id}})
}

// BurnCode makes a code worthless: its grant is inserted revoked, or revoked when it exists.
func (db *DB) BurnCode(ctx context.Context, g Grant) error {
	if err := db.complete(&g); err != nil {
		return wrap("burn code", err)
	}
	g.RevokedAt = g.Created
	return wrap("burn code", db.tx(ctx, func(u *unit) error {
		var id string
		err := u.row(burnCode, g.args(), &id)
		if errors.Is(err, ErrNotFound) {
			return u.replayed(db, g)
		}
		if err != nil {
			return err
		}
		return u.record(db, Event{Kind: GrantCodeBurnt, Actor: "client:" + g.ClientID, User: g.UserID, Client: g.ClientID,
			Result: "revoked", Data: map[string]string{"grant": id}})
	}))
}

// RevokeGrant revokes a grant; no error when it is revoked already or unknown.
func (db *DB) RevokeGrant(ctx context.Context, id string, e Event) error {
	return wrap("revoke grant", db.tx(ctx, func(u *unit) error {
		err := u.revoke(db, id, e.or(Event{Kind: GrantRevoked}))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		return err
	}))
}

const revokeGrant = `update grants set revoked_at = $2 where id = $1 and revoked_at = 0 returning client_id, user_id`

// revoke revokes a grant with its event. ErrNotFound when it is revoked already or unknown.
func (u *unit) revoke(db *DB, id string, e Event) error {
	var client, user string
	if err := u.row(revokeGrant, []any{id, micros(db.Now())}, &client, &user); err != nil {
		return err
	}
	return u.record(db, e.or(Event{Actor: "client:" + client, User: user, Client: client}))
}
