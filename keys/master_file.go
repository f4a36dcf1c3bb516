package keys

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const masterHead = "# Master keys of Doorward: they wrap the keys in the database. Keep a copy apart from its backups.\n"

// CreateMaster makes a file with one fresh active key, mode 0600; an existing file is an error (fs.ErrExist). The file
// appears whole or not at all, however the process ends.
func CreateMaster(path string) (Master, error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.new") // mode 0600
	if err != nil {
		return Master{}, fmt.Errorf("make master key file: %w", err)
	}
	defer os.Remove(file.Name())
	if err := finish(file, masterHead+freshMasterLine()); err != nil {
		return Master{}, fmt.Errorf("make master key file: %w", err)
	}
	// A link, unlike a rename, never replaces what another process has made meanwhile.
	if err := os.Link(file.Name(), path); err != nil {
		return Master{}, fmt.Errorf("make master key file: %w", err)
	}
	if err := syncDir(path); err != nil {
		return Master{}, fmt.Errorf("make master key file: %w", err)
	}
	return ReadMaster(path)
}

// AddMaster adds a fresh key to the file and makes it the active one; the others stay for reading, comments too. Atomic.
// Of two at once one fails with fs.ErrExist, since a key that is lost after it has wrapped loses the house.
func AddMaster(path string) (Master, error) {
	temporary := path + ".new" // the same for all: it is the lock
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return Master{}, fmt.Errorf("another command changes the master key file, or one was interrupted: %w", err)
	}
	if err := replaceMaster(path, file); err != nil {
		os.Remove(temporary)
		return Master{}, fmt.Errorf("add master key: %w", err)
	}
	if err := syncDir(path); err != nil {
		return Master{}, fmt.Errorf("add master key: %w", err)
	}
	return ReadMaster(path)
}

// replaceMaster puts the keys of path and a fresh one into file, and file in the place of path. The rename comes last: after
// it the temporary name may be another command's, which must not be removed.
func replaceMaster(path string, file *os.File) error {
	text, err := readMasterFile(path)
	if err == nil {
		_, err = ParseMaster(string(text))
	}
	if err != nil {
		file.Close()
		return err
	}
	if err := finish(file, withFreshKey(string(text))); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// withFreshKey takes the word active from the line that has it and appends a new active key.
func withFreshKey(text string) string {
	var out strings.Builder
	for line := range strings.Lines(text) {
		key, comment, commented := strings.Cut(strings.TrimRight(line, "\r\n"), "#")
		if fields := strings.Fields(key); len(fields) == 3 {
			key = fields[0] + " " + fields[1] + " "
		}
		if commented {
			key += "#" + comment
		}
		out.WriteString(strings.TrimRight(key, " ") + "\n")
	}
	return out.String() + freshMasterLine()
}

// finish writes text to the disk and closes the file.
func finish(file *os.File, text string) error {
	_, err := file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}

// syncDir makes a new name in path's directory durable.
func syncDir(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}
