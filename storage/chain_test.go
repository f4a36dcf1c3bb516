package storage_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"testing"

	"github.com/doorward/doorward/storage"
)

// linker links by a key that stands in this test.
type linker string

func (l linker) Link(previous, digest []byte) []byte {
	h := hmac.New(sha256.New, []byte(l))
	h.Write(previous)
	h.Write(digest)
	return h.Sum(nil)
}

func (l linker) Linked(link, previous, digest []byte) bool {
	return hmac.Equal(link, l.Link(previous, digest))
}

const ours = linker("the key of this house")

// chainAll chains all that is a moment old, and says how much that was.
func chainAll(t *testing.T, db *storage.DB) int {
	t.Helper()
	all := 0
	for {
		n, err := db.ChainEvents(t.Context(), 100, ours)
		if err != nil {
			t.Fatal(err)
		}
		if all += n; n == 0 {
			return all
		}
	}
}
