package storage_test

import (
	"path/filepath"
	"strings"
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
		h.must(db.SetUserState(t.Context(), first.UserID, "disabled", storage.Event{}))
		if use, err = db.ClientUse(t.Context(), "used"); err != nil || use.Grants != 0 || use.Latest.IsZero() {
			t.Errorf("of somebody who is disabled: %+v, %v", use, err)
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

// The page of an application asks every few seconds while it waits: it costs the same however many grants have ended by themselves, and
// those that did not end are counted among the youngest.
func TestTheYoungestGrantsOfAClientAreCounted(t *testing.T) {
	const many = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 10002)
		insert into grants select 'grant-' || i, 'code', '', 'used', '', '', null, cast(4000000000000000 as bigint), '[]', '', '', '', '', true, '', '', 1, 0, 0,
			0, 0, case when i in (1, 2, 10002) then cast(4000000000000000 as bigint) else 1 end, 0, i from n`
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		h := &house{DB: node(t, url, nil), t: t}
		h.apps("used")
		exec(many)
		exec(`update grants set epoch = (select value from meta where name = 'epoch')`)
		use, err := h.ClientUse(t.Context(), "used")
		if err != nil || use.Grants != 1 || !use.More {
			t.Errorf("%+v, %v; want the youngest alone, and that there are more", use, err)
		}
		exec(`update grants set revoked_at = 5 where id in ('grant-10002', 'grant-77')`)
		if use, err = h.ClientUse(t.Context(), "used"); err != nil || use.Grants != 2 || use.More {
			t.Errorf("%+v, %v; want both of the oldest, and no more", use, err)
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

// An application whose grants are nearly all revoked costs its page, which asks every few seconds, no more than one that lives.
func TestNoRevokedGrantOfAClientIsRead(t *testing.T) {
	const many = `with recursive n(i) as (select 1 union all select i + 1 from n where i < 20000)
		insert into grants select 'grant-' || i, 'code', '', 'client-' || (i % 2), 'user-' || (i % 1000), '', null, 1, '[]', '', '', '', '', true, '', '', 1, 0, 0,
			case when i < 19990 then 1 else 0 end, 0, 4000000000000000, 0, i from n`
	for kind, url := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "x.db"), "postgres": storagetest.PostgresURL(t)} {
		node(t, url, nil)
		db := besides(t, url)
		explain := "explain query plan "
		if _, err := db.ExecContext(t.Context(), many); err != nil {
			t.Fatal(err)
		}
		if kind == "postgres" {
			explain = "explain "
			if _, err := db.ExecContext(t.Context(), "analyze grants"); err != nil {
				t.Fatal(err)
			}
		}
		for name, text := range storage.OfAClient {
			args := []any{"client-1", int64(5)}
			if !strings.Contains(text, "$2") {
				args = args[:1]
			}
			shown := plan(t, db, explain, text, args)
			whole := strings.Contains(shown, "SCAN grants") && !strings.HasPrefix(shown, "CO-ROUTINE grants\nSEARCH g ") // which are the ten thousand
			if !strings.Contains(shown, "grants_client") || whole || strings.Contains(shown, "TEMP B-TREE") || strings.Contains(shown, "Sort") {
				t.Errorf("%s, %s:\n%s", kind, name, shown)
			}
		}
	}
}
