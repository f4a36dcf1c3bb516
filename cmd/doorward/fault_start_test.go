package main_test

import (
	"crypto/rand"
	"encoding/base64"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/doorward/doorward/storage/storagetest"
)

// TestAStartThatCannotSucceedSaysWhatToDo: each fault ends the start with one plain sentence, makes nothing and spoils nothing: when it is
// mended, the same data serves.
func TestAStartThatCannotSucceedSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for _, f := range []startFault{
		{"a key file of other things", overwrite("master.key", "no key, but a note\n"), 1, `master key file .*master.key: line 1: it must read "ID BASE64"`},
		{"a key file that breaks off", cutShort("master.key"), 1, `master key file .*master.key: (there is no key|line \d+: )`},
		{"an empty key file", overwrite("master.key", ""), 1, `master key file .*master.key: there is no key`},
		{"a master key by another name", overwrite("master.key", "m1 "+randomKey()+" active\n"), 1, `wrapped by the master key "mk-\w+", which is not among the given ones: put its line back`},
		{"another master key of this name", anotherKey, 1, `the master key "mk-\w+" does not open working key .*; put back the master key file that belongs to it`},
		{"no master key any more", remove("master.key"), 1, `master key file .*master.key is missing, and the database holds keys that only it opens: put it back`},
		{"a file that is no database", overwrite("doorward.db", strings.Repeat("no database, but a note\n", 99)), 1, `the file is no SQLite database: see whether the address names the right one`},
		{"a database file that is read-only", readOnly("doorward.db", 0o400), 1, `the user that Doorward runs as must be able to write the database file and its folder`},
		{"half a certificate", halfCertificate, 2, `doorward.yaml:\d+: tls: .*`},
	} {
		t.Run(f.says, func(t *testing.T) {
			t.Parallel()
			v := newServer(t, settings{"database": "sqlite:doorward.db", "login": settings{"email_code": "never"}})
			v.start()
			v.stop()
			folder := filepath.Dir(v.file)
			mend := f.cause(t, folder)
			out, code := fails(t, v)
			if code != f.code || !matches(f.want, out) {
				t.Errorf("ends with %d and\n%s\nwant %d and %s", code, out, f.code, f.want)
			}
			if strings.Count(strings.TrimSpace(lastLines(out)), "\n") > 0 {
				t.Errorf("says more than one sentence:\n%s", out)
			}
			mend()
			v.start()
			v.stop()
		})
	}
}

type startFault struct {
	says  string
	cause func(t *testing.T, folder string) (mend func())
	code  int
	want  string // a regular expression
}

// fails runs the server, which must end by itself.
func fails(t *testing.T, v *server) (string, int) {
	t.Helper()
	cmd := command(t, "serve", "--config", v.file)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Errorf("the server ended as if all were well:\n%s", out)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// lastLines is what is said besides warnings of the log.
func lastLines(out string) string {
	var said []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "time=") {
			said = append(said, line)
		}
	}
	return strings.Join(said, "")
}

func randomKey() string {
	b := make([]byte, 32)
	rand.Read(b)
	return base64.StdEncoding.EncodeToString(b)
}

// anotherKey puts other bits under the name of the master key.
func anotherKey(t *testing.T, folder string) func() {
	t.Helper()
	return spoil(t, filepath.Join(folder, "master.key"), func(path string, former []byte) error {
		line := regexp.MustCompile(`(?m)^(mk-\w+) \S+ active$`)
		return os.WriteFile(path, line.ReplaceAll(former, []byte("$1 "+randomKey()+" active")), 0o600)
	})
}

// spoil changes a file and gives what puts it back.
func spoil(t *testing.T, file string, change func(path string, former []byte) error) func() {
	t.Helper()
	former, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := change(file, former); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.WriteFile(file, former, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func overwrite(name, text string) func(*testing.T, string) func() {
	return func(t *testing.T, folder string) func() {
		return spoil(t, filepath.Join(folder, name), func(path string, _ []byte) error { return os.WriteFile(path, []byte(text), 0o600) })
	}
}

func cutShort(name string) func(*testing.T, string) func() {
	return func(t *testing.T, folder string) func() {
		return spoil(t, filepath.Join(folder, name), func(path string, former []byte) error {
			return os.WriteFile(path, former[:len(former)/2], 0o600)
		})
	}
}

func remove(name string) func(*testing.T, string) func() {
	return func(t *testing.T, folder string) func() {
		return spoil(t, filepath.Join(folder, name), func(path string, _ []byte) error { return os.Remove(path) })
	}
}

// readOnly takes the right to write away, from root as well.
func readOnly(name string, mode os.FileMode) func(*testing.T, string) func() {
	return func(t *testing.T, folder string) func() {
		path := filepath.Join(folder, name)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		obeyModes(t)
		return func() {
			if err := os.Chmod(path, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// obeyModes lets what this test starts from now on obey the modes of files though it runs as root. The thread that forks has to
// stay with the test, and ends with it.
func obeyModes(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	runtime.LockOSThread()
	for _, capability := range []uintptr{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH} {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
}

// halfCertificate puts TLS into the configuration, with files of which one breaks off.
func halfCertificate(t *testing.T, folder string) func() {
	t.Helper()
	return spoil(t, filepath.Join(folder, "doorward.yaml"), func(path string, former []byte) error {
		text := strings.Replace(string(former), `"http://localhost`, `"https://localhost`, 1)
		text = strings.TrimSuffix(strings.TrimSpace(text), "}") + `, "tls": {"cert_file": "cert.pem", "key_file": "key.pem"}}`
		for _, name := range []string{"cert.pem", "key.pem"} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte("-----BEGIN CERTIFICATE-----\nMIIBhTCCASugAwIBAgIQIRi6zePL"), 0o600); err != nil {
				return err
			}
		}
		return os.WriteFile(path, []byte(text), 0o600)
	})
}

func TestASecondProcessOnOneSQLiteFileIsTurnedAwayAndTheFirstServesOn(t *testing.T) {
	t.Parallel()
	v := newServer(t, settings{"database": "sqlite:doorward.db", "login": settings{"email_code": "never"}})
	v.start()
	out, code := fails(t, v)
	if code != 1 || !strings.Contains(out, "another process has this database open; a SQLite file serves one process at a time: stop") {
		t.Errorf("ends with %d and\n%s", code, out)
	}
	if status, _ := v.get(t, "/readyz"); status != 200 {
		t.Errorf("/readyz of the first answers %d", status)
	}
}

func TestAServerThatCannotBeReachedOrUsedIsNamedWithoutItsPassword(t *testing.T) {
	t.Parallel()
	base := storagetest.PostgresURL(t)
	change := func(f func(u *url.URL, q url.Values)) string {
		u, err := url.Parse(base)
		if err != nil {
			t.Fatal(err)
		}
		q := u.Query()
		f(u, q)
		u.RawQuery = q.Encode()
		return u.String()
	}
	for want, database := range map[string]string{
		"PostgreSQL cannot be reached: see whether it runs":             "postgres://doorward:hunter2@127.0.0.1:" + freePort(t) + "/doorward?sslmode=disable&connect_timeout=2",
		"PostgreSQL takes no writes: the address may lead to a standby": change(func(_ *url.URL, q url.Values) { q.Set("default_transaction_read_only", "on") }),
		"the database that the address names does not exist: create it": change(func(u *url.URL, _ url.Values) {
			u.Path, u.User = "/nowhere", url.UserPassword(u.User.Username(), "hunter2")
		}),
	} {
		v := newServer(t, settings{"database": database, "login": settings{"email_code": "never"}})
		out, code := fails(t, v)
		if code != 1 || !strings.Contains(out, want) || strings.Contains(out, "hunter2") {
			t.Errorf("ends with %d and\n%s\nwant 1 and %s", code, out, want)
		}
		if _, err := os.Stat(filepath.Join(filepath.Dir(v.file), "master.key")); err == nil {
			t.Errorf("%s: a master key was made for nothing", want)
		}
	}
}
