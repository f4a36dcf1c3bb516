package storage_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func (h *house) allow(scopes ...string) {
	h.t.Helper()
	h.must(h.GiveConsent(h.t.Context(), storage.Consent{UserID: h.user.ID, ClientID: "web", Scopes: scopes}, storage.Event{}))
}

func (h *house) allowed() []string {
	h.t.Helper()
	c, err := h.Consent(h.t.Context(), h.user.ID, "web")
	h.must(err)
	return c.Scopes
}

func TestAConsentGrowsUntilItIsWithdrawnAndThenStartsAnew(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) { // which stands still: order holds all the same
		h := furnish(t, db)
		if _, err := db.Consent(t.Context(), h.user.ID, "web"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("before: %v, want ErrNotFound", err)
		}
		h.allow("openid", "email")
		h.allow("email", "phone")
		if diff := cmp.Diff([]string{"openid", "email", "phone"}, h.allowed()); diff != "" {
			t.Error(diff)
		}
		h.must(db.WithdrawConsent(t.Context(), h.user.ID, "web", storage.Event{}))
		if _, err := db.Consent(t.Context(), h.user.ID, "web"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("withdrawn: %v, want ErrNotFound", err)
		}
		h.allow("openid")
		if diff := cmp.Diff([]string{"openid"}, h.allowed()); diff != "" {
			t.Error(diff)
		}
	})
}

func TestConsentsGivenAtOnceAreAllKept(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for _, err := range atOnce(20, func(i int) error {
			return db.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: "web", Scopes: []string{fmt.Sprint("scope", i)}}, storage.Event{})
		}) {
			h.must(err)
		}
		if got := h.allowed(); len(got) != 20 {
			t.Errorf("%d scopes, want 20", len(got))
		}
	})
}
