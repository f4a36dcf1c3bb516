package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// foundation is what every room stands on: the database and the keys in it.
type foundation struct {
	given  Config // by file and environment
	config Config // with what was set in the console
	db     *storage.DB
	keys   *keys.Keys
	master keys.Master

	version int64 // of the settings in config
}

// lay opens the database and its keys; a fresh database gets both.
func lay(ctx context.Context, c Config, o storage.Options) (*foundation, error) {
	db, err := storage.Open(ctx, c.Database, o)
	if err != nil {
		return nil, err
	}
	f := &foundation{given: c, db: db}
	if f.master, err = c.master(ctx, db); err == nil {
		f.keys, err = keys.Open(ctx, db, f.master, keys.Options{Log: o.Log, Now: db.Now, Passwords: c.Login.Argon2.options()})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the keys: %w", err), db.Close())
	}
	if f.config, f.version, err = f.settled(ctx); err != nil {
		return nil, errors.Join(unsettled(err), db.Close())
	}
	return f, nil
}

// close closes the database.
func (f *foundation) close() error { return f.db.Close() }

// master is the master keys of the environment or the file. A missing file is made at the first start, and only then:
// a new key in place of a lost one would open nothing.
func (c Config) master(ctx context.Context, db *storage.DB) (keys.Master, error) {
	if c.MasterKey != "" {
		return keys.ParseMaster(c.MasterKey)
	}
	master, err := keys.ReadMaster(c.MasterKeyFile)
	if !errors.Is(err, fs.ErrNotExist) {
		return master, err
	}
	stored, err := db.WorkingKeys(ctx)
	if err != nil {
		return keys.Master{}, err
	}
	if len(stored) > 0 {
		// Another process that started with us may have made the file and then the keys since we looked.
		if master, err = keys.ReadMaster(c.MasterKeyFile); !errors.Is(err, fs.ErrNotExist) {
			return master, err
		}
		return keys.Master{}, fmt.Errorf("the master key file %s is missing, and the database holds keys that only it opens: put it back", c.MasterKeyFile)
	}
	master, err = keys.CreateMaster(c.MasterKeyFile)
	if errors.Is(err, fs.ErrExist) { // another process was first
		return keys.ReadMaster(c.MasterKeyFile)
	}
	return master, err
}

// logger writes the log as the configuration wants it.
func (c Config) logger(w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.level()}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// configured is a command's flag for the configuration file, and how it gets a foundation.
type configured struct {
	Config string `required:"" placeholder:"FILE" help:"The configuration file; see config.example.yaml."`
}

// reading reads the configuration and lets do read the database, beside a server that runs. Where there is none yet, nothing is to be
// read, and a line says so.
func (c configured) reading(o outside, do func(*storage.DB) error) error {
	config, err := loadConfig(c.Config, o.environ)
	if err != nil {
		return err
	}
	db, err := config.look(o)
	if errors.Is(err, fs.ErrNotExist) {
		_, err := fmt.Fprintf(o.stderr, "%s is not there yet; the first start makes it\n", config.databasePath())
		return err
	}
	if err != nil {
		return err
	}
	return errors.Join(read(o, db, do), db.Close())
}

// read lets do read a database whose tables are there, and are those of this version.
func read(o outside, db *storage.DB, do func(*storage.DB) error) error {
	schema, err := db.Schema(o.ctx)
	switch {
	case err != nil:
		return err
	case schema.Version == 0:
		_, err := fmt.Fprintln(o.stderr, "the database is empty; the first start makes its tables")
		return err
	}
	if err = do(db); err != nil && schema.Pending > 0 {
		err = fmt.Errorf("the database is of an older version, and the next start changes it: %w", err)
	}
	return err
}

// beside reads the configuration and lets do look at what every room stands on, beside a server that runs. It writes nothing.
func (c configured) beside(o outside, do func(*foundation) error) error {
	config, err := loadConfig(c.Config, o.environ)
	if err != nil {
		return err
	}
	return c.reading(o, func(db *storage.DB) error {
		k, err := config.rehearse(o, db)
		if err == nil && k == nil {
			err = errors.New("the database has no keys yet: start the server once")
		}
		if err != nil {
			return err
		}
		f := &foundation{given: config, db: db, keys: k}
		if f.config, f.version, err = f.settled(o.ctx); err != nil {
			return unsettled(err)
		}
		return do(f)
	})
}

// with reads the configuration, lays the foundation, and lets do work on it.
func (c configured) with(o outside, do func(*foundation) error) error {
	config, err := loadConfig(c.Config, o.environ)
	if err != nil {
		return err
	}
	f, err := lay(o.ctx, config, storage.Options{Log: config.logger(o.stderr)})
	if err != nil {
		return err
	}
	return errors.Join(do(f), f.close())
}
