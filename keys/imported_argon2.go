package keys

import (
	"crypto/subtle"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// readArgon2 reads $argon2id$v=19$m=65536,t=3,p=4$SALT$HASH, and argon2i in the same form.
func readArgon2(text string) (importedHash, error) {
	part := strings.Split(text, "$")
	if len(part) != 6 || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return importedHash{}, fmt.Errorf("%w: %s is $v=19$m=…,t=…,p=…$salt$hash behind its name; the version before 19 is not known", ErrHashMalformed, part[1])
	}
	var c cost
	_, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads)
	if err != nil || fmt.Sprintf("m=%d,t=%d,p=%d", c.memory, c.time, c.threads) != part[3] {
		return importedHash{}, fmt.Errorf("%w: its parameters are not m=…,t=…,p=…; one with a key (keyid) or data can be checked only where that is known", ErrHashMalformed)
	}
	if !c.bearable() || c.memory > importedMemory || uint64(c.memory)*uint64(c.time) > 4*importedMemory {
		return importedHash{}, fmt.Errorf("%w: %s; at most m=%d, m × t = %d, t=20, p=16, and m from 8 × p", ErrHashCost, part[3], importedMemory, 4*importedMemory)
	}
	salt, sum, err := saltAndSum(part[4], part[5])
	if err != nil {
		return importedHash{}, err
	}
	compute := argon2.IDKey
	if part[1] == "argon2i" {
		compute = argon2.Key
	}
	return importedHash{memory: int64(c.memory), right: func(password string) bool {
		return subtle.ConstantTimeCompare(sum, compute([]byte(password), salt, c.time, c.memory, c.threads, uint32(len(sum)))) == 1
	}}, nil
}
