package storage

import (
	"context"
	"slices"
	"time"
)

// Consent is what a person allowed a client.
type Consent struct {
	UserID, ClientID string
	Scopes           []string            // in all
	Hosts            map[string][]string // the scopes by where they may be sent: what the person was shown of the redirect URI
	Granted          time.Time
	Withdrawn        time.Time // codes issued before it fail; kept when consent is given anew
}

// Allows says whether all these scopes may be sent to a host. What was allowed for one host counts for no other: whoever registers a
// client may name hosts that are not theirs beside their own.
func (c Consent) Allows(host string, scopes []string) bool {
	allowed, shown := c.Hosts[host]
	return shown && !slices.ContainsFunc(scopes, func(s string) bool { return !slices.Contains(allowed, s) })
}

func (c *Consent) dest() []any {
	return []any{&c.UserID, &c.ClientID, list(&c.Scopes), parsed{&c.Hosts}, at(&c.Granted), at(&c.Withdrawn)}
}

const (
	consentColumns = `user_id, client_id, scopes, hosts, granted, withdrawn`
	presentConsent = `select ` + consentColumns + ` from consents where user_id = $1 and client_id = $2 and granted > withdrawn`
	emptyConsent   = `insert into consents (user_id, client_id, scopes, granted, withdrawn) values ($1, $2, '', 0, 0) on conflict do nothing`
	// An update that changes nothing, so that it holds the row until the scopes are added.
	holdConsent     = `update consents set granted = granted where user_id = $1 and client_id = $2 returning ` + consentColumns
	giveConsent     = `update consents set scopes = $3, hosts = $4, granted = $5 where user_id = $1 and client_id = $2`
	withdrawConsent = `update consents set withdrawn = $3 where user_id = $1 and client_id = $2`
	revokeOfConsent = `update grants set revoked_at = $3 where user_id = $1 and client_id = $2 and revoked_at = 0`
)

// Consent reads the present consent. ErrNotFound when there is none, or it was withdrawn after it was given.
func (db *DB) Consent(ctx context.Context, userID, clientID string) (Consent, error) {
	var c Consent
	err := db.readRow(ctx, presentConsent, []any{userID, clientID}, c.dest()...)
	return c, wrap("read consent", err)
}

// GiveConsent adds scopes, each at its host, to what is allowed and stamps Granted, which is now where it is zero. What was
// withdrawn does not come back with it.
func (db *DB) GiveConsent(ctx context.Context, c Consent, e Event) error {
	if c.Granted.IsZero() {
		c.Granted = db.Now()
	}
	return wrap("give consent", db.tx(ctx, func(u *unit) error {
		old, err := u.holdConsent(c.UserID, c.ClientID)
		if err != nil {
			return err
		}
		if !old.Granted.After(old.Withdrawn) {
			old.Scopes, old.Hosts = nil, nil
		}
		granted := c.Granted
		if !granted.After(old.Withdrawn) {
			granted = old.Withdrawn.Add(time.Microsecond)
		}
		hosts, err := encoded(old.with(c.Hosts), false)
		if err != nil {
			return err
		}
		if _, err := u.exec(giveConsent, c.UserID, c.ClientID, joined(union(old.Scopes, c.Scopes)), hosts, micros(granted)); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: ConsentGiven, Actor: c.UserID, User: c.UserID, Client: c.ClientID}))
	}))
}

// with are the hosts of a consent and others.
func (c Consent) with(hosts map[string][]string) map[string][]string {
	all := map[string][]string{}
	for _, some := range []map[string][]string{c.Hosts, hosts} {
		for host, scopes := range some {
			all[host] = union(all[host], scopes)
		}
	}
	return all
}

// holdConsent reads the consent, an empty one where there is none, and keeps others from it until the transaction ends.
func (u *unit) holdConsent(userID, clientID string) (Consent, error) {
	var c Consent
	if _, err := u.exec(emptyConsent, userID, clientID); err != nil {
		return c, err
	}
	err := u.row(holdConsent, []any{userID, clientID}, c.dest()...)
	return c, err
}

// WithdrawConsent stamps the consent and revokes the client's grants for the person. Codes under way fail too, even where
// the client needed no consent.
func (db *DB) WithdrawConsent(ctx context.Context, userID, clientID string, e Event) error {
	return wrap("withdraw consent", db.tx(ctx, func(u *unit) error {
		old, err := u.holdConsent(userID, clientID)
		if err != nil {
			return err
		}
		now := db.Now()
		if now.Before(old.Granted) {
			now = old.Granted // another node's clock: the later word holds
		}
		if _, err := u.exec(withdrawConsent, userID, clientID, micros(now)); err != nil {
			return err
		}
		if _, err := u.exec(revokeOfConsent, userID, clientID, micros(now)); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: ConsentWithdrawn, Actor: userID, User: userID, Client: clientID}))
	}))
}
