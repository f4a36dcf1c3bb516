package storage

import (
	"context"
	"time"
)

// Event is one line of the log of who may enter: it is written in the transaction of the change that it tells.
type Event struct {
	Time      time.Time // zero: now
	Kind      string    // from the list in this file, e.g. "session.started"
	Actor     string    // who did it: a person's id, "client:ID", "operator", "system"
	User      string    // on whom
	Client    string
	Address   string
	Reference string // of the request, as error pages show it
	Result    string // "ok" or a reason code
	Data      map[string]string
}

// Record writes an event that changes nothing else (a refused sign-in, say).
func (db *DB) Record(ctx context.Context, e Event) error { panic("stub") }

// Events reads the newest events first, limit at most.
func (db *DB) Events(ctx context.Context, limit int) ([]Event, error) { panic("stub") }
