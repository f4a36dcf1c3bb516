package storage

import (
	"context"
	"time"
)

// How far an application was told that a session has ended.
const (
	LogoutOpen      = "open"      // the session lives
	LogoutWaiting   = "waiting"   // it is being told, or will be
	LogoutDelivered = "delivered" // it knows
	LogoutFailed    = "failed"    // it refused, or could not be reached; nobody tries any more
	LogoutBrowser   = "browser"   // it has no address for us: the person's browser told it, where it was there
)

// logoutsKept is how long it stands how an application was told.
const logoutsKept = 30 * 24 * time.Hour

// Logout is what an application that wants to be told of the end of sessions knows of one: from its first sign-on in it.
type Logout struct {
	ID        string
	SessionID string // sid
	ClientID  string
	UserID    string
	State     string
	Why       string // what the last try came to, in a few words for operators; "" none has failed
	Tries     int
	Lease     string    // of the present try
	Ended     time.Time // when the session did; zero: it lives
	Done      time.Time // when it was delivered, or has failed; while it waits: when another round was asked for (RetryLogouts)

	ClientName string // "" when the client is gone
}

// Since is from when the present round of tries counts.
func (l Logout) Since() time.Time {
	if l.Done.After(l.Ended) {
		return l.Done
	}
	return l.Ended
}

const logoutColumns = `l.id, l.session_id, l.client_id, l.user_id, l.state, l.why, l.tries, l.lease, l.ended, l.done`

func (l *Logout) dest() []any {
	return []any{&l.ID, &l.SessionID, &l.ClientID, &l.UserID, &l.State, &l.Why, &l.Tries, &l.Lease, at(&l.Ended), at(&l.Done)}
}

const (
	// openLogout keeps the session's row until the transaction ends: of a sign-on and the end of its session at the same moment, one sees
	// the other, and nobody is forgotten.
	openLogout = `insert into logouts (id, session_id, client_id, user_id, back, state, why, silent, tries, due, lease, opened, ended, done, expires)
		select cast($1 as text), s.id, cast($3 as text), s.user_id, $4, 'open', '', false, 0, 0, '', $5, 0, 0, s.expires
		from sessions s where s.id = $2 ` + held + `
		on conflict (session_id, client_id) do update set back = excluded.back, expires = excluded.expires
			where logouts.state = 'open' and (logouts.back <> excluded.back or logouts.expires < excluded.expires)`

	tell       = `update logouts set state = case when back then 'waiting' else 'browser' end, due = $1, ended = $1, expires = $2 where state = 'open'`
	tellOfUser = tell + ` and user_id = $3 and not exists (select 1 from sessions s where s.id = logouts.session_id)`

	selectLogouts = `select ` + logoutColumns + `, coalesce(c.name, '') from logouts l left join clients c on c.id = l.client_id `
	logoutsOf     = selectLogouts + `where l.session_id = $1 order by c.name, l.client_id`
	logoutsSince  = selectLogouts + `where l.user_id = $1 and l.ended >= $2 order by c.name, l.client_id, l.id`
)

// open remembers that the client of a grant is to be told when its session ends.
func (u *unit) open(db *DB, g Grant) error {
	_, err := u.exec(db.engine.hold(openLogout), NewID(), g.SessionID, g.ClientID, g.Tell == TellByUs, micros(g.Created))
	return err
}

// tell makes due what applications are to be told of those sessions of a person that are gone; it stands behind each statement by
// which sessions end before their time. A session that only expires is told to nobody: applications have ends of their own.
func (u *unit) tell(userID string, now time.Time) error {
	_, err := u.exec(tellOfUser, micros(now), micros(now.Add(logoutsKept)), userID)
	return err
}

// tellAll is tell when all sessions are gone.
func (u *unit) tellAll(now time.Time) error {
	_, err := u.exec(tell, micros(now), micros(now.Add(logoutsKept)))
	return err
}

// Logouts lists the applications that are told of a session's end, by name: for a month after it.
func (db *DB) Logouts(ctx context.Context, sessionID string) ([]Logout, error) {
	return db.logouts(ctx, logoutsOf, sessionID)
}

// LogoutsSince lists what applications were to be told of a person's sessions that ended since then.
func (db *DB) LogoutsSince(ctx context.Context, userID string, since time.Time) ([]Logout, error) {
	return db.logouts(ctx, logoutsSince, userID, micros(since))
}

func (db *DB) logouts(ctx context.Context, text string, args ...any) ([]Logout, error) {
	var all []Logout
	err := db.readRows(ctx, text, args, func(scan func(...any) error) error {
		var l Logout
		err := scan(append(l.dest(), &l.ClientName)...)
		all = append(all, l)
		return err
	})
	return all, wrap("read logouts", err)
}
