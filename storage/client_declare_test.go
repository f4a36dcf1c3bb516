package storage_test

import (
	"errors"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// Another application may be declared under the id of one that is gone: it inherits nothing.
func TestWhatARemovedClientWasAllowedDoesNotComeBackWithItsID(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		app, other := webClient("app"), webClient("other")
		h.must(db.DeclareClients(t.Context(), []storage.Client{app, other}, storage.Event{}))
		of := func(client string) func(*storage.Grant) {
			return func(g *storage.Grant) { g.ClientID, g.Offline = client, true }
		}
		online := h.grant(func(g *storage.Grant) { g.ClientID = "app" })
		offline, kept := h.grant(of("app")), h.grant(of("other"))
		code := h.code()
		code.ClientID = "app"
		for _, id := range []string{"app", "other"} {
			h.must(db.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: id, Scopes: []string{"email"}}, storage.Event{}))
		}

		h.must(db.DeclareClients(t.Context(), []storage.Client{other}, storage.Event{}))
		h.must(db.DeclareClients(t.Context(), []storage.Client{app, other}, storage.Event{}))
		h.lives(online, false)
		h.lives(offline, false)
		h.lives(kept, true)
		h.redeems(code, false)
		if c, err := db.Consent(t.Context(), h.user.ID, "app"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the consent: %+v, %v; want ErrNotFound", c, err)
		}
		if _, err := db.Consent(t.Context(), h.user.ID, "other"); err != nil {
			t.Errorf("another's consent: %v", err)
		}
		h.must(db.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: "app", Scopes: []string{"openid"}}, storage.Event{}))
		if c, err := db.Consent(t.Context(), h.user.ID, "app"); err != nil || len(c.Scopes) != 1 {
			t.Errorf("given anew: %+v, %v; want openid alone", c, err)
		}
	})
}
