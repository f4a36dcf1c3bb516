package storage

import (
	"context"
	"time"
)

// Consent is what a person allowed a client.
type Consent struct {
	UserID, ClientID string
	Scopes           []string
	Granted          time.Time
	Withdrawn        time.Time // codes issued before it fail; kept when consent is given anew
}

// Consent reads the present consent. ErrNotFound when there is none, or it was withdrawn after it was given.
func (db *DB) Consent(ctx context.Context, userID, clientID string) (Consent, error) { panic("stub") }

// GiveConsent adds scopes to what is allowed and stamps Granted.
func (db *DB) GiveConsent(ctx context.Context, c Consent, e Event) error { panic("stub") }

// WithdrawConsent stamps the consent and revokes the client's grants for the person.
func (db *DB) WithdrawConsent(ctx context.Context, userID, clientID string, e Event) error {
	panic("stub")
}
