package storage

import (
	"context"
	"database/sql"
	"strings"
	"time"
	"unicode/utf8"
)

// engine is one of the two databases.
type engine interface {
	kind() string
	// write runs a unit of work and returns when it is durable.
	write(ctx context.Context, w work) error
	// read gives f something to read through.
	read(ctx context.Context, f func(*unit) error) error
	// clock says how far the database's clock is ahead of time.Now; an error when it does not answer.
	clock(ctx context.Context) (time.Duration, error)
	migrate(ctx context.Context, all []migration) error
	// has says whether a table is there.
	has(u *unit, table string) (bool, error)
	// keep copies a file beside itself before it is migrated from version, and says where to.
	keep(ctx context.Context, version int64) (string, error)
	// archive writes the state of one moment into an empty file, a SQLite database, beside whoever writes.
	archive(ctx context.Context, to string) error
	// note writes one row, also to a database that was opened for reading only.
	note(ctx context.Context, text string, args []any) error
	promises(ctx context.Context) ([]Promise, error)
	bulk() int // rows that an insert of many takes at best
	// hold makes a statement keep the rows that it only looks at, where it says held, as they are until its transaction ends.
	hold(text string) string
	stats() Stats
	close() error
}

// held stands behind a subquery whose rows must not change before the transaction ends. SQLite has one writer, to which it is a comment.
const held = `/* held */`

// work is a unit of work: a function that runs in one transaction. It may run more than once, so it sets what it
// returns afresh; it is short and does nothing but talk to the database.
type work struct {
	do    func(*unit) error
	one   bool          // one statement, which is its own transaction
	limit time.Duration // 0: writeLimit
}

// unit is a transaction, or a connection to read from, as a unit of work sees it.
type unit struct {
	ctx context.Context
	run querier
	// fault is the first error under which the transaction may have ended. From then on nothing runs, also where a unit of work
	// does not mind the error.
	fault error
}

func (u *unit) fail(err error) {
	if u.fault == nil {
		u.fault = err
	}
}

// noted is an error of the database, kept when it is a fault.
func (u *unit) noted(err error) error {
	if err != nil && !sqliteConstraint(err) {
		u.fail(err)
	}
	return err
}

// query runs a statement that answers with rows.
func (u *unit) query(text string, args []any) (*sql.Rows, error) {
	if u.fault != nil {
		return nil, u.fault
	}
	rows, err := u.run.QueryContext(u.ctx, text, clean(args)...)
	return rows, u.noted(err)
}

type querier interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// exec runs a statement and says how many rows it changed.
func (u *unit) exec(text string, args ...any) (int64, error) {
	if u.fault != nil {
		return 0, u.fault
	}
	res, err := u.run.ExecContext(u.ctx, text, clean(args)...)
	if err != nil {
		return 0, u.noted(err)
	}
	return res.RowsAffected()
}

// row reads the first row into dest. ErrNotFound when there is none.
func (u *unit) row(text string, args []any, dest ...any) error {
	rows, err := u.query(text, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return u.noted(err)
		}
		return ErrNotFound
	}
	if err := rows.Scan(dest...); err != nil {
		return err
	}
	rows.Next() // to its end: only then is a statement with "returning" done
	return u.noted(rows.Err())
}

// rows calls each for every row.
func (u *unit) rows(text string, args []any, each func(scan func(dest ...any) error) error) error {
	rows, err := u.query(text, args)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return u.noted(rows.Err())
}

// write runs a unit of work to its durable end, even when the visitor who asked for it goes away meanwhile.
func (db *DB) write(ctx context.Context, w work) error {
	if w.limit == 0 {
		w.limit = writeLimit
	}
	return db.engine.write(context.WithoutCancel(ctx), w)
}

// tx is write for the usual unit of several statements.
func (db *DB) tx(ctx context.Context, do func(*unit) error) error {
	return db.write(ctx, work{do: do})
}

// writeRow runs one writing statement and reads its first row. ErrNotFound when it returned none.
func (db *DB) writeRow(ctx context.Context, text string, args []any, dest ...any) error {
	return db.write(ctx, work{one: true, do: func(u *unit) error { return u.row(text, args, dest...) }})
}

// writeOne runs one writing statement and says how many rows it changed.
func (db *DB) writeOne(ctx context.Context, text string, args ...any) (int64, error) {
	var n int64
	err := db.write(ctx, work{one: true, do: func(u *unit) error {
		var err error
		n, err = u.exec(text, args...)
		return err
	}})
	return n, err
}

// readRow reads one row. ErrNotFound when there is none.
func (db *DB) readRow(ctx context.Context, text string, args []any, dest ...any) error {
	return db.engine.read(ctx, func(u *unit) error { return u.row(text, args, dest...) })
}

// readRows calls each for every row.
func (db *DB) readRows(ctx context.Context, text string, args []any, each func(scan func(dest ...any) error) error) error {
	return db.engine.read(ctx, func(u *unit) error { return u.rows(text, args, each) })
}

// clean replaces what PostgreSQL refuses in a text (NUL, and bytes that are not UTF-8), so that both databases
// answer alike, and what would end a packed value: such a text is never found, and stored it is visibly damaged.
func clean(args []any) []any {
	for i, a := range args {
		s, ok := a.(string)
		if ok && (strings.ContainsAny(s, unclean) || !utf8.ValidString(s)) {
			args[i] = cleaner.Replace(strings.ToValidUTF8(s, "\uFFFD"))
		}
	}
	return args
}

const unclean = "\x00" + fieldEnd

var cleaner = strings.NewReplacer("\x00", "\uFFFD", fieldEnd, "\uFFFD")
