package storage

import (
	"context"
	"slices"
	"strings"
	"time"
)

var (
	selectEvents = `select ` + eventColumns + ` from events order by id desc limit $1`
	// Both conditions that look idle let the indexes serve, which leave out what has neither.
	eventsOfUser      = `select ` + eventColumns + ` from events where user_id = $2 and user_id <> '' order by id desc limit $1`
	eventsOfReference = `select ` + eventColumns + ` from events where reference = $2 and reference <> '' order by id limit $1`
)

// Events reads the newest events first, limit at most.
func (db *DB) Events(ctx context.Context, limit int) ([]Event, error) {
	return db.events(ctx, selectEvents, int64(limit))
}

// Activity reads the newest events about a person first, limit at most.
func (db *DB) Activity(ctx context.Context, userID string, limit int) ([]Event, error) {
	return db.events(ctx, eventsOfUser, int64(limit), userID)
}

// EventsByReference reads what happened in the request of that reference, in order; a hundred at most.
func (db *DB) EventsByReference(ctx context.Context, reference string) ([]Event, error) {
	return db.events(ctx, eventsOfReference, int64(100), reference)
}

func (db *DB) events(ctx context.Context, text string, args ...any) ([]Event, error) {
	var all []Event
	err := db.readRows(ctx, text, args, func(scan func(...any) error) error {
		var e Event
		err := scan(e.dest())
		all = append(all, e)
		return err
	})
	return all, wrap("read events", err)
}

// App is a client that may do something on behalf of a person.
type App struct {
	ClientID, Name string
	Scopes         []string
	Since, Used    time.Time
	Sessions       []string // ids of the sessions that its living grants hang on
}

// selectApps reads present consents and living grants at the time $2, a row each.
var selectApps = `select k.client_id, c.name, k.scopes, k.granted, k.granted, '' from consents k join clients c on c.id = k.client_id
		where k.user_id = $1 and k.granted > k.withdrawn
	union all select grants.client_id, c.name, grants.scopes, grants.created,
		case when grants.rotated_at > grants.created then grants.rotated_at else grants.created end, grants.session_id
		from grants join clients c on c.id = grants.client_id where grants.user_id = $1 and ` + liveGrant

// Apps lists the clients with a living grant or the present consent of a person, by name. Used is when the client was given a token last,
// where it is known.
func (db *DB) Apps(ctx context.Context, userID string) ([]App, error) {
	byID := map[string]*App{}
	err := db.readRows(ctx, selectApps, []any{userID, micros(db.Now())}, func(scan func(...any) error) error {
		var a App
		var session string
		err := scan(&a.ClientID, &a.Name, list(&a.Scopes), at(&a.Since), at(&a.Used), &session)
		if session != "" {
			a.Sessions = []string{session}
		}
		if known := byID[a.ClientID]; known != nil {
			known.join(a)
		} else {
			byID[a.ClientID] = &a
		}
		return err
	})
	if err != nil {
		return nil, wrap("read apps", err)
	}
	var all []App
	for _, a := range byID {
		all = append(all, *a)
	}
	slices.SortFunc(all, func(a, b App) int { return strings.Compare(a.Name+"\x00"+a.ClientID, b.Name+"\x00"+b.ClientID) })
	return all, nil
}

// Opened is a client that a session has signed on to.
type Opened struct{ ClientID, Name string }

// openedIn reads ended grants too: an application stays signed on by itself when its grant is revoked, as by a new password.
const openedIn = `select distinct c.id, c.name from grants join clients c on c.id = grants.client_id where grants.user_id = $1
	and grants.session_id = $2 order by c.name, c.id limit $3`

// OpenedIn lists the clients that a session of a person has signed on to, limit at most, by name.
func (db *DB) OpenedIn(ctx context.Context, userID, sessionID string, limit int) ([]Opened, error) {
	var all []Opened
	err := db.readRows(ctx, openedIn, []any{userID, sessionID, int64(limit)}, func(scan func(...any) error) error {
		var o Opened
		err := scan(&o.ClientID, &o.Name)
		all = append(all, o)
		return err
	})
	return all, wrap("read apps of a session", err)
}

// join adds what another row tells of the same client.
func (a *App) join(b App) {
	a.Scopes, a.Sessions = union(a.Scopes, b.Scopes), union(a.Sessions, b.Sessions)
	if b.Since.Before(a.Since) {
		a.Since = b.Since
	}
	if b.Used.After(a.Used) {
		a.Used = b.Used
	}
}
