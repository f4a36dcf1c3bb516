package storage

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// GrantEnded tells what a grant was whose row is gone: a grant is its own event while it stands, and so none is written when a code is
// redeemed.
const GrantEnded = "grant.ended"

// sweepGrants removes grants that have expired, each with its event.
func (db *DB) sweepGrants(ctx context.Context, now time.Time) batch {
	return func() (int, error) {
		gone := 0
		err := db.tx(ctx, func(u *unit) error {
			var events []Event
			args := []any{micros(now), sweepBatch, micros(now.Add(-codeKept))}
			err := u.rows(sweepGrants, args, func(scan func(...any) error) error {
				var g Grant
				err := scan(g.dest())
				events = append(events, g.ended())
				return err
			})
			gone = len(events)
			for _, e := range events {
				if err == nil {
					err = u.record(db, e)
				}
			}
			return err
		})
		return gone, err
	}
}

// ended is the event of a grant whose row goes.
func (g *Grant) ended() Event {
	e := Event{Kind: GrantEnded, Actor: "system", User: g.UserID, Client: g.ClientID, Data: map[string]string{
		"grant": g.ID, "kind": g.Kind, "issued": g.Created.Format(time.RFC3339), "expires": g.Expires.Format(time.RFC3339),
		"scopes": strings.Join(g.Scopes, " "),
	}}
	for name, value := range map[string]string{"session": g.SessionID, "parent": g.Parent, "resource": strings.Join(g.Resource, " "), "acr": g.ACR} {
		if value != "" {
			e.Data[name] = value
		}
	}
	if g.Generation > 0 {
		e.Data["refreshed"] = strconv.FormatInt(g.Generation, 10)
	}
	if !g.RevokedAt.IsZero() {
		e.Data["revoked"] = g.RevokedAt.Format(time.RFC3339)
	}
	return e
}

var grantsOfSession = `select ` + grantColumns + ` from grants where grants.user_id = $1 and grants.session_id = $2
	order by grants.created desc, grants.id limit $3`

// GrantsOfSession lists what clients were granted in a session of a person, the newest first; a hundred at most. Some may have ended.
func (db *DB) GrantsOfSession(ctx context.Context, userID, sessionID string) ([]Grant, error) {
	var all []Grant
	err := db.readRows(ctx, grantsOfSession, []any{userID, sessionID, int64(100)}, func(scan func(...any) error) error {
		var g Grant
		err := scan(g.dest())
		all = append(all, g)
		return err
	})
	return all, wrap("read grants of a session", err)
}
