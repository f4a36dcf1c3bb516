package keys

import (
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

const (
	maxBcryptCost = 14 // each one more doubles the time
	bcryptReads   = 72 // bytes of a password
)

var bcryptText = regexp.MustCompile(`^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$`)

// readBcrypt reads $2b$12$ and 53 characters. $2x$ is of a faulty program, and $2$ older than all that is in use.
func readBcrypt(text string) (importedHash, error) {
	part := bcryptText.FindStringSubmatch(text)
	if part == nil {
		return importedHash{}, fmt.Errorf("%w: bcrypt is $2b$, a cost of two digits, $ and 53 characters", ErrHashMalformed)
	}
	if _, err := number(strings.TrimPrefix(part[1], "0"), uint64(bcrypt.MinCost), maxBcryptCost); err != nil {
		return importedHash{}, fmt.Errorf("cost of bcrypt: %w", err)
	}
	return importedHash{right: func(password string) bool { return rightBcrypt(text, password) }}, nil
}

// rightBcrypt refuses what bcrypt does not tell apart: it reads 72 bytes, and a NUL ends a password, or is taken for the one that
// stands behind it ("a" is "a\0a"). A longer password would pass by its beginning, and what was typed behind it, right
// or wrong, would be the password from then on. It costs the same, so that there is nothing to measure.
func rightBcrypt(hash, password string) bool {
	telling := len(password) <= bcryptReads && !strings.Contains(password, "\x00")
	read := []byte(password[:min(len(password), bcryptReads)])
	return bcrypt.CompareHashAndPassword([]byte(hash), read) == nil && telling
}
