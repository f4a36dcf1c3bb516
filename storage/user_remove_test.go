package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// equip gives the person one of all that a person can have, besides the session; it returns how much of it lives.
func (h *house) equip() storage.Receipt {
	h.t.Helper()
	h.must(h.addDevice(storage.NewAuthenticator{Recovery: [][]byte{random()}, Keep: h.session.ID}))
	_, err := h.AddIdentity(h.t.Context(), storage.NewIdentity{Identity: storage.Identity{Issuer: "https://accounts.google.com", Subject: "1",
		UserID: h.user.ID}, UserVersion: h.version(), Keep: h.session.ID}, storage.Event{})
	h.must(err)
	h.signIn(storage.SignIn{UserVersion: h.version(), Trust: &storage.Trust{ID: storage.NewID(), Expires: h.Now().Add(time.Hour)}})
	h.link(storage.LinkInvitation, "anna@example.com")
	h.mail("a", "sign-in", time.Hour)
	h.must(h.GiveConsent(h.t.Context(), storage.Consent{UserID: h.user.ID, ClientID: "web", Scopes: []string{"openid"}}, storage.Event{}))
	h.must(h.PutLetter(h.t.Context(), storage.OutboxLetter{ID: storage.NewID(), Sealed: "x", UserID: h.user.ID, Created: h.Now(), Expires: h.Now().Add(time.Hour)}, 9))
	h.grant(func(g *storage.Grant) { g.Tell = storage.TellByUs })
	h.grant(func(g *storage.Grant) { g.Offline = true })
	over := h.signIn(storage.SignIn{UserVersion: h.version()})
	h.grant(func(g *storage.Grant) { g.SessionID = over.ID })
	h.must(h.EndSession(h.t.Context(), over.ID, storage.Event{}))
	return storage.Receipt{Sessions: 2, Trusts: 1, Grants: 2}
}

func TestAReceiptSaysWhatAChangeHasEnded(t *testing.T) {
	for name, c := range map[string]struct {
		change func(h *house) (storage.Receipt, error)
		left   storage.Receipt
	}{
		"disabled": {func(h *house) (storage.Receipt, error) {
			return h.DisableUser(h.t.Context(), h.user.ID, storage.Event{})
		}, storage.Receipt{}},
		"signed out everywhere": {func(h *house) (storage.Receipt, error) {
			_, r, err := h.EndEverywhere(h.t.Context(), h.user.ID, "", storage.Event{})
			return r, err
		}, storage.Receipt{}},
		"signed out everywhere else": {func(h *house) (storage.Receipt, error) {
			_, r, err := h.EndEverywhere(h.t.Context(), h.user.ID, h.session.ID, storage.Event{})
			return r, err
		}, storage.Receipt{Sessions: 1, Grants: 2}},
		"removed": {func(h *house) (storage.Receipt, error) {
			r, err := h.RemoveUser(h.t.Context(), h.user.ID, storage.Event{})
			return r.Receipt, err
		}, storage.Receipt{}},
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, db *storage.DB) {
				h := furnish(t, db)
				before, bystander := h.equip(), h.bystander()
				got, err := c.change(h)
				h.must(err)
				want := storage.Receipt{Sessions: before.Sessions - c.left.Sessions, Trusts: before.Trusts - c.left.Trusts, Grants: before.Grants - c.left.Grants}
				if got != want {
					t.Errorf("%+v, want %+v", got, want)
				}
				bystander()
			})
		})
	}
}

func TestWhoIsRemovedLeavesOnlyTheLog(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.equip()
		code := h.code()
		began, id := db.Now(), h.user.ID
		gone, err := db.RemoveUser(t.Context(), id, storage.Event{Actor: "root"})
		h.must(err)
		if gone.User.Email != "anna@example.com" {
			t.Errorf("%+v", gone)
		}
		for what, read := range map[string]func() error{
			"the record":       func() error { _, err := db.User(t.Context(), id); return err },
			"the password":     func() error { _, err := db.PasswordSince(t.Context(), id); return err },
			"the address":      func() error { _, _, err := db.Login(t.Context(), "anna@example.com"); return err },
			"the link address": func() error { _, err := db.UserByLinkEmail(t.Context(), "anna@example.com"); return err },
			"the session":      func() error { _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); return err },
			"the account elsewhere": func() error {
				_, _, err := db.ByIdentity(t.Context(), "https://accounts.google.com", "1")
				return err
			},
			"the link":          func() error { _, err := db.LivingLink(t.Context(), id, storage.LinkInvitation); return err },
			"the consent":       func() error { _, err := db.Consent(t.Context(), id, "web"); return err },
			"the letter":        func() error { _, err := db.ClaimLetter(t.Context(), time.Minute); return err },
			"a code on its way": func() error { return second(db.RedeemCode(t.Context(), code)) },
			"a change":          func() error { return db.SetPassword(t.Context(), id, "x", "", storage.Event{}) },
			"a second removal":  func() error { _, err := db.RemoveUser(t.Context(), id, storage.Event{}); return err },
			"a sign-in under way": func() error {
				_, err := db.Finish(t.Context(), h.attempt(storage.SignIn{UserVersion: gone.User.Version}), storage.Event{})
				return err
			},
			"a link to be put now": func() error {
				return db.PutLink(t.Context(), storage.Link{ID: "x", Token: random(), Kind: storage.LinkReset, UserID: id, Email: "anna@example.com", Expires: db.Now().Add(time.Hour)}, storage.Event{})
			},
		} {
			if err := read(); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", what, err)
			}
		}
		if people, err := db.People(t.Context(), storage.PeopleFilter{Group: "staff"}, "", 9); err != nil || len(people.People) != 0 {
			t.Errorf("still in a group: %v, %v", emails(people), err)
		}
		told, err := db.LogoutsSince(t.Context(), id, began)
		if err != nil || len(told) != 1 || told[0].State != storage.LogoutWaiting {
			t.Errorf("applications to be told: %+v, %v", told, err)
		}
		all, err := db.Activity(t.Context(), id, 100)
		h.must(err)
		if last := all[0]; last.Kind != storage.UserRemoved || last.Actor != "root" || last.Data["email"] != "anna@example.com" {
			t.Errorf("the last event: %+v", last)
		}

		// Whoever gets the address next is somebody else.
		next := person("anna@example.com")
		h.must(db.AddUser(t.Context(), next, "", storage.Event{}))
		found, hash, err := db.Login(t.Context(), "anna@example.com")
		if err != nil || found.ID != next.ID || found.ID == id || hash != "" || found.TOTP || !found.SignedIn.IsZero() {
			t.Errorf("%+v with %q, %v", found, hash, err)
		}
	})
}

// A thief signs in, and redeems codes, in the moment in which the account is removed.
func TestNothingOutlivesARemovalInItsMoment(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for range 5 {
			code := h.code()
			code.Offline = true
			version := h.version()
			atOnce(9, func(i int) error {
				switch {
				case i == 8:
					_, err := db.RemoveUser(t.Context(), h.user.ID, storage.Event{})
					return err
				case i%2 == 0:
					_, err := db.Finish(t.Context(), h.attempt(storage.SignIn{UserVersion: version, Trust: &storage.Trust{ID: storage.NewID(), Expires: h.Now().Add(time.Hour)}}), storage.Event{})
					return err
				}
				code := code
				code.ID, code.CodeID = storage.NewID(), storage.NewID()
				return second(db.RedeemCode(t.Context(), code))
			})
			sessions, err := db.SessionsOf(t.Context(), h.user.ID)
			h.must(err)
			trusts, err := db.Trusts(t.Context(), h.user.ID)
			h.must(err)
			apps, err := db.Apps(t.Context(), h.user.ID)
			h.must(err)
			if len(sessions)+len(trusts)+len(apps) > 0 {
				t.Fatalf("left are %v, %v, %v", sessions, trusts, apps)
			}
			h.user = person("anna@example.com")
			h.must(db.AddUser(t.Context(), h.user, "", storage.Event{}))
			h.session = h.signIn(storage.SignIn{})
		}
	})
}

func TestTheFirstSignInIsRememberedAndNoLaterOne(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		first := db.Now()
		c.pass(time.Hour)
		h.signIn(storage.SignIn{})
		u, err := db.User(t.Context(), h.user.ID)
		if err != nil || !u.SignedIn.Equal(first) {
			t.Errorf("%v, %v; want %v", u.SignedIn, err, first)
		}
		ben := person("ben@example.com")
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		refused := h.attempt(storage.SignIn{Session: storage.Session{UserID: ben.ID}, UserVersion: 7})
		if _, err := db.Finish(t.Context(), refused, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a sign-in by another version: %v", err)
		}
		u, err = db.User(t.Context(), ben.ID)
		h.must(err)
		if diff := cmp.Diff(time.Time{}, u.SignedIn); diff != "" {
			t.Error("a refused sign-in was remembered", diff)
		}
	})
}
