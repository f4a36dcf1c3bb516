// Package storagetest hands real, migrated databases to tests.
package storagetest

import (
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// New is a fresh SQLite database of this test, closed and removed at its end. now may be nil.
func New(t testing.TB, now func() time.Time) *storage.DB { panic("stub") }

// Each runs the same sentences on every database: "sqlite" always; "postgres" on the server of
// DOORWARD_TEST_POSTGRES, else on a throwaway cluster started from installed binaries; where there is
// neither, that half is skipped at home and fails where CI is set. Each run gets an empty schema of its own.
func Each(t *testing.T, f func(t *testing.T, db *storage.DB)) { panic("stub") }

// PostgresURL is the address of an empty schema on a real PostgreSQL server, for tests that start the
// binary; it skips or fails as Each does.
func PostgresURL(t testing.TB) string { panic("stub") }
