package keys

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// Master are the master keys, of which exactly one is active; they only wrap working keys.
type Master struct {
	keys   []masterKey
	active int
}

// masterKey is one line of the file.
type masterKey struct {
	id     string
	secret Secret
}

var errNoMaster = errors.New("there is no master key")

// masterID is narrow so that no base64 of 32 bytes passes for an id and lands in an error text.
var masterID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// ReadMaster reads a master key file: mode 0600 or stricter, one "ID BASE64 [active]" a line, "#" begins a comment. Missing, short,
// duplicate keys, more or less than one active: an error that says so, without any key in it.
func ReadMaster(path string) (Master, error) {
	text, err := readMasterFile(path)
	if err != nil {
		return Master{}, err
	}
	master, err := ParseMaster(string(text))
	if err != nil {
		return Master{}, fmt.Errorf("master key file %s: %w", path, err)
	}
	return master, nil
}

// readMasterFile refuses a file that others than its owner may read, before it reads it.
func readMasterFile(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("master key file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat() // of the open file: the path may point elsewhere by now
	if err != nil {
		return nil, fmt.Errorf("master key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("master key file %s is not a regular file", path)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return nil, fmt.Errorf("master key file %s has mode %04o: others may read it; it must be 0600 or stricter", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(file, 64<<10))
	if err != nil {
		return nil, fmt.Errorf("master key file: %w", err)
	}
	return text, nil
}

// ParseMaster reads the same lines from text (the environment DOORWARD_MASTER_KEY).
func ParseMaster(text string) (Master, error) {
	master := Master{active: -1}
	number := 0
	for line := range strings.Lines(text) {
		number++
		if err := master.take(line); err != nil {
			return Master{}, fmt.Errorf("line %d: %w", number, err)
		}
	}
	if len(master.keys) == 0 {
		return Master{}, errors.New("there is no key")
	}
	if master.active < 0 {
		return Master{}, errors.New("no key is active: the word active must stand behind one")
	}
	return master, nil
}

// take reads one line. Its errors quote nothing of it: what stands at the wrong place may be the key.
func (m *Master) take(line string) error {
	line, _, _ = strings.Cut(line, "#")
	fields := strings.Fields(line)
	if len(fields) == 0 {
		return nil
	}
	if len(fields) > 3 || len(fields) < 2 || (len(fields) == 3 && fields[2] != "active") {
		return errors.New(`it must read "ID BASE64" or "ID BASE64 active"`)
	}
	if !masterID.MatchString(fields[0]) {
		return errors.New("the id must be 1 to 32 letters, digits, dots, hyphens or underscores")
	}
	bits, err := base64.StdEncoding.Strict().DecodeString(fields[1])
	if err != nil {
		return errors.New("the key is not base64")
	}
	if len(bits) != 32 {
		return fmt.Errorf("the key has %d bytes, it must have 32", len(bits))
	}
	for _, k := range m.keys {
		if k.id == fields[0] {
			return fmt.Errorf("the id %s stands twice", k.id)
		}
		if bytes.Equal(k.secret.reveal(), bits) {
			return fmt.Errorf("the key is the same as that of %s", k.id)
		}
	}
	if len(fields) == 3 {
		if m.active >= 0 {
			return fmt.Errorf("%s is active already, only one may be", m.keys[m.active].id)
		}
		m.active = len(m.keys)
	}
	m.keys = append(m.keys, masterKey{fields[0], secretOf(bits)})
	return nil
}

// Active is the id of the key that wraps.
func (m Master) Active() string {
	if len(m.keys) == 0 {
		return ""
	}
	return m.keys[m.active].id
}

// aead is the cipher of a master key, nil when there is none with that id.
func (m Master) aead(id string) cipher.AEAD {
	for _, k := range m.keys {
		if k.id == id {
			return newAEAD(k.secret.reveal())
		}
	}
	return nil
}

func newAEAD(key []byte) cipher.AEAD {
	aead, err := chacha20poly1305.NewX(key)
	if err != nil {
		panic(err) // only for a length other than 32
	}
	return aead
}

// freshMasterLine is a line with a new active key.
func freshMasterLine() string {
	var id [4]byte
	rand.Read(id[:])
	return "mk-" + hex.EncodeToString(id[:]) + " " + base64.StdEncoding.EncodeToString(freshSecret().reveal()) + " active\n"
}
