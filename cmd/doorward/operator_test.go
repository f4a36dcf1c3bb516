package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// command runs a command line in this process and returns its code and what it wrote.
func command(t *testing.T, stdin string, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(outside{ctx: t.Context(), stdin: strings.NewReader(stdin), stdout: &out, stderr: &out}, args)
	return code, out.String()
}

func TestCheckWarnsOfACertificateThatEndsSoonOrIsForAnotherName(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, time.Now().Add(24*time.Hour))
	text := strings.Replace(secured, "//localhost", "//login.example.com", 1)
	code, out := command(t, "", "check", "--config", write(t, text, map[string]string{"cert.pem": cert, "key.pem": key}))
	if code != 0 || !strings.Contains(out, "warning  certificate: ends on") || !strings.Contains(out, "not login.example.com") {
		t.Errorf("%d\n%s", code, out)
	}
	_, other := certificate(t, time.Now().Add(time.Hour))
	code, out = command(t, "", "check", "--config", write(t, text, map[string]string{"cert.pem": cert, "key.pem": other}))
	if code != exitUsage || !strings.Contains(out, "config.yaml:4: tls: certificate and key do not go together") {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestCheckAndServeWarnOfAProxyThatNobodyNamed(t *testing.T) { // all visitors are one: who fails slows everybody down
	t.Parallel()
	const warning = "trusted_proxies is empty, but TLS ends in front of Doorward"
	cert, key := certificate(t, time.Now().Add(60*24*time.Hour))
	pair := map[string]string{"cert.pem": cert, "key.pem": key}
	for text, warns := range map[string]bool{
		"issuer: https://login.example.com\n":                                                true,
		"issuer: https://login.example.com\ntrusted_proxies: [10.0.0.1]\n":                   false,
		"issuer: https://login.example.com\ntls: {cert_file: cert.pem, key_file: key.pem}\n": false,
		"issuer: http://localhost:1\n":                                                       false,
	} {
		file := write(t, text+"login: {email_code: never}\ndatabase: postgres://127.0.0.1:1/nobody\n", pair)
		for _, does := range []string{"check", "serve"} {
			if _, out := command(t, "", does, "--config", file); strings.Contains(out, warning) != warns {
				t.Errorf("%s, %s warns %v:\n%s", text, does, !warns, out)
			}
		}
	}
}

func TestDeclaredClientsAreExactlyThoseOfTheFile(t *testing.T) {
	t.Parallel()
	declared := func(id string) string {
		return "clients: [{id: " + id + ", type: browser, redirect_uris: [\"https://" + id + ".example/cb\"]}]\n"
	}
	database := "database: sqlite:" + filepath.Join(t.TempDir(), "d.db") + "\nmaster_key_file: " + filepath.Join(t.TempDir(), "m.key") + "\n"
	ids := func(h *house) string {
		list, err := h.db.Clients(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, c := range list {
			all = append(all, c.ID)
		}
		return strings.Join(all, " ")
	}
	file := write(t, freely+database+declared("first"), nil)
	if code, out := command(t, "", "client", "add", "--config", file, "--id", "by-hand", "--name", "By hand", "--type", "native", "--redirect-uri", "http://127.0.0.1/cb"); code != 0 {
		t.Fatal(out)
	}
	for _, c := range []struct{ text, want string }{{declared("first"), "by-hand first"}, {declared("second"), "by-hand second"}, {"", "by-hand"}} {
		h := testHouse(t, write(t, freely+database+c.text, nil))
		if got := ids(h); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	code, out := command(t, "", "serve", "--config", write(t, freely+database+declared("by-hand"), nil))
	if code != exitFailed || !strings.Contains(out, "a declared client has the id of one that was added by hand, or applied from a file") {
		t.Errorf("%d\n%s", code, out)
	}
}

// An empty database is none of the reasons for words of the driver.
func TestListsOfADatabaseWithoutTablesSayWhatMakesThem(t *testing.T) {
	t.Parallel()
	file := write(t, freely+"database: \""+storagetest.PostgresURL(t)+"\"\n", nil)
	for _, args := range [][]string{{"client", "list"}, {"user", "list"}, {"events"}} {
		if code, out := command(t, "", append(args, "--config", file)...); code != 0 || out != "the database is empty; the first start makes its tables\n" {
			t.Errorf("%v ends with %d\n%s", args, code, out)
		}
	}
}

// On PostgreSQL an operator need not stop the server.
func TestCommandsWorkWhileTheServerRunsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	file := write(t, freely+"database: \""+storagetest.PostgresURL(t)+"\"\n", nil)
	h := testHouse(t, file)
	before, _ := h.keys.Ring.JWKS()
	for _, args := range [][]string{
		{"user", "add", "--email", "anna@example.com", "--name", "Anna Berg", "--password-file", "-"},
		{"client", "add", "--id", "wiki", "--name", "Wiki", "--redirect-uri", "https://wiki.example/cb"},
		{"keys", "rewrap"},
		{"keys", "rotate", "--now"},
		{"check"},
		{"epoch", "raise"},
	} {
		if code, out := command(t, "a sentence is fine\n", append(args, "--config", file)...); code != 0 {
			t.Errorf("%v ends with %d\n%s", args, code, out)
		}
	}
	person, hash, err := h.db.Login(t.Context(), "anna@example.com")
	if err != nil || person.Name() != "Anna Berg" {
		t.Errorf("the server knows %+v, %v", person, err)
	}
	if right, _, err := h.keys.Passwords.Check(t.Context(), hash, "a sentence is fine"); !right || err != nil {
		t.Errorf("the server refuses the password: %v", err)
	}
	if _, err := h.db.Client(t.Context(), "wiki"); err != nil {
		t.Error(err)
	}
	// Within a second or two the server publishes the new signing keys beside the old ones, and serves on.
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if now, _ := h.keys.Ring.JWKS(); len(now) > len(before) {
			break
		}
	}
	after, _ := h.keys.Ring.JWKS()
	if len(after) <= len(before) {
		t.Error("the server does not publish the new signing keys")
	}
	if _, err := h.keys.Ring.Sign("ES256", "JWT", map[string]string{"sub": person.ID}); err != nil {
		t.Error(err)
	}
	if events, err := h.db.Events(t.Context(), 100); err != nil || !actsOf(events, "operator", storage.UserAdded, storage.ClientAdded, storage.KeysRewrapped, storage.KeysChanged, storage.EpochRaised) {
		t.Errorf("the events are %+v, %v", events, err)
	}
}

// actsOf says whether each kind of event was written once at least, by this actor.
func actsOf(events []storage.Event, actor string, kinds ...string) bool {
	missing := map[string]bool{}
	for _, kind := range kinds {
		missing[kind] = true
	}
	for _, e := range events {
		if e.Actor == actor {
			delete(missing, e.Kind)
		}
	}
	return len(missing) == 0
}
