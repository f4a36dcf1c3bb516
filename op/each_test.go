package op_test

import (
	"os"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// thorough is whether nothing is left out that storage's own sentences say on every database.
var thorough = os.Getenv("CI") != "" || os.Getenv("DOORWARD_ATTACK") != ""

// eachHouse runs the same sentences in a house on every database; at home on the one that everybody has.
func eachHouse(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, newHouse(t)) })
	if thorough {
		t.Run("postgres", func(t *testing.T) { f(t, newPostgresHouse(t)) })
	}
}

func newPostgresHouse(t *testing.T) *house {
	t.Helper()
	return houseAt(t, storagetest.MigratedPostgresURL(t))
}

func houseAt(t *testing.T, url string) *house {
	t.Helper()
	h := &house{people: map[string]storage.User{}}
	db, err := storage.Open(t.Context(), url, storage.Options{Log: quiet(), Now: h.now})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	h.db = db
	h.settle(t)
	return h
}

// eachApps runs the same sentences on every database, as eachHouse does.
func eachApps(t *testing.T, f func(t *testing.T, a *apps)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, newApps(t)) })
	if thorough {
		t.Run("postgres", func(t *testing.T) { f(t, furnish(t, newPostgresHouse(t))) })
	}
}
