package storage_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// manyLogouts makes 50,000 logouts of one client wait that does not answer, and one of each of ten others.
const manyLogouts = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 50010)
	insert into logouts (id, session_id, client_id, user_id, back, state, why, silent, tries, due, lease, opened, ended, done, expires)
	select 'l' || i, 's' || i, case when i <= 50000 then 'dead' else 'client-' || i end, 'u', true, 'waiting', '', false, 0, 1, '', 1, 1, 0, 9000000000000000 from n`

// What the sender asks of the database beside 50,000 logouts of one client: it must not cost more than beside none.
func BenchmarkLogouts(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) {
		path := filepath.Join(b.TempDir(), "doorward.db")
		benchLogouts(b, "sqlite:"+path, "sqlite", path)
	})
	b.Run("postgres", func(b *testing.B) {
		url := storagetest.PostgresURL(b)
		benchLogouts(b, url, "pgx", strings.Replace(url, "pool_max_conns=8&", "", 1))
	})
}

func benchLogouts(b *testing.B, url, driver, dsn string) {
	db, err := storage.Open(b.Context(), url, storage.Options{})
	if err == nil {
		err = db.Close() // a SQLite file serves one at a time
	}
	if err != nil {
		b.Fatal(err)
	}
	raw, err := sql.Open(driver, dsn)
	if err == nil {
		_, err = raw.ExecContext(b.Context(), manyLogouts)
	}
	if err != nil {
		b.Fatal(err)
	}
	if err := raw.Close(); err != nil {
		b.Fatal(err)
	}
	db = node(b, url, nil)
	ctx := b.Context()
	measure := func(name string, op func() error) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := op(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	measure("next", func() error { _, err := db.NextLogout(ctx, []string{"dead"}); return err })
	measure("claim of others", func() error {
		l, err := db.ClaimLogout(ctx, time.Minute, []string{"dead"})
		if err != nil {
			return err
		}
		return db.ReturnLogout(ctx, l, db.Now().Add(-time.Hour))
	})
	measure("claim", func() error { _, err := db.ClaimLogout(ctx, time.Minute, nil); return err })
	measure("unanswered", func() error {
		l, err := db.ClaimLogout(ctx, time.Minute, nil)
		if err != nil {
			return err
		}
		l.Why = storage.NoAnswer + "in time"
		return db.ReturnLogout(ctx, l, db.Now().Add(time.Hour))
	})
	measure("delivered", func() error {
		l, err := db.ClaimLogout(ctx, time.Minute, nil)
		if err != nil {
			return err
		}
		return db.DeliverLogout(ctx, l)
	})
	measure("count", func() error { _, err := db.LogoutQueue(ctx); return err })
}
