package keys

// NewSecret is 256 random bits as text after a recognisable prefix, and the SHA-256 to store.
func NewSecret(prefix string) (text string, hash []byte) { panic("stub") }

// HashSecret is the SHA-256 of a random secret's text.
func HashSecret(text string) []byte { panic("stub") }

// SameSecret compares text with the stored hashes in constant time; an empty hash never matches.
func SameSecret(text string, hashes ...[]byte) bool { panic("stub") }

// NewDigits is n random decimal digits, uniform, leading zeros kept.
func NewDigits(n int) string { panic("stub") }
