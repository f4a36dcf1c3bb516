package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// linked gives the house's person an account elsewhere, and signs them in anew.
func (h *house) linked() {
	h.t.Helper()
	u, err := h.User(h.t.Context(), h.user.ID)
	h.must(err)
	u, err = h.AddIdentity(h.t.Context(), storage.NewIdentity{
		Identity: storage.Identity{Issuer: "https://accounts.google.com", Subject: "evil", UserID: u.ID, Email: "evil@gmail.com"}, UserVersion: u.Version}, storage.Event{})
	h.must(err)
	h.session = h.signIn(storage.SignIn{UserVersion: u.Version})
}

func (h *house) linkedAccounts() int {
	h.t.Helper()
	all, err := h.Identities(h.t.Context(), h.user.ID)
	h.must(err)
	return len(all)
}

// AD-07: a program that was let in before a role must not act with it.
func TestWhatWasGrantedBeforeARoleDoesNotBecomeTheRoles(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for client, scopes := range map[string][]string{"tool": {"openid", "doorward:write"}, "reader": {"doorward:read"}, "web": {"openid", "xdoorward:read"}} {
			h.must(db.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: client, Scopes: scopes}, storage.Event{}))
		}
		offline := h.grant(func(g *storage.Grant) {
			g.Scopes, g.Offline = []string{"openid", "offline_access", "doorward:write"}, true
		})
		before := h.code()
		h.must(h.edit(func(u *storage.User) { u.Role = "admin" }))
		h.lives(offline, false)
		if _, err := db.RedeemCode(t.Context(), before); err == nil {
			t.Error("a code of before is redeemed")
		}
		for client, want := range map[string]error{"tool": storage.ErrNotFound, "reader": storage.ErrNotFound, "web": nil} {
			if _, err := db.Consent(t.Context(), h.user.ID, client); !errors.Is(err, want) {
				t.Errorf("consent to %s: %v, want %v", client, err, want)
			}
		}
	})
}

// AD-07: an account elsewhere that came by an address which somebody else had set.
func TestAnAccountElsewhereOutlivesNeitherAFirstRoleNorAnotherLinkAddress(t *testing.T) {
	for name, change := range map[string]func(*storage.User){
		"a first role":         func(u *storage.User) { u.Role = "helpdesk" },
		"another link address": func(u *storage.User) { u.LinkEmail = "berg@gmail.com" },
		"no link address":      func(u *storage.User) { u.LinkEmail = "" },
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, db *storage.DB) {
				h := furnish(t, db)
				h.linked()
				h.must(h.edit(func(u *storage.User) { u.Claims = map[string]any{"name": "Anna"} }))
				if h.linkedAccounts() != 1 {
					t.Error("another name unlinks it")
				}
				h.must(h.edit(change))
				u, err := db.User(t.Context(), h.user.ID)
				h.must(err)
				if n := h.linkedAccounts(); n != 0 || u.Role != "" && u.LinkEmail != "" {
					t.Errorf("%d accounts, link address %q", n, u.LinkEmail)
				}
				if all, err := db.SessionsOf(t.Context(), u.ID); err != nil || len(all) != 0 {
					t.Errorf("%d sessions of before, %v", len(all), err)
				}
				if n := h.events(storage.IdentityUnlinked); n != 1 {
					t.Errorf("%d events, want 1", n)
				}
			})
		})
	}
}

func TestAnAccountThatSomebodyWithARoleHasLinkedStaysWithAnotherRole(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(h.edit(func(u *storage.User) { u.Role = "viewer" }))
		h.linked()
		h.must(h.edit(func(u *storage.User) { u.Role = "helpdesk" }))
		if h.linkedAccounts() != 1 {
			t.Error("it is gone")
		}
	})
}

func TestWhoComesWithARoleHasNoAddressByWhichAnAccountElsewhereIsLinked(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		h.must(db.SetUp(t.Context(), storage.SetUp{ID: "a", Until: db.Now().Add(time.Hour), First: true}, administrator(0), "hash", storage.Event{}))
		for i := range 2 { // nothing is unique that nobody has
			h.must(db.AddUser(t.Context(), administrator(i+1), "", storage.Event{}))
		}
		for i := range 3 {
			if _, err := db.UserByLinkEmail(t.Context(), administrator(i).Email); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("administrator %d: %v, want ErrNotFound", i, err)
			}
		}
	})
}
