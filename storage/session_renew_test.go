package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestARenewedSessionIsFoundByItsNewCookieAlone(t *testing.T) { // CS-05
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		errs := atOnce(20, func(int) error {
			return db.RenewSession(t.Context(), h.session.ID, h.session.Cookie, random())
		})
		oneWinner(t, errs, storage.ErrNotFound)
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the old cookie: %v, want ErrNotFound", err)
		}
		got, err := db.SessionsOf(t.Context(), h.user.ID)
		h.must(err)
		if len(got) != 1 || got[0].ID != h.session.ID || !got[0].AuthTime.Equal(h.session.AuthTime) {
			t.Errorf("sessions are %+v, want the one with the same sid and auth_time", got)
		}
		over := h.signIn(storage.SignIn{Session: storage.Session{Expires: db.Now().Add(-time.Second)}})
		if err := db.RenewSession(t.Context(), over.ID, over.Cookie, random()); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a session that has ended: %v, want ErrNotFound", err)
		}
	})
}

func TestOfTwoWhoChangeOnePasswordOneWins(t *testing.T) { // PR-15
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		other, grant := h.signIn(storage.SignIn{}), h.grant(nil)
		renewed := [2][]byte{random(), random()}
		changes := [2]storage.PasswordChange{
			{UserID: h.user.ID, UserVersion: 1, Hash: "$one", Session: h.session.ID, Cookie: h.session.Cookie, Renewed: renewed[0]},
			{UserID: h.user.ID, UserVersion: 1, Hash: "$two", Session: other.ID, Cookie: other.Cookie, Renewed: renewed[1]},
		}
		errs := atOnce(2, func(i int) error {
			_, err := db.ChangePassword(t.Context(), changes[i], storage.Event{})
			return err
		})
		oneWinner(t, errs, storage.ErrNotFound)
		winner := 0
		if errs[0] != nil {
			winner = 1
		}
		user, hash, err := db.Login(t.Context(), "anna@example.com")
		h.must(err)
		if hash != changes[winner].Hash || user.Version != 2 {
			t.Errorf("hash %q, version %d; want the winner's and 2", hash, user.Version)
		}
		sessions, err := db.SessionsOf(t.Context(), h.user.ID)
		h.must(err)
		if len(sessions) != 1 || sessions[0].ID != changes[winner].Session {
			t.Errorf("sessions are %+v, want the winner's alone", sessions)
		}
		if _, _, err := db.SessionByCookie(t.Context(), renewed[winner]); err != nil {
			t.Errorf("the winner's new cookie: %v", err)
		}
		if _, _, err := db.SessionByCookie(t.Context(), changes[winner].Cookie); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the winner's old cookie: %v, want ErrNotFound", err)
		}
		h.lives(grant, false)
		if n := h.events(storage.UserPasswordSet); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
}

func TestAPasswordIsNotChangedByWhoeverHasNoSession(t *testing.T) { // PR-12
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ben := person("ben@example.com")
		h.must(db.AddUser(t.Context(), ben, "$argon2id$ben", storage.Event{}))
		good := storage.PasswordChange{UserID: h.user.ID, UserVersion: 1, Hash: "$new", Session: h.session.ID, Cookie: h.session.Cookie, Renewed: random()}
		for name, change := range map[string]func(*storage.PasswordChange){
			"another cookie":    func(c *storage.PasswordChange) { c.Cookie = random() },
			"another session":   func(c *storage.PasswordChange) { c.Session = storage.NewID() },
			"another version":   func(c *storage.PasswordChange) { c.UserVersion = 2 },
			"another person":    func(c *storage.PasswordChange) { c.UserID = ben.ID },
			"an unknown person": func(c *storage.PasswordChange) { c.UserID = storage.NewID() },
		} {
			bad := good
			change(&bad)
			if _, err := db.ChangePassword(t.Context(), bad, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		if _, hash, _ := db.Login(t.Context(), "anna@example.com"); hash != "$argon2id$old" {
			t.Errorf("the hash became %q", hash)
		}
		h.must(db.SetUserState(t.Context(), h.user.ID, "disabled", storage.Event{}))
		good.UserVersion = 2
		if _, err := db.ChangePassword(t.Context(), good, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a disabled person: %v, want ErrNotFound", err)
		}
	})
}

func TestAnAlarmThatIsRaisedOnTheOwnPageKeepsItsSession(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.signIn(storage.SignIn{})
		grant := h.grant(nil)
		_, err := db.RaiseAlarm(t.Context(), storage.Alarm{ID: storage.NewID(), Until: db.Now().Add(time.Hour), UserID: h.user.ID, Keep: h.session.ID}, storage.Event{})
		h.must(err)
		sessions, err := db.SessionsOf(t.Context(), h.user.ID)
		h.must(err)
		if len(sessions) != 1 || sessions[0].ID != h.session.ID {
			t.Errorf("sessions are %+v, want the one that stays", sessions)
		}
		h.lives(grant, false)
	})
}
