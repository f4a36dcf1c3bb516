package storage_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// trust is a browser that the person has begun to trust, with a session in it.
func (h *house) trust() storage.Trust {
	h.t.Helper()
	id := storage.NewID()
	h.signIn(storage.SignIn{UserVersion: h.version(), Trust: &storage.Trust{ID: id, Expires: h.Now().Add(90 * 24 * time.Hour)}})
	t, _, err := h.Trust(h.t.Context(), id)
	h.must(err)
	return t
}

// version is the person's present one.
func (h *house) version() int64 {
	h.t.Helper()
	return h.person().Version
}

func TestATrustIsGivenByTheSignInThatAskedForIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		given := h.trust()
		if given.UserID != h.user.ID || given.Generation != 1 || given.Agent != "Chrome on Windows" || given.Created.IsZero() {
			t.Errorf("%+v", given)
		}
		_, person, err := db.Trust(t.Context(), given.ID)
		if err != nil || person.Email != "anna@example.com" {
			t.Errorf("of %q, %v", person.Email, err)
		}
		if n := h.events(storage.TrustGiven); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
		// A sign-in that fails gives none.
		id := storage.NewID()
		for name, in := range map[string]storage.SignIn{
			"another version":   {UserVersion: 7, Trust: &storage.Trust{ID: id, Expires: h.Now().Add(time.Hour)}},
			"expired":           {Trust: &storage.Trust{ID: id, Expires: h.Now()}},
			"without an id":     {Trust: &storage.Trust{Expires: h.Now().Add(time.Hour)}},
			"the id of another": {Trust: &storage.Trust{ID: given.ID, Expires: h.Now().Add(time.Hour)}},
		} {
			if _, err := db.Finish(t.Context(), h.attempt(in), storage.Event{}); err == nil {
				t.Errorf("%s: finished", name)
			}
		}
		all, err := db.Trusts(t.Context(), h.user.ID)
		h.must(err)
		if diff := cmp.Diff([]storage.Trust{given}, all); diff != "" {
			t.Error(diff)
		}
	})
}

// TB-03: two tabs, or an answer that was lost, are no theft.
func TestFiftyUseOneGenerationOfATrustAndGetOneSuccessor(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		given := h.trust()
		for _, err := range atOnce(50, func(int) error {
			got, err := db.UseTrust(t.Context(), given.ID, h.user.ID, 1)
			if err == nil && got.Generation != 2 {
				t.Errorf("generation %d, want 2", got.Generation)
			}
			return err
		}) {
			h.must(err)
		}
		if next, err := db.UseTrust(t.Context(), given.ID, h.user.ID, 2); err != nil || next.Generation != 3 {
			t.Errorf("generation %d, %v; want 3", next.Generation, err)
		}
		if n := h.events(storage.TrustStolen); n != 0 {
			t.Errorf("%d thefts", n)
		}
	})
}

// TB-03, S-29: house: the value before is good for 60 s; then, and every older one at any time, it ends the trust.
func TestAnOlderValueOfATrustEndsIt(t *testing.T) {
	for name, c := range map[string]struct {
		uses    int
		wait    time.Duration
		present int64
		stolen  bool
	}{
		"the one before, at 60 s":  {1, time.Minute, 1, false},
		"the one before, later":    {1, time.Minute + time.Microsecond, 1, true},
		"two back, at once":        {2, 0, 1, true},
		"one never handed out":     {1, 0, 3, false},
		"the present one, a month": {1, 30 * 24 * time.Hour, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWithClock(t, func(t *testing.T, db *storage.DB, clock *clock) {
				h := furnish(t, db)
				given := h.trust()
				for i := range c.uses {
					_, err := db.UseTrust(t.Context(), given.ID, h.user.ID, int64(1+i))
					h.must(err)
				}
				clock.pass(c.wait)
				errs := atOnce(5, func(int) error {
					_, err := db.UseTrust(t.Context(), given.ID, h.user.ID, c.present)
					return err
				})
				left, err := db.Trusts(t.Context(), h.user.ID)
				h.must(err)
				if stolen := h.events(storage.TrustStolen); c.stolen != (len(left) == 0) || c.stolen != (stolen == 1) || stolen > 1 {
					t.Errorf("%d trusts and %d thefts", len(left), stolen)
				}
				caught := 0
				for _, err := range errs {
					if errors.Is(err, storage.ErrConflict) {
						caught++
					} else if c.stolen && !errors.Is(err, storage.ErrNotFound) { // gone when it came
						t.Errorf("%v", err)
					}
				}
				if c.stolen != (caught > 0) {
					t.Errorf("%d were told of the theft", caught)
				}
			})
		})
	}
}

// S-29, TB-02, TP-07: trust is one browser's and one person's, and ends.
func TestATrustHelpsNobodyElseAndNoLongerThanItLives(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		ben := person("ben@example.com")
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		given := h.trust()
		for name, ask := range map[string]struct{ id, user string }{
			"another person": {given.ID, ben.ID}, "nobody": {given.ID, ""}, "another trust": {storage.NewID(), h.user.ID},
		} {
			if _, err := db.UseTrust(t.Context(), ask.id, ask.user, 1); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: %v, want ErrNotFound", name, err)
			}
		}
		in := storage.SignIn{Session: storage.Session{UserID: ben.ID}, Trusted: given.ID}
		if _, err := db.Finish(t.Context(), h.attempt(in), storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("another person's sign-in: %v, want ErrNotFound", err)
		}
		h.signIn(storage.SignIn{Trusted: given.ID})
		h.must(db.EndTrust(t.Context(), ben.ID, given.ID, storage.Event{}))
		if n := h.events(storage.TrustEnded); n != 0 {
			t.Error("another person ended it")
		}
		c.pass(90*24*time.Hour - time.Microsecond) // TB-05
		if _, err := db.UseTrust(t.Context(), given.ID, h.user.ID, 1); err != nil {
			t.Error(err)
		}
		c.pass(time.Microsecond)
		h.trustIsOver(given)
	})
}

// trustIsOver: by none of the ways in which a trust helps.
func (h *house) trustIsOver(given storage.Trust) {
	h.t.Helper()
	for generation := range int64(4) {
		if _, err := h.UseTrust(h.t.Context(), given.ID, h.user.ID, generation); !errors.Is(err, storage.ErrNotFound) {
			h.t.Errorf("generation %d: %v, want ErrNotFound", generation, err)
		}
	}
	if _, _, err := h.Trust(h.t.Context(), given.ID); !errors.Is(err, storage.ErrNotFound) {
		h.t.Errorf("read: %v, want ErrNotFound", err)
	}
	if all, err := h.Trusts(h.t.Context(), h.user.ID); err != nil || len(all) != 0 {
		h.t.Errorf("listed: %v, %v", all, err)
	}
	in := storage.SignIn{UserVersion: h.version(), Trusted: given.ID}
	if _, err := h.Finish(h.t.Context(), h.attempt(in), storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
		h.t.Errorf("a sign-in by it: %v, want ErrNotFound", err)
	}
	in.Session.ID = h.session.ID
	if _, err := h.Finish(h.t.Context(), h.attempt(in), storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
		h.t.Errorf("a session raised by it: %v, want ErrNotFound", err)
	}
}

// TB-09
func TestTrustsAreEndedOneByOneOrAllAtOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		a, b, c := h.trust(), h.trust(), h.trust()
		for range 2 {
			h.must(db.EndTrust(t.Context(), h.user.ID, a.ID, storage.Event{}))
		}
		if all, err := db.Trusts(t.Context(), h.user.ID); err != nil || len(all) != 2 || all[0].ID != c.ID || all[1].ID != b.ID {
			t.Errorf("%+v, %v; want the one used last first", all, err)
		}
		for range 2 {
			h.must(db.EndTrusts(t.Context(), h.user.ID, storage.Event{}))
		}
		for _, given := range []storage.Trust{a, b, c} {
			h.trustIsOver(given)
		}
		if one, all := h.events(storage.TrustEnded), h.events(storage.TrustsEnded); one != 1 || all != 1 {
			t.Errorf("%d and %d events, want 1 and 1", one, all)
		}
	})
}

// The thief's sign-in is under way on one node, while on another everything is ended.
func TestOfASignInByATrustAndItsEndAtTheSameMomentOneSeesTheOther(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		var finished atomic.Int64
		for range 20 {
			given := h.trust()
			atOnce(8, func(i int) error {
				if i == 7 {
					_, _, err := db.EndEverywhere(t.Context(), h.user.ID, "", storage.Event{})
					return err
				}
				_, err := db.Finish(t.Context(), h.attempt(storage.SignIn{Trusted: given.ID}), storage.Event{})
				if err == nil {
					finished.Add(1)
				}
				return err
			})
			if left, err := db.SessionsOf(t.Context(), h.user.ID); err != nil || len(left) != 0 {
				t.Fatalf("%d sessions outlived it, %v", len(left), err)
			}
		}
		t.Logf("%d of 140 sign-ins were finished before", finished.Load())
	})
}
