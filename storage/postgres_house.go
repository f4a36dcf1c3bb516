package storage

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Every connection of a server, and of a command that changes something, holds the house in common as long as it lives; a
// restore holds it alone. The lock belongs to the schema, ends with its connection, and is taken again by the next one,
// so that a server that PostgreSQL has lost for a moment does not count as stopped.
const (
	houseInCommon = `select pg_advisory_lock_shared(1685024613, hashtext(current_schema()))`
	houseAlone    = `select pg_try_advisory_lock(1685024613, hashtext(current_schema()))`
)

var errInUse = errors.New("a server or another command has this database open: stop it first")

// shareHouse waits while a restore is under way.
func shareHouse(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, houseInCommon)
	return err
}

// goneWithin is how long PostgreSQL may take to notice that a stopped server's connections are gone.
const goneWithin = 2 * time.Second

// takeHouse keeps all others out until the database is closed, or fails when they do not go.
func (p *postgres) takeHouse(ctx context.Context) error {
	var err error
	if p.alone, err = p.db.Conn(ctx); err != nil {
		return err
	}
	for end := time.Now().Add(goneWithin); ; time.Sleep(goneWithin / 20) {
		var got bool
		if err := p.alone.QueryRowContext(ctx, houseAlone).Scan(&got); err != nil || got {
			return err
		}
		if time.Now().After(end) {
			return errInUse
		}
	}
}
