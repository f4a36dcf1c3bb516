package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// An archive is a backup as a file: always a SQLite database with the tables of its release, whichever database it is of. So
// it can be looked into with a well-known tool, and restored into either database.
const (
	// Its maker loses nothing when the power fails: it begins again.
	archiveParams = "?mode=rw&_pragma=busy_timeout(5000)&_pragma=journal_mode(MEMORY)&_pragma=synchronous(OFF)" +
		"&_pragma=trusted_schema(0)&_defensive=1&_dqs=0"
	freshParams = ":memory:?_dqs=0"
)

// table is one of our tables as a copy must name it.
type table struct {
	name     string
	columns  []string
	booleans []bool // which of the columns are; SQLite keeps numbers in them
}

// readTables lists the tables of a SQLite database, but that of the migrations: it tells the file's own version.
func readTables(u *unit) ([]table, error) {
	var all []table
	err := u.rows(`select m.name, c.name, c.type from sqlite_master m join pragma_table_info(m.name) c
		where m.type = 'table' and m.name <> 'migrations' and m.name not like 'sqlite_%' order by m.name, c.cid`, nil,
		func(scan func(...any) error) error {
			var name, column, kind string
			if err := scan(&name, &column, &kind); err != nil {
				return err
			}
			if len(all) == 0 || all[len(all)-1].name != name {
				all = append(all, table{name: name})
			}
			last := &all[len(all)-1]
			last.columns = append(last.columns, column)
			last.booleans = append(last.booleans, kind == "boolean")
			return nil
		})
	return all, err
}

// inFile runs do in a transaction on a SQLite database of its own.
func inFile(ctx context.Context, db *sql.DB, do func(*unit) error) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit; statements end with it
	if err := do(&unit{ctx: ctx, run: &statements{prepare: tx.PrepareContext}}); err != nil {
		return err
	}
	return tx.Commit()
}

// upgrade brings a SQLite database to the last of all.
func upgrade(u *unit, all []migration) error {
	return apply(u, all, func(text string) error {
		_, err := u.run.ExecContext(u.ctx, text)
		return err
	})
}

// fillArchive makes the tables of these migrations in an empty file, and copies all rows of from into them.
func fillArchive(ctx context.Context, file string, all []migration, from *unit) error {
	db, err := openFile(file, archiveParams)
	if err != nil {
		return err
	}
	err = inFile(ctx, db, func(to *unit) error {
		if err := upgrade(to, all); err != nil {
			return err
		}
		tables, err := readTables(to)
		if err != nil {
			return err
		}
		for _, t := range tables {
			if _, err := to.exec(`delete from ` + t.name); err != nil { // the rows that a migration has made
				return err
			}
			if _, err := copyTable(from, to, t, sqliteBulk); err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
		}
		return nil
	})
	return errors.Join(err, db.Close())
}

// How many rows one insert takes at best. A server is asked less often; SQLite is in this process, and compares each $n of a
// statement with every other, so it gets one row again and again.
const (
	sqliteBulk   = 1
	postgresBulk = 200
)

// copyTable adds the rows of one database to the other, so many with a statement; those whose key is there already stay as they are. It
// says how many it read.
func copyTable(from, to *unit, t table, bulk int) (int64, error) {
	width := len(t.columns)
	full := bulk * width
	read, batch := int64(0), make([]any, 0, full)
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		_, err := to.exec(insertInto(t, len(batch)/width), batch...)
		batch = batch[:0]
		return err
	}
	text := `select ` + strings.Join(t.columns, ", ") + ` from ` + t.name
	err := from.rows(text, nil, func(scan func(...any) error) error {
		at := len(batch)
		batch = batch[:at+width]
		dest := make([]any, width)
		for i := range dest {
			batch[at+i] = nil
			dest[i] = &batch[at+i]
		}
		read++
		if err := scan(dest...); err != nil {
			return err
		}
		for i, boolean := range t.booleans {
			if n, isNumber := batch[at+i].(int64); boolean && isNumber {
				batch[at+i] = n != 0
			}
		}
		if len(batch) < full {
			return nil
		}
		return flush()
	})
	if err != nil {
		return read, err
	}
	return read, flush()
}

func insertInto(t table, rows int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "insert into %s (%s) values ", t.name, strings.Join(t.columns, ", "))
	for n := range rows * len(t.columns) {
		switch {
		case n == 0:
			b.WriteByte('(')
		case n%len(t.columns) == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "$%d", n+1)
	}
	b.WriteString(") on conflict do nothing")
	return b.String()
}

var errNoBackup = errors.New("it is no backup of Doorward, or a damaged one")

// sound says how many rows an archive holds, once it has proved to be whole and of one release of ours.
func sound(ctx context.Context, db *sql.DB) (int64, error) {
	var rows int64
	var verdict string
	if err := db.QueryRowContext(ctx, `pragma quick_check(1)`).Scan(&verdict); err != nil || verdict != "ok" {
		return 0, errNoBackup // the driver's words would be taken for those about the database
	}
	err := inFile(ctx, db, func(u *unit) error {
		all, err := migrations()
		if err != nil {
			return err
		}
		done, err := applied(u, all)
		if err != nil {
			return fmt.Errorf("%w: %v", errNoBackup, err)
		}
		tables, err := expected(ctx, u, all[:done])
		for _, t := range tables {
			var n int64
			if err := u.row(`select count(*) from `+t.name, nil, &n); err != nil {
				return err
			}
			rows += n
		}
		return err
	})
	return rows, err
}

// expected are the tables that these migrations make. An archive with other things in it is refused: a view or a
// trigger would run with the restore.
func expected(ctx context.Context, u *unit, all []migration) ([]table, error) {
	fresh, err := sql.Open("sqlite", freshParams)
	if err != nil {
		return nil, err
	}
	fresh.SetMaxOpenConns(1) // each connection would have a memory of its own
	defer func() { _ = fresh.Close() }()
	var tables []table
	var want []string
	err = inFile(ctx, fresh, func(f *unit) error {
		err := upgrade(f, all)
		if err == nil {
			tables, err = readTables(f)
		}
		if err == nil {
			want, err = inventory(f)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	found, err := inventory(u)
	if err == nil && (len(tables) == 0 || !slices.Equal(found, want)) {
		err = errNoBackup
	}
	return tables, err
}

// inventory names everything that stands in a SQLite database.
func inventory(u *unit) ([]string, error) {
	var all []string
	err := u.rows(`select type || ' ' || name || ' on ' || tbl_name from sqlite_master order by 1`, nil, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		all = append(all, s)
		return err
	})
	return all, err
}

// place puts a finished file under its name, durably. fs.ErrExist when there is one, and it may not be replaced.
func place(temporary, name string, replace bool) error {
	f, err := os.OpenFile(temporary, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return err
	}
	if replace {
		err = os.Rename(temporary, name)
	} else {
		err = os.Link(temporary, name) // unlike a rename it never replaces what appeared meanwhile
	}
	if err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(name))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// exists is an error when there is a file of that name.
func exists(name string) error {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(&fs.PathError{Op: "write", Path: name, Err: fs.ErrExist}, err)
	}
	return nil
}
