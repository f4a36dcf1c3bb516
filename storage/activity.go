package storage

import (
	"context"
	"time"
)

// App is a client that may do something on behalf of a person.
type App struct {
	ClientID, Name string
	Scopes         []string
	Since, Used    time.Time
	Sessions       []string // ids of the sessions that its living grants hang on
}

func (db *DB) Activity(ctx context.Context, userID string, limit int) ([]Event, error) {
	return nil, nil
}

func (db *DB) EventsByReference(ctx context.Context, reference string) ([]Event, error) {
	return nil, nil
}

func (db *DB) SessionsOf(ctx context.Context, userID string) ([]Session, error) { return nil, nil }

func (db *DB) Apps(ctx context.Context, userID string) ([]App, error) { return nil, nil }
