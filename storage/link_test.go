package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// link is a mailed link of the person, good for half an hour.
func (h *house) link(kind, email string) storage.Link {
	h.t.Helper()
	l := storage.Link{ID: storage.NewID(), Token: random(), Kind: kind, UserID: h.user.ID, Email: email, Expires: h.Now().Add(30 * time.Minute)}
	h.must(h.PutLink(h.t.Context(), l, storage.Event{}))
	l, _, err := h.LinkByToken(h.t.Context(), l.Token)
	h.must(err)
	return l
}

func (h *house) accept(l storage.Link) error {
	_, err := h.AcceptLink(h.t.Context(), storage.Acceptance{LinkID: l.ID, UserVersion: h.version(), Hash: "$argon2id$new"}, storage.Event{})
	return err
}

// invite makes the person one who was only invited.
func (h *house) invite() {
	h.t.Helper()
	h.must(h.SetUserState(h.t.Context(), h.user.ID, "invited", storage.Event{}))
}

func TestALinkIsFoundByTheHashOfItsToken(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		put := storage.Link{ID: storage.NewID(), Token: random(), Kind: storage.LinkReset, UserID: h.user.ID, UserVersion: 1,
			Email: "anna@example.com", Note: "de", Created: h.Now(), Expires: h.Now().Add(time.Hour)}
		h.must(db.PutLink(t.Context(), put, storage.Event{}))
		got, user, err := db.LinkByToken(t.Context(), put.Token)
		h.must(err)
		if diff := cmp.Diff(put, got); diff != "" {
			t.Error(diff)
		}
		if user.ID != h.user.ID {
			t.Errorf("of %+v", user)
		}
		for name, token := range map[string][]byte{"another": random(), "empty": {}, "none": nil} {
			if _, _, err := db.LinkByToken(t.Context(), token); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s token: %v, want ErrNotFound", name, err)
			}
		}
		for name, change := range map[string]func(*storage.Link){
			"another version":   func(l *storage.Link) { l.UserVersion = 2 },
			"an unknown person": func(l *storage.Link) { l.UserID = "nobody" },
			"a known token":     func(l *storage.Link) { l.Token = put.Token },
			"no hash":           func(l *storage.Link) { l.Token = []byte("x") },
			"an unknown kind":   func(l *storage.Link) { l.Kind = "login" },
			"another spelling":  func(l *storage.Link) { l.Email = "Anna@example.com" },
		} {
			l := put
			l.ID, l.Token = storage.NewID(), random()
			change(&l)
			if err := db.PutLink(t.Context(), l, storage.Event{}); err == nil {
				t.Errorf("%s: stored", name)
			}
		}
		if got, _, err := db.LinkByToken(t.Context(), put.Token); err != nil || got.Replaced {
			t.Errorf("what was refused replaced it: %+v, %v", got, err)
		}
	})
}

func TestFiftyAcceptOneInvitationAndOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.invite()
		l := h.link(storage.LinkInvitation, "anna@example.com")
		oneWinner(t, atOnce(50, func(int) error {
			_, err := db.AcceptLink(t.Context(), storage.Acceptance{LinkID: l.ID, UserVersion: 2, Hash: "$argon2id$new"}, storage.Event{})
			return err
		}), storage.ErrConflict)
		user, hash, err := db.Login(t.Context(), "anna@example.com")
		if err != nil || user.State != "active" || user.Version != 3 || hash != "$argon2id$new" {
			t.Errorf("%+v with %q, %v", user, hash, err)
		}
		used, _, err := db.LinkByToken(t.Context(), l.Token)
		if err != nil || used.Used.IsZero() || used.Replaced {
			t.Errorf("%+v, %v; want it used", used, err)
		}
		if links, states := h.events(storage.LinkUsed), h.events(storage.UserStateChanged); links != 1 || states != 2 {
			t.Errorf("%d links used and %d states changed, want 1 and 2", links, states)
		}
	})
}

func TestADeadLinkChangesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		kind  string
		dies  func(h *house, c *clock, l storage.Link) error
		error error
	}{
		"it was used": {storage.LinkReset, func(h *house, _ *clock, l storage.Link) error { return h.accept(l) }, storage.ErrConflict},
		"a later one was sent": {storage.LinkReset, func(h *house, _ *clock, _ storage.Link) error {
			h.link(storage.LinkReset, "anna@example.com")
			return nil
		}, storage.ErrConflict},
		"it has expired": {storage.LinkReset, func(_ *house, c *clock, _ storage.Link) error {
			c.pass(30 * time.Minute)
			return nil
		}, storage.ErrConflict},
		"it confirms an address": {storage.LinkAddress, func(*house, *clock, storage.Link) error { return nil }, storage.ErrConflict},
		"FD-10: the person's version has changed": {storage.LinkReset, func(h *house, _ *clock, _ storage.Link) error {
			return h.SetPassword(h.t.Context(), h.user.ID, "$argon2id$other", "", storage.Event{})
		}, storage.ErrConflict},
		"the person is disabled": {storage.LinkReset, func(h *house, _ *clock, _ storage.Link) error {
			return h.SetUserState(h.t.Context(), h.user.ID, "disabled", storage.Event{})
		}, storage.ErrConflict},
		"the epoch was raised": {storage.LinkReset, func(h *house, _ *clock, _ storage.Link) error {
			_, err := h.RaiseEpoch(h.t.Context(), storage.Event{})
			return err
		}, storage.ErrConflict},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWithClock(t, func(t *testing.T, db *storage.DB, clock *clock) {
				h := furnish(t, db)
				l := h.link(c.kind, "anna@example.com")
				h.must(c.dies(h, clock, l))
				before, hash, err := db.Login(t.Context(), "anna@example.com")
				h.must(err)
				if err := h.accept(l); !errors.Is(err, c.error) {
					t.Errorf("%v, want %v", err, c.error)
				}
				after, now, err := db.Login(t.Context(), "anna@example.com")
				h.must(err)
				if diff := cmp.Diff(before, after); diff != "" || hash != now {
					t.Error(diff, now)
				}
				if _, _, err := db.LinkByToken(t.Context(), l.Token); err != nil {
					t.Errorf("its page cannot say why: %v", err)
				}
			})
		})
	}
}

func TestALinkIsAcceptedForTheVersionThatWasProvedAlone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		l := h.link(storage.LinkReset, "anna@example.com")
		for _, a := range []storage.Acceptance{
			{LinkID: l.ID, UserVersion: 2, Hash: "x"}, {LinkID: l.ID, UserVersion: 0, Hash: "x"}, {LinkID: l.ID, UserVersion: 1},
			{LinkID: "unknown", UserVersion: 1, Hash: "x"},
		} {
			if _, err := db.AcceptLink(t.Context(), a, storage.Event{}); err == nil {
				t.Errorf("%+v: accepted", a)
			}
		}
		h.must(h.accept(l)) // none of them has spent it
	})
}

// Invited twice at once, or mailed twice: the last word holds, and there is one.
func TestOfLinksThatAreSentAtOnceOneLives(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.link(storage.LinkAddress, "new@example.com") // of another kind
		tokens := make([][]byte, 20)
		for _, err := range atOnce(20, func(i int) error {
			tokens[i] = random()
			return db.PutLink(t.Context(), storage.Link{ID: storage.NewID(), Token: tokens[i], Kind: storage.LinkReset, UserID: h.user.ID,
				Email: "anna@example.com", Expires: h.Now().Add(time.Hour)}, storage.Event{})
		}) {
			h.must(err)
		}
		living := 0
		for _, token := range tokens {
			l, _, err := db.LinkByToken(t.Context(), token)
			h.must(err)
			if !l.Replaced {
				living++
			}
		}
		if living != 1 {
			t.Errorf("%d live, want 1", living)
		}
	})
}

func TestALinkThatIsSentWhileThePasswordChangesDoesNotOutliveIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for range 20 {
			version, token := h.version(), random()
			atOnce(2, func(i int) error {
				if i == 1 {
					return db.SetPassword(t.Context(), h.user.ID, "$argon2id$new", "", storage.Event{})
				}
				return db.PutLink(t.Context(), storage.Link{ID: storage.NewID(), Token: token, Kind: storage.LinkReset, UserID: h.user.ID,
					UserVersion: version, Email: "anna@example.com", Expires: h.Now().Add(time.Hour)}, storage.Event{})
			})
			l, _, err := db.LinkByToken(t.Context(), token)
			if !errors.Is(err, storage.ErrNotFound) && !l.Replaced {
				t.Fatalf("%+v, %v", l, err)
			}
		}
	})
}

func TestADeadLinkIsKnownForThirtyDays(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		l := h.link(storage.LinkReset, "anna@example.com")
		c.pass(30*time.Minute + 30*24*time.Hour - time.Microsecond)
		for _, want := range []error{nil, storage.ErrNotFound} {
			_, err := db.Sweep(t.Context())
			h.must(err)
			if _, _, err := db.LinkByToken(t.Context(), l.Token); !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
			c.pass(time.Microsecond)
		}
	})
}

func TestTheLivingLinkIsTheOneThatWorks(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		lives := func(want string) {
			t.Helper()
			l, err := db.LivingLink(t.Context(), h.user.ID, storage.LinkReset)
			if l.ID != want || (want == "") != errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%+v, %v; want %q", l, err, want)
			}
		}
		lives("")
		h.link(storage.LinkInvitation, "anna@example.com")
		lives("")
		h.link(storage.LinkReset, "anna@example.com")
		second := h.link(storage.LinkReset, "anna@example.com")
		lives(second.ID)
		h.must(h.accept(second))
		lives("")
		expired := storage.Link{ID: storage.NewID(), Token: random(), Kind: storage.LinkReset, UserID: h.user.ID, Email: "anna@example.com", Expires: h.Now().Add(-time.Second)}
		h.must(db.PutLink(t.Context(), expired, storage.Event{}))
		lives("")
	})
}
