package storagetest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/doorward/doorward/storage"
)

// spare are the schemas of this process that tests have left behind, with all tables and no rows but those of a first start: to make
// the tables takes PostgreSQL longer than most tests. Another schema, pristine, shows what these rows are.
var spare struct {
	sync.Mutex
	urls  []string
	clear string // makes any schema as pristine is; "" until there is one
}

// MigratedPostgresURL is PostgresURL with the tables made already. A test that has passed leaves them to the next.
func MigratedPostgresURL(t testing.TB) string {
	t.Helper()
	if os.Getenv("DOORWARD_TEST_POSTGRES") != "" {
		return PostgresURL(t) // of which we leave nothing behind
	}
	url, ok := takeSpare()
	if !ok {
		url = PostgresURL(t)
	}
	t.Cleanup(func() {
		if !t.Failed() {
			leaveSpare(t, url)
		}
	})
	return url
}

func takeSpare() (string, bool) {
	spare.Lock()
	defer spare.Unlock()
	n := len(spare.urls)
	if n == 0 {
		return "", false
	}
	url := spare.urls[n-1]
	spare.urls = spare.urls[:n-1]
	return url, true
}

// leaveSpare empties a schema for the next test. One that a test has altered, or that somebody still writes to, is left alone.
func leaveSpare(t testing.TB, url string) {
	t.Helper()
	spare.Lock()
	defer spare.Unlock()
	ctx := context.Background() // the test's own has ended
	conn, err := connect(ctx, url)
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	if spare.clear == "" {
		if spare.clear, err = clearing(ctx, conn, PostgresURL(t)); err != nil {
			t.Error(err)
			return
		}
	}
	if _, err := conn.Exec(ctx, spare.clear); err != nil {
		t.Logf("this schema serves no other test: %v", err)
		return
	}
	spare.urls = append(spare.urls, url)
}

// clearing makes a pristine schema at url, and gives the statements that make another one like it.
func clearing(ctx context.Context, conn *pgx.Conn, url string) (string, error) {
	db, err := storage.Open(ctx, url, quiet(nil))
	if err != nil {
		return "", err
	}
	if err := db.Close(); err != nil {
		return "", err
	}
	pristine := schemaOf(url)
	rows, _ := conn.Query(ctx, `select tablename from pg_tables where schemaname = $1`, pristine) // its error comes with the rows
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return "", err
	}
	var text strings.Builder
	text.WriteString("set lock_timeout = '2s';")
	for _, table := range tables {
		fmt.Fprintf(&text, "delete from %s; insert into %[1]s select * from %s.%[1]s;", table, pristine)
	}
	return text.String(), nil
}
