package storage

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// BackedUp is the event of a finished backup: somebody holds a copy of everything from then on.
const BackedUp = "database.backed_up"

// Backup says what a backup holds.
type Backup struct {
	Rows, Bytes int64
	Schema      int64 // the number of its last migration
}

// Backup writes the state of one moment after the call into a file that only its owner may read, and which appears whole
// or not at all. Servers go on writing meanwhile, also beside a database that was opened for reading only. fs.ErrExist when there is such a
// file and it may not be replaced. The working keys in it are as sealed as in the database.
func (db *DB) Backup(ctx context.Context, file string, replace bool) (Backup, error) {
	b, err := db.backup(ctx, file, replace)
	if err != nil {
		return Backup{}, wrap("backup", err)
	}
	return b, wrap("the backup stands, but its event could not be written", db.note(ctx, Event{Kind: BackedUp, Actor: "operator"}))
}

func (db *DB) backup(ctx context.Context, file string, replace bool) (Backup, error) {
	s, err := db.Schema(ctx)
	if err != nil {
		return Backup{}, err
	}
	if s.Version == 0 {
		return Backup{}, errors.New("the database is empty")
	}
	b, err := writeArchive(ctx, db.engine, file, replace)
	b.Schema = s.Version
	return b, err
}

// writeArchive copies a database into file by way of a temporary name, and reads the copy once before it counts as one.
func writeArchive(ctx context.Context, from engine, file string, replace bool) (Backup, error) {
	if !replace {
		if err := exists(file); err != nil {
			return Backup{}, err
		}
	}
	f, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*.new") // mode 0600
	if err != nil {
		return Backup{}, err
	}
	defer func() { _ = os.Remove(f.Name()) }() // gone already when it got its name
	if err := f.Close(); err != nil {
		return Backup{}, err
	}
	if err := from.archive(ctx, f.Name()); err != nil {
		return Backup{}, err
	}
	b, err := weigh(ctx, f.Name())
	if err != nil {
		return Backup{}, err
	}
	return b, place(f.Name(), file, replace)
}

func weigh(ctx context.Context, file string) (Backup, error) {
	db, err := openFile(file, archiveParams)
	if err != nil {
		return Backup{}, err
	}
	rows, err := sound(ctx, db)
	if err := errors.Join(err, db.Close()); err != nil {
		return Backup{}, fmt.Errorf("read the copy: %w", err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return Backup{}, err
	}
	return Backup{Rows: rows, Bytes: info.Size()}, nil
}

const lastBackup = `select coalesce(max(happened), 0) from events where kind = $1`

// LastBackup is when the last backup was finished; zero: never.
func (db *DB) LastBackup(ctx context.Context) (time.Time, error) {
	var t time.Time
	err := db.readRow(ctx, lastBackup, []any{BackedUp}, at(&t))
	return t, wrap("read last backup", err)
}
