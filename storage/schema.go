package storage

import (
	"context"
	"errors"
)

var errReadOnly = errors.New("the database was opened for reading only")

// Schema is how the tables of a database stand to this release.
type Schema struct {
	Version int64 // the number of its last migration; 0: it has none, it is empty
	Pending int   // migrations of this release that it lacks; the next start runs them
}

// Schema reads which migrations the database has. An error when it belongs to a newer release, or to one whose
// migrations differ from ours: then nothing in it can be trusted to mean what we read.
func (db *DB) Schema(ctx context.Context) (Schema, error) {
	all, err := migrations()
	if err != nil {
		return Schema{}, err
	}
	s := Schema{Pending: len(all)}
	err = db.engine.read(ctx, func(u *unit) error {
		has, err := db.engine.has(u, "migrations")
		if err != nil || !has {
			return err
		}
		done, err := applied(u, all)
		s = Schema{Version: int64(done), Pending: len(all) - done}
		return err
	})
	return s, wrap("read schema", err)
}

// migrate brings the tables to this release, after a copy of what they were where the database is a file.
func (db *DB) migrate(ctx context.Context) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	s, err := db.Schema(ctx)
	if err != nil {
		return err
	}
	if s.Version > 0 && s.Pending > 0 {
		copied, err := db.engine.keep(ctx, s.Version)
		if err != nil {
			return wrap("copy the database before it is changed", err)
		}
		db.log.Info("migrating the database", "from", s.Version, "to", len(all), "copy", copied)
	}
	return db.engine.migrate(ctx, all)
}
