// Package storagetest hands real, migrated databases to tests.
package storagetest

import (
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// New is a fresh SQLite database of this test, closed and removed at its end. now may be nil.
func New(t testing.TB, now func() time.Time) *storage.DB {
	t.Helper()
	return open(t, "sqlite:"+filepath.Join(t.TempDir(), "test.db"), now)
}

// Each runs the same sentences on every database: "sqlite" always; "postgres" on the server of
// DOORWARD_TEST_POSTGRES, else on a throwaway cluster started from installed binaries; where there is
// neither, that half is skipped at home and fails where CI is set. Each run gets an empty schema of its own.
func Each(t *testing.T, f func(t *testing.T, db *storage.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, New(t, nil)) })
	t.Run("postgres", func(t *testing.T) { f(t, open(t, PostgresURL(t), nil)) })
}

func open(t testing.TB, url string, now func() time.Time) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), url, storage.Options{Log: slog.New(slog.DiscardHandler), Now: now})
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
