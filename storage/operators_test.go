package storage_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// paged reads a list to its end, three rows at a time.
func paged[T any](t *testing.T, list func(after string, limit int) ([]T, string, error)) []T {
	t.Helper()
	var all []T
	for next, more := "", true; more; more = next != "" {
		part, place, err := list(next, 3)
		if err != nil || len(part) > 3 || place == next && place != "" {
			t.Fatalf("%d rows, from %q on to %q, %v", len(part), next, place, err)
		}
		all, next = append(all, part...), place
	}
	return all
}

func TestAListGoesOnAtAPlaceOfItsOwnOnly(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, _ *clock) {
		for _, after := range []string{"x", ".", "1", "x.y", "'; drop table users; --"} {
			_, _, err := db.OutboxList(t.Context(), after, 10)
			if invalid := (*storage.Invalid)(nil); !errors.As(err, &invalid) {
				t.Errorf("%q: %v", after, err)
			}
		}
	})
}

func TestOperatorsSeeLettersOnTheirWayAndNotWhatStandsInThem(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		for i := range 7 {
			user := ""
			if i == 0 {
				user = h.user.ID
			}
			h.must(db.PutLetter(t.Context(), storage.OutboxLetter{ID: fmt.Sprint("letter", i), Sealed: "secret", UserID: user,
				Created: db.Now(), Expires: db.Now().Add(time.Hour)}, 100))
			c.pass(time.Second)
		}
		list := func() []storage.OutboxEntry {
			return paged(t, func(after string, limit int) ([]storage.OutboxEntry, string, error) {
				return db.OutboxList(t.Context(), after, limit)
			})
		}
		first, err := db.ClaimLetter(t.Context(), time.Minute)
		h.must(err)
		_, err = db.ClaimLetter(t.Context(), time.Minute)
		h.must(err)
		h.must(db.ReturnLetter(t.Context(), first, db.Now().Add(10*time.Minute)))
		all := list()
		if len(all) != 7 || all[0].ID != "letter0" || all[6].ID != "letter6" || all[0].Email != "anna@example.com" || all[1].Email != "" {
			t.Fatalf("%+v", all)
		}
		for i, want := range []string{storage.LetterAgain, storage.LetterSending, storage.LetterWaiting} {
			if all[i].State != want || (all[i].Tries > 0) == (want == storage.LetterWaiting) || all[i].Due.IsZero() {
				t.Errorf("want %s: %+v", want, all[i])
			}
		}
		c.pass(2 * time.Minute)
		if all = list(); all[1].State != storage.LetterAgain {
			t.Errorf("its sender died: %+v", all[1])
		}
	})
}
