package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func workingKey(db *storage.DB, purpose string, serial int64) storage.WorkingKey {
	return storage.WorkingKey{ID: storage.NewID(), Purpose: purpose, Serial: serial, Sealed: random(), Master: "m1", Created: db.Now()}
}

func TestOfAllNodesThatMakeOneWorkingKeyOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		oneWinner(t, atOnce(20, func(int) error { return db.AddWorkingKey(t.Context(), workingKey(db, "code", 1)) }), storage.ErrConflict)
		if err := db.AddWorkingKey(t.Context(), workingKey(db, "code", 2)); err != nil {
			t.Error(err)
		}
	})
}

func TestWorkingKeysAreWrappedAnewAllOrNone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		for serial := range int64(3) {
			h.must(db.AddWorkingKey(t.Context(), workingKey(db, "code", serial)))
		}
		keys, err := db.WorkingKeys(t.Context())
		h.must(err)
		old := append([]storage.WorkingKey{}, keys...)
		for i := range keys {
			keys[i].Sealed, keys[i].Master = random(), "m2"
		}
		for name, list := range map[string][]storage.WorkingKey{
			"too few": keys[:2], "one twice": {keys[0], keys[1], keys[1]}, "an unknown one": {keys[0], keys[1], workingKey(db, "x", 1)}, "none": nil,
		} {
			if err := db.RewrapWorkingKeys(t.Context(), list, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
				t.Errorf("%s: %v, want ErrConflict", name, err)
			}
			if got, err := db.WorkingKeys(t.Context()); err != nil || cmp.Diff(old, got) != "" {
				t.Errorf("%s: the stored keys changed: %v", name, err)
			}
		}
		h.must(db.RewrapWorkingKeys(t.Context(), keys, storage.Event{Actor: "operator"}))
		got, err := db.WorkingKeys(t.Context())
		h.must(err)
		if diff := cmp.Diff(keys, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestSigningKeysChangeTogether(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		now := db.Now()
		key := func(alg string, serial int64) storage.SigningKey {
			return storage.SigningKey{ID: storage.NewID(), Alg: alg, Serial: serial, Public: []byte(`{}`), Sealed: random(), Created: now, Use: now.Add(time.Hour)}
		}
		first, second := key("ES256", 1), key("ES256", 2)
		second.Created = now.Add(time.Second)
		h.must(db.ChangeSigningKeys(t.Context(), []storage.SigningKey{first}, nil, storage.Event{}))
		first.Retire, first.Gone = now.Add(2*time.Hour), now.Add(3*time.Hour)
		h.must(db.ChangeSigningKeys(t.Context(), []storage.SigningKey{second}, []storage.SigningKey{first}, storage.Event{}))
		late, unknown := first, key("EdDSA", 1)
		late.Retire = now
		for name, c := range map[string]struct {
			add, change []storage.SigningKey
			want        error
		}{
			"a serial that is taken": {[]storage.SigningKey{key("EdDSA", 1), key("ES256", 2)}, []storage.SigningKey{late}, storage.ErrConflict},
			"an unknown key":         {[]storage.SigningKey{key("EdDSA", 1)}, []storage.SigningKey{late, unknown}, storage.ErrNotFound},
		} {
			if err := db.ChangeSigningKeys(t.Context(), c.add, c.change, storage.Event{}); !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
		}
		got, err := db.SigningKeys(t.Context())
		h.must(err)
		if diff := cmp.Diff([]storage.SigningKey{first, second}, got); diff != "" {
			t.Error(diff)
		}
		if n := h.events(storage.KeysChanged); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
	})
}
