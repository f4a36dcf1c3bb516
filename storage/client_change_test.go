package storage_test

import (
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// An operator changes an application in its place, so that nobody loses what they have; to another host only where nobody was asked.
func TestAnOperatorsClientThatIsChangedKeepsItsGrants(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for name, c := range map[string]struct {
			consent bool
			to      string
			lives   bool
		}{
			"another name":                        {false, "https://app.example/cb", true},
			"another host, nobody was asked":      {false, "https://new.example/cb", true},
			"another path, people were asked":     {true, "https://app.example/else", true},
			"another host, and people were asked": {true, "https://new.example/cb", false},
		} {
			client := webClient(storage.NewID())
			client.Consent, client.RedirectURIs = c.consent, []string{"https://app.example/cb"}
			h.must(db.AddClient(t.Context(), client, storage.Event{}))
			h.must(db.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: client.ID, Scopes: []string{"openid"}}, storage.Event{}))
			grant := h.grant(func(g *storage.Grant) { g.ClientID, g.Offline = client.ID, true })
			now, err := db.Client(t.Context(), client.ID)
			h.must(err)
			now.Name, now.RedirectURIs = "Changed", []string{c.to}
			h.must(db.ChangeClient(t.Context(), now, storage.Event{}))
			if h.lives(grant, c.lives); t.Failed() {
				t.Fatal(name)
			}
		}
	})
}
