package mail

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestAnExpiredLetterIsNeverSent(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		f := newOffice(t)
		o := f.node(db)
		f.server.Stop()
		run(t, o)
		l := letterTo("late@example.com")
		l.User, l.Expires = "user1", db.Now().Add(time.Second)
		if err := o.Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		until(t, "the event", func() bool { return len(eventsOf(t, db)) == 1 })
		e := eventsOf(t, db)[0]
		if e.Kind != storage.LetterExpired || e.User != "user1" || e.Result != "expired" || e.Data["tries"] == "0" {
			t.Errorf("event %+v", e)
		}
		if db.Now().Before(l.Expires) || waiting(t, db) != 0 {
			t.Errorf("it was removed too early, or stays: %d", waiting(t, db))
		}
		f.server.Start()
		until(t, "mail to work", func() bool { return !o.Stats().Down })
		send(t, o, "p0@example.com")
		f.untilReceived(1)
		wantEachOnce(t, f, 1)
		if s := o.Stats(); s.Expired != 1 || s.Failed != 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

// The dialogue is broken off before the letter's end, so that the server has nothing to take.
func TestALetterThatExpiresDuringItsDialogueIsNotTaken(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	f.server.Hook(func(step mailtest.Step, _ string) error {
		if step == mailtest.Rcpt {
			time.Sleep(800 * time.Millisecond)
		}
		return nil
	})
	db := storagetest.New(t, nil)
	o := f.node(db)
	run(t, o)
	l := letterTo("late@example.com")
	l.Expires = db.Now().Add(400 * time.Millisecond)
	if err := o.Send(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	until(t, "the event", func() bool { return len(eventsOf(t, db)) == 1 })
	time.Sleep(700 * time.Millisecond)
	if got := f.server.Received(); len(got) != 0 || eventsOf(t, db)[0].Kind != storage.LetterExpired {
		t.Errorf("received %d, events %+v", len(got), eventsOf(t, db))
	}
	if s := o.Stats(); s.Down {
		t.Error("a letter that ran out of time makes mail look down")
	}
}

// The one case in which a letter comes twice, and how mail programs know it.
func TestAnAnswerThatIsLostMeansASecondLetterWithTheSameMessageID(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	var lost atomic.Bool
	f.server.Hook(func(step mailtest.Step, _ string) error {
		if step == mailtest.End && lost.CompareAndSwap(false, true) {
			return mailtest.ErrKeepAndDrop
		}
		return nil
	})
	o := f.node(storagetest.New(t, nil))
	run(t, o)
	send(t, o, "anna@example.com")
	got := f.untilReceived(2)
	a, b := got[0].Parse(t).Header, got[1].Parse(t).Header
	if a.Get("Message-Id") == "" || a.Get("Message-Id") != b.Get("Message-Id") || a.Get("Date") != b.Get("Date") {
		t.Errorf("%v and %v", a, b)
	}
}

func TestALetterWhoseSenderDiedIsSentAfterTheLease(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		f := newOffice(t)
		o := f.node(db)
		send(t, o, "anna@example.com")
		if _, err := db.ClaimLetter(t.Context(), 600*time.Millisecond); err != nil { // and dies
			t.Fatal(err)
		}
		began := time.Now()
		run(t, o)
		f.untilReceived(1)
		if waited := time.Since(began); waited < 500*time.Millisecond {
			t.Errorf("it was sent after %v, while its sender might still have been at it", waited)
		}
	})
}

// deaf is a database that does not let the rows of sent letters go at first.
type deaf struct {
	Store
	deaf atomic.Int64
}

func (d *deaf) DropLetter(ctx context.Context, id string) error {
	if d.deaf.Add(-1) >= 0 {
		return errors.New("the database does not answer")
	}
	return d.Store.DropLetter(ctx, id)
}

func TestASentLetterWhoseRowStaysForAWhileIsNotSentAgain(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	db := storagetest.New(t, nil)
	o := f.node(db)
	store := &deaf{Store: db}
	store.deaf.Store(4)
	o.Store, o.lease = store, 3*time.Second // runs out before the row goes, four seconds later
	run(t, o)
	send(t, o, "anna@example.com")
	until(t, "the row to go", func() bool { return waiting(t, db) == 0 && store.deaf.Load() < 0 })
	time.Sleep(500 * time.Millisecond)
	if got := f.server.Received(); len(got) != 1 {
		t.Errorf("received %d times", len(got))
	}
}

func TestLettersAreVoidWhenTheEpochIsRaised(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		f := newOffice(t)
		send(t, f.node(db), "anna@example.com")
		if _, err := db.RaiseEpoch(t.Context(), storage.Event{Actor: "operator"}); err != nil {
			t.Fatal(err)
		}
		o := f.node(db) // a server that was started after it
		run(t, o)
		until(t, "the event", func() bool { return len(eventsOf(t, db)) == 1 })
		if e := eventsOf(t, db)[0]; e.Kind != storage.LetterFailed || e.Result != "void" {
			t.Errorf("event %+v", e)
		}
		send(t, o, "p0@example.com")
		f.untilReceived(1)
		wantEachOnce(t, f, 1)
	})
}

// Who may write to the database cannot send one person's letter again, or another's in its place.
func TestALetterThatWasMovedToAnotherRowIsVoid(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	db := storagetest.New(t, nil)
	o := f.node(db)
	send(t, o, "anna@example.com")
	row, err := db.ClaimLetter(t.Context(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"copy", "changed"} {
		moved := row
		if moved.ID = id; id == "changed" {
			moved.Sealed = moved.Sealed[:len(moved.Sealed)-10] + "AAAAAAAAAA"
		}
		if err := db.PutLetter(t.Context(), moved, 10); err != nil {
			t.Fatal(err)
		}
	}
	run(t, o)
	until(t, "two events", func() bool { return len(eventsOf(t, db)) == 2 })
	if got := f.server.Received(); len(got) != 0 {
		t.Errorf("received %d letters", len(got))
	}
}
