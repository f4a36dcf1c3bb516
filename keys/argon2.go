package keys

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

const (
	saltLen = 16
	hashLen = 32
)

// cost is what one argon2id hash takes (RFC 9106 §3.1); memory is in KiB.
type cost struct {
	memory  uint32
	time    uint32
	threads uint8
}

// bearable bounds what a stored hash may ask of us: a row that asks for a terabyte would stop the house.
func (c cost) bearable() bool {
	return c.time >= 1 && c.time <= 20 && c.threads >= 1 && c.threads <= 16 &&
		c.memory >= 8*uint32(c.threads) && c.memory <= 1<<20
}

// argonHash is a PHC string: $argon2id$v=19$m=19456,t=2,p=1,keyid=PEPPER$SALT$HASH.
type argonHash struct {
	cost   cost
	pepper keyID
	salt   []byte
	sum    []byte
}

// newHash is a hash with a fresh salt; its sum, still to be computed, matches nothing.
func newHash(c cost, pepper keyID) argonHash {
	h := argonHash{cost: c, pepper: pepper, salt: make([]byte, saltLen), sum: make([]byte, hashLen)}
	rand.Read(h.salt)
	return h
}

// compute peppers the password and hashes it, which takes its time: callers hold a slot of the queue.
func (h argonHash) compute(pepper *workingKey, password string) []byte {
	return argon2.IDKey(pepper.mac.sumList(password), h.salt, h.cost.time, h.cost.memory, h.cost.threads, uint32(len(h.sum)))
}

// matches compares in constant time.
func (h argonHash) matches(sum []byte) bool { return subtle.ConstantTimeCompare(h.sum, sum) == 1 }

func (h argonHash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$%s$%s$%s", argon2.Version, h.parameters(),
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.sum))
}

func (h argonHash) parameters() string {
	return fmt.Sprintf("m=%d,t=%d,p=%d,keyid=%s", h.cost.memory, h.cost.time, h.cost.threads, h.pepper)
}

var errHash = errors.New("the stored hash is not one of ours")

// parseHash reads what String writes, and nothing else.
func parseHash(text string) (argonHash, error) {
	part := strings.Split(text, "$")
	if len(part) != 6 || part[0] != "" || part[1] != "argon2id" || part[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return argonHash{}, errHash
	}
	var h argonHash
	var pepper string
	_, err := fmt.Sscanf(part[3], "m=%d,t=%d,p=%d,keyid=%s", &h.cost.memory, &h.cost.time, &h.cost.threads, &pepper)
	if err != nil {
		return argonHash{}, errHash
	}
	var ok bool
	// Sscanf takes signs, zeros in front and trailing text; what is written again must be what was read.
	if h.pepper, ok = parseKeyID(pepper); !ok || h.parameters() != part[3] {
		return argonHash{}, errHash
	}
	if !h.cost.bearable() {
		return argonHash{}, fmt.Errorf("the stored hash asks for too much: %s", part[3])
	}
	if h.salt, err = base64.RawStdEncoding.Strict().DecodeString(part[4]); err != nil || len(h.salt) < 8 || len(h.salt) > 64 {
		return argonHash{}, errHash
	}
	if h.sum, err = base64.RawStdEncoding.Strict().DecodeString(part[5]); err != nil || len(h.sum) < 16 || len(h.sum) > 64 {
		return argonHash{}, errHash
	}
	return h, nil
}
