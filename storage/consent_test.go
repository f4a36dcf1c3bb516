package storage_test

import (
	"errors"
	"fmt"
	"strings"
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

func TestWhatIsAllowedForOneHostIsAllowedForNoOther(t *testing.T) { // RG-03
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		allow := func(host string, scopes ...string) {
			h.must(db.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: "web", Scopes: scopes, Hosts: map[string][]string{host: scopes}}, storage.Event{}))
		}
		check := func(want map[string]string) {
			t.Helper()
			c, err := db.Consent(t.Context(), h.user.ID, "web")
			h.must(err)
			for _, host := range []string{"rp.test", "two.test", "three.test"} {
				for _, scope := range []string{"openid", "email"} {
					if got, want := c.Allows(host, []string{scope}), strings.Contains(want[host], scope); got != want {
						t.Errorf("%s for %s: %v, want %v", scope, host, got, want)
					}
				}
			}
			if c.Allows("three.test", nil) {
				t.Error("a host that nobody was shown is allowed nothing, and that is no consent")
			}
		}
		h.allow("openid", "email") // as consents were given before hosts were kept
		check(nil)
		allow("rp.test", "openid")
		allow("two.test", "openid")
		allow("rp.test", "email")
		check(map[string]string{"rp.test": "openid email", "two.test": "openid"})
		h.must(db.WithdrawConsent(t.Context(), h.user.ID, "web", storage.Event{}))
		allow("two.test", "openid")
		check(map[string]string{"two.test": "openid"})
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
