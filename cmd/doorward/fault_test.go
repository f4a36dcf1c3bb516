package main_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sys/unix"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web/webtest"
)

func matches(pattern, text string) bool { return regexp.MustCompile(pattern).MatchString(text) }

// get asks a path.
func (v *server) get(t *testing.T, path string) (int, string) {
	t.Helper()
	response, err := http.Get(v.issuer + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

// exchange asks the token endpoint as the app.
func (v *server) exchange(t *testing.T, form url.Values) (int, map[string]any) {
	t.Helper()
	r, _ := http.NewRequest(http.MethodPost, v.issuer+"/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth("app", appSecret)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var fields map[string]any
	if err := json.NewDecoder(response.Body).Decode(&fields); err != nil {
		t.Fatalf("/token answers %s and no JSON: %v", response.Status, err)
	}
	return response.StatusCode, fields
}

// authorizeURL is a good request of the app.
func (v *server) authorizeURL() string {
	return (&intruder{server: v}).authorizeURL("app", nil)
}

// fault is what befalls a database that serves, and how it passes.
type fault struct {
	database string
	begin    func(v *server)
	end      func(v *server)
	advice   string // what the log tells the operator
}

// TestADatabaseThatTakesNoWritesLosesNothing: what needs no write goes on; who needs one is told so, on a page with a reference that finds
// what the operator is told; and when the fault has passed, everything that was not acknowledged can be done again, with the same code.
func TestADatabaseThatTakesNoWritesLosesNothing(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(t *testing.T) fault{"sqlite on a full disk": fullDisk, "postgres that became read-only": readOnlyRole} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := f(t)
			v := newServer(t, settings{
				"database": f.database, "login": settings{"email_code": "never"},
				"clients": []settings{application(t, "app", "client_secret_basic")},
			})
			v.addUser(annaEmail, annaPassword)
			v.start()
			endure(t, v, f)
		})
	}
}

func endure(t *testing.T, v *server, f fault) {
	anna := webtest.New(t, nil).StayOn(v.issuer)
	anna.Go(v.authorizeURL())
	signIn(anna)
	status, first := v.exchange(t, redemption(location(t, anna).Get("code")))
	if status != http.StatusOK {
		t.Fatalf("before the fault: %d %v", status, first)
	}
	refresh := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first["refresh_token"].(string)}}
	other := webtest.New(t, nil).StayOn(v.issuer)
	other.Go(v.authorizeURL()).Fill("username", annaEmail).Press("submit")

	f.begin(v)
	anna.Go(v.authorizeURL()) // a session signs on without a write
	code := redemption(location(t, anna).Get("code"))
	for what, form := range map[string]url.Values{"a code": code, "a refresh token": refresh} {
		if status, answer := v.exchange(t, form); status != http.StatusInternalServerError || answer["error"] != "server_error" || len(answer) > 2 {
			t.Errorf("%s is answered with %d %v", what, status, answer)
		}
	}
	other.Fill("password", annaPassword).Press("submit").Status(http.StatusInternalServerError)
	found := reference.FindString(other.Body())
	if found == "" || strings.Contains(other.Body(), "database") || strings.Contains(other.Body(), "disk") {
		t.Errorf("the page tells too much, or no reference:\n%.3000s", other.Body())
	}
	var line string
	v.until("the line of the request, which is written after its answer", func() bool {
		line = regexp.MustCompile(`(?m)^.*` + found + `.*$`).FindString(string(v.log.bytes()))
		return line != ""
	})
	if !strings.Contains(line, f.advice) {
		t.Errorf("the log tells of %s\n%s\nand not %q", found, line, f.advice)
	}

	f.end(v)
	for what, form := range map[string]url.Values{"a code": code, "a refresh token": refresh} {
		if status, answer := v.exchange(t, form); status != http.StatusOK {
			t.Errorf("after the fault %s is answered with %d %v", what, status, answer)
		}
	}
	again := webtest.New(t, nil).StayOn(v.issuer)
	again.Go(v.authorizeURL())
	signIn(again)
	location(t, again)
	if status, answer := v.exchange(t, code); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("the code that was redeemed after the fault is answered a second time with %d %v", status, answer)
	}
}

// fullDisk lets no file grow, as a disk without room.
func fullDisk(t *testing.T) fault {
	limit := func(size uint64) func(*server) {
		return func(v *server) {
			var former unix.Rlimit
			if err := unix.Prlimit(v.cmd.Process.Pid, unix.RLIMIT_FSIZE, nil, &former); err != nil {
				t.Fatal(err)
			}
			if err := unix.Prlimit(v.cmd.Process.Pid, unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: former.Max}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	return fault{"sqlite:" + filepath.Join(t.TempDir(), "doorward.db"), limit(0), limit(unix.RLIM_INFINITY), "see whether it is full or broken"}
}

// readOnlyRole is a user of PostgreSQL whom the server lets write nothing for a while, as after a failover to a standby.
func readOnlyRole(t *testing.T) fault {
	base := storagetest.PostgresURL(t)
	role := "r_" + storage.NewID()
	postgres(t, base, "create role "+role+" login superuser")
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User(role)
	turn := func(how string) func(*server) {
		return func(*server) {
			postgres(t, base, "alter role "+role+how)
			postgres(t, base, "select pg_terminate_backend(pid) from pg_stat_activity where usename = '"+role+"'")
			time.Sleep(1100 * time.Millisecond) // a connection that has rested for a second is tried before it is used
		}
	}
	return fault{u.String(), turn(" set default_transaction_read_only = on"), turn(" reset default_transaction_read_only"), "PostgreSQL takes no writes"}
}

// postgres runs a statement past the house.
func postgres(t *testing.T, address, text string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Del("pool_max_conns")
	u.RawQuery = q.Encode()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, text); err != nil {
		t.Fatal(err)
	}
}

// TestReadinessNamesTheCheckThatFails breaks one thing after the other under a running server. What is not broken goes on: the keys are at
// hand, and the process lives.
func TestReadinessNamesTheCheckThatFails(t *testing.T) {
	t.Parallel()
	base := storagetest.PostgresURL(t)
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	schema := q.Get("search_path")
	q.Set("search_path", schema+",pg_catalog") // so that a clock in the schema goes before the server's own
	q.Set("application_name", schema)
	u.RawQuery = q.Encode()
	v := newServer(t, settings{"database": u.String(), "login": settings{"email_code": "never"}})
	v.start()
	becomes := func(want string) {
		t.Helper()
		v.until("/readyz to say "+want, func() bool {
			status, text := v.get(t, "/readyz")
			return text == want+"\n" && (status == http.StatusOK) == (want == "ready")
		})
		for _, path := range []string{"/healthz", "/jwks"} {
			if status, _ := v.get(t, path); status != http.StatusOK {
				t.Errorf("%s answers %d", path, status)
			}
		}
	}
	// A connection goes on with the function that it knows, so each begins anew.
	anew := "select pg_terminate_backend(pid) from pg_stat_activity where application_name = '" + schema + "'"
	for _, ahead := range []string{"3 s", "-3 s"} {
		postgres(t, base, "create function "+schema+".clock_timestamp() returns timestamptz language sql as $$select pg_catalog.clock_timestamp() + interval '"+ahead+"'$$")
		postgres(t, base, anew)
		becomes("not ready: clock")
		if !matches(`this node's clock differs from the database's by `+strings.TrimSuffix(ahead, "3 s")+`(3\.0|2\.9)`, string(v.log.bytes())) {
			t.Errorf("the log does not say by how much: %s", ahead)
		}
		postgres(t, base, "drop function "+schema+".clock_timestamp()")
		postgres(t, base, anew)
		becomes("ready")
	}
	postgres(t, base, "alter table "+schema+".meta rename to mislaid")
	becomes("not ready: schema")
	postgres(t, base, "alter table "+schema+".mislaid rename to meta")
	becomes("ready")
}
