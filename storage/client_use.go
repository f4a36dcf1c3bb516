package storage

import (
	"context"
	"errors"
	"strings"
	"time"
)

// ClientUse is how much a client is used.
type ClientUse struct {
	Latest time.Time // when its youngest grant was made that is not revoked: somebody signed in to it; zero: none is left
	Scopes []string  // that this grant has
	Grants int64     // that LiveGrant lets live, of the GrantsCounted youngest that are not revoked
	More   bool      // there are older ones besides these
	People int64     // who have allowed it something, counted alike; of those that ask for consent alone
}

// GrantsCounted is how many grants of a client are looked at: a page says no more than "many".
const GrantsCounted = 10_000

const (
	latestGrant = `select created, scopes from grants where client_id = $1 and revoked_at = 0 order by created desc limit 1`
	youngest    = `select count(*) from (select g.id, g.client_id, g.user_id, g.session_id, g.code_issued, g.offline, g.revoked_at, g.expires, g.epoch
		from grants g where g.client_id = $1 and g.revoked_at = 0 order by g.created desc limit 10000) youngest where `
	moreGrants = `select count(*) > 0 from (select 1 as one from grants where client_id = $1 and revoked_at = 0 order by created desc limit 1 offset 10000) older`
	countAllow = `select count(*) from (select 1 as one from consents where client_id = $1 and withdrawn < granted limit 10000) allowed`
)

// countGrants counts what lives among them. It names what it reads otherwise than the table, so that nobody takes one for the other.
var countGrants = youngest + strings.ReplaceAll(liveGrant, "grants.", "youngest.")

// ClientUse tells what ends with a client, and when it was last signed in to. Nothing of a test sign-in counts.
func (db *DB) ClientUse(ctx context.Context, id string) (ClientUse, error) {
	var use ClientUse
	err := db.engine.read(ctx, func(u *unit) error {
		use = ClientUse{}
		err := u.row(latestGrant, []any{id}, at(&use.Latest), list(&use.Scopes))
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err := u.row(countGrants, []any{id, micros(db.Now())}, &use.Grants); err != nil {
			return err
		}
		if err := u.row(moreGrants, []any{id}, &use.More); err != nil {
			return err
		}
		return u.row(countAllow, []any{id}, &use.People)
	})
	return use, wrap("read use of client", err)
}
