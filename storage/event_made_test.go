package storage_test

import (
	"database/sql"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// LG-05: whoever adds a change that writes an event adds it here.
func TestEveryChangeThatWritesAnEventIsAmongThoseThatAreTested(t *testing.T) {
	known := map[string]bool{}
	for _, c := range everyChange {
		known[c.method] = true
	}
	for m := range reflect.TypeFor[*storage.DB]().Methods() {
		takes := m.Type.NumIn() > 1 && m.Type.In(m.Type.NumIn()-1) == reflect.TypeFor[storage.Event]()
		if takes && !known[m.Name] {
			t.Errorf("%s writes an event: say in everyChange how it is called", m.Name)
		}
	}
}

// LG-05
func TestAChangeAndItsEventAreMadeTogetherOrNotAtAll(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		h := furnish(t, node(t, url, nil))
		admin := person("admin@example.com")
		admin.Role = "admin"
		h.must(h.AddUser(t.Context(), admin, "hash", by))
		forbid, allow := `create trigger mute before insert on events begin select raise(abort, 'no event'); end`, `drop trigger mute`
		if h.Kind() == "postgres" {
			exec(`create function mute() returns trigger language plpgsql as $$ begin raise exception 'no event'; end $$`)
			forbid, allow = `create trigger mute before insert on events for each row execute function mute()`, `drop trigger mute on events`
		}
		beside := besides(t, url)
		for _, c := range everyChange {
			h.user = person(storage.NewID() + "@example.com")
			h.must(h.AddUser(t.Context(), h.user, "hash", by))
			h.session = h.signIn(storage.SignIn{})
			call := c.prepare(h)
			exec(forbid)
			before := contents(t, beside, h.Kind())
			err := call()
			after := contents(t, beside, h.Kind())
			exec(allow)
			if err == nil || before != after {
				t.Errorf("%s: %v without its event, and what was stored has changed: %v", c.method, err, before != after)
			}
			events := read(t, beside, `select count(*) from events`)
			if err := call(); err != nil {
				t.Errorf("%s: %v", c.method, err)
			}
			if read(t, beside, `select count(*) from events`) == events {
				t.Errorf("%s: no event", c.method)
			}
		}
	})
}

// besides is a database beside the house that uses it.
func besides(t testing.TB, url string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", strings.Replace(url, "pool_max_conns=8&", "", 1)
	if path, isFile := strings.CutPrefix(url, "sqlite:"); isFile {
		driver, dsn = "sqlite", path
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// contents are all rows but events and limits, which count tries whatever becomes of them.
func contents(t *testing.T, db *sql.DB, kind string) string {
	t.Helper()
	var all, queries []string
	for _, table := range strings.Fields(`authenticators clients consents credentials grants groups identities links logouts mailed_codes memberships
		meta outbox recovery_codes sessions settings signing_keys spent trusts users working_keys`) {
		if kind == "postgres" {
			queries = append(queries, `select '`+table+`', cast(t as text) from `+table+` t`)
		} else {
			all = append(all, table, read(t, db, `select * from `+table))
		}
	}
	if kind == "postgres" {
		all = []string{read(t, db, strings.Join(queries, " union all "))}
	}
	return strings.Join(all, "\n")
}

// read is what a query finds as text, a line each row.
func read(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for rows.Next() {
		values, dest := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			dest[i] = &values[i]
		}
		if err := rows.Scan(dest...); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%q", fmt.Sprint(values...)))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
