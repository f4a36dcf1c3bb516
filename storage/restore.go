package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Restored is the event of a restore.
const Restored = "database.restored"

// ErrNotEmpty says that a restore would replace what is in the database, and was not told to.
var ErrNotEmpty = errors.New("the database is not empty")

// Restore puts a backup into a database of either kind.
type Restore struct {
	File    string // of Backup, of this release or an older one; it is not changed
	URL     string // of the database, which nobody else may have open
	Replace bool   // what is in the database may go
	// Approve sees the backup, brought to this release, before anything is changed; its error ends the restore.
	Approve func(ctx context.Context, backup *DB) error
	Options Options
}

// RestoreResult says what a restore has done.
type RestoreResult struct {
	Rows  int64 // of the backup
	Epoch int64 // from now on
}

const restoreLimit = 6 * time.Hour

// fate is what a restore makes of a table.
type fate int

const (
	rowsReplaced fate = iota // the backup's rows take the place of those that are there
	rowsJoined               // the backup's rows are added: what was spent, counted or told since the backup stays so
	rowsEnded                // no row stays: nobody knows what was ended, withdrawn or sent since the backup
)

// fates has every table, so that whoever adds one decides.
var fates = map[string]fate{
	"authenticators": rowsReplaced,
	"chain":          rowsReplaced, // of the backup's events, under its keys; what came since is chained again, behind them
	"chain_ends":     rowsReplaced,
	"clients":        rowsReplaced,
	"consents":       rowsReplaced, // and withdrawn: that a client was used is known by them
	"credentials":    rowsReplaced,
	"events":         rowsJoined,
	"grants":         rowsReplaced,
	"groups":         rowsReplaced,
	"identities":     rowsReplaced,
	"idempotency":    rowsEnded, // what was answered since the backup is undone
	"limits":         rowsJoined,
	"links":          rowsEnded,
	"logouts":        rowsEnded,
	"mailed_codes":   rowsEnded,
	"memberships":    rowsReplaced,
	"meta":           rowsReplaced,
	"outbox":         rowsEnded,
	"recovery_codes": rowsReplaced, // what was used since is in spent, where that was not lost
	"sessions":       rowsEnded,
	"settings":       rowsReplaced,
	"signing_keys":   rowsReplaced,
	"spent":          rowsJoined,
	"tallies":        rowsReplaced, // with the chain, in which each event is counted once
	"trusts":         rowsEnded,
	"users":          rowsReplaced,
	"working_keys":   rowsReplaced,
}

// Run restores, in one transaction: all or nothing. The epoch is raised above that of the backup, above that of the database, and
// above every one that a lost database may have had meanwhile, so that no session, code, token or link from before lives on,
// whatever was spent or revoked since the backup. ErrNotEmpty; an error when a server has the database open.
func (r Restore) Run(ctx context.Context) (RestoreResult, error) {
	result, err := r.run(ctx)
	return result, wrap("restore", err)
}

func (r Restore) run(ctx context.Context) (RestoreResult, error) {
	dir, err := r.workshop()
	if err != nil {
		return RestoreResult{}, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	file := filepath.Join(dir, "backup.db")
	if err := copyFile(r.File, file); err != nil {
		return RestoreResult{}, err
	}
	backup, err := openFile(file, archiveParams)
	if err != nil {
		return RestoreResult{}, err
	}
	defer func() { _ = backup.Close() }()
	tables, rows, err := ripen(ctx, backup)
	if err != nil {
		return RestoreResult{}, fmt.Errorf("%s: %w", r.File, err)
	}
	if err := r.approve(ctx, file); err != nil {
		return RestoreResult{}, err
	}
	epoch, err := r.fill(ctx, backup, tables)
	return RestoreResult{Rows: rows, Epoch: epoch}, err
}

// workshop is a folder for the copy of the backup that is brought to this release: where the database is a file, beside it,
// since there must be room for it anyway.
func (r Restore) workshop() (string, error) {
	path, isFile := strings.CutPrefix(r.URL, "sqlite:")
	if !isFile {
		return os.MkdirTemp("", "doorward-restore-")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	return os.MkdirTemp(filepath.Dir(path), "."+filepath.Base(path)+".restore-")
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

// ripen judges a backup and brings it to this release.
func ripen(ctx context.Context, backup *sql.DB) ([]table, int64, error) {
	rows, err := sound(ctx, backup)
	if err != nil {
		return nil, 0, err
	}
	var tables []table
	err = inFile(ctx, backup, func(u *unit) error {
		all, err := migrations()
		if err == nil {
			err = upgrade(u, all)
		}
		if err == nil {
			tables, err = readTables(u)
		}
		return err
	})
	return tables, rows, err
}

func (r Restore) approve(ctx context.Context, file string) error {
	if r.Approve == nil {
		return nil
	}
	o := r.Options
	o.ReadOnly = true
	db, err := Open(ctx, "sqlite:"+file, o)
	if err != nil {
		return err
	}
	return errors.Join(r.Approve(ctx, db), db.Close())
}

// fill opens the database and changes it.
func (r Restore) fill(ctx context.Context, backup *sql.DB, tables []table) (int64, error) {
	o := r.Options
	o.alone = true
	db, err := Open(ctx, r.URL, o)
	if err != nil {
		return 0, err
	}
	var epoch int64
	err = db.write(ctx, work{limit: restoreLimit, do: func(to *unit) error {
		return inFile(ctx, backup, func(from *unit) error {
			if !r.Replace {
				if err := empty(to, tables); err != nil {
					return err
				}
			}
			var err error
			epoch, err = db.exchange(from, to, tables)
			return err
		})
	}})
	return epoch, errors.Join(err, db.Close())
}

// empty is ErrNotEmpty when a table has a row; every database has those of meta.
func empty(u *unit, tables []table) error {
	for _, t := range tables {
		var n int
		if err := u.row(`select count(*) from (select 1 from `+t.name+` limit 1) first`, nil, &n); err != nil {
			return err
		}
		if n > 0 && t.name != "meta" {
			return ErrNotEmpty
		}
	}
	return nil
}

// withdrawAll: nobody knows which consents were withdrawn since the backup.
const withdrawAll = `update consents set withdrawn = case when granted > $1 then granted else $1 end`

// exchange gives every table its fate, and returns the epoch.
func (db *DB) exchange(from, to *unit, tables []table) (int64, error) {
	var before, then int64
	for u, epoch := range map[*unit]*int64{to: &before, from: &then} {
		if err := u.row(`select value from meta where name = 'epoch'`, nil, epoch); err != nil {
			return 0, err
		}
	}
	for _, t := range tables {
		if fates[t.name] != rowsJoined {
			if _, err := to.exec(`delete from ` + t.name); err != nil {
				return 0, err
			}
		}
		if fates[t.name] == rowsEnded {
			continue
		}
		if _, err := copyTable(from, to, t, db.engine.bulk()); err != nil {
			return 0, fmt.Errorf("%s: %w", t.name, err)
		}
	}
	if _, err := to.exec(withdrawAll, micros(db.Now())); err != nil {
		return 0, err
	}
	epoch := max(before+1, then+1, micros(db.Now())) // a lost database, which cannot be asked, is behind it: see RaiseEpoch
	if _, err := to.exec(`update meta set value = $1 where name = 'epoch'`, epoch); err != nil {
		return 0, err
	}
	return epoch, to.record(db, Event{Kind: Restored, Actor: "operator", Data: map[string]string{
		"epoch": fmt.Sprint(epoch), "epoch_of_backup": fmt.Sprint(then), "epoch_before": fmt.Sprint(before)}})
}
