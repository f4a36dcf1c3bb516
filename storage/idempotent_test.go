package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
)

func TestOfManyThatSendOneRequestOneIsToAnswerIt(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		asked := storage.Idempotent{Actor: "client:api", Key: "one", Request: random(), Expires: db.Now().Add(time.Hour)}
		won := make([]bool, 50)
		errs := atOnce(50, func(i int) error {
			var err error
			_, won[i], err = db.BeginIdempotent(t.Context(), asked)
			return err
		})
		winners := 0
		for i, err := range errs {
			if won[i] {
				winners++
			}
			if won[i] == (err != nil) || err != nil && !errors.Is(err, storage.ErrConflict) {
				t.Errorf("won %v, %v", won[i], err)
			}
		}
		if winners != 1 {
			t.Fatalf("%d are to answer", winners)
		}
		done := asked
		done.Status, done.Body = 201, []byte("sealed")
		h.must(db.FinishIdempotent(t.Context(), done))
		if err := db.FinishIdempotent(t.Context(), done); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("answered twice: %v", err)
		}
		for range 3 {
			known, mine, err := db.BeginIdempotent(t.Context(), asked)
			if diff := cmp.Diff(done, known); diff != "" || mine || err != nil {
				t.Errorf("%s %v, %v", diff, mine, err)
			}
		}
		other := asked
		other.Request = random()
		if _, mine, err := db.BeginIdempotent(t.Context(), other); mine || !isInvalid(err) {
			t.Errorf("another request with its key: %v, %v", mine, err)
		}
		other.Actor = "client:else"
		if _, mine, err := db.BeginIdempotent(t.Context(), other); !mine || err != nil {
			t.Errorf("the key of another sender: %v, %v", mine, err)
		}
		c.pass(time.Hour)
		other.Actor, other.Expires = asked.Actor, db.Now().Add(time.Hour)
		if _, mine, err := db.BeginIdempotent(t.Context(), other); !mine || err != nil {
			t.Errorf("after its time: %v, %v", mine, err)
		}
		if err := db.FinishIdempotent(t.Context(), done); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("answered when its key is another's: %v", err)
		}
		if n, err := db.Sweep(t.Context()); n != 1 || err != nil {
			t.Errorf("swept %d, %v; want that of the other sender", n, err)
		}
	})
}

func TestAKeyIsFreeAgainWhenItsRequestWasRefused(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, _ *clock) {
		h := &house{DB: db, t: t}
		asked := storage.Idempotent{Actor: "a", Key: "k", Request: random(), Expires: db.Now().Add(time.Hour)}
		for range 2 {
			_, mine, err := db.BeginIdempotent(t.Context(), asked)
			h.must(err)
			if !mine {
				t.Fatal("it is another's")
			}
			h.must(db.DropIdempotent(t.Context(), asked))
		}
		_, _, err := db.BeginIdempotent(t.Context(), asked)
		h.must(err)
		asked.Status = 204
		h.must(db.FinishIdempotent(t.Context(), asked))
		h.must(db.DropIdempotent(t.Context(), asked)) // too late
		known, mine, err := db.BeginIdempotent(t.Context(), asked)
		if mine || err != nil || known.Status != 204 || known.Body != nil {
			t.Errorf("%+v, %v, %v", known, mine, err)
		}
		if err := db.FinishIdempotent(t.Context(), storage.Idempotent{Actor: "a", Key: "k"}); !isInvalid(err) {
			t.Errorf("an answer without a status: %v", err)
		}
	})
}
