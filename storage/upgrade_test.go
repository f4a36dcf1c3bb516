package storage

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// older makes a SQLite database of the first release in a file, with one application and one person.
func older(t *testing.T, file string) {
	t.Helper()
	all, err := migrations()
	if err != nil {
		t.Fatal(err)
	}
	db, err := openFile(file, strings.Replace(archiveParams, "mode=rw", "mode=rwc", 1))
	if err != nil {
		t.Fatal(err)
	}
	err = inFile(t.Context(), db, func(u *unit) error {
		if err := upgrade(u, all[:1]); err != nil {
			return err
		}
		for _, text := range []string{
			`insert into clients (id, name, owner, disabled, record, created, updated) values ('old', 'Old', '', false, '{}', 1, 1)`,
			`insert into users (id, email, claims, group_names, role, state, version, grants_since, created, updated)
				values ('anna', 'anna@example.com', '', '', '', 'active', 3, 7, 1, 1)`,
			`insert into users (id, email, claims, group_names, role, state, version, grants_since, created, updated)
				values ('ben', 'ben@example.com', '', '', '', 'invited', 1, 0, 1, 1)`,
		} {
			if _, err := u.exec(text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// copies are the files that a migration has left beside a database.
func copies(t *testing.T, path string) []string {
	t.Helper()
	found, err := filepath.Glob(path + ".before-*")
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestASQLiteFileIsCopiedBeforeItIsMigrated(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	older(t, path)
	reader, err := Open(t.Context(), "sqlite:"+path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if s, err := reader.Schema(t.Context()); err != nil || s.Version != 1 || s.Pending == 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time nothing is migrated
		db, err := Open(t.Context(), "sqlite:"+path, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if c, err := db.Client(t.Context(), "old"); err != nil || c.Name != "Old" {
			t.Errorf("%+v, %v", c, err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	made := copies(t, path)
	if len(made) != 1 || !strings.HasSuffix(made[0], "-v1") {
		t.Fatalf("copies: %v; want one of version 1", made)
	}
	if info, err := os.Stat(made[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v; want mode 0600", info, err)
	}
	restored := "sqlite:" + filepath.Join(t.TempDir(), "y.db")
	if _, err := (Restore{File: made[0], URL: restored}).Run(t.Context()); err != nil {
		t.Fatalf("a backup of an older release: %v", err)
	}
	db, err := Open(t.Context(), restored, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Client(t.Context(), "old"); err != nil {
		t.Error(err)
	}
	// Whoever was added by an operator before may link an account elsewhere by that address, and has no second factor yet.
	for _, email := range []string{"anna@example.com", "ben@example.com"} {
		if u, err := db.UserByLinkEmail(t.Context(), email); err != nil || u.Email != email || u.TOTP || u.Version == 0 {
			t.Errorf("%+v, %v", u, err)
		}
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}

func TestTheLastThreeCopiesStayAndAFreshDatabaseHasNone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := Open(t.Context(), "sqlite:"+path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if made := copies(t, path); len(made) > 0 {
		t.Errorf("copies of a fresh database: %v", made)
	}
	var want []string
	for _, when := range []string{"20260101T000000Z", "20260301T000000Z", "20251231T235959Z", "20260201T000000Z"} {
		name := path + ".before-" + when + "-v1"
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		want = append(want, name)
	}
	name, err := db.engine.keep(t.Context(), 7)
	if err != nil {
		t.Fatal(err)
	}
	want = []string{want[3], want[1], name}
	if left := copies(t, path); !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
}

// Nothing is changed when there is no room for the copy.
func TestAMigrationWithoutItsCopyDoesNotBegin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	older(t, path)
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(stopped, "sqlite:"+path, Options{}); err == nil {
		t.Fatal("it was opened")
	}
	reader, err := Open(t.Context(), "sqlite:"+path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	if s, err := reader.Schema(t.Context()); err != nil || s.Version != 1 {
		t.Errorf("%+v, %v; want version 1", s, err)
	}
}

func TestARestoreDecidesAboutEveryTable(t *testing.T) {
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	found := map[string]bool{}
	err = db.engine.read(t.Context(), func(u *unit) error {
		tables, err := readTables(u)
		for _, table := range tables {
			found[table.name] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name := range found {
		if _, decided := fates[name]; !decided {
			t.Errorf("what becomes of the table %s in a restore? Say it in fates", name)
		}
	}
	for name := range fates {
		if !found[name] {
			t.Errorf("there is no table %s", name)
		}
	}
}
