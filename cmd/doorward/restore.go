package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/doorward/doorward/storage"
)

type restoreCommand struct {
	File string `arg:"" help:"The backup."`
	configured
	Replace bool `help:"Put the backup in place of what is in the database."`
}

// Help is shown by `doorward restore --help`.
func (restoreCommand) Help() string {
	return `Puts a backup into the database of the configuration, all or nothing. Stop every server first. A backup of an older version is
brought to this one; one of a newer version is refused. It is first made sure that the master key opens the keys in the backup.

Nothing that was issued, spent or revoked before comes back to life: the epoch is raised, so that people sign in again and
applications get new tokens. Consents are asked for again, letters that were waiting are not sent. What was spent stays spent, and the
log of events keeps what was in the database.

People, passwords, applications and signing keys are as they were when the backup was made: whoever was disabled since must be
disabled again, and after a signing key has leaked, "doorward keys rotate --now" belongs here too.

The copies that Doorward makes of a SQLite database before it migrates it (DATABASE.before-TIME-vVERSION) are backups too. To
go back to an older version, move the database and its -wal and -shm away, and restore the copy with the older version.`
}

func (r restoreCommand) Run(o outside) error {
	config, err := loadConfig(r.Config, o.environ)
	if err != nil {
		return err
	}
	result, err := storage.Restore{
		File: r.File, URL: config.Database, Replace: r.Replace, Options: storage.Options{Log: config.logger(o.stderr)},
		Approve: func(_ context.Context, backup *storage.DB) error {
			_, err := config.rehearse(o, backup)
			return err
		},
	}.Run(o.ctx)
	if errors.Is(err, storage.ErrNotEmpty) {
		return errors.New("the database is not empty: --replace puts the backup in place of what is in it")
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.stdout, "Restored %d rows. The epoch is %d now: everybody signs in again.\n"+
		"People, passwords, applications and signing keys are as they were when the backup was made.\n", result.Rows, result.Epoch)
	return err
}
