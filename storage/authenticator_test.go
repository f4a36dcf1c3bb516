package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// addDevice adds an authenticator of the person, with what n says otherwise.
func (h *house) addDevice(n storage.NewAuthenticator) error {
	if n.ID == "" {
		n.ID = storage.NewID()
	}
	if n.Name == "" {
		n.Name = "Phone"
	}
	if n.UserVersion == 0 {
		n.UserVersion = h.version()
	}
	n.UserID, n.Sealed, n.LastStep = h.user.ID, random(), 100
	return h.AddAuthenticator(h.t.Context(), n, storage.Event{})
}

func (h *house) devices() []storage.Authenticator {
	h.t.Helper()
	all, err := h.Authenticators(h.t.Context(), h.user.ID)
	h.must(err)
	return all
}

func (h *house) removeDevices(keep string) error {
	var errs []error
	for _, a := range h.devices() {
		errs = append(errs, h.RemoveAuthenticator(h.t.Context(), storage.Removal{UserID: h.user.ID, ID: a.ID, Last: true, Keep: keep}, storage.Event{}))
	}
	return errors.Join(errs...)
}

// totp is whether the person's sign-in asks for a code of a device.
func (h *house) totp() bool {
	h.t.Helper()
	return h.person().TOTP
}

func TestTOTPIsOnAsLongAsThereIsADevice(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		codes := [][]byte{random(), random(), random()}
		h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: "phone"}, Recovery: codes, Keep: h.session.ID}))
		h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: "tablet", Name: "My tablet"}, Keep: h.session.ID}))
		all := h.devices()
		if len(all) != 2 || all[0].ID != "phone" || all[0].LastStep != 100 || len(all[0].Sealed) != 32 || !all[0].Used.IsZero() ||
			all[1].Name != "My tablet" || all[1].UserID != h.user.ID {
			t.Errorf("%+v", all)
		}
		if left, err := db.RecoveryLeft(t.Context(), h.user.ID); err != nil || left != 3 {
			t.Errorf("%d recovery codes, %v; want those of the first device kept", left, err)
		}
		for _, left := range []struct {
			id    string
			totp  bool
			codes int
		}{{"phone", true, 3}, {"tablet", false, 0}} {
			h.must(db.RemoveAuthenticator(t.Context(), storage.Removal{UserID: h.user.ID, ID: left.id, Last: !left.totp, Keep: h.session.ID}, storage.Event{Actor: h.user.ID}))
			if n, err := db.RecoveryLeft(t.Context(), h.user.ID); err != nil || n != left.codes || h.totp() != left.totp {
				t.Errorf("without the %s: TOTP %v, %d codes, %v; want %+v", left.id, h.totp(), n, err, left)
			}
			if err := db.RemoveAuthenticator(t.Context(), storage.Removal{UserID: h.user.ID, ID: left.id, Last: true}, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("removed again: %v, want ErrNotFound", err)
			}
		}
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); err != nil {
			t.Errorf("the session in which it was done: %v", err)
		}
		if added, removed := h.events(storage.AuthenticatorAdded), h.events(storage.AuthenticatorRemoved); added != 2 || removed != 2 {
			t.Errorf("%d and %d events, want 2 and 2", added, removed)
		}
	})
}

func TestADeviceIsAddedForTheVersionThatWasProvedAlone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		oneWinner(t, atOnce(20, func(int) error { return h.addDevice(storage.NewAuthenticator{UserVersion: 1}) }), storage.ErrNotFound)
		if err := h.addDevice(storage.NewAuthenticator{UserVersion: 9}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("another version: %v, want ErrNotFound", err)
		}
		if err := h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: h.devices()[0].ID}}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("a known id: %v, want ErrConflict", err)
		}
		var invalid *storage.Invalid
		if err := h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{Name: "two\nlines"}}); !errors.As(err, &invalid) {
			t.Errorf("a name in two lines: %v, want *Invalid", err)
		}
		for i := range 9 {
			h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: fmt.Sprint(i)}}))
		}
		if err := h.addDevice(storage.NewAuthenticator{}); !errors.As(err, &invalid) {
			t.Errorf("the eleventh: %v, want *Invalid", err)
		}
		h.must(db.SetUserState(t.Context(), h.user.ID, "disabled", storage.Event{}))
		if err := h.addDevice(storage.NewAuthenticator{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a disabled person: %v, want ErrNotFound", err)
		}
	})
}

// TP-01
func TestFiftyUseOneTimeStepAndOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: "phone"}}))
		oneWinner(t, atOnce(50, func(int) error { return db.UseStep(t.Context(), "phone", 101) }), storage.ErrConflict)
		if used := h.devices()[0]; used.LastStep != 101 || used.Used.IsZero() {
			t.Errorf("%+v", used)
		}
	})
}

// TP-01, TP-03, TP-16: whatever a clock says, steps only rise; each device has its own.
func TestATimeStepIsUsedOnceAndNoneBeforeIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: "phone"}}))
		h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: "tablet"}}))
		for _, use := range []struct {
			device string
			step   int64
			want   error
		}{
			{"phone", 100, storage.ErrConflict}, // by it the device was added
			{"phone", 102, nil}, {"phone", 101, storage.ErrConflict}, {"phone", 102, storage.ErrConflict}, {"tablet", 101, nil},
			{"phone", 103, nil}, {"phone", -1, storage.ErrConflict}, {"none", 200, storage.ErrConflict},
		} {
			if err := db.UseStep(t.Context(), use.device, use.step); !errors.Is(err, use.want) {
				t.Errorf("%+v: %v", use, err)
			}
		}
	})
}

// S-30, TP-10
func TestAnOperatorsResetTakesAllFactorsButNotThePassword(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(h.addDevice(storage.NewAuthenticator{Recovery: [][]byte{random()}}))
		h.must(db.ResetFactors(t.Context(), h.user.ID, storage.Event{Actor: "operator"}))
		user, hash, err := db.Login(t.Context(), "anna@example.com")
		if err != nil || user.TOTP || hash != "$argon2id$old" || user.Version != 3 || len(h.devices()) != 0 {
			t.Errorf("%+v with %q, %v", user, hash, err)
		}
		if left, err := db.RecoveryLeft(t.Context(), h.user.ID); err != nil || left != 0 {
			t.Errorf("%d recovery codes, %v", left, err)
		}
		if n := h.events(storage.FactorsReset); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
		if err := db.ResetFactors(t.Context(), "nobody", storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an unknown person: %v, want ErrNotFound", err)
		}
	})
}

func is(mac []byte) func([]byte) bool {
	return func(stored []byte) bool { return slices.Equal(mac, stored) }
}

func TestFiftyUseOneRecoveryCodeAndOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		codes := [][]byte{random(), random(), random()}
		h.must(h.addDevice(storage.NewAuthenticator{Recovery: codes}))
		use := func(mac []byte) (int, error) {
			return db.UseRecovery(t.Context(), h.user.ID, is(mac), storage.Event{})
		}
		oneWinner(t, atOnce(50, func(int) error {
			left, err := use(codes[1])
			if err == nil && left != 2 {
				t.Errorf("%d are left, want 2", left)
			}
			return err
		}), storage.ErrNotFound)
		for name, mac := range map[string][]byte{"a wrong one": random(), "a used one": codes[1], "none": nil} {
			if _, err := use(mac); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		asked := 0
		_, err := db.UseRecovery(t.Context(), h.user.ID, func(mac []byte) bool {
			asked++
			return slices.Equal(mac, codes[0])
		}, storage.Event{})
		if left, err2 := db.RecoveryLeft(t.Context(), h.user.ID); err != nil || err2 != nil || left != 1 || asked != 2 {
			t.Errorf("%d are left, %d were compared, %v; want 1 and every one of 2", left, asked, errors.Join(err, err2))
		}
		if n := h.events(storage.RecoveryUsed); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
		h.must(db.SetUserState(t.Context(), h.user.ID, "disabled", storage.Event{}))
		if _, err := use(codes[2]); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a disabled person: %v, want ErrNotFound", err)
		}
	})
}

// TP-12
func TestNewRecoveryCodesTakeThePlaceOfTheOld(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		old, fresh := [][]byte{random(), random()}, [][]byte{random()}
		if err := db.PutRecovery(t.Context(), h.user.ID, fresh, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("without a device: %v, want ErrNotFound", err)
		}
		h.must(h.addDevice(storage.NewAuthenticator{Recovery: old}))
		h.must(db.PutRecovery(t.Context(), h.user.ID, fresh, storage.Event{}))
		var got []error
		for _, mac := range append(old, fresh...) {
			_, err := db.UseRecovery(t.Context(), h.user.ID, is(mac), storage.Event{})
			got = append(got, err)
		}
		if !errors.Is(got[0], storage.ErrNotFound) || !errors.Is(got[1], storage.ErrNotFound) || got[2] != nil {
			t.Errorf("old, old, new: %v", got)
		}
		if diff := cmp.Diff(1, h.events(storage.RecoveryMade)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestOfTheLastTwoDevicesRemovedAtOnceOneStays(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for _, id := range []string{"one", "two"} {
			h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: id}, Keep: h.session.ID}))
		}
		errs := atOnce(2, func(i int) error {
			return db.RemoveAuthenticator(t.Context(), storage.Removal{UserID: h.user.ID, ID: []string{"one", "two"}[i], Keep: h.session.ID}, storage.Event{})
		})
		if !(errs[0] == nil && errors.Is(errs[1], storage.ErrConflict) || errs[1] == nil && errors.Is(errs[0], storage.ErrConflict)) {
			t.Errorf("want one removal and one ErrConflict: %v", errs)
		}
		if len(h.devices()) != 1 || !h.totp() {
			t.Errorf("left are %+v, TOTP %v", h.devices(), h.totp())
		}
	})
}
