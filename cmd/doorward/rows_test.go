package main

import (
	"database/sql"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/doorward/doorward/storage/storagetest"
)

// A visitor who has proved nothing writes nothing but counters: whoever asks for a sign-in a thousand times, and looks at its first
// page with the cookies of a new browser each time, leaves no row in any other table.
func TestARequestForASignInLeavesNoRow(t *testing.T) { // BF-10
	t.Parallel()
	for name, database := range map[string]func(t *testing.T) (string, *sql.DB){"sqlite": besideSQLite, "postgres": besidePostgres} {
		t.Run(name, func(t *testing.T) {
			address, beside := database(t)
			h := testHouse(t, write(t, freely+"database: \""+address+"\"\nclients: [{id: web, type: browser, redirect_uris: [\"https://rp.test/cb\"]}]\n", nil))
			ask := "http://" + h.Addr() + "/authorize?" + url.Values{
				"client_id": {"web"}, "redirect_uri": {"https://rp.test/cb"}, "response_type": {"code"}, "scope": {"openid"}, "state": {"s"},
				"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
			}.Encode()
			before := rowsOf(t, beside)
			if before["clients"] != 1 || before["events"] == 0 {
				t.Fatalf("these are not the tables of the house: %v", before)
			}
			for range flood() {
				looksAtTheSignIn(t, ask)
			}
			if err := h.Close(); err != nil { // what is done after the answer is done
				t.Error(err)
			}
			after := rowsOf(t, beside)
			for _, table := range []string{"limits", "chain", "chain_ends", "tallies"} { // behind events that were there before, the log is chained and counted
				delete(before, table)
				delete(after, table)
			}
			if !maps.Equal(before, after) {
				t.Errorf("the rows of each table were %v, and have become %v", before, after)
			}
		})
	}
}

// flood is how many ask: few at each change, many with `make attack`.
func flood() int {
	if os.Getenv("DOORWARD_ATTACK") != "" {
		return 100_000
	}
	return 500
}

// looksAtTheSignIn is a new browser that is sent from an application to the first page.
func looksAtTheSignIn(t *testing.T, ask string) {
	t.Helper()
	visitor := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	sent, err := visitor.Get(ask)
	if err != nil {
		t.Fatal(err)
	}
	sent.Body.Close()
	to, err := url.Parse(sent.Header.Get("Location"))
	if err != nil || sent.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to.Path, "/login") {
		t.Fatalf("%s to %q, not the sign-in", sent.Status, sent.Header.Get("Location"))
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+sent.Request.URL.Host+to.RequestURI(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range sent.Cookies() {
		r.AddCookie(c)
	}
	page, err := visitor.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer page.Body.Close()
	text, err := io.ReadAll(page.Body)
	if err != nil || !strings.Contains(string(text), `id="username"`) {
		t.Fatalf("%s, %v, not the first page: %.300s", page.Status, err, text)
	}
}

// besideSQLite is the address of a new file, and a second way into it.
func besideSQLite(t *testing.T) (string, *sql.DB) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rows.db")
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() }) // it has only read
	return "sqlite:" + file, db
}

// besidePostgres is the same of a new schema.
func besidePostgres(t *testing.T) (string, *sql.DB) {
	t.Helper()
	address := storagetest.PostgresURL(t)
	config, err := pgx.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	delete(config.RuntimeParams, "pool_max_conns") // of a pool alone
	db := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = db.Close() })
	return address, db
}

// rowsOf counts the rows of each table.
func rowsOf(t *testing.T, db *sql.DB) map[string]int {
	t.Helper()
	query := `select tablename from pg_tables where schemaname = current_schema()`
	if _, postgres := db.Driver().(*stdlib.Driver); !postgres {
		query = `select name from sqlite_master where type = 'table'`
	}
	counts := map[string]int{}
	for _, table := range column(t, db, query) {
		var n int
		if err := db.QueryRow(fmt.Sprintf("select count(*) from %q", table)).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts[table] = n
	}
	return counts
}
