package keys

import (
	"crypto/subtle"
	"fmt"
	"strings"

	"golang.org/x/crypto/scrypt"
)

// scryptParameters are those of RFC 7914 §2: N is two to the power of ln.
type scryptParameters struct{ ln, r, p uint64 }

// bearable bounds each before they are multiplied; N × r × p is the work.
func (s scryptParameters) bearable() bool {
	return s.ln >= 1 && s.ln <= 20 && s.r >= 1 && s.r <= 64 && s.p >= 1 && s.p <= 64 &&
		s.memory() <= importedMemory && s.r*s.p<<s.ln <= 1<<21
}

func (s scryptParameters) memory() int64 { return int64(128 * s.r << s.ln >> 10) } // KiB

// readScrypt reads $scrypt$ln=16,r=8,p=1$SALT$HASH.
func readScrypt(text string) (importedHash, error) {
	part := strings.Split(text, "$")
	if len(part) != 5 {
		return importedHash{}, fmt.Errorf("%w: scrypt is $scrypt$ln=…,r=…,p=…$salt$hash", ErrHashMalformed)
	}
	var s scryptParameters
	_, err := fmt.Sscanf(part[2], "ln=%d,r=%d,p=%d", &s.ln, &s.r, &s.p)
	if err != nil || fmt.Sprintf("ln=%d,r=%d,p=%d", s.ln, s.r, s.p) != part[2] {
		return importedHash{}, fmt.Errorf("%w: its parameters are not ln=…,r=…,p=…", ErrHashMalformed)
	}
	if !s.bearable() {
		return importedHash{}, fmt.Errorf("%w: %s; at most %d KiB of memory (2^ln × r / 8) and 2^ln × r × p = %d", ErrHashCost, part[2], importedMemory, 1<<21)
	}
	salt, sum, err := saltAndSum(part[3], part[4])
	if err != nil {
		return importedHash{}, err
	}
	return importedHash{memory: s.memory(), right: func(password string) bool {
		made, err := scrypt.Key([]byte(password), salt, 1<<s.ln, int(s.r), int(s.p), len(sum))
		return err == nil && subtle.ConstantTimeCompare(sum, made) == 1
	}}, nil
}
