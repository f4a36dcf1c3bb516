package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What is done to the file as a whole. A reader beside the running server does not take the server's lock: SQLite's WAL gives it
// one consistent state of the file, whatever is written meanwhile.
const (
	// Without query_only, which would forbid to write the copy; the database itself cannot be written through it.
	sqliteCopier = "?mode=ro&_pragma=busy_timeout(5000)&_defensive=1&_dqs=0"
	// A single row beside a running server: SQLite lets one writer in at a time, so the two wait for each other. The short time is on
	// purpose (see note).
	sqliteGuest = "?mode=rw&_pragma=busy_timeout(10)&_pragma=synchronous(FULL)&_txlock=immediate&_defensive=1&_dqs=0"
)

func (s *sqlite) has(u *unit, table string) (bool, error) {
	var n int
	err := u.row(`select count(*) from sqlite_master where type = 'table' and name = $1`, []any{table}, &n)
	return n > 0, err
}

// archive writes the state of this moment into an empty file. Writers are not held up.
func (s *sqlite) archive(ctx context.Context, to string) error {
	db, err := openFile(s.path, sqliteCopier)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `vacuum into $1`, to)
	return errors.Join(err, db.Close())
}

// guestPatience is how long a single row waits for a server that writes without end.
const guestPatience = 30 * time.Second

// note writes a row beside the server that holds the file. Between two of its commits the server lets go for a fraction of a
// millisecond; SQLite's own waiting looks ten times a second before long, and beside a busy server misses it for many seconds.
// Asked anew, it looks every few milliseconds.
func (s *sqlite) note(ctx context.Context, text string, args []any) error {
	db, err := openFile(s.path, sqliteGuest)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, guestPatience)
	defer cancel()
	for {
		if _, err = db.ExecContext(ctx, text, args...); !sqliteBusy(err) || ctx.Err() != nil {
			return errors.Join(err, db.Close())
		}
	}
}

// copiesKept is how many copies from before a migration stay beside the database.
const copiesKept = 3

// keep copies the database to DATABASE.before-TIME-vVERSION before it is migrated, and removes older copies than the last three. It is
// called under the lock of the file, so nothing changes between the copy and the migration.
func (s *sqlite) keep(ctx context.Context, version int64) (string, error) {
	name := fmt.Sprintf("%s.before-%s-v%d", s.path, time.Now().UTC().Format("20060102T150405Z"), version)
	if _, err := writeArchive(ctx, s, name, true); err != nil {
		return "", err
	}
	return name, s.dropCopies()
}

func (s *sqlite) dropCopies() error {
	files, err := os.ReadDir(filepath.Dir(s.path))
	if err != nil {
		return err
	}
	var copies []string
	for _, f := range files {
		if strings.HasPrefix(f.Name(), filepath.Base(s.path)+".before-2") {
			copies = append(copies, f.Name())
		}
	}
	slices.Sort(copies) // by time
	for _, old := range copies[:max(0, len(copies)-copiesKept)] {
		if err := os.Remove(filepath.Join(filepath.Dir(s.path), old)); err != nil {
			return err
		}
	}
	return nil
}

func (s *sqlite) bulk() int { return sqliteBulk }
