package storage

import (
	"context"
	"database/sql"
)

func (p *postgres) has(u *unit, table string) (bool, error) {
	var n int
	err := u.row(`select count(*) from information_schema.tables where table_schema = current_schema() and table_name = $1`, []any{table}, &n)
	return n > 0, err
}

// archive writes the state of this moment into an empty file, as a SQLite database of the same tables. Writers are not held up.
func (p *postgres) archive(ctx context.Context, to string) error {
	tx, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // nothing was written
	all, err := migrations()
	if err != nil {
		return err
	}
	from := &unit{ctx: ctx, run: tx}
	done, err := applied(from, all)
	if err != nil {
		return err
	}
	return fillArchive(ctx, to, all[:done], from)
}

// note writes a row through a connection that is for reading only otherwise.
func (p *postgres) note(ctx context.Context, text string, args []any) error {
	ctx, cancel := context.WithTimeout(ctx, writeLimit)
	defer cancel()
	return p.tx(ctx, func(u *unit) error {
		if _, err := u.exec(`set transaction read write`); err != nil {
			return err
		}
		_, err := u.exec(text, args...)
		return err
	})
}

// keep makes no copy: a server has its own ways to keep one, and `doorward backup` is another.
func (p *postgres) keep(context.Context, int64) (string, error) { return "", nil }

func (p *postgres) bulk() int { return postgresBulk }
