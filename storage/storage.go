// Package storage keeps every record of Doorward, in SQL, for SQLite and PostgreSQL.
//
//	   op      login      admin        the doors; each declares the slice of *DB that it needs
//	    └────────┼──────────┘
//	           keys                    working and signing keys, sealed before they come here
//	             ▼
//	the database   storage.go  Open, DB, errors, time, epoch
//	               run.go value.go  the ways to run a statement, and what stands in a column
//	               schema.go migrate.go schema/*.sql  the tables themselves, and how they stand to this release
//	               sweep.go durable.go stats.go  what has expired goes; what the database promises; how busy it is
//	               archive.go backup.go restore.go  a copy of everything, and its way back
//	clients        client.go client_cache.go client_secrets.go client_use.go  the record, kept for a second; its secrets; how much it is used
//	               client_check.go client_links.go redirect.go host.go sector.go  what a record may hold
//	               client_access.go app_policy.go  who may sign in, and who needs an authenticator app for it
//	               client_declare.go client_apply.go client_register.go client_unused.go  those of the configuration, of files besides it, and those
//	               that register themselves
//	people         user.go user_check.go user_claims.go identifier.go profile.go  the record, and what it may hold
//	               user_change.go link_use.go alarm.go alarm_role.go session_renew.go  what a change ends
//	               user_edit.go user_remove.go user_import.go receipt.go standing.go invitation.go setup.go  what operators do, and what it has ended
//	               people.go people_fill.go groups.go membership.go  lists of people, groups and who is in them
//	ways in        code.go trust.go link.go authenticator.go recovery.go identity.go limit.go  what proves somebody, and how often it may be tried
//	sign-ins       session.go grant.go grant_live.go consent.go  what somebody has while they are signed in
//	               logout.go logout_queue.go  applications that are told of a session's end, and how far that is
//	the log        audit.go grant_ended.go  what is written
//	               log.go log_query.go tally.go operators.go activity.go  what operators may see, and a person of their own
//	               chain.go chain_run.go chain_verify.go chain_sweep.go  whether anybody changed it
//	the house      key.go settings.go outbox.go idempotent.go  sealed keys; what was set in the console; letters on their way; requests that come twice
//	     └──────────────┬──────────────┘
//	        sqlite*.go  │  postgres*.go            what differs: to open, to write, to lock, to copy; the statements above are one
//	commit.go lock_*.go │                          SQLite's one writer, and the lock of its file
//	          disk_*.go │                          where such a file is in danger
//
// A method is one unit of work, and what is used once has one winner, however many processes ask: one conditional
// statement decides. A write is answered after it is durable, and a visitor who goes away does not undo it. A change of who may enter
// writes its Event in its own transaction.
//
// It does not know HTTP, tokens, cookies or cleartext secrets: it is handed hashes and sealed values. It
// never asks a database for the time, and no transaction crosses its border.
package storage

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// ErrNotFound says that the record does not exist, or that it does not live any more.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that somebody else was first: what is used once is used.
	ErrConflict = errors.New("conflict")
	// ErrLastAdmin says that nobody would be left who may administer the house.
	ErrLastAdmin = errors.New("the last active administrator stays")
)

// Invalid says which field of a record breaks which rule; its text is safe to show to an operator.
type Invalid struct{ Field, Why string }

func (e *Invalid) Error() string { return fmt.Sprintf("%s: %s", e.Field, e.Why) }

// Options are what a database needs besides its address.
type Options struct {
	Log *slog.Logger     // nil: slog.Default()
	Now func() time.Time // nil: time.Now
	// ReadOnly opens what is there, beside a running server too: no lock, no migration, no write.
	ReadOnly bool

	alone bool // nobody else may have the database open: a restore
}

// DB is an open, migrated database. All its methods may be called at the same time.
type DB struct {
	engine  engine
	log     *slog.Logger
	local   func() time.Time
	offset  atomic.Int64 // nanoseconds by which the database's clock is ahead of ours
	clients clientCache
	eventID atomic.Int64
	close   func() error
}

const (
	readLimit  = 3 * time.Second // of one reading statement
	writeLimit = 3 * time.Second // of one unit of work, waiting for its turn included
	longLimit  = time.Minute     // of the few units of work that touch whole tables
	agesLimit  = time.Hour       // of a migration, which may fill in rows one by one
	maxSkew    = 2 * time.Second // by which a node that serves may differ from its database
)

// Open opens (and creates) the database at url, "sqlite:PATH" or a "postgres://" URL, and migrates it.
// A SQLite file belongs to one process at a time; the second gets an error that says so.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	db := &DB{log: o.Log, local: o.Now}
	if db.log == nil {
		db.log = slog.Default()
	}
	if db.local == nil {
		db.local = time.Now
	}
	var err error
	if db.engine, err = openEngine(ctx, url, o); err != nil {
		return nil, wrap("open database", err)
	}
	if err = db.start(ctx, o); err != nil {
		return nil, errors.Join(wrap("open database", err), db.engine.close())
	}
	return db, nil
}

func openEngine(ctx context.Context, url string, o Options) (engine, error) {
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return openSQLite(ctx, path, o)
	}
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return openPostgres(ctx, url, o)
	}
	// The address may hold a password, so it is not repeated.
	return nil, errors.New(`the address begins with neither "sqlite:" nor "postgres://"`)
}

func (db *DB) start(ctx context.Context, o Options) error {
	if !o.ReadOnly {
		if err := db.migrate(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
	}
	if _, err := db.measure(ctx); err != nil {
		return fmt.Errorf("read the database's clock: %w", err)
	}
	background, stop := context.WithCancel(context.Background())
	stopped := make(chan struct{})
	go db.followClock(background, stopped)
	db.close = sync.OnceValue(func() error {
		stop()
		<-stopped
		return db.engine.close()
	})
	return nil
}

// Close waits for writes under way and closes the database. A second call waits for the first and returns the same.
func (db *DB) Close() error { return db.close() }

// Now is the local clock corrected by its offset to the database's; rooms tell time by it. It is in
// UTC and whole microseconds, so that what is stored comes back equal.
func (db *DB) Now() time.Time {
	return db.local().Add(time.Duration(db.offset.Load())).UTC().Truncate(time.Microsecond)
}

// measure reads how far the database's clock is ahead of ours, and lets Now follow it.
func (db *DB) measure(ctx context.Context) (time.Duration, error) {
	ahead, err := db.engine.clock(ctx)
	if err == nil {
		db.offset.Store(int64(ahead))
	}
	return ahead, err
}

func (db *DB) followClock(ctx context.Context, stopped chan<- struct{}) {
	defer close(stopped)
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if _, err := db.measure(ctx); err != nil && ctx.Err() == nil {
				db.log.Warn("the database's clock cannot be read", "error", err)
			}
		}
	}
}

// Unready is why a node may not serve.
type Unready struct {
	Check string // "database", "clock" or "schema"
	Err   error
}

func (e *Unready) Error() string { return e.Err.Error() }

// Unwrap gives the cause.
func (e *Unready) Unwrap() error { return e.Err }

// Ready says whether this node may serve: the database answers, the clocks differ by 2 s at most, and the tables are
// there. The error is an *Unready.
func (db *DB) Ready(ctx context.Context) error {
	ahead, err := db.measure(ctx)
	if err != nil {
		return &Unready{"database", wrap("the database does not answer", err)}
	}
	if ahead.Abs() > maxSkew {
		return &Unready{"clock", fmt.Errorf("this node's clock differs from the database's by %v: set both by NTP", ahead.Round(time.Millisecond))}
	}
	if _, err := db.Epoch(ctx); noSchema(err) {
		return &Unready{"schema", err}
	} else if err != nil {
		return &Unready{"database", err}
	}
	return nil
}

// noSchema says that the database answers, but has not our tables.
func noSchema(err error) bool {
	return errors.Is(err, ErrNotFound) || sqliteNoTable(err) || postgresNoTable(err)
}

// Kind is "sqlite" or "postgres".
func (db *DB) Kind() string { return db.engine.kind() }

// Epoch is the number that stands in every sealed value and in every grant (house: epoch).
func (db *DB) Epoch(ctx context.Context) (int64, error) {
	var epoch int64
	err := db.readRow(ctx, `select value from meta where name = 'epoch'`, nil, &epoch)
	return epoch, wrap("read epoch", err)
}

const raiseEpoch = `update meta set value = case when value < $1 then $1 else value + 1 end where name = 'epoch' returning value`

// RaiseEpoch raises the epoch and ends sessions, trusts, links, mailed codes and so every online grant; offline grants end too, since
// each carries the epoch that it was made in. The new one is above any that another copy of the database has had until now: it is
// the time in microseconds, which grow faster than anybody raises it by hand.
func (db *DB) RaiseEpoch(ctx context.Context, e Event) (int64, error) {
	var epoch int64
	err := db.write(ctx, work{limit: longLimit, do: func(u *unit) error {
		if err := u.row(raiseEpoch, []any{micros(db.Now())}, &epoch); err != nil {
			return err
		}
		for _, text := range []string{`delete from sessions`, `delete from trusts`, `delete from mailed_codes`,
			`update links set replaced = true where used = 0 and not replaced`} {
			if _, err := u.exec(text); err != nil {
				return err
			}
		}
		if err := u.tellAll(db.Now()); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: EpochRaised, Actor: "operator"}))
	}})
	return epoch, wrap("raise epoch", err)
}

// NewID is a fresh identifier: 128 random bits as 26 lower-case base32 characters.
func NewID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails since Go 1.24
	return idEncoding.EncodeToString(b[:])
}

var idEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// wrap adds what was tried to an error, and nothing to the two kinds that callers compare with.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, advised(err))
}

// advised puts what to do before an error that an operator can do something about.
func advised(err error) error {
	for _, advice := range []string{sqliteAdvice(err), postgresAdvice(err)} {
		if advice != "" {
			return fmt.Errorf("%s (%w)", advice, err)
		}
	}
	return err
}

// conflictIfNone is what a statement means that has one winner, and returned no row to this caller.
func conflictIfNone(err error) error {
	if errors.Is(err, ErrNotFound) {
		return ErrConflict
	}
	return err
}
