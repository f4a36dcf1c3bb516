package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// post stores a letter that is good for a while.
func (h *house) post(id string, good time.Duration) {
	h.t.Helper()
	l := storage.OutboxLetter{ID: id, Sealed: "sealed " + id, UserID: "anna", Created: h.Now(), Expires: h.Now().Add(good)}
	h.must(h.PutLetter(h.t.Context(), l, 100))
}

func (h *house) claim(lease time.Duration) storage.OutboxLetter {
	h.t.Helper()
	l, err := h.ClaimLetter(h.t.Context(), lease)
	h.must(err)
	return l
}

func (h *house) wantNoneDue(why string) {
	h.t.Helper()
	if l, err := h.ClaimLetter(h.t.Context(), time.Minute); !errors.Is(err, storage.ErrNotFound) {
		h.t.Errorf("%s: claimed %+v, %v; want ErrNotFound", why, l, err)
	}
}

func (h *house) queue() storage.LetterQueue {
	h.t.Helper()
	q, err := h.LetterQueue(h.t.Context())
	h.must(err)
	return q
}

func TestFiftyClaimTenLettersAndEachHasOneWinner(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		for i := range 10 {
			h.post(fmt.Sprint(i), time.Hour)
		}
		var claimed []string
		var mu sync.Mutex
		for len(claimed) < 10 {
			before := len(claimed)
			for _, err := range atOnce(50, func(int) error {
				l, err := db.ClaimLetter(t.Context(), time.Minute)
				if err == nil {
					mu.Lock()
					claimed = append(claimed, l.ID)
					mu.Unlock()
				}
				return err
			}) {
				if err != nil && !errors.Is(err, storage.ErrNotFound) {
					t.Fatal(err)
				}
			}
			if len(claimed) == before {
				t.Fatalf("fifty asked and none won, with %d of 10 claimed", before)
			}
		}
		slices.Sort(claimed)
		if want := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; !slices.Equal(claimed, want) {
			t.Errorf("claimed %v", claimed)
		}
		h.wantNoneDue("all are claimed")
	})
}

func TestALetterComesAsItWasStoredTheOldestFirst(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		if q := h.queue(); q != (storage.LetterQueue{}) {
			t.Errorf("an empty outbox shows %+v", q)
		}
		began := h.Now()
		h.post("b", time.Hour)
		c.pass(time.Second)
		h.post("a", time.Hour)
		if q := h.queue(); q != (storage.LetterQueue{Waiting: 2, Oldest: began, Due: began}) {
			t.Errorf("the queue shows %+v", q)
		}
		got := h.claim(time.Minute)
		lease := got.Lease
		got.Lease = ""
		want := storage.OutboxLetter{ID: "b", Sealed: "sealed b", UserID: "anna", Created: began, Expires: began.Add(time.Hour), Tries: 1}
		if got != want || lease == "" {
			t.Errorf("claimed %+v with lease %q", got, lease)
		}
		if second := h.claim(time.Minute); second.ID != "a" || second.Lease == lease {
			t.Errorf("then %+v", second)
		}
	})
}

func TestALeaseThatRanOutLosesTheLetterToTheNext(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		h.post("a", time.Hour)
		first := h.claim(time.Minute)
		c.pass(time.Minute - time.Microsecond)
		h.wantNoneDue("the lease lasts")
		c.pass(time.Microsecond)
		second := h.claim(time.Minute)
		if second.Tries != 2 {
			t.Errorf("the second try is number %d", second.Tries)
		}
		h.must(db.ReturnLetter(t.Context(), first, h.Now()))
		h.must(db.FailLetter(t.Context(), first, storage.Event{Result: "refused"}))
		h.wantNoneDue("who lost the letter has no say")
		if n := h.events(storage.LetterFailed); n != 0 {
			t.Errorf("%d events of who lost the letter", n)
		}
		h.must(db.DropLetter(t.Context(), first.ID)) // but sent is sent
		if q := h.queue(); q.Waiting != 0 {
			t.Errorf("%d wait", q.Waiting)
		}
	})
}

func TestAReturnedLetterIsDueWhenItSaysAndCanBeHurried(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		h.post("a", time.Hour)
		h.must(db.ReturnLetter(t.Context(), h.claim(time.Minute), h.Now().Add(15*time.Second)))
		if q := h.queue(); !q.Due.Equal(h.Now().Add(15 * time.Second)) {
			t.Errorf("due at %v", q.Due)
		}
		c.pass(14 * time.Second)
		h.wantNoneDue("it is too early")
		c.pass(time.Second)
		h.must(db.ReturnLetter(t.Context(), h.claim(time.Minute), h.Now().Add(45*time.Second)))
		h.post("b", time.Hour)
		held := h.claim(time.Minute)
		h.must(db.HurryLetters(t.Context()))
		if got := h.claim(time.Minute); got.ID != "a" || got.Tries != 3 {
			t.Errorf("hurried: %+v", got)
		}
		h.wantNoneDue("the one that is being sent is not hurried, " + held.ID)
	})
}

func TestWhatTheLastTryCameToStaysWithTheLetterUntilItsEnd(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		h.post("a", time.Minute)
		reply := func(want string) {
			t.Helper()
			list, _, err := db.OutboxList(t.Context(), "", 10)
			h.must(err)
			if len(list) != 1 || list[0].Reply != want {
				t.Errorf("%+v, want %q", list, want)
			}
		}
		reply("")
		for _, said := range []string{"recipient: 450 mailbox busy", ""} { // a try that was broken off by ourselves says nothing
			l := h.claim(time.Second)
			l.Reply = said
			h.must(db.ReturnLetter(t.Context(), l, h.Now()))
			reply("recipient: 450 mailbox busy")
		}
		c.pass(time.Hour)
		if n, err := db.ExpireLetters(t.Context()); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		events, err := db.Events(t.Context(), 1)
		h.must(err)
		if events[0].Data["reply"] != "recipient: 450 mailbox busy" {
			t.Errorf("%+v", events[0])
		}
	})
}

func TestALetterThatFailsGoesWithItsEvent(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		h.post("a", time.Hour)
		h.must(db.FailLetter(t.Context(), h.claim(time.Minute), storage.Event{Result: "recipient_550"}))
		events, err := db.Events(t.Context(), 10)
		h.must(err)
		if len(events) != 1 || events[0].Kind != storage.LetterFailed || events[0].User != "anna" || events[0].Result != "recipient_550" {
			t.Errorf("events %+v", events)
		}
		if q := h.queue(); q.Waiting != 0 {
			t.Errorf("%d wait", q.Waiting)
		}
	})
}

func TestAnExpiredLetterIsNeverClaimedAndGoesOnceWithItsEvent(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		h.post("late", time.Minute)
		h.post("held", time.Minute)
		h.post("good", time.Hour)
		for range 3 {
			if l := h.claim(2 * time.Minute); l.ID != "held" {
				h.must(db.ReturnLetter(t.Context(), l, h.Now().Add(time.Second)))
			}
		}
		c.pass(time.Minute)
		if got := h.claim(time.Minute); got.ID != "good" {
			t.Errorf("claimed %s", got.ID)
		}
		h.wantNoneDue("an expired letter")
		removed := 0
		var mu sync.Mutex
		for _, err := range atOnce(20, func(int) error {
			n, err := db.ExpireLetters(t.Context())
			mu.Lock()
			defer mu.Unlock()
			removed += n
			return err
		}) {
			h.must(err)
		}
		if removed != 1 || h.events(storage.LetterExpired) != 1 {
			t.Errorf("%d were removed with %d events, want one: another is being sent", removed, h.events(storage.LetterExpired))
		}
		c.pass(time.Minute) // the sender of the other died
		if n, err := db.ExpireLetters(t.Context()); n != 1 || err != nil || h.events(storage.LetterExpired) != 2 {
			t.Errorf("%d were removed, %v, %d events", n, err, h.events(storage.LetterExpired))
		}
	})
}

func TestTheOutboxHoldsSoManyLettersAndNoMore(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		letter := func(id string) storage.OutboxLetter {
			return storage.OutboxLetter{ID: id, Sealed: "x", Created: h.Now(), Expires: h.Now().Add(time.Hour)}
		}
		for i := range 20 {
			h.must(db.PutLetter(t.Context(), letter(fmt.Sprint(i)), 20))
		}
		if err := db.PutLetter(t.Context(), letter("more"), 20); !errors.Is(err, storage.ErrOutboxFull) {
			t.Errorf("one more: %v, want ErrOutboxFull", err)
		}
		if q := h.queue(); q.Waiting != 20 {
			t.Errorf("%d wait", q.Waiting)
		}
		h.must(db.DropLetter(t.Context(), "0"))
		h.must(db.PutLetter(t.Context(), letter("more"), 20))
	})
}

// Where mail was taken out of the configuration nobody sends, and nobody removes what is late but the sweep.
func TestLettersThatNobodyLooksAfterAreSweptAnHourAfterTheirEnd(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		h.post("a", time.Minute)
		c.pass(time.Hour)
		if n, err := db.Sweep(t.Context()); n != 0 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
		c.pass(time.Minute)
		if n, err := db.Sweep(t.Context()); n != 1 || err != nil {
			t.Errorf("swept %d, %v; want 1", n, err)
		}
	})
}
