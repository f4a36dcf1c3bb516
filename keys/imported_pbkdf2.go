package keys

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"hash"
	"strings"
)

// pbkdf2Digest is what PBKDF2 runs over, and how often at most: SHA-512 takes three times as long.
type pbkdf2Digest struct {
	make   func() hash.Hash
	size   int
	rounds uint64
}

var pbkdf2Digests = map[string]pbkdf2Digest{
	"sha256": {sha256.New, sha256.Size, 3_000_000},
	"sha512": {sha512.New, sha512.Size, 1_000_000},
}

// right computes PBKDF2 (RFC 8018 §5.2), whose work is rounds for each block of the sum.
func (d pbkdf2Digest) right(password string, salt, sum []byte, rounds uint64) bool {
	made, err := pbkdf2.Key(d.make, password, salt, int(rounds), len(sum))
	return err == nil && subtle.ConstantTimeCompare(sum, made) == 1
}

// hash bounds the rounds. A sum longer than the digest would take each of them once more, for nothing.
func (d pbkdf2Digest) hash(rounds string, salt, sum []byte) (importedHash, error) {
	n, err := number(rounds, 1, d.rounds)
	if err != nil {
		return importedHash{}, fmt.Errorf("rounds of PBKDF2: %w", err)
	}
	if len(sum) > d.size {
		return importedHash{}, fmt.Errorf("%w: it is longer than its digest", ErrHashMalformed)
	}
	return importedHash{right: func(password string) bool { return d.right(password, salt, sum, n) }}, nil
}

// readPBKDF2 reads $pbkdf2-sha256$29000$SALT$HASH, where base64 may have "." for "+" (passlib), and $i=29000$ or $i=29000,l=32$.
func readPBKDF2(text string) (importedHash, error) {
	part := strings.Split(strings.ReplaceAll(text, ".", "+"), "$")
	if len(part) != 5 {
		return importedHash{}, fmt.Errorf("%w: PBKDF2 is its name, $, rounds, $salt$hash", ErrHashMalformed)
	}
	salt, sum, err := saltAndSum(part[3], part[4])
	if err != nil {
		return importedHash{}, err
	}
	rounds, _ := strings.CutSuffix(strings.TrimPrefix(part[2], "i="), fmt.Sprintf(",l=%d", len(sum)))
	return pbkdf2Digests[strings.TrimPrefix(part[1], "pbkdf2-")].hash(rounds, salt, sum)
}

// readDjango reads pbkdf2_sha256$870000$SALT$HASH=: its salt is what stands there, its base64 is padded.
func readDjango(text string) (importedHash, error) {
	part := strings.Split(text, "$")
	if len(part) != 4 || len(part[2]) < 8 || len(part[2]) > 64 {
		return importedHash{}, fmt.Errorf("%w: Django's is its name, $, rounds, $, a salt of 8 to 64 characters, $ and the hash", ErrHashMalformed)
	}
	sum, err := readSum(base64.StdEncoding, part[3])
	if err != nil {
		return importedHash{}, err
	}
	return pbkdf2Digests[strings.TrimPrefix(part[0], "pbkdf2_")].hash(part[1], []byte(part[2]), sum)
}
