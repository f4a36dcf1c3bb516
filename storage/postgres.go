package storage

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgres is a server, reached through pgx (which keeps statements prepared) behind database/sql.
type postgres struct {
	db       *sql.DB
	readOnly bool
	alone    *sql.Conn // holds the house alone; nil: shares it
}

const (
	postgresConns = 16 // unless the address says pool_max_conns
	postgresTries = 10 // of a unit of work that the server rolled back for another's sake
)

func openPostgres(ctx context.Context, url string, o Options) (*postgres, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, errors.New("the postgres:// address is malformed") // pgx's text may quote its password
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = postgresConns
	}
	params := config.ConnConfig.RuntimeParams
	if params["application_name"] == "" {
		params["application_name"] = "doorward"
	}
	// Every statement here decides by what is committed when it runs, and is retried where that is not enough.
	params["default_transaction_isolation"] = "read committed"
	switch {
	case o.ReadOnly:
		params["default_transaction_read_only"] = "on"
	case !o.alone:
		config.AfterConnect = shareHouse
	}
	p := &postgres{db: connect(config), readOnly: o.ReadOnly}
	if err := p.db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, p.close())
	}
	if o.alone {
		if err := p.takeHouse(ctx); err != nil {
			return nil, errors.Join(err, p.close())
		}
	}
	return p, nil
}

// connect keeps connections in the pool of database/sql: pgx's own beneath it would be opened and closed anew around every
// statement, which costs a sixth of a read.
func connect(c *pgxpool.Config) *sql.DB {
	var options []stdlib.OptionOpenDB
	if c.AfterConnect != nil {
		options = append(options, stdlib.OptionAfterConnect(c.AfterConnect))
	}
	db := stdlib.OpenDB(*c.ConnConfig, options...)
	db.SetMaxOpenConns(int(c.MaxConns))
	db.SetMaxIdleConns(int(c.MaxConns))
	db.SetConnMaxLifetime(c.MaxConnLifetime)
	db.SetConnMaxIdleTime(c.MaxConnIdleTime)
	return db
}

func (p *postgres) kind() string { return "postgres" }

// write sends a single statement as it is, so that it costs one round trip, and wraps others in a transaction.
func (p *postgres) write(ctx context.Context, w work) error {
	if p.readOnly {
		return errReadOnly
	}
	ctx, cancel := context.WithTimeout(ctx, w.limit)
	defer cancel()
	for try := 1; ; try++ {
		var err error
		if w.one {
			err = w.do(&unit{ctx: ctx, run: p.db})
		} else {
			err = p.tx(ctx, w.do)
		}
		if err == nil || !rolledBack(err) || try == postgresTries {
			return err
		}
		// Those who met each other shall not meet again at once.
		time.Sleep(rand.N(time.Duration(try) * 2 * time.Millisecond))
	}
}

func (p *postgres) tx(ctx context.Context, do func(*unit) error) error {
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after a commit; in a panic it frees the connection
	if err := do(&unit{ctx: ctx, run: tx}); err != nil {
		return err
	}
	return tx.Commit()
}

func (p *postgres) hold(text string) string { return strings.ReplaceAll(text, held, "for share") }

// rolledBack says that the server undid the transaction for another's sake: serialization_failure, deadlock_detected, unique_violation.
// The last is of two who take one address at the same moment; the next try sees who has it.
func rolledBack(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01" || pg.Code == "23505")
}

func (p *postgres) read(ctx context.Context, f func(*unit) error) error {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	return f(&unit{ctx: ctx, run: p.db})
}

func (p *postgres) stats() Stats {
	pool := p.db.Stats()
	return Stats{Open: pool.OpenConnections, InUse: pool.InUse, Most: pool.MaxOpenConnections, Waits: pool.WaitCount, Waited: pool.WaitDuration}
}

// clock measures the server's clock against the middle of the question's way. A difference smaller than
// that way is none: Now would only tremble with it.
func (p *postgres) clock(ctx context.Context) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, readLimit)
	defer cancel()
	var theirs int64
	asked := time.Now()
	err := p.db.QueryRowContext(ctx, `select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)`).Scan(&theirs)
	if err != nil {
		return 0, err
	}
	way := time.Since(asked)
	ahead := time.UnixMicro(theirs).Sub(asked.Add(way / 2))
	if ahead.Abs() <= max(way, time.Millisecond) {
		return 0, nil
	}
	return ahead, nil
}

// migrate lets one node at a time in: the lock belongs to the schema and ends with the transaction.
func (p *postgres) migrate(ctx context.Context, all []migration) error {
	return p.write(context.WithoutCancel(ctx), work{limit: agesLimit, do: func(u *unit) error {
		if _, err := u.exec(`select pg_advisory_xact_lock(1685024612, hashtext(current_schema()))`); err != nil {
			return err
		}
		return apply(u, all, func(text string) error {
			_, err := u.run.ExecContext(u.ctx, text, pgx.QueryExecModeSimpleProtocol)
			return err
		})
	}})
}

// postgresAdvice says what to do about an error of the server; "" when it is of another kind.
func postgresAdvice(err error) string {
	var pg *pgconn.PgError
	var unreached *pgconn.ConnectError
	switch {
	case errors.As(err, &pg):
		return adviceByCode(pg.Code)
	case errors.As(err, &unreached):
		return "PostgreSQL cannot be reached: see whether it runs, and whether the address is right"
	}
	return ""
}

// postgresNoTable says that a statement names a table that is not there.
func postgresNoTable(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "42P01" // undefined_table
}

func adviceByCode(code string) string {
	switch code {
	case "25006": // read_only_sql_transaction
		return "PostgreSQL takes no writes: the address may lead to a standby, or default_transaction_read_only is on"
	case "53100": // disk_full
		return "the disk of PostgreSQL is full: make room, and it goes on by itself"
	case "53300": // too_many_connections
		return "PostgreSQL has no connection left: raise its max_connections, or lower pool_max_conns in the address"
	case "28P01", "28000": // invalid_password, invalid_authorization_specification
		return "PostgreSQL refuses the user or the password of the address"
	case "3D000": // invalid_catalog_name
		return "the database that the address names does not exist: create it"
	case "42501": // insufficient_privilege
		return "the user of the address must own its schema: tables are made there"
	}
	return ""
}

func (p *postgres) close() error {
	var alone error
	if p.alone != nil {
		alone = p.alone.Close()
	}
	err := p.db.Close()
	return errors.Join(alone, err)
}
