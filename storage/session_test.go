package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestASessionIsFoundByTheHashOfItsCookie(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		got, user, err := db.SessionByCookie(t.Context(), h.session.Cookie)
		h.must(err)
		if diff := cmp.Diff(h.session, got); diff != "" {
			t.Error(diff)
		}
		if user.Email != "anna@example.com" || got.ID == "" || got.Created.IsZero() {
			t.Errorf("user %q, session %+v", user.Email, got)
		}
		for name, hash := range map[string][]byte{"another": random(), "empty": {}, "none": nil} {
			if _, _, err := db.SessionByCookie(t.Context(), hash); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s cookie: %v, want ErrNotFound", name, err)
			}
		}
	})
}

func TestFiftyFinishOneAttemptAndOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		attempt := storage.NewID()
		h.must(db.EndSession(t.Context(), h.session.ID, storage.Event{}))
		errs := atOnce(50, func(int) error {
			_, err := db.Finish(t.Context(), h.attempt(storage.SignIn{Session: storage.Session{Attempt: attempt}}), storage.Event{})
			return err
		})
		oneWinner(t, errs, storage.ErrConflict)
		if n := h.events(storage.SessionStarted); n != 2 {
			t.Errorf("%d sessions started, want the first and the winner's", n)
		}
	})
}

func TestARaisedSessionKeepsItsSidAndChangesItsCookie(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		raised := h.signIn(storage.SignIn{Session: storage.Session{ID: h.session.ID}, Replaces: h.session.Cookie})
		if raised.ID != h.session.ID || !raised.Created.Equal(h.session.Created) {
			t.Errorf("sid %s made %v, want %s made %v", raised.ID, raised.Created, h.session.ID, h.session.Created)
		}
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the old cookie: %v, want ErrNotFound", err)
		}
		got, _, err := db.SessionByCookie(t.Context(), raised.Cookie)
		h.must(err)
		if diff := cmp.Diff(raised, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestASignInIsNotFinishedOnSomethingElseThanItWasProvedFor(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ben := person("ben@example.com")
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		gone := h.signIn(storage.SignIn{})
		h.must(db.EndSession(t.Context(), gone.ID, storage.Event{}))
		for name, in := range map[string]storage.SignIn{
			"another version":                   {UserVersion: 2},
			"an unknown person":                 {Session: storage.Session{UserID: "nobody"}},
			"another person's session":          {Session: storage.Session{ID: h.session.ID, UserID: ben.ID}},
			"a session that has ended":          {Session: storage.Session{ID: gone.ID}},
			"a cookie that another session has": {Session: storage.Session{Cookie: h.session.Cookie}},
		} {
			if _, err := db.Finish(t.Context(), h.attempt(in), storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		h.must(db.SetUserState(t.Context(), h.user.ID, "disabled", storage.Event{}))
		if _, err := db.Finish(t.Context(), h.attempt(storage.SignIn{UserVersion: 2}), storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a disabled person: %v, want ErrNotFound", err)
		}
	})
}

func TestAnotherPersonsSignInEndsTheBrowsersFormerSession(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ben := person("ben@example.com")
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		h.signIn(storage.SignIn{Replaces: h.session.Cookie}) // the same person, on purpose: both stay
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); err != nil {
			t.Errorf("the same person's former session: %v", err)
		}
		h.signIn(storage.SignIn{Session: storage.Session{UserID: ben.ID}, Replaces: h.session.Cookie})
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the other person's former session: %v, want ErrNotFound", err)
		}
		if n := h.events(storage.SessionReplaced); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
}

func TestASessionEndsOnceHoweverManyEndIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for _, err := range atOnce(20, func(int) error { return db.EndSession(t.Context(), h.session.ID, storage.Event{}) }) {
			h.must(err)
		}
		if n := h.events(storage.SessionEnded); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
}

func TestAMarkOnASessionMovesItsIdleEndButNotBeyondItsEnd(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		later := h.Now().Add(5 * time.Minute)
		for _, mark := range []struct{ seen, idle, want time.Time }{
			{later, later.Add(time.Hour), later.Add(time.Hour)},
			{later.Add(-time.Minute), later.Add(2 * time.Hour), later.Add(time.Hour)}, // came too late: another was there
			{later.Add(time.Minute), h.session.Expires.Add(time.Hour), h.session.Expires},
		} {
			h.must(db.TouchSession(t.Context(), h.session.ID, mark.seen, mark.idle))
			got, _, err := db.SessionByCookie(t.Context(), h.session.Cookie)
			h.must(err)
			if !got.IdleUntil.Equal(mark.want) {
				t.Errorf("idle until %v, want %v", got.IdleUntil, mark.want)
			}
		}
		h.must(db.TouchSession(t.Context(), "gone", later, later))
	})
}

// XS-06: both databases take any text of a visitor's, and no text reaches beyond its field.
func TestNoTextOfABrowserReachesBeyondItsField(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		in := h.attempt(storage.SignIn{})
		in.Session.Agent = "a\x1fb\x00c\xff😀\u202ed\ne'\""
		s, err := db.Finish(t.Context(), in, storage.Event{Address: "\x00"})
		h.must(err)
		got, _, err := db.SessionByCookie(t.Context(), s.Cookie)
		h.must(err)
		s.Agent = "a\uFFFDb\uFFFDc\uFFFD😀\u202ed\ne'\""
		if diff := cmp.Diff(s, got); diff != "" {
			t.Error(diff)
		}
		g := h.grant(func(g *storage.Grant) { g.Actor, g.Claims = "x\x1fy", []byte("{\"a\":\"\x1f\"}") })
		live, _, err := db.LiveGrant(t.Context(), g.ID)
		h.must(err)
		if live.Actor != "x\uFFFDy" || live.ACR != g.ACR || live.Expires != g.Expires {
			t.Errorf("%+v", live)
		}
	})
}
