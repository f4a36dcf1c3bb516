package storage_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// annals writes n events into a database beside it, ten a second until now: of a hundred applications, a thousand people and twenty kinds,
// each second of a sign-in of its own. All but the newest hundred are chained.
func annals(t testing.TB, url string, n int) *sql.DB {
	t.Helper()
	id, blob := `lpad(to_hex(%s), 14, '0') || 'aaaaaaaa'`, `decode(repeat('ab', 32), 'hex')`
	isFile := strings.HasPrefix(url, "sqlite:")
	if isFile {
		id, blob = `printf('%%014xaaaaaaaa', %s)`, `zeroblob(32)`
	}
	db := besides(t, url)
	begun := fmt.Sprintf("(cast(%d as bigint) + i * cast(100000 as bigint))", time.Now().Add(-time.Duration(n)*100*time.Millisecond).UnixMicro())
	numbers := fmt.Sprintf(`with recursive n(i) as (select 1 union all select i + 1 from n where i < %d)`, n)
	for _, text := range []string{
		`insert into events (id, happened, kind, actor, user_id, client_id, address, reference, result, data, attempt) ` + numbers + `
			select ` + fmt.Sprintf(id, begun) + `, ` + begun + `, case when i % 10 < 5 then 'session.started' else 'kind.' || (i % 20) end, 'system',
				'user-' || (i % 1000), case when i % 3 = 0 then '' else 'client-' || (i % 100) end, '192.0.2.' || (i % 250), 'E-' || (i / 5),
				case when i % 7 = 0 then 'password_wrong' else 'ok' end, '{"methods":"pwd otp","browser":"Chrome on Windows"}', 'attempt-' || (i / 10)
			from n`,
		`insert into chain (position, event_id, happened, brief, digest, link) select row_number() over (order by id), id, happened, false,
			` + blob + `, ` + blob + ` from (select id, happened from events order by id limit ` + fmt.Sprint(n-100) + `) e`,
		`analyze`,
	} {
		if isFile && text == "analyze" {
			continue // no house has its file analysed
		}
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// plan is what a database would do for a statement.
func plan(t *testing.T, db *sql.DB, explain, text string, args []any) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), explain+text, args...)
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	defer rows.Close()
	var all []string
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, dest := make([]string, len(columns)), make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		all = append(all, values[len(values)-1])
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, "\n")
}

// What is looked for in the log is found by an index in the order of the page, so that a page takes the same time however long the log is.
func TestEachFilterOfTheLogHasAnIndexInTheOrderOfItsPages(t *testing.T) {
	hour := time.Now().Add(-time.Hour)
	filters := map[string]struct {
		filter storage.LogFilter
		sqlite string
		pg     string
	}{
		"nothing":                 {storage.LogFilter{}, "sqlite_autoindex_events_1", "events_pkey"},
		"a person":                {storage.LogFilter{User: "user-7"}, "events_user", "events_user"},
		"an application":          {storage.LogFilter{Client: "client-7"}, "events_client", "events_client"},
		"a kind":                  {storage.LogFilter{Kind: "kind.7"}, "events_kind", "events_kind"},
		"a sign-in":               {storage.LogFilter{Attempt: "attempt-7"}, "events_attempt", "events_attempt"},
		"a reference":             {storage.LogFilter{Reference: "E-7"}, "events_reference", "events_reference"},
		"a result":                {storage.LogFilter{Result: "rare"}, "sqlite_autoindex_events_1", "events_pkey"},
		"an hour":                 {storage.LogFilter{From: hour, Until: hour.Add(time.Minute)}, "sqlite_autoindex_events_1", "events_pkey"},
		"a person's kind":         {storage.LogFilter{User: "user-7", Kind: "session.started", Result: "ok"}, "events_user", "events_user"},
		"an application's kinds":  {storage.LogFilter{Client: "client-7", Kind: "kind.", Address: "192.0.2.7"}, "events_client", "events_client"},
		"an application's faults": {storage.LogFilter{Client: "client-7", Kind: storage.ClientRefused, From: hour}, "events_kind", "events_kind"},
		"a person's time":         {storage.LogFilter{User: "user-7", From: hour}, "events_user", "events_user"},
		"a person's application":  {storage.LogFilter{User: "user-7", Client: "client-7", From: hour}, "events_user", "events_user"},
	}
	judge := func(t *testing.T, name, index, shown string) {
		t.Helper()
		sorted := strings.Contains(shown, "Sort") || strings.Contains(shown, "TEMP B-TREE")
		if f := filters[name].filter; f.Attempt != "" || f.Reference != "" || f.User+f.Client != "" && f.Kind != "" || f.User != "" && f.Client != "" {
			sorted = false // a few, or as many as a page looks at
		}
		if !strings.Contains(shown, index) || strings.Contains(shown, "Seq Scan") || strings.Contains(shown, "SCAN events") && name != "nothing" && name != "a result" || sorted {
			t.Errorf("%s: want %s\n%s", name, index, shown)
		}
	}
	ends := [2]string{storage.PlaceInLog(time.Now().Add(-time.Minute)), storage.PlaceInLog(time.Now())}
	t.Run("sqlite", func(t *testing.T) {
		url := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
		node(t, url, nil)
		db := annals(t, url, 1000)
		for name, f := range filters {
			text, args := storage.LogStatement(f.filter, ends[1], 50)
			judge(t, name, f.sqlite, plan(t, db, "explain query plan ", text, args))
		}
		text, args := storage.ChainStatement(ends[0], ends[1], 200)
		judge(t, "what is to be chained", "sqlite_autoindex_chain_2", plan(t, db, "explain query plan ", text, args))
	})
	t.Run("postgres", func(t *testing.T) {
		url := storagetest.PostgresURL(t)
		node(t, url, nil)
		db := annals(t, url, 40_000)
		for name, f := range filters {
			text, args := storage.LogStatement(f.filter, ends[1], 50)
			judge(t, name, f.pg, plan(t, db, "explain ", text, args))
		}
		text, args := storage.ChainStatement(ends[0], ends[1], 200)
		judge(t, "what is to be chained", "events_pkey", plan(t, db, "explain ", text, args))
	})
}
