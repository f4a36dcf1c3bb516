//go:build unix

package storage

import (
	"errors"
	"os"
	"syscall"
)

var errLocked = errors.New("another process has this database open; a SQLite file serves one process at a time: stop the server first, " +
	"or keep the data in PostgreSQL, where commands work beside it")

// lockFile takes the lock that dies with the process that holds it. It lies beside the database: to open and close
// the database's own file would drop the locks that SQLite holds on it.
func lockFile(name string) (*os.File, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = errLocked
		}
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
