package storage_test

import (
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestTheUseOfAClientIsWhatLivesOfIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.apps("used", "idle")
		redeem := func() storage.Grant {
			return h.grant(func(g *storage.Grant) { g.ClientID = "used" })
		}
		first, second := redeem(), redeem()
		use, err := db.ClientUse(t.Context(), "used")
		h.must(err)
		if use.Grants != 2 || use.Latest.IsZero() || len(use.Scopes) == 0 || use.People != 0 {
			t.Errorf("%+v", use)
		}
		for _, g := range []storage.Grant{first, second} {
			h.must(db.RevokeGrant(t.Context(), g.ID, storage.Event{}))
		}
		for _, client := range []string{"used", "idle", "nobody"} {
			use, err := db.ClientUse(t.Context(), client)
			h.must(err)
			if use.Grants != 0 || !use.Latest.IsZero() {
				t.Errorf("%s: %+v", client, use)
			}
		}
	})
}

func TestASecretKeepsTheTimeWhenItCame(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, k *clock) {
		h := furnish(t, db)
		c := webClient("rotates")
		h.must(db.AddClient(t.Context(), c, storage.Event{}))
		read := func() storage.Client {
			c, err := db.Client(t.Context(), "rotates")
			h.must(err)
			return c
		}
		before := read()
		if before.SecretsMade[0].IsZero() || !before.SecretsMade[1].IsZero() {
			t.Errorf("made %v", before.SecretsMade)
		}
		k.pass(time.Second)
		two := before
		two.Secrets[1] = random()
		h.must(db.ChangeClient(t.Context(), two, storage.Event{}))
		two = read()
		if !two.SecretsMade[0].Equal(before.SecretsMade[0]) || !two.SecretsMade[1].After(before.SecretsMade[0]) {
			t.Errorf("made %v, and before %v", two.SecretsMade, before.SecretsMade)
		}
		one := two
		one.Secrets = [2][]byte{two.Secrets[1]}
		one.SecretsMade = [2]time.Time{} // whoever changes a client need not know
		h.must(db.ChangeClient(t.Context(), one, storage.Event{}))
		if got := read(); !got.SecretsMade[0].Equal(two.SecretsMade[1]) || !got.SecretsMade[1].IsZero() {
			t.Errorf("made %v, and before %v", got.SecretsMade, two.SecretsMade)
		}
	})
}
