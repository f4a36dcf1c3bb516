package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// changes are what can happen to a person, done in the session keep, and what outlives it.
var changes = []struct {
	name    string
	happen  func(h *house, keep string) error
	version bool // is raised
	own     bool // the session in which it was done lives
	other   bool // another session lives
	trust   bool
	link    bool
	code    bool // a mailed code is good
	grant   bool // an offline grant of the own session lives
	grants  bool // and one of another session
}{
	{name: "a new password", happen: func(h *house, keep string) error {
		return h.SetPassword(h.t.Context(), h.user.ID, "$argon2id$new", keep, storage.Event{})
	}, version: true, own: true},
	{name: "a new password by a mailed link", happen: func(h *house, _ string) error {
		return h.accept(h.link(storage.LinkReset, "anna@example.com"))
	}, version: true},
	{name: "a first authenticator", happen: func(h *house, keep string) error {
		return h.addDevice(storage.NewAuthenticator{Keep: keep})
	}, version: true, own: true, grant: true},
	{name: "a new address", happen: func(h *house, _ string) error {
		_, err := h.ConfirmAddress(h.t.Context(), h.link(storage.LinkAddress, "berg@example.com").ID, storage.Event{})
		return err
	}, version: true, own: true, other: true, grant: true, grants: true},
	{name: "FD-09: an account elsewhere", happen: func(h *house, keep string) error {
		_, err := h.AddIdentity(h.t.Context(), storage.NewIdentity{Identity: storage.Identity{Issuer: "https://accounts.google.com", Subject: "1",
			UserID: h.user.ID}, UserVersion: h.version(), Keep: keep}, storage.Event{})
		return err
	}, version: true, own: true, grant: true},
	{name: "S-30: an operator's reset of factors", happen: func(h *house, _ string) error {
		return h.ResetFactors(h.t.Context(), h.user.ID, storage.Event{})
	}, version: true},
	{name: "an operator's sign-out, and in again", happen: func(h *house, _ string) error {
		return errors.Join(h.SetUserState(h.t.Context(), h.user.ID, "disabled", storage.Event{}),
			h.SetUserState(h.t.Context(), h.user.ID, "active", storage.Event{}))
	}, version: true, grant: true, grants: true},
	{name: "S-30: signing out everywhere else", happen: func(h *house, keep string) error {
		_, _, err := h.EndEverywhere(h.t.Context(), h.user.ID, keep, storage.Event{})
		return err
	}, version: true, own: true, grant: true, grants: true},
	{name: "S-30: signing out everywhere", happen: func(h *house, _ string) error {
		_, _, err := h.EndEverywhere(h.t.Context(), h.user.ID, "", storage.Event{})
		return err
	}, version: true},
	{name: "S-41: an alarm", happen: func(h *house, _ string) error {
		_, err := h.RaiseAlarm(h.t.Context(), h.alarm(""), storage.Event{})
		return err
	}, version: true},
	{name: "another name", happen: func(h *house, _ string) error {
		return h.SetProfile(h.t.Context(), h.user.ID, map[string]any{"name": "Anna Berg"}, storage.Event{})
	}, own: true, other: true, trust: true, link: true, code: true, grant: true, grants: true},
	{name: "another name, number and group by an operator", happen: func(h *house, _ string) error {
		return h.edit(func(u *storage.User) {
			u.Claims, u.CustomerNumber, u.Groups = map[string]any{"name": "Anna Berg"}, "7000007", []string{"it"}
		})
	}, own: true, other: true, trust: true, link: true, code: true, grant: true, grants: true},
	{name: "AD-07: another address by an operator", happen: func(h *house, _ string) error {
		return h.edit(func(u *storage.User) { u.Email = "berg@example.com" })
	}, version: true}, // a session of before would speak to applications by another's address
	{name: "another link address by an operator", happen: func(h *house, _ string) error {
		return h.edit(func(u *storage.User) { u.LinkEmail = "berg@gmail.com" })
	}, version: true, own: true, other: true, grant: true, grants: true},
	{name: "AD-13: another role", happen: func(h *house, _ string) error {
		return h.edit(func(u *storage.User) { u.Role = "viewer" })
	}, version: true}, // what was granted before does not become the role's
}

func TestAChangeOfAPersonEndsWhatItSaysAndNothingElse(t *testing.T) {
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			storagetest.Each(t, func(t *testing.T, db *storage.DB) {
				h := furnish(t, db)
				given := h.trust()
				link, mac := h.link(storage.LinkInvitation, "anna@example.com"), h.mail("a", "sign-in", time.Hour)
				other := h.signIn(storage.SignIn{})
				offline := func(s storage.Session) storage.Grant {
					return h.grant(func(g *storage.Grant) { g.Offline, g.SessionID = true, s.ID })
				}
				ownGrant, otherGrant := offline(h.session), offline(other)
				bystander := h.bystander()

				before := h.version()
				h.must(c.happen(h, h.session.ID))

				if raised := h.version() > before; raised != c.version {
					t.Errorf("version raised: %v, want %v", raised, c.version)
				}
				_, err := db.Finish(t.Context(), h.attempt(storage.SignIn{UserVersion: before}), storage.Event{})
				h.alive("a sign-in under way", err, !c.version)
				for name, s := range map[string]struct {
					storage.Session
					lives bool
				}{"own session": {h.session, c.own}, "other session": {other, c.other}} {
					_, _, err := db.SessionByCookie(t.Context(), s.Cookie)
					h.alive(name, err, s.lives)
				}
				if _, _, err := db.Trust(t.Context(), given.ID); !c.trust && !errors.Is(err, storage.ErrNotFound) || c.trust && err != nil {
					t.Errorf("the trust: %v", err)
				}
				l, _, err := db.LinkByToken(t.Context(), link.Token)
				if h.must(err); l.Replaced == c.link {
					t.Errorf("the link: %+v", l)
				}
				_, err = h.guess("a", mac)
				h.alive("mailed code", err, c.code)
				_, _, err = db.LiveGrant(t.Context(), ownGrant.ID)
				h.alive("own grant", err, c.grant)
				_, _, err = db.LiveGrant(t.Context(), otherGrant.ID)
				h.alive("other grant", err, c.grants)
				bystander()
			})
		})
	}
}

// bystander is another person; the result says whether all of theirs has stayed.
func (h *house) bystander() func() {
	h.t.Helper()
	anna := *h
	ben := person("ben@example.com")
	h.must(h.AddUser(h.t.Context(), ben, "", storage.Event{}))
	h.user = ben
	h.session = h.signIn(storage.SignIn{})
	given, link, g := h.trust(), h.link(storage.LinkReset, "ben@example.com"), h.grant(nil)
	theirs := *h
	*h = anna
	return func() {
		theirs.t.Helper()
		_, _, err := theirs.Trust(theirs.t.Context(), given.ID)
		theirs.must(err)
		theirs.lives(g, true)
		theirs.must(theirs.accept(link))
	}
}

// A thief finishes a sign-in on one node, while the owner changes the password on another.
func TestASignInFinishedWhileThePasswordChangesDoesNotOutliveIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for range 20 {
			version := h.version()
			atOnce(8, func(i int) error {
				if i == 7 {
					return db.SetPassword(t.Context(), h.user.ID, "$argon2id$new", "", storage.Event{})
				}
				_, err := db.Finish(t.Context(), h.attempt(storage.SignIn{UserVersion: version,
					Trust: &storage.Trust{ID: storage.NewID(), Expires: h.Now().Add(time.Hour)}}), storage.Event{})
				return err
			})
			if left, err := db.SessionsOf(t.Context(), h.user.ID); err != nil || len(left) != 0 {
				t.Fatalf("%d sessions outlived it, %v", len(left), err)
			}
			if left, err := db.Trusts(t.Context(), h.user.ID); err != nil || len(left) != 0 {
				t.Fatalf("%d trusts outlived it, %v", len(left), err)
			}
		}
	})
}

// A thief redeems codes of a session all the time, while the owner adds an authenticator in another.
func TestAnOfflineGrantRedeemedWhileItsSessionEndsDoesNotOutliveIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for range 10 {
			thief, codes := h.signIn(storage.SignIn{UserVersion: h.version()}), make([]storage.Grant, 8)
			for i := range codes {
				codes[i] = h.code()
				codes[i].Offline, codes[i].SessionID = true, thief.ID
			}
			atOnce(len(codes)+1, func(i int) error {
				if i == len(codes) {
					return h.addDevice(storage.NewAuthenticator{Keep: h.session.ID})
				}
				return second(db.RedeemCode(t.Context(), codes[i]))
			})
			for _, g := range codes {
				if _, _, err := db.LiveGrant(t.Context(), g.ID); !errors.Is(err, storage.ErrNotFound) {
					t.Fatalf("a grant outlived its session: %v", err)
				}
			}
			h.must(h.removeDevices(h.session.ID))
		}
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); err != nil {
			t.Errorf("the owner's session: %v", err)
		}
	})
}

func TestOnlyNameAndLocaleAreAPersonsOwnToChange(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		set := func(claims map[string]any) error {
			return db.SetProfile(t.Context(), h.user.ID, claims, storage.Event{Actor: h.user.ID})
		}
		h.must(set(map[string]any{"name": "Anna Berg"}))
		user, err := db.User(t.Context(), h.user.ID)
		if _, has := user.Claims["locale"]; err != nil || user.Name() != "Anna Berg" || has || user.Version != 1 {
			t.Errorf("%+v, %v", user, err)
		}
		var invalid *storage.Invalid
		for _, claims := range []map[string]any{{"email": "x@example.com"}, {"sub": "x"}, {"groups": []string{"admin"}}, {"phone_number": "1"},
			{"name": "a\x00b"}} {
			if err := set(claims); !errors.As(err, &invalid) {
				t.Errorf("%v: %v, want *Invalid", claims, err)
			}
		}
		h.must(set(nil))
		if user, err = db.User(t.Context(), h.user.ID); err != nil || user.Name() != "anna@example.com" || len(user.Claims) != 0 {
			t.Errorf("%+v, %v", user, err)
		}
		if n := h.events(storage.ProfileChanged); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
		if err := db.SetProfile(t.Context(), "nobody", nil, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an unknown person: %v, want ErrNotFound", err)
		}
	})
}
