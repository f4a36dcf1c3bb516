package main_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// later builds the release after this one: the same program, with one migration more.
func later(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	schema, err := filepath.Abs("../../storage/schema")
	if err != nil {
		t.Fatal(err)
	}
	present, err := filepath.Glob(filepath.Join(schema, "*.sql"))
	if err != nil {
		t.Fatal(err)
	}
	migration := filepath.Join(dir, "later.sql")
	name := filepath.Join(schema, fmt.Sprintf("%04d_later.sql", len(present)+1))
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{name: migration}})
	if err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{migration: "alter table users add column later text not null default 'x';\n", filepath.Join(dir, "overlay.json"): string(overlay)} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "doorward-later")
	// As the release is built, so that where that was built before (.ci/run) only what differs is compiled.
	build := exec.Command("go", "build", "-trimpath", "-tags", "no_otel", "-overlay", filepath.Join(dir, "overlay.json"), "-o", program, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return program
}

// TestAnUpgradeMigratesAndAnOlderProgramRefuses: the next release takes a database of this one over, and this one does not touch it
// any more. With SQLite the way back is the copy that was made before.
func TestAnUpgradeMigratesAndAnOlderProgramRefuses(t *testing.T) {
	t.Parallel()
	program := later(t)
	onEach(t, func(t *testing.T, database string) {
		v := newServer(t, settings{"database": database, "login": settings{"email_code": "never"}})
		v.addUser(annaEmail, annaPassword)
		says := func(program, want string, args ...string) {
			t.Helper()
			cmd := command(t, append(args, "--config", v.file)...)
			if program != "" {
				cmd.Path = program
			}
			if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), want) {
				t.Errorf("doorward %s: no %q in\n%s", strings.Join(args, " "), want, out)
			}
		}
		backup := filepath.Join(t.TempDir(), "backup.db")
		says("", "rows", "backup", backup)
		says(program, "of an older version; the next start changes its schema, in 1 steps", "check")
		says("", "with the schema of this version", "check") // the later one has only looked
		says(program, "The epoch is", "epoch", "raise")
		says(program, "with the schema of this version", "check")
		for _, args := range [][]string{{"check"}, {"serve"}, {"doctor"}, {"epoch", "raise"}, {"backup", filepath.Join(t.TempDir(), "b")}, {"restore", backup, "--replace"}} {
			says("", "belongs to a newer one; start that release, or a later one", args...)
		}
		after := filepath.Join(t.TempDir(), "later.db")
		says(program, "rows", "backup", after)
		says("", "belongs to a newer one", "restore", after, "--replace")
		says(program, "Restored", "restore", backup, "--replace") // which it brings to its own release
		if path, isFile := strings.CutPrefix(v.database(t), "sqlite:"); isFile {
			goBack(t, path, says)
		}
	})
}

// database is what the configuration says.
func (v *server) database(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(v.file)
	if err != nil {
		t.Fatal(err)
	}
	var c struct{ Database string }
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c.Database
}

// goBack puts the copy from before the migration in the place of the database, as the help of restore says.
func goBack(t *testing.T, path string, says func(program, want string, args ...string)) {
	t.Helper()
	copies, err := filepath.Glob(path + ".before-*")
	if err != nil || len(copies) != 1 {
		t.Fatalf("copies from before the migration: %v, %v; want one", copies, err)
	}
	if err := os.Rename(path, path+".later"); err != nil {
		t.Fatal(err)
	}
	says("", "Restored", "restore", copies[0])
	says("", "the master key opens them", "check")
}
