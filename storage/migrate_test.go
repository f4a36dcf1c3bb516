package storage_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestTwoNodesMayStartAtOnceOnAnEmptyDatabase(t *testing.T) {
	url := storagetest.PostgresURL(t)
	nodes := make([]*storage.DB, 6)
	for _, err := range atOnce(len(nodes), func(i int) error {
		var err error
		nodes[i], err = storage.Open(t.Context(), url, storage.Options{})
		return err
	}) {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, db := range nodes {
		if epoch, err := db.Epoch(t.Context()); err != nil || epoch != 1 {
			t.Errorf("epoch %d, %v; want 1", epoch, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestADatabaseOfAnotherReleaseIsRefusedInPlainWords(t *testing.T) {
	for name, c := range map[string]struct{ change, want string }{
		"a newer one":                  {`insert into migrations (number, name, sum, applied) values (9999, '9999_later.sql', 'x', 0)`, "belongs to a newer one"},
		"one with an edited migration": {`update migrations set sum = 'x' where number = 1`, "was edited after it was applied"},
	} {
		t.Run(name, func(t *testing.T) {
			eachURL(t, func(t *testing.T, url string, exec func(text string)) {
				db, err := storage.Open(t.Context(), url, storage.Options{})
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Fatal(err)
				}
				exec(c.change)
				if _, err := storage.Open(t.Context(), url, storage.Options{}); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v; want an error that says %q", err, c.want)
				}
			})
		})
	}
}

// eachURL hands out the address of an empty database, and a way to change it behind the package's back.
func eachURL(t *testing.T, f func(t *testing.T, url string, exec func(text string))) {
	run := func(t *testing.T, url, driver, dsn string) {
		f(t, url, func(text string) {
			t.Helper()
			db, err := sql.Open(driver, dsn)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), text); err != nil {
				t.Fatal(err)
			}
		})
	}
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.db")
		run(t, "sqlite:"+path, "sqlite", path)
	})
	t.Run("postgres", func(t *testing.T) {
		url := storagetest.PostgresURL(t)
		run(t, url, "pgx", strings.Replace(url, "pool_max_conns=8&", "", 1)) // a word of the pool alone
	})
}
