//go:build !unix

package storage

import "os"

// lockFile has no lock here that dies with its process; SQLite's own locks still keep the file whole.
func lockFile(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
}
