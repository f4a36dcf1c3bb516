package storage_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
)

// What a person proves who they are with comes back, what was handed out does not: nobody knows what was ended since.
func TestARestoreBringsBackFactorsAndEndsTrustsAndLinks(t *testing.T) {
	eachWay(t, func(t *testing.T, from, to string) {
		h := furnish(t, open(t, from))
		codes := [][]byte{random(), random()}
		h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: "phone"}, Recovery: codes, Keep: h.session.ID}))
		h.must(h.linkUp(h.identity("1")))
		given, reset := h.trust(), h.link(storage.LinkReset, "anna@example.com")
		devices, identities, want := h.devices(), h.identities(), h.person()
		file := backedUp(t, h.DB)
		h.must(h.Close())
		_, err := storage.Restore{File: file, URL: to}.Run(t.Context())
		h.must(err)

		h.DB = node(t, to, nil)
		if diff := cmp.Diff(want, h.person()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(devices, h.devices()); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(identities, h.identities()); diff != "" {
			t.Error(diff)
		}
		if left, err := h.UseRecovery(t.Context(), h.user.ID, is(codes[0]), storage.Event{}); err != nil || left != 1 {
			t.Errorf("a recovery code: %d left, %v", left, err)
		}
		h.trustIsOver(given)
		if _, _, err := h.LinkByToken(t.Context(), reset.Token); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a link: %v, want ErrNotFound", err)
		}
	})
}

// I1: a recovery code that was used since the backup, where the database that knows it is not lost.
func TestARecoveryCodeUsedSinceTheBackupIsNotGoodAfterARestore(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, _ func(string)) {
		h := furnish(t, open(t, url))
		codes := [][]byte{random(), random()}
		h.must(h.addDevice(storage.NewAuthenticator{Recovery: codes}))
		file := backedUp(t, h.DB)
		use := func(mac []byte) error {
			_, err := h.UseRecovery(t.Context(), h.user.ID, is(mac), storage.Event{})
			return err
		}
		h.must(use(codes[0]))
		h.must(h.Close())
		_, err := storage.Restore{File: file, URL: url, Replace: true}.Run(t.Context())
		h.must(err)

		h.DB = node(t, url, nil)
		if err := use(codes[0]); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
		if left, err := h.RecoveryLeft(t.Context(), h.user.ID); err != nil || left != 1 {
			t.Errorf("%d left, %v; want the unused one", left, err)
		}
		h.must(use(codes[1]))
	})
}

func TestARaisedEpochEndsTrustsAndLinksButNoFactor(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, _ func(string)) {
		h := furnish(t, node(t, url, nil))
		code := random()
		h.must(h.addDevice(storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: "phone"}, Recovery: [][]byte{code}, Keep: h.session.ID}))
		given, reset := h.trust(), h.link(storage.LinkReset, "anna@example.com")
		_, err := h.RaiseEpoch(t.Context(), storage.Event{})
		h.must(err)
		h.trustIsOver(given)
		if err := h.accept(reset); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("the link: %v, want ErrConflict", err)
		}
		h.must(h.UseStep(t.Context(), "phone", 200))
		_, err = h.UseRecovery(t.Context(), h.user.ID, is(code), storage.Event{})
		h.must(err)
	})
}

func (h *house) person() storage.User {
	h.t.Helper()
	u, err := h.User(h.t.Context(), h.user.ID)
	h.must(err)
	return u
}

func (h *house) identities() []storage.Identity {
	h.t.Helper()
	all, err := h.Identities(h.t.Context(), h.user.ID)
	h.must(err)
	return all
}
