package keys

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is the bytes of a key. Formatted, encoded or logged it shows as [redacted]. The bytes are in a function, since fmt
// cannot call the methods of what stands in an unexported field and would print there whatever it can reach.
type Secret struct{ reveal func() []byte }

func secretOf(key []byte) Secret { return Secret{func() []byte { return key }} }

func freshSecret() Secret {
	key := make([]byte, 32)
	rand.Read(key)
	return secretOf(key)
}

// Format keeps the key out of every verb of fmt.
func (Secret) Format(f fmt.State, _ rune) { io.WriteString(f, redacted) }

// MarshalText keeps the key out of JSON and its like.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue keeps the key out of logs.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// NewSecret is 256 random bits as text after a recognisable prefix, and the SHA-256 to store.
func NewSecret(prefix string) (string, []byte) {
	var bits [32]byte
	rand.Read(bits[:])
	text := prefix + base64.RawURLEncoding.EncodeToString(bits[:])
	return text, HashSecret(text)
}

// HashSecret is the SHA-256 of a random secret's text. With 256 random bits nothing slower is needed.
func HashSecret(text string) []byte {
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// SameSecret compares text with the stored hashes in constant time; an empty hash never matches.
func SameSecret(text string, hashes ...[]byte) bool {
	sum := HashSecret(text)
	same := 0
	for _, hash := range hashes {
		same |= subtle.ConstantTimeCompare(sum, hash)
	}
	return same == 1
}

// NewDigits is n random decimal digits, uniform, leading zeros kept.
func NewDigits(n int) string {
	digits := make([]byte, 0, n)
	var random [16]byte
	for len(digits) < n {
		rand.Read(random[:])
		for _, b := range random {
			// 250 is a multiple of ten; the bytes above it would favour 0 to 5.
			if b < 250 && len(digits) < n {
				digits = append(digits, '0'+b%10)
			}
		}
	}
	return string(digits)
}
