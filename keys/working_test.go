package keys

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// sharedMaster is what the nodes of one test have in common.
var sharedMaster, _ = ParseMaster(freshMasterLine())

func TestTwoNodesOnAnEmptyDatabaseAgree(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		nodes := make([]*Keys, 3)
		var all sync.WaitGroup
		for i := range nodes {
			all.Go(func() {
				k, err := Open(t.Context(), db, sharedMaster, Options{Passwords: quick()})
				if err != nil {
					t.Error(err)
				}
				nodes[i] = k
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		rows, err := db.WorkingKeys(t.Context())
		if err != nil || len(rows) != len(purposes) {
			t.Errorf("%d working keys for %d purposes, %v", len(rows), len(purposes), err)
		}
		signing, err := db.SigningKeys(t.Context())
		if err != nil || len(signing) != len(algorithms) {
			t.Errorf("%d signing keys for %d algorithms, %v", len(signing), len(algorithms), err)
		}
		_, etag := nodes[0].Ring.JWKS()
		for _, a := range nodes {
			for _, b := range nodes {
				var v string
				if err := b.Box.Open(ForCode, mustSeal(t, a, ForCode, "anna"), &v); err != nil {
					t.Errorf("one node's code on another: %v", err)
				}
				if _, err := b.Ring.Verify(mustSign(t, a, "ES256", "JWT"), "JWT"); err != nil {
					t.Errorf("one node's token on another: %v", err)
				}
			}
			if _, other := a.Ring.JWKS(); other != etag {
				t.Error("the nodes show different sets")
			}
		}
	})
}

func TestAnotherMasterKeyIsFoundAtTheStart(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	first := masterOf(t, "first "+key64(1)+" active\n")
	openUnder(t, db, first, nil)
	for name, c := range map[string]struct{ lines, says string }{
		"missing":                  {"second " + key64(2) + " active\n", `"first", which is not among`},
		"wrong, of the same name":  {"first " + key64(2) + " active\n", `"first" does not open`},
		"none":                     {"", "no master key"},
		"wrong, beside a new one":  {"first " + key64(2) + "\nsecond " + key64(3) + " active\n", `"first" does not open`},
		"right, but not active":    {"first " + key64(1) + "\nsecond " + key64(3) + " active\n", ""},
		"right, active, not alone": {"first " + key64(1) + " active\nsecond " + key64(3) + "\n", ""},
	} {
		var master Master
		if c.lines != "" {
			master = masterOf(t, c.lines)
		}
		_, err := Open(t.Context(), db, master, Options{Passwords: quick()})
		if c.says == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v does not say %s", name, err, c.says)
		}
		if err != nil && (strings.Contains(err.Error(), key64(1)) || strings.Contains(err.Error(), key64(2))) {
			t.Errorf("%s: the error shows a key", name)
		}
	}
}

// moved is a database in which somebody has moved sealed values between rows.
type moved struct {
	*storage.DB
	working func([]storage.WorkingKey)
	signing func([]storage.SigningKey)
}

func (m *moved) WorkingKeys(ctx context.Context) ([]storage.WorkingKey, error) {
	rows, err := m.DB.WorkingKeys(ctx)
	if m.working != nil && len(rows) > 1 {
		m.working(rows)
	}
	return rows, err
}

func (m *moved) SigningKeys(ctx context.Context) ([]storage.SigningKey, error) {
	rows, err := m.DB.SigningKeys(ctx)
	if m.signing != nil && len(rows) > 1 {
		m.signing(rows)
	}
	return rows, err
}

func TestASealedKeyOpensInItsOwnRowOnly(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	openUnder(t, db, sharedMaster, nil)
	for name, m := range map[string]*moved{
		"working key in another row": {working: func(r []storage.WorkingKey) { r[0].Sealed = r[1].Sealed }},
		"working key relabelled":     {working: func(r []storage.WorkingKey) { r[0].Purpose, r[1].Purpose = r[1].Purpose, r[0].Purpose }},
		"working key made newest":    {working: func(r []storage.WorkingKey) { r[0].Serial = 9 }},
		"working key cut off":        {working: func(r []storage.WorkingKey) { r[0].Sealed = r[0].Sealed[:10] }},
		"working key of another id":  {working: func(r []storage.WorkingKey) { r[0].ID = "zz" }},
		"signing key in another row": {signing: func(r []storage.SigningKey) { r[0].Sealed = r[1].Sealed }},
		"signing key renamed":        {signing: func(r []storage.SigningKey) { r[0].ID = r[1].ID }},
		"signing key cut off":        {signing: func(r []storage.SigningKey) { r[0].Sealed = r[0].Sealed[:3] }},
		"signing key of nobody":      {signing: func(r []storage.SigningKey) { r[0].Sealed = append([]byte{1, 2, 3, 4}, r[0].Sealed[4:]...) }},
	} {
		m.DB = db
		if _, err := Open(t.Context(), m, sharedMaster, Options{Passwords: quick()}); err == nil {
			t.Errorf("%s: it opens", name)
		}
	}
}

func TestRewrappingKeepsEverythingReadable(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		formerLine := "former " + key64(1)
		former, both := masterOf(t, formerLine+" active"), masterOf(t, formerLine+"\nlater "+key64(2)+" active")
		later := masterOf(t, "later "+key64(2)+" active")
		running := openUnder(t, db, former, nil)
		sealed, token := mustSeal(t, running, ForCode, "anna"), mustSign(t, running, "RS256", "JWT")
		hash, err := running.Passwords.Hash(t.Context(), "correct horse")
		if err != nil {
			t.Fatal(err)
		}

		if n, err := Rewrap(t.Context(), db, both, event()); err != nil || n != len(purposes) {
			t.Fatalf("%d rewrapped, %v", n, err)
		}
		if n, err := Rewrap(t.Context(), db, later, event()); err != nil || n != 0 {
			t.Errorf("the second time %d were rewrapped, %v", n, err)
		}

		if _, err := Open(t.Context(), db, former, Options{Passwords: quick()}); err == nil {
			t.Error("the former master key alone still opens")
		}
		if err := running.Refresh(t.Context()); err != nil {
			t.Errorf("a node that runs fails: %v", err)
		}
		for _, k := range []*Keys{running, openUnder(t, db, later, nil), openUnder(t, db, both, nil)} {
			var v string
			if err := k.Box.Open(ForCode, sealed, &v); err != nil {
				t.Errorf("a code from before: %v", err)
			}
			if _, err := k.Ring.Verify(token, "JWT"); err != nil {
				t.Errorf("a token from before: %v", err)
			}
			if right, stale, err := k.Passwords.Check(t.Context(), hash, "correct horse"); !right || stale || err != nil {
				t.Errorf("a password from before: %v, %v, %v", right, stale, err)
			}
		}
	})
}

func TestRewrappingWithoutTheFormerKeyChangesNothing(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	openUnder(t, db, sharedMaster, nil)
	if _, err := Rewrap(t.Context(), db, testMaster(t), event()); err == nil {
		t.Error("keys were wrapped anew that could not be opened")
	}
	if _, err := Rewrap(t.Context(), db, Master{}, event()); err == nil {
		t.Error("keys were wrapped under no key")
	}
	openUnder(t, db, sharedMaster, nil)
}

// busy is a database in which another node adds a key between the reading and the writing of the first rewrap.
type busy struct {
	*storage.DB
	once sync.Once
}

func (b *busy) RewrapWorkingKeys(ctx context.Context, keys []storage.WorkingKey, e storage.Event) error {
	b.once.Do(func() {
		k := newKeeper(b.DB, sharedMaster, Options{Now: b.Now})
		_ = k.makeWorkingKey(ctx, ForAttempt, 2)
	})
	return b.DB.RewrapWorkingKeys(ctx, keys, e)
}

func TestAKeyMadeDuringARewrapIsNotForgotten(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		openUnder(t, db, sharedMaster, nil)
		line := sharedMaster.keys[0]
		both := Master{keys: append([]masterKey{{"later", freshSecret()}}, line)}
		if n, err := Rewrap(t.Context(), &busy{DB: db}, both, event()); err != nil || n != len(purposes)+1 {
			t.Fatalf("%d rewrapped, %v", n, err)
		}
		openUnder(t, db, Master{keys: both.keys[:1]}, nil)
	})
}
