package storage_test

import (
	"slices"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestGroupsWhoseMembersNeedAnAppAreNamed(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		for name, totp := range map[string]bool{"it": true, "finance": true, "sales": false} {
			if _, err := db.PutGroup(t.Context(), storage.Group{Name: name, Title: name, TOTP: totp}, storage.Event{}); err != nil {
				t.Fatal(err)
			}
		}
		names, err := db.AppGroups(t.Context())
		if err != nil || !slices.Equal(names, []string{"finance", "it"}) {
			t.Errorf("%v, %v", names, err)
		}
		if _, err := db.RemoveGroup(t.Context(), "it", storage.Event{}); err != nil {
			t.Fatal(err)
		}
		if names, err := db.AppGroups(t.Context()); err != nil || !slices.Equal(names, []string{"finance"}) {
			t.Errorf("after one is removed: %v, %v", names, err)
		}
	})
}

func TestASignInRestsOnAnAppWhileThereIsOne(t *testing.T) { // TP-13
	t.Parallel()
	for _, c := range []struct {
		totp bool
		acr  string
		want bool
	}{
		{true, storage.AppFactor, true}, {true, storage.TwoFactors, true}, {true, storage.OneFactor, false}, {true, "", false}, {true, "urn:other", false},
		{false, storage.AppFactor, false}, {false, storage.TwoFactors, false},
	} {
		if got := (storage.User{TOTP: c.totp}).ByApp(c.acr); got != c.want {
			t.Errorf("with app %t, at %q: %t", c.totp, c.acr, got)
		}
	}
}
