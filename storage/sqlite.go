package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"

	driver "modernc.org/sqlite" // registers itself as "sqlite"; binds $n by number, as PostgreSQL does
)

// sqlite is a file with one writer behind a group commit and a pool of readers.
type sqlite struct {
	path    string
	lock    *os.File // nil when only to be read, as are writer and group
	writer  *sql.DB
	group   *group
	readers *sql.DB
	reading *statements
}

// Pragmas stand in the DSN: one that is run later holds for one connection of a pool only.
const (
	sqliteWriter = "?_pragma=busy_timeout(5000)&_pragma=foreign_keys(1)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)" +
		"&_txlock=immediate&_defensive=1&_dqs=0"
	sqliteReader = "?mode=ro&_pragma=busy_timeout(5000)&_pragma=query_only(1)&_defensive=1&_dqs=0"
)

func openSQLite(ctx context.Context, path string, o Options) (*sqlite, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New(`"sqlite:" wants the path of a file`)
	}
	s := &sqlite{path: path}
	if o.ReadOnly {
		if _, err := os.Stat(path); err != nil {
			return nil, err
		}
	} else {
		var err error
		if s.lock, err = prepareFile(path); err != nil {
			return nil, err
		}
		if err := s.connectWriter(ctx); err != nil {
			return nil, errors.Join(err, s.close())
		}
	}
	if err := s.connectReaders(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// prepareFile makes the file readable for its owner alone (its -wal and -shm take its mode) and locks it against
// other processes: two would each believe that they alone order the writes, and the client cache would lie.
func prepareFile(path string) (*os.File, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return lock, errors.Join(f.Chmod(0o600), f.Close())
}

// openFile opens a SQLite file with the parameters of its DSN.
func openFile(path, params string) (*sql.DB, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	return sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.ToSlash(abs)}).EscapedPath()+params)
}

func (s *sqlite) connectWriter(ctx context.Context) error {
	var err error
	if s.writer, err = openFile(s.path, sqliteWriter); err != nil {
		return err
	}
	s.writer.SetMaxOpenConns(1)
	s.group, err = newGroup(ctx, s.writer.Conn)
	return err
}

func (s *sqlite) connectReaders(ctx context.Context) error {
	params := sqliteReader
	if _, err := os.Stat(s.path + "-wal"); s.group == nil && errors.Is(err, fs.ErrNotExist) {
		params += "&immutable=1" // nobody has the file open: it is read without leaving a -wal and a -shm behind
	}
	var err error
	if s.readers, err = openFile(s.path, params); err != nil {
		return err
	}
	n := max(4, runtime.GOMAXPROCS(0))
	s.readers.SetMaxOpenConns(n)
	s.readers.SetMaxIdleConns(n)
	s.reading = &statements{prepare: s.readers.PrepareContext}
	return s.readers.PingContext(ctx)
}

func (s *sqlite) kind() string { return "sqlite" }

func (s *sqlite) write(_ context.Context, w work) error {
	if s.group == nil {
		return errReadOnly
	}
	return s.group.do(w)
}

// read takes microseconds, so it is not interrupted: a context that can end costs the driver a goroutine a call.
func (s *sqlite) read(ctx context.Context, f func(*unit) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return f(&unit{ctx: context.WithoutCancel(ctx), run: s.reading})
}

func (s *sqlite) stats() Stats {
	pool := s.readers.Stats()
	stats := Stats{Open: pool.OpenConnections, InUse: pool.InUse, Most: pool.MaxOpenConnections,
		Waits: pool.WaitCount, Waited: pool.WaitDuration}
	if s.group != nil {
		stats.Batches = s.group.count.read()
	}
	return stats
}

// hold changes nothing: nobody else writes meanwhile.
func (s *sqlite) hold(text string) string { return text }

// clock is our own: the database is part of this process.
func (s *sqlite) clock(context.Context) (time.Duration, error) { return 0, nil }

func (s *sqlite) migrate(_ context.Context, all []migration) error {
	return s.group.do(work{limit: agesLimit, do: func(u *unit) error {
		return apply(u, all, func(text string) error {
			_, err := s.group.conn.ExecContext(u.ctx, text)
			return u.noted(err)
		})
	}})
}

// Primary result codes of SQLite (https://www.sqlite.org/rescode.html) that an operator, or waiting, can do something about.
const (
	sqliteLocked   = 5
	sqliteReadOnly = 8
	sqliteIOError  = 10
	sqliteCorrupt  = 11
	sqliteFull     = 13
	sqliteNoOpen   = 14
	sqliteNoDB     = 26
)

// sqliteAdvice says what to do about an error of the file; "" when it is of another kind.
func sqliteAdvice(err error) string {
	code := 0
	if e := (*driver.Error)(nil); errors.As(err, &e) {
		code = e.Code() & 0xff
	}
	switch {
	case code == sqliteFull:
		return "the disk is full: make room, and it goes on by itself"
	case code == sqliteIOError:
		return "the disk refuses: see whether it is full or broken; when it works again, it goes on by itself"
	case code == sqliteReadOnly, errors.Is(err, syscall.EROFS):
		return "the database file or its file system is read-only: make it writable, then start again"
	case code == sqliteNoOpen, errors.Is(err, fs.ErrPermission):
		return "the user that Doorward runs as must be able to write the database file and its folder"
	case code == sqliteNoDB:
		return "the file is no SQLite database: see whether the address names the right one"
	case code == sqliteCorrupt:
		return "the database file is damaged: stop, keep a copy of it, and restore a backup"
	}
	return ""
}

// sqliteConstraint says that a statement broke a constraint: then SQLite undoes that statement alone, and its transaction goes on.
func sqliteConstraint(err error) bool {
	e := (*driver.Error)(nil)
	return errors.As(err, &e) && e.Code()&0xff == 19
}

// sqliteNoTable says that a statement names a table that is not there: code 1 is any fault of a statement's text, and ours
// have no other.
func sqliteNoTable(err error) bool {
	e := (*driver.Error)(nil)
	return errors.As(err, &e) && e.Code() == 1
}

func sqliteBusy(err error) bool {
	e := (*driver.Error)(nil)
	return errors.As(err, &e) && e.Code()&0xff == sqliteLocked
}

func (s *sqlite) close() error {
	var errs []error
	if s.readers != nil {
		s.reading.close()
		errs = append(errs, s.readers.Close())
	}
	if s.group != nil {
		errs = append(errs, s.group.close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.Close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}

// statements keeps each text prepared: to parse a statement costs more than to run it.
type statements struct {
	prepare func(ctx context.Context, text string) (*sql.Stmt, error)
	known   sync.Map // text -> *sql.Stmt
}

func (s *statements) get(ctx context.Context, text string) (*sql.Stmt, error) {
	if st, ok := s.known.Load(text); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := s.prepare(ctx, text)
	if err != nil {
		return nil, err
	}
	if first, raced := s.known.LoadOrStore(text, st); raced {
		return first.(*sql.Stmt), st.Close()
	}
	return st, nil
}

// ExecContext implements querier.
func (s *statements) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	st, err := s.get(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

// QueryContext implements querier.
func (s *statements) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	st, err := s.get(ctx, text)
	if err != nil {
		return nil, err
	}
	return st.QueryContext(ctx, args...)
}

func (s *statements) close() {
	s.known.Range(func(_, st any) bool {
		_ = st.(*sql.Stmt).Close() // its connection closes next
		return true
	})
}
