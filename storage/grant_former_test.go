package storage_test

import (
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// An application that asks nobody for consent has no stamp that would end its codes: they end by being older than the next of its id.
func TestACodeOfARemovedClientIsNothingForTheNextOfItsID(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		of := func(g *storage.Grant) { g.ClientID, g.Offline = "app", true }
		h.must(db.AddClient(t.Context(), webClient("app"), storage.Event{}))
		redeemed, code := h.grant(of), h.code()
		of(&code)

		h.must(db.RemoveClient(t.Context(), "app", storage.Event{}))
		h.must(db.AddClient(t.Context(), webClient("app"), storage.Event{}))
		h.lives(redeemed, false)
		h.redeems(code, false)
		h.lives(h.grant(of), true) // one of its own, of the same second
	})
}
