package keys

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Why a hash of another system is not taken. What ImportedHash returns is one of these, with the particulars in words.
var (
	ErrHashUnknown   = errors.New("the hash is of no kind that is known here")
	ErrHashMalformed = errors.New("the hash is not written as its kind demands")
	ErrHashCost      = errors.New("the hash asks for more than this house gives")
)

// What a hash of another system may ask for: about two seconds of one core, as a visitor waits no longer for a slot, and this
// memory, which all that are computed at once share (queue). Without bounds, one row of a list that somebody hands over
// would stop the house at each sign-in of that name, and anybody may try to sign in with a name.
const (
	importedMemory = 256 << 10 // KiB
	maxImported    = 512       // characters
)

// importedKind is a way in which other systems write hashes; read judges all but the beginning.
type importedKind struct {
	name   string
	begins []string
	read   func(text string) (importedHash, error)
}

// importedKinds are all that are taken: one file and one line each.
var importedKinds = []importedKind{
	{"bcrypt ($2a$, $2b$, $2y$)", []string{"$2a$", "$2b$", "$2y$"}, readBcrypt},
	{"argon2id, argon2i ($argon2id$v=19$, $argon2i$v=19$)", []string{"$argon2id$", "$argon2i$"}, readArgon2},
	{"scrypt ($scrypt$ln=…,r=…,p=…$)", []string{"$scrypt$"}, readScrypt},
	{"PBKDF2-SHA-256, PBKDF2-SHA-512 ($pbkdf2-sha256$, $pbkdf2-sha512$)", []string{"$pbkdf2-sha256$", "$pbkdf2-sha512$"}, readPBKDF2},
	{"Django PBKDF2 (pbkdf2_sha256$, pbkdf2_sha512$)", []string{"pbkdf2_sha256$", "pbkdf2_sha512$"}, readDjango},
}

// importedHash is a hash that can be compared.
type importedHash struct {
	memory int64 // KiB that comparing fills; 0: next to nothing
	// right takes its time: callers hold a slot and the memory. The password comes as it was typed, since that is what the other
	// system has hashed.
	right func(password string) bool
}

// Known are the kinds of hashes that ImportedHash takes, in words for operators.
func Known() []string {
	names := make([]string, len(importedKinds))
	for i, kind := range importedKinds {
		names[i] = kind.name
	}
	return names
}

// ImportedHash judges a hash that another system has made: ErrHashUnknown, ErrHashMalformed, ErrHashCost, each with what is wrong
// in words that do not repeat the hash. nil: its person can sign in with it. What is stored is what Import makes of it.
func ImportedHash(text string) error {
	_, err := readImported(text)
	return err
}

func readImported(text string) (importedHash, error) {
	if text == "" {
		return importedHash{}, fmt.Errorf("%w: it is empty", ErrHashMalformed)
	}
	if len(text) > maxImported {
		return importedHash{}, fmt.Errorf("%w: it has more than %d characters", ErrHashMalformed, maxImported)
	}
	if strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return importedHash{}, fmt.Errorf("%w: it holds a space, or a character that no hash has", ErrHashMalformed)
	}
	if kind := kindOf(text); kind != nil {
		return kind.read(text)
	}
	return importedHash{}, fmt.Errorf("%w; known are %s", ErrHashUnknown, strings.Join(Known(), ", "))
}

func kindOf(text string) *importedKind {
	for i, kind := range importedKinds {
		for _, begin := range kind.begins {
			if strings.HasPrefix(text, begin) {
				return &importedKinds[i]
			}
		}
	}
	return nil
}

// sealedImport begins what Import makes.
const sealedImport = "imported$"

// Import judges a hash as ImportedHash does and makes what is stored of it: sealed, so that a copy of the database alone is no
// more worth than with hashes of our own, which are peppered.
func (p *Passwords) Import(text string) (string, error) {
	if err := ImportedHash(text); err != nil {
		return "", err
	}
	sealed, err := (&Box{p.keeper}).SealRow(ForPepper, []byte(text), sealedImport)
	if err != nil {
		return "", fmt.Errorf("import hash: %w", err)
	}
	return sealedImport + base64.RawURLEncoding.EncodeToString(sealed), nil
}

// isImported says that a stored hash was made elsewhere: sealed by Import, or as it was given. Those of our own name their pepper.
func isImported(stored string) bool {
	return strings.HasPrefix(stored, sealedImport) || kindOf(stored) != nil && !strings.Contains(stored, ",keyid=")
}

func (p *Passwords) openImported(stored string) (importedHash, error) {
	text, sealed := strings.CutPrefix(stored, sealedImport)
	if !sealed {
		return readImported(stored)
	}
	box, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return importedHash{}, errHash
	}
	plain, err := (&Box{p.keeper}).OpenRow(ForPepper, box, sealedImport)
	if err != nil {
		return importedHash{}, errHash
	}
	return readImported(string(plain))
}

// checkImported compares in the queue of all hashes. An empty password is never right, whatever the other system took.
func (p *Passwords) checkImported(ctx context.Context, stored, password string) (bool, error) {
	h, err := p.openImported(stored)
	if err != nil {
		return false, fmt.Errorf("check password: %w", err)
	}
	if err := p.queue.enterWith(ctx, h.memory); err != nil {
		return false, err
	}
	defer p.queue.leaveWith(h.memory)
	return h.right(password) && password != "", nil
}

// number reads a decimal number as it is written by machines: no sign, no zero in front.
func number(text string, least, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != text || n < least {
		return 0, fmt.Errorf("%w: where a number from %d to %d should stand is none", ErrHashMalformed, least, most)
	}
	if n > most {
		return 0, fmt.Errorf("%w: %d, at most %d", ErrHashCost, n, most)
	}
	return n, nil
}

// saltAndSum read the two ends of a hash, in base64 without padding. Unused bits of the last character may be set: some systems
// leave them as they fall.
func saltAndSum(salt, sum string) ([]byte, []byte, error) {
	s, err := base64.RawStdEncoding.DecodeString(salt)
	if err != nil || len(s) < 8 || len(s) > 64 {
		return nil, nil, fmt.Errorf("%w: its salt is no base64 of 8 to 64 bytes", ErrHashMalformed)
	}
	h, err := readSum(base64.RawStdEncoding, sum)
	return s, h, err
}

// readSum wants 16 bytes at least: of a shorter sum, passwords that are right can be found.
func readSum(spelling *base64.Encoding, text string) ([]byte, error) {
	sum, err := spelling.DecodeString(text)
	if err != nil || len(sum) < 16 || len(sum) > 64 {
		return nil, fmt.Errorf("%w: what follows its salt is no base64 of 16 to 64 bytes", ErrHashMalformed)
	}
	return sum, nil
}
