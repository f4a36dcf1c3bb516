package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

type backupCommand struct {
	File string `arg:"" help:"The file to write."`
	configured
	Force bool `help:"Replace FILE, if it is an earlier backup."`
}

// Help is shown by `doorward backup --help`.
func (backupCommand) Help() string {
	return `Copies everything in the database into one file, as it is at one moment after the command began. The server may run, and is
not held up. The file has mode 0600 and appears whole or not at all.

Whichever database it is of, the file is a SQLite database with the same tables, and "doorward restore" puts it into either
kind. So backup and restore also move a house from SQLite to PostgreSQL and back.

The master key is not in it. Keep a copy of the master key file elsewhere: without it a backup opens nothing, and
beside it a backup is open to whoever reads both.`
}

func (b backupCommand) Run(o outside) error {
	config, err := loadConfig(b.Config, o.environ)
	if err != nil {
		return err
	}
	if err := b.replaceable(config); err != nil {
		return err
	}
	began := time.Now()
	db, err := config.look(o)
	if err != nil {
		return err
	}
	made, err := db.Backup(o.ctx, b.File, b.Force)
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%s is there already: --force replaces an earlier backup", b.File)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.stdout, "%s: %d rows, %d bytes, %v.\nThe master key is not in it: keep a copy of %s apart from it.\n",
		b.File, made.Rows, made.Bytes, time.Since(began).Round(time.Millisecond), config.masterPlace())
	return err
}

// replaceable keeps --force from anything that is no earlier backup: the database itself above all, under a running server.
func (b backupCommand) replaceable(c Config) error {
	if !b.Force {
		return nil
	}
	there, err := os.Stat(b.File)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if database, err := os.Stat(c.databasePath()); err == nil && os.SameFile(there, database) {
		return misuse("FILE: %s is the database", b.File)
	}
	f, err := os.Open(b.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	head := make([]byte, len(sqliteHead))
	if _, err := io.ReadFull(f, head); err != nil || !bytes.Equal(head, []byte(sqliteHead)) {
		return misuse("FILE: %s is no backup; --force replaces nothing else", b.File)
	}
	return nil
}

const sqliteHead = "SQLite format 3\x00"

// look opens the database for reading, beside a server that runs.
func (c Config) look(o outside) (*storage.DB, error) {
	return storage.Open(o.ctx, c.Database, storage.Options{Log: slog.New(slog.DiscardHandler), ReadOnly: true})
}

// databasePath is the file of a SQLite database, "" of another.
func (c Config) databasePath() string {
	path, isFile := strings.CutPrefix(c.Database, "sqlite:")
	if !isFile {
		return ""
	}
	return path
}

// masterPlace is where the master key comes from.
func (c Config) masterPlace() string {
	if c.MasterKey != "" {
		return envPrefix + "MASTER_KEY"
	}
	return c.MasterKeyFile
}
