package storage_test

import (
	"bytes"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// mail puts a code of an attempt under way and returns its MAC.
func (h *house) mail(attempt, purpose string, good time.Duration) []byte {
	h.t.Helper()
	mac := random()
	h.must(h.PutMailedCode(h.t.Context(), storage.MailedCode{Attempt: attempt, Purpose: purpose, UserID: h.user.ID, MAC: mac,
		Sent: h.Now(), Expires: h.Now().Add(good)}))
	return mac
}

func (h *house) guess(attempt string, mac []byte) (int, error) {
	return h.TryMailedCode(h.t.Context(), attempt, "sign-in", func(m []byte) bool { return bytes.Equal(m, mac) })
}

func TestFiftySendTheRightMailedCodeAndOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		mac := h.mail("a", "sign-in", time.Minute)
		errs := atOnce(50, func(int) error {
			_, err := h.guess("a", mac)
			return err
		})
		oneWinner(t, errs, storage.ErrNotFound)
		if _, err := db.MailedCode(t.Context(), "a", "sign-in"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the spent code: %v, want ErrNotFound", err)
		}
	})
}

func TestOfTwoHundredWrongGuessesFiveAreCompared(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		mac := h.mail("a", "sign-in", time.Minute)
		var compared, left atomic.Int64
		errs := atOnce(200, func(int) error {
			n, err := db.TryMailedCode(t.Context(), "a", "sign-in", func([]byte) bool { compared.Add(1); return false })
			if errors.Is(err, storage.ErrConflict) {
				left.Add(int64(n))
			}
			return err
		})
		wrong := 0
		for _, err := range errs {
			if errors.Is(err, storage.ErrConflict) {
				wrong++
			} else if !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%v, want ErrConflict or ErrNotFound", err)
			}
		}
		if compared.Load() != storage.MailedTries || wrong != storage.MailedTries || left.Load() != 4+3+2+1+0 {
			t.Errorf("%d compared, %d told wrong, %d tries left in sum; want 5, 5, 10", compared.Load(), wrong, left.Load())
		}
		if _, err := h.guess("a", mac); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the right code afterwards: %v, want ErrNotFound", err)
		}
		if c, err := db.MailedCode(t.Context(), "a", "sign-in"); err != nil || c.Tries != storage.MailedTries {
			t.Errorf("the used-up code shows %d tries, %v", c.Tries, err)
		}
	})
}

func TestAMailedCodeIsGoodForItsAttemptAndPurposeOnly(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		a, b := h.mail("a", "sign-in", time.Minute), h.mail("b", "sign-in", time.Minute)
		reset, late := h.mail("a", "reset", time.Minute), h.mail("late", "sign-in", -time.Microsecond)
		for name, try := range map[string]struct {
			attempt string
			mac     []byte
			want    error
		}{
			"another attempt's":    {"a", b, storage.ErrConflict},
			"another purpose's":    {"a", reset, storage.ErrConflict},
			"an expired one":       {"late", late, storage.ErrNotFound},
			"an attempt with none": {"c", a, storage.ErrNotFound},
		} {
			if _, err := h.guess(try.attempt, try.mac); !errors.Is(err, try.want) {
				t.Errorf("%s: %v, want %v", name, err, try.want)
			}
		}
		next := h.mail("a", "sign-in", time.Minute)
		if left, err := h.guess("a", a); !errors.Is(err, storage.ErrConflict) || left != 4 {
			t.Errorf("the former code after a new one: %v with %d left, want ErrConflict with 4", err, left)
		}
		_, err := h.guess("a", next)
		h.must(err)
	})
}

func TestAPanicInAComparisonIsTheCallersErrorAndNothingMore(t *testing.T) {
	db := storagetest.New(t, nil)
	h := furnish(t, db)
	mac := h.mail("a", "sign-in", time.Minute)
	if _, err := db.TryMailedCode(t.Context(), "a", "sign-in", func([]byte) bool { panic("boom") }); err == nil {
		t.Error("no error")
	}
	_, err := h.guess("a", mac)
	h.must(err)
}

func TestOfAllWhoSpendAnIDOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		until := h.Now().Add(time.Hour)
		oneWinner(t, atOnce(50, func(int) error { return db.Once(t.Context(), "jti", "x", until) }), storage.ErrConflict)
		h.must(db.Once(t.Context(), "other", "x", until))
		for id, want := range map[string]bool{"x": true, "y": false} {
			if got, err := db.Spent(t.Context(), "jti", id); err != nil || got != want {
				t.Errorf("spent %s: %v, %v; want %v", id, got, err, want)
			}
		}
	})
}

func TestASpentIDIsFreeAgainAfterItsTime(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(db.Once(t.Context(), "jti", "x", h.Now().Add(-time.Microsecond)))
		until := h.Now().Add(time.Hour)
		oneWinner(t, atOnce(20, func(int) error { return db.Once(t.Context(), "jti", "x", until) }), storage.ErrConflict)
	})
}
