package storage_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestAGrantComesBackAsItWasRedeemed(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		want := h.grant(nil)
		got, user, err := db.LiveGrant(t.Context(), want.ID)
		h.must(err)
		want.Created = got.Created
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		h.user.Version, h.user.Created, h.user.Updated, h.user.SignedIn = 1, user.Created, user.Updated, user.SignedIn
		if diff := cmp.Diff(h.user, user); diff != "" {
			t.Error(diff)
		}
	})
}

// RFC 6749 §4.1.2, §10.5.
func TestFiftyRedeemOneCodeOneWinsAndTheGrantDies(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		code := h.code()
		errs := atOnce(50, func(int) error {
			g := code
			g.ID = storage.NewID()
			return second(db.RedeemCode(t.Context(), g))
		})
		oneWinner(t, errs, storage.ErrConflict)
		if n := h.events(storage.GrantCodeReplayed); n != 1 {
			t.Errorf("%d events tell of the replay, want 1", n)
		}
		if _, err := db.RedeemCode(t.Context(), code); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("afterwards: %v, want ErrConflict", err)
		}
	})
}

func TestTheGrantOfACodeThatCameTwiceDoesNotLive(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		g := h.grant(nil)
		again := g
		again.ID = storage.NewID()
		if _, err := db.RedeemCode(t.Context(), again); !errors.Is(err, storage.ErrConflict) {
			t.Fatalf("second redemption: %v, want ErrConflict", err)
		}
		for _, id := range []string{g.ID, again.ID} {
			if _, _, err := db.LiveGrant(t.Context(), id); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("LiveGrant: %v, want ErrNotFound", err)
			}
		}
		if _, _, err := db.RotateGrant(t.Context(), h.rotation(g, 0)); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("RotateGrant: %v, want ErrNotFound", err)
		}
	})
}

func TestABurntCodeIsWorthless(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		fresh, redeemed := h.code(), h.grant(nil)
		for range 2 {
			h.must(db.BurnCode(t.Context(), fresh))
			h.must(db.BurnCode(t.Context(), redeemed))
		}
		if _, err := db.RedeemCode(t.Context(), fresh); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("RedeemCode: %v, want ErrConflict", err)
		}
		for _, g := range []storage.Grant{fresh, redeemed} {
			if _, _, err := db.LiveGrant(t.Context(), g.ID); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("LiveGrant: %v, want ErrNotFound", err)
			}
		}
		if burnt, replayed := h.events(storage.GrantCodeBurnt), h.events(storage.GrantCodeReplayed); burnt != 1 || replayed != 1 {
			t.Errorf("%d burnt, %d replayed, want one event each", burnt, replayed)
		}
	})
}

// Whoever hands out tokens judges their person by it, without another read.
func TestRedemptionAndRotationTellWhatThePersonIsJudgedBy(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(h.addDevice(storage.NewAuthenticator{}))
		u, err := db.User(t.Context(), h.user.ID)
		h.must(err)
		u.Role, u.Groups = "helpdesk", []string{"crew", "sales, abroad"}
		h.must(second(db.ChangeUser(t.Context(), u, by)))
		u, err = db.User(t.Context(), u.ID)
		h.must(err)
		h.session = h.signIn(storage.SignIn{UserVersion: u.Version})
		judged := func(what string, told storage.User, err error) {
			t.Helper()
			if err != nil || told.ID != u.ID || told.Role != "helpdesk" || !slices.Equal(told.Groups, u.Groups) || !told.TOTP {
				t.Errorf("%s: %+v, %v", what, told, err)
			}
		}
		g := h.code()
		told, err := db.RedeemCode(t.Context(), g)
		judged("redemption", told, err)
		for _, what := range []string{"rotation", "the same again"} {
			_, told, err = db.RotateGrant(t.Context(), h.rotation(g, 0))
			judged(what, told, err)
		}
		kept := h.rotation(g, 1)
		kept.Keep = true
		_, told, err = db.RotateGrant(t.Context(), kept)
		judged("a token that is kept", told, err)

		own := h.grant(func(g *storage.Grant) { g.UserID, g.SessionID = "", "" })
		if _, told, err := db.RotateGrant(t.Context(), h.rotation(own, 0)); err != nil || told.ID != "" || told.Groups != nil {
			t.Errorf("a client's own grant: %+v, %v", told, err)
		}
	})
}

func TestFiftyRotateOneRefreshTokenAndAllGetTheSameSuccessor(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		g := h.grant(nil)
		errs := atOnce(50, func(int) error {
			got, _, err := db.RotateGrant(t.Context(), h.rotation(g, 0))
			if err == nil && got.Generation != 1 {
				return errors.New("another successor")
			}
			return err
		})
		for _, err := range errs {
			h.must(err)
		}
		live, _, err := db.LiveGrant(t.Context(), g.ID)
		h.must(err)
		if live.Generation != 1 {
			t.Errorf("generation %d, want 1", live.Generation)
		}
	})
}

// RFC 9700 §4.14.2.
func TestAReusedRefreshTokenEndsItsGrant(t *testing.T) {
	for name, reuse := range map[string]func(*storage.Rotation){
		"an older generation":                    func(r *storage.Rotation) { r.Generation = 0 },
		"the one before, after the window":       func(r *storage.Rotation) { r.Generation, r.Window = 1, -time.Second },
		"one from the future":                    func(r *storage.Rotation) { r.Generation = 7 },
		"the present one by another client":      func(r *storage.Rotation) { r.Generation, r.ClientID = 2, "web2" },
		"an older generation that would be kept": func(r *storage.Rotation) { r.Generation, r.Keep = 0, true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storagetest.Each(t, func(t *testing.T, db *storage.DB) {
				h := furnish(t, db)
				g := h.grant(nil)
				for generation := range int64(2) {
					_, _, err := db.RotateGrant(t.Context(), h.rotation(g, generation))
					h.must(err)
				}
				r := h.rotation(g, 0)
				reuse(&r)
				errs := atOnce(8, func(int) error {
					_, _, err := db.RotateGrant(t.Context(), r)
					return err
				})
				for _, err := range errs {
					if !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrNotFound) {
						t.Errorf("%v, want ErrConflict, or ErrNotFound once it is revoked", err)
					}
				}
				if _, _, err := db.RotateGrant(t.Context(), h.rotation(g, 2)); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("the right token afterwards: %v, want ErrNotFound", err)
				}
				if n := h.events(storage.GrantRefreshReused); n != 1 {
					t.Errorf("%d events tell of the reuse, want 1", n)
				}
			})
		})
	}
}

func TestAKeptRefreshTokenStaysGood(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		r := h.rotation(h.grant(nil), 0)
		r.Keep = true
		for range 3 {
			r.IdleUntil = r.IdleUntil.Add(time.Hour)
			got, _, err := db.RotateGrant(t.Context(), r)
			h.must(err)
			if got.Generation != 0 || !got.IdleUntil.Equal(r.IdleUntil) {
				t.Errorf("generation %d, idle until %v; want 0 and %v", got.Generation, got.IdleUntil, r.IdleUntil)
			}
		}
	})
}

func TestRevokingTwiceOrNothingIsNoError(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		g := h.grant(nil)
		for _, id := range []string{g.ID, g.ID, "unknown"} {
			h.must(db.RevokeGrant(t.Context(), id, storage.Event{Actor: "client:web"}))
		}
		if _, _, err := db.LiveGrant(t.Context(), g.ID); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("LiveGrant: %v, want ErrNotFound", err)
		}
		if n := h.events(storage.GrantRevoked); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
}

// oneWinner wants one nil among the errors, and all others to be of a kind.
func oneWinner(t *testing.T, errs []error, loser error) {
	t.Helper()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, loser) {
			t.Errorf("a loser got %v, want %v", err, loser)
		}
	}
	if won != 1 {
		t.Errorf("%d won, want 1", won)
	}
}
