package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// fates are what can happen to a grant between two of its uses, and whether it lives then, without and with offline_access.
var fates = []struct {
	name            string
	happen          func(h *house, g storage.Grant) error
	online, offline bool
}{
	{"nothing", func(*house, storage.Grant) error { return nil }, true, true},
	{"its client is disabled", func(h *house, _ storage.Grant) error {
		return h.SetClientDisabled(h.t.Context(), "web", true, storage.Event{})
	}, false, false},
	{"its client is disabled and enabled again", func(h *house, _ storage.Grant) error {
		return errors.Join(h.SetClientDisabled(h.t.Context(), "web", true, storage.Event{}),
			h.SetClientDisabled(h.t.Context(), "web", false, storage.Event{}))
	}, true, true},
	{"its person is disabled", func(h *house, g storage.Grant) error {
		return h.SetUserState(h.t.Context(), g.UserID, "disabled", storage.Event{})
	}, false, false},
	{"its session ends", func(h *house, g storage.Grant) error {
		return h.EndSession(h.t.Context(), g.SessionID, storage.Event{})
	}, false, true},
	{"its person signs out everywhere", func(h *house, g storage.Grant) error {
		_, _, err := h.EndEverywhere(h.t.Context(), g.UserID, "", storage.Event{})
		return err
	}, false, false},
	{"its person signs out everywhere else", func(h *house, g storage.Grant) error {
		_, _, err := h.EndEverywhere(h.t.Context(), g.UserID, g.SessionID, storage.Event{})
		return err
	}, true, true},
	{"its session runs out of its idle time", func(h *house, g storage.Grant) error {
		return h.TouchSession(h.t.Context(), g.SessionID, h.Now().Add(time.Second), h.Now().Add(-time.Second))
	}, false, true},
	{"the epoch is raised", func(h *house, _ storage.Grant) error {
		_, err := h.RaiseEpoch(h.t.Context(), storage.Event{})
		return err
	}, false, false},
	{"its consent is withdrawn", func(h *house, g storage.Grant) error {
		return h.WithdrawConsent(h.t.Context(), g.UserID, g.ClientID, storage.Event{})
	}, false, false},
	{"its consent is withdrawn and given anew", func(h *house, g storage.Grant) error {
		return errors.Join(h.WithdrawConsent(h.t.Context(), g.UserID, g.ClientID, storage.Event{}),
			h.GiveConsent(h.t.Context(), storage.Consent{UserID: g.UserID, ClientID: g.ClientID, Scopes: []string{"openid"}}, storage.Event{}))
	}, false, false},
	{"another client's consent is withdrawn", func(h *house, g storage.Grant) error {
		return h.WithdrawConsent(h.t.Context(), g.UserID, "web2", storage.Event{})
	}, true, true},
	{"its person gets a new password", func(h *house, g storage.Grant) error {
		return h.SetPassword(h.t.Context(), g.UserID, "$argon2id$new", g.SessionID, storage.Event{})
	}, false, false},
	{"its client is no longer declared", func(h *house, _ storage.Grant) error {
		return h.DeclareClients(h.t.Context(), nil, storage.Event{})
	}, true, true}, // it belongs to no file
}

func TestAGrantLivesAsLongAsWhatItHangsOn(t *testing.T) {
	for _, fate := range fates {
		t.Run(fate.name, func(t *testing.T) {
			t.Parallel()
			storagetest.Each(t, func(t *testing.T, db *storage.DB) {
				h := furnish(t, db)
				online, offline := h.grant(nil), h.grant(func(g *storage.Grant) { g.Offline = true })
				code, offlineCode := h.code(), h.code()
				offlineCode.Offline = true
				h.must(fate.happen(h, online))
				h.lives(online, fate.online)
				h.lives(offline, fate.offline)
				// A code is redeemed only while the session lives that it comes from, whatever it asks for.
				h.redeems(code, fate.online)
				h.redeems(offlineCode, fate.online)
			})
		})
	}
}

func (h *house) lives(g storage.Grant, want bool) {
	h.t.Helper()
	_, _, err := h.LiveGrant(h.t.Context(), g.ID)
	h.alive("LiveGrant", err, want)
	_, _, err = h.RotateGrant(h.t.Context(), h.rotation(g, 0))
	h.alive("RotateGrant", err, want)
	// Within the window too: the same answer as the rotation's.
	_, _, err = h.RotateGrant(h.t.Context(), h.rotation(g, 0))
	h.alive("RotateGrant again", err, want)
}

func (h *house) redeems(code storage.Grant, want bool) {
	h.t.Helper()
	h.alive("RedeemCode", second(h.RedeemCode(h.t.Context(), code)), want)
	if !want {
		_, _, err := h.LiveGrant(h.t.Context(), code.ID)
		h.alive("LiveGrant of the refused code", err, false)
	}
}

func (h *house) alive(what string, err error, want bool) {
	h.t.Helper()
	if want && err != nil {
		h.t.Errorf("%s: %v", what, err)
	}
	if !want && !errors.Is(err, storage.ErrNotFound) {
		h.t.Errorf("%s: %v, want ErrNotFound", what, err)
	}
}

func TestAGrantEndsByItself(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		past := h.Now().Add(-time.Second)
		expired := h.code()
		expired.Expires = past
		h.redeems(expired, false)

		idle := h.grant(func(g *storage.Grant) { g.IdleUntil = past })
		_, _, err := db.RotateGrant(t.Context(), h.rotation(idle, 0))
		h.alive("RotateGrant of an idle refresh token", err, false)
		_, _, err = db.LiveGrant(t.Context(), idle.ID)
		h.alive("LiveGrant, since its access token is young", err, true)
	})
}

func TestACodeOfAnotherPersonsSessionOrAnotherEpochIsNotRedeemed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ben := person("ben@example.com")
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		for name, change := range map[string]func(*storage.Grant){
			"another person's session": func(g *storage.Grant) { g.UserID = ben.ID },
			"no session":               func(g *storage.Grant) { g.SessionID = "" },
			"an unknown session":       func(g *storage.Grant) { g.SessionID = "gone" },
			"an unknown person":        func(g *storage.Grant) { g.UserID = "nobody" },
			"an unknown client":        func(g *storage.Grant) { g.ClientID = "nobody" },
			"another epoch":            func(g *storage.Grant) { g.Epoch++ },
		} {
			code := h.code()
			change(&code)
			if _, err := db.RedeemCode(t.Context(), code); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
	})
}

func TestACodeWithoutAnEpochGetsAGrantOfThePresentOne(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		g := h.grant(func(g *storage.Grant) { g.Epoch = 0 })
		h.lives(g, true)
		_, err := db.RaiseEpoch(t.Context(), storage.Event{})
		h.must(err)
		h.lives(g, false)
	})
}

func TestAGrantOfAClientsOwnNeedsNoPerson(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		g := h.grant(func(g *storage.Grant) { g.UserID, g.SessionID = "", "" })
		_, user, err := db.LiveGrant(t.Context(), g.ID)
		h.must(err)
		if user.ID != "" {
			t.Errorf("it has the person %q", user.ID)
		}
	})
}

func TestACodeIssuedAfterAPasswordResetIsGood(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(db.SetPassword(t.Context(), h.user.ID, "$argon2id$new", h.session.ID, storage.Event{}))
		h.lives(h.grant(nil), true)
	})
}
