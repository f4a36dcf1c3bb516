package keys

import (
	"context"

	"github.com/doorward/doorward/storage"
)

// Master are the master keys, of which exactly one is active; they only wrap working keys.
type Master struct{}

// ReadMaster reads a master key file: mode 0600 or stricter, one "ID BASE64 [active]" a line. Missing, short, duplicate
// keys, more or less than one active: an error that says so, without any key in it.
func ReadMaster(path string) (Master, error) { panic("stub") }

// CreateMaster makes a file with one fresh active key, mode 0600; an existing file is an error (fs.ErrExist).
func CreateMaster(path string) (Master, error) { panic("stub") }

// ParseMaster reads the same lines from text (the environment DOORWARD_MASTER_KEY).
func ParseMaster(text string) (Master, error) { panic("stub") }

// AddMaster adds a fresh key to the file and makes it the active one; the others stay for reading. Atomic.
func AddMaster(path string) (Master, error) { panic("stub") }

// Rewrap seals all working keys under the active master key in one transaction, and says how many were changed.
func Rewrap(ctx context.Context, store Store, master Master, e storage.Event) (int, error) {
	panic("stub")
}
