package storage_test

import (
	"errors"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// raise raises an alarm of a letter about what was added.
func (h *house) raise(added storage.Added) {
	h.t.Helper()
	a := h.alarm("")
	a.Added = added
	_, err := h.RaiseAlarm(h.t.Context(), a, storage.Event{Result: "ok"})
	h.must(err)
}

func TestAnAlarmTakesAwayTheDeviceThatWasAddedAndNoOther(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: "old"}, Recovery: [][]byte{random(), random()}}))
		h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: "thief"}}))
		h.raise(storage.Added{})
		if n := len(h.devices()); n != 2 {
			t.Errorf("an alarm of another letter leaves %d devices, want 2", n)
		}
		for range 2 { // two letters about one device, the second finds it gone
			h.raise(storage.Added{Authenticator: "thief"})
		}
		left, err := db.RecoveryLeft(t.Context(), h.user.ID)
		h.must(err)
		if all := h.devices(); len(all) != 1 || all[0].ID != "old" || !h.totp() || left != 2 {
			t.Errorf("%+v, TOTP %v, %d recovery codes; want the old one, true, 2", all, h.totp(), left)
		}
		if n := h.events(storage.AuthenticatorRemoved); n != 1 {
			t.Errorf("%d events of the removal, want 1", n)
		}
		h.raise(storage.Added{Authenticator: "old"})
		left, err = db.RecoveryLeft(t.Context(), h.user.ID)
		h.must(err)
		if len(h.devices()) != 0 || h.totp() || left != 0 {
			t.Errorf("after the last: TOTP %v, %d recovery codes; want false, 0", h.totp(), left)
		}
	})
}

func TestAnAlarmTakesAwayTheAccountThatWasLinkedAndNoOther(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(h.linkUp(h.identity("1")))
		linked := func() bool {
			_, _, err := db.ByIdentity(t.Context(), google, "1")
			if err != nil && !errors.Is(err, storage.ErrNotFound) {
				h.must(err)
			}
			return err == nil
		}
		for name, other := range map[string]storage.Added{
			"nothing": {}, "another subject": {Issuer: google, Subject: "2"}, "another issuer": {Issuer: "https://other.example", Subject: "1"},
		} {
			if h.raise(other); !linked() {
				t.Fatalf("%s: the account is unlinked", name)
			}
		}
		ben := person("ben@example.com")
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		anna := h.user
		h.user = ben
		if h.raise(storage.Added{Issuer: google, Subject: "1"}); !linked() {
			t.Error("another person's alarm unlinked it")
		}
		h.user = anna
		h.raise(storage.Added{Issuer: google, Subject: "1"})
		if linked() || h.events(storage.IdentityUnlinked) != 1 {
			t.Errorf("linked: %v, %d events; want false, 1", linked(), h.events(storage.IdentityUnlinked))
		}
		// or the thief's account would be linked again by its address
		if _, err := db.UserByLinkEmail(t.Context(), "anna@example.com"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("by its address: %v, want ErrNotFound", err)
		}
	})
}
