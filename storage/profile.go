package storage

import (
	"context"
	"maps"
)

// ownClaims are the claims that people may change themselves (OIDC Core §5.1).
var ownClaims = map[string]bool{"name": true, "locale": true}

const putClaims = `update users set claims = $2, updated = $3, search = $4 where id = $1`

// SetProfile replaces those claims of a person that they may change themselves, name and locale: one that is absent or "" goes. All
// others stay, and so does the version. *Invalid, also for any other claim; ErrNotFound.
func (db *DB) SetProfile(ctx context.Context, userID string, claims map[string]any, e Event) error {
	for name := range claims {
		if !ownClaims[name] {
			return wrap("set profile", &Invalid{"claims", "cannot be changed by the person, but for name and locale"})
		}
	}
	return wrap("set profile", db.tx(ctx, func(u *unit) error {
		p, err := u.hold(userID)
		if err != nil {
			return err
		}
		next := map[string]any{}
		maps.Copy(next, p.Claims)
		for name := range ownClaims {
			delete(next, name)
			if value := claims[name]; value != nil && value != "" {
				next[name] = value
			}
		}
		p.Claims = next
		if err := p.Check(); err != nil {
			return err
		}
		text, err := encoded(next, len(next) == 0)
		if err != nil {
			return &Invalid{"claims", "cannot be written as JSON"}
		}
		if _, err := u.exec(putClaims, p.ID, text, micros(p.next(db.Now())), p.search()); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: ProfileChanged, Actor: p.ID, User: p.ID}))
	}))
}
