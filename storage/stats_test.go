package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestStatsCountWhatWasCommittedTogether(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		before := db.Stats()
		for _, err := range atOnce(100, func(n int) error {
			return db.Once(t.Context(), "jti", fmt.Sprint(n), db.Now().Add(time.Hour))
		}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		after := db.Stats()
		if after.Most < 4 || after.Open < 1 || after.Open > after.Most || after.InUse > after.Most {
			t.Errorf("connections: %+v", after)
		}
		if db.Kind() != "sqlite" {
			return
		}
		b := after.Batches
		if works := b.Works - before.Batches.Works; works != 100 {
			t.Errorf("%d units of work, not 100", works)
		}
		if commits := b.Commits - before.Batches.Commits; commits < 1 || commits > 100 || b.UpTo[128] != b.Commits || b.UpTo[1] > b.UpTo[2] {
			t.Errorf("%d commits: %v", commits, b.UpTo)
		}
	})
}

func TestAnErrorThatAnOperatorCanMendSaysHow(t *testing.T) {
	letter := filepath.Join(t.TempDir(), "letter")
	if err := os.WriteFile(letter, []byte(strings.Repeat("no database, but a letter\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	wantAdvice(t, "sqlite:"+letter, "the file is no SQLite database")
	server := storagetest.PostgresURL(t)
	wantAdvice(t, server+"&default_transaction_read_only=on", "PostgreSQL takes no writes")
	wantAdvice(t, strings.Replace(server, "/postgres?", "/nowhere?", 1), "the database that the address names does not exist")
}

func wantAdvice(t *testing.T, address, want string) {
	t.Helper()
	db, err := storage.Open(t.Context(), address, storage.Options{})
	if err == nil {
		t.Errorf("%s is opened", address)
		_ = db.Close()
	} else if !strings.Contains(err.Error(), want) {
		t.Errorf("got %q, want %q", err, want)
	}
}
