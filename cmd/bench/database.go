package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// database is a kind of database with as many empty ones as are needed: each server and the limits have one of their own, so
// that none waits for another's locks.
type database struct {
	name  string
	pid   int // of PostgreSQL's postmaster; 0 where its CPU time cannot be read
	close func()
	make  func(ctx context.Context, name string) (string, error) // an empty one; its address, as the configuration wants it
	shell func(ctx context.Context, address string) *exec.Cmd    // the database's own, which reads SQL; nil: there is none
}

// cpu is what the database's own processes have used; SQLite has none beside the server's.
func (db *database) cpu() (time.Duration, error) {
	if db.pid == 0 {
		return 0, nil
	}
	return familyCPU(db.pid)
}

func openDatabase(ctx context.Context, name, dir string) (*database, error) {
	var db *database
	var err error
	switch dsn := os.Getenv("DOORWARD_TEST_POSTGRES"); {
	case name == "sqlite":
		db = fileDatabase(dir)
	case name == "postgres" && dsn != "":
		fmt.Fprintln(os.Stderr, "bench: CPU time of a foreign PostgreSQL is not counted, and all servers share its database")
		db = &database{close: func() {}, make: func(context.Context, string) (string, error) { return dsn, nil }}
	case name == "postgres":
		db, err = startPostgres(ctx, filepath.Join(dir, "postgres"))
	default:
		err = errors.New("it is neither sqlite nor postgres")
	}
	if err != nil {
		return nil, err
	}
	db.name = name
	return db, nil
}

// fileDatabase is SQLite; its own shell is a Debian package, sqlite3.
func fileDatabase(dir string) *database {
	db := &database{close: func() {}}
	db.make = func(_ context.Context, name string) (string, error) {
		return "sqlite:" + filepath.Join(dir, name+".db"), nil
	}
	if shell, err := exec.LookPath("sqlite3"); err == nil {
		db.shell = func(ctx context.Context, address string) *exec.Cmd {
			return exec.CommandContext(ctx, shell, "-bail", strings.TrimPrefix(address, "sqlite:"))
		}
	}
	return db
}

// run hands SQL to the database's shell, and gives what it prints.
func (db *database) run(ctx context.Context, address, text string) (string, error) {
	if db.shell == nil {
		return "", errors.New("the database's own shell is not at hand")
	}
	cmd := db.shell(ctx, address)
	cmd.Stdin = strings.NewReader(text)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return strings.TrimSpace(string(out)), nil
}
