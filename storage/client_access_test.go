package storage_test

import (
	"errors"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestWhoMaySignInToAClient(t *testing.T) {
	anna := storage.User{ID: "anna", Groups: []string{"crew", "Ops"}}
	for name, c := range map[string]struct {
		client storage.Client
		admits bool
	}{
		"nobody is named":        {storage.Client{}, true},
		"one of her groups":      {storage.Client{Groups: []string{"board", "crew"}}, true},
		"no group of hers":       {storage.Client{Groups: []string{"board"}}, false},
		"a group in other case":  {storage.Client{Groups: []string{"ops"}}, false},
		"herself":                {storage.Client{People: []string{"ben", "anna"}}, true},
		"others":                 {storage.Client{People: []string{"ben"}}, false},
		"herself beside a group": {storage.Client{Groups: []string{"board"}, People: []string{"anna"}}, true},
		"a group beside others":  {storage.Client{Groups: []string{"crew"}, People: []string{"ben"}}, true},
		"nobody fits":            {storage.Client{Groups: []string{"board"}, People: []string{"ben"}}, false},
	} {
		if c.client.Admits(anna) != c.admits {
			t.Errorf("%s: %v", name, !c.admits)
		}
	}
}

func TestWhoMaySignInIsKept(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		client := webClient("guarded")
		client.Groups, client.People, client.RequireTOTP, client.Development, client.Tile = []string{"crew"}, []string{h.user.ID}, true, true, "grafana"
		h.must(db.AddClient(t.Context(), client, storage.Event{}))
		got, err := db.Client(t.Context(), "guarded")
		h.must(err)
		if len(got.Groups) != 1 || len(got.People) != 1 || !got.RequireTOTP || !got.Development || got.Tile != "grafana" {
			t.Errorf("read %+v", got)
		}
	})
}

// Two operators have the same page open: who saves last does not undo what the other has done.
func TestOfTwoWhoChangeAClientAtOnceOneIsToldSo(t *testing.T) { // RG-06
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(db.AddClient(t.Context(), webClient("shared"), storage.Event{}))
		seen, err := db.Client(t.Context(), "shared")
		h.must(err)
		first, second := seen, seen
		first.Groups, second.Name = []string{"crew"}, "Other"
		results := make(chan error, 2)
		for _, c := range []storage.Client{first, second} {
			go func() { results <- db.ChangeClient(t.Context(), c, storage.Event{}) }()
		}
		a, b := <-results, <-results
		if a != nil {
			a, b = b, a
		}
		if a != nil || !errors.Is(b, storage.ErrConflict) {
			t.Fatalf("one should have won: %v, %v", a, b)
		}
		now, err := db.Client(t.Context(), "shared")
		h.must(err)
		if now.Restricted() == (now.Name == "Other") {
			t.Errorf("it has both or neither: %+v", now)
		}
		seen.Name = "From an old page"
		if err := db.ChangeClient(t.Context(), seen, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("an old page is saved: %v", err)
		}
	})
}
