// Package storagetest hands real, migrated databases to tests.
//
//	postgres.go cluster_*.go   the one PostgreSQL server of a test process: lent, or started from installed binaries
//	spare.go                   schemas with tables made already, from test to test
//	mortal.go                  a server that a test may kill
//	clock.go                   a database whose clock is ahead
package storagetest

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// New is a fresh SQLite database of this test, closed and removed at its end. now may be nil.
func New(t testing.TB, now func() time.Time) *storage.DB {
	t.Helper()
	file, err := migrated()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return open(t, "sqlite:"+path, now)
}

// migrated is a SQLite file with all tables and no rows of ours. All databases of this process begin as its copies, since to make
// the tables takes longer than most tests.
var migrated = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "doorward-migrated-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "test.db")
	db, err := storage.Open(context.Background(), "sqlite:"+path, quiet(nil))
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // which leaves one file
		return nil, err
	}
	return os.ReadFile(path)
})

// Each runs the same sentences on every database: "sqlite" always; "postgres" on the server of
// DOORWARD_TEST_POSTGRES, else on a throwaway cluster started from installed binaries; where there is
// neither, that half is skipped at home and fails where CI is set. Each run has a schema to itself, without rows.
func Each(t *testing.T, f func(t *testing.T, db *storage.DB)) {
	t.Helper()
	EachAt(t, nil, f)
}

// EachAt is Each by another clock.
func EachAt(t *testing.T, now func() time.Time, f func(t *testing.T, db *storage.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, New(t, now)) })
	t.Run("postgres", func(t *testing.T) { f(t, open(t, MigratedPostgresURL(t), now)) })
}

func open(t testing.TB, url string, now func() time.Time) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), url, quiet(now))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func quiet(now func() time.Time) storage.Options {
	return storage.Options{Log: slog.New(slog.DiscardHandler), Now: now}
}
