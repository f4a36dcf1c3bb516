package storage_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func administrator(i int) storage.User {
	return storage.User{ID: storage.NewID(), Email: fmt.Sprintf("admin%d@example.com", i), Role: "admin", State: "active"}
}

func TestOfAllFirstSetupLinksThatAreUsedAtOnceOneMakesAnAdministrator(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		if none, err := db.NoPeople(t.Context()); err != nil || !none {
			t.Errorf("an empty database has people: %v", err)
		}
		oneWinner(t, atOnce(10, func(i int) error {
			s := storage.SetUp{ID: fmt.Sprint(i), Until: db.Now().Add(time.Hour), First: true} // each node has printed its own
			return db.SetUp(t.Context(), s, administrator(i), "hash", storage.Event{})
		}), storage.ErrConflict)
		if all, err := db.Users(t.Context(), "", 100); err != nil || len(all) != 1 {
			t.Errorf("there are %d people, %v", len(all), err)
		}
		if none, err := db.NoPeople(t.Context()); err != nil || none {
			t.Errorf("the administrator is not seen: %v", err)
		}
	})
}

func TestASetupLinkWorksOnceAndAFailureDoesNotSpendIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		h.must(db.AddUser(t.Context(), administrator(0), "", storage.Event{}))
		s := storage.SetUp{ID: "a", Until: db.Now().Add(time.Hour)}
		var wrong *storage.Invalid
		if err := db.SetUp(t.Context(), s, administrator(0), "hash", storage.Event{}); !errors.As(err, &wrong) || wrong.Field != "email" {
			t.Errorf("an address that is taken: %v", err)
		}
		if err := db.SetUp(t.Context(), storage.SetUp{ID: "a", Until: s.Until, First: true}, administrator(1), "hash", storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("a first link where there is somebody: %v", err)
		}
		oneWinner(t, atOnce(10, func(i int) error {
			return db.SetUp(t.Context(), s, administrator(i+1), "hash", storage.Event{})
		}), storage.ErrConflict)
		if err := db.SetUp(t.Context(), s, administrator(0), "hash", storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("a spent link tells who has an address: %v", err)
		}
	})
}
