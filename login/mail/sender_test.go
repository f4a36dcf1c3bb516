package mail

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestALetterIsSentAtOnceAndNothingOfItStays(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		f := newOffice(t)
		o := f.node(db)
		o.pace = usualPace
		run(t, o)
		time.Sleep(50 * time.Millisecond) // it sleeps
		began := time.Now()
		send(t, o, "anna@example.com")
		got := f.untilReceived(1)
		if took := time.Since(began); took > 4*time.Second {
			t.Errorf("it took %v", took)
		}
		parts(t, got[0].Parse(t))
		until(t, "its row to go", func() bool { return waiting(t, db) == 0 })
		if e := eventsOf(t, db); len(e) != 0 {
			t.Errorf("events %+v", e)
		}
	})
}

func TestLettersThatWaitedAreSentAfterARestart(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	file := "sqlite:" + filepath.Join(t.TempDir(), "d.db")
	reopen := func() *storage.DB {
		db, err := storage.Open(t.Context(), file, storage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := reopen()
	o := f.node(db)
	f.server.Stop()
	stop := run(t, o)
	for i := range 5 {
		send(t, o, fmt.Sprintf("p%d@example.com", i))
	}
	until(t, "a failure", func() bool { return o.Stats().LastError == "connect" })
	stop()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	f.server.Start()
	db = reopen()
	o = f.node(db)
	stop = run(t, o)
	f.untilReceived(5)
	until(t, "the rows to go", func() bool { return waiting(t, db) == 0 })
	stop()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wantEachOnce(t, f, 5)
}

func TestTwoNodesSendEachLetterOnceUnderLoad(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		f := newOffice(t)
		var now, most atomic.Int64
		f.server.Hook(func(step mailtest.Step, _ string) error {
			if step == mailtest.End {
				most.Store(max(most.Load(), now.Add(1)))
				time.Sleep(5 * time.Millisecond)
				now.Add(-1)
			}
			return nil
		})
		nodes := []*Outbox{f.node(db), f.node(db)}
		for _, o := range nodes {
			run(t, o)
		}
		const letters = 120
		var all sync.WaitGroup
		for i := range letters {
			all.Go(func() {
				if err := nodes[i%2].Send(t.Context(), letterTo(fmt.Sprintf("p%d@example.com", i))); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		f.untilReceived(letters)
		until(t, "the rows to go", func() bool { return waiting(t, db) == 0 })
		wantEachOnce(t, f, letters)
		a, b := nodes[0].Stats(), nodes[1].Stats()
		if a.Sent == 0 || b.Sent == 0 || a.Sent+b.Sent != letters {
			t.Errorf("the nodes sent %d and %d", a.Sent, b.Sent)
		}
		if most.Load() > 8 {
			t.Errorf("%d dialogues at once, want 4 a node at most", most.Load())
		}
	})
}

func TestWhatIsRefusedForNowIsTriedAgain(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	var asked atomic.Int64
	f.server.Hook(func(step mailtest.Step, to string) error {
		if step == mailtest.End && to == "anna@example.com" && asked.Add(1) < 3 {
			return mailtest.Refuse(451, "greylisted")
		}
		return nil
	})
	db := storagetest.New(t, nil)
	o := f.node(db)
	run(t, o)
	send(t, o, "anna@example.com")
	send(t, o, "ben@example.com") // does not wait for the other
	if got := f.untilReceived(2); got[0].To[0] != "ben@example.com" || asked.Load() != 3 {
		t.Errorf("received %v first; the other was tried %d times", got[0].To, asked.Load())
	}
	until(t, "the rows to go", func() bool { return waiting(t, db) == 0 })
	if s := o.Stats(); s.Sent != 2 || s.Failed != 0 || s.Down || s.LastError != "" {
		t.Errorf("stats %+v", s)
	}
	if !strings.Contains(f.logged(), "content: 451") || strings.Contains(f.logged(), "mail does not work") {
		t.Error("the log does not tell a refusal for now")
	}
}

func TestWhatIsRefusedForGoodIsNotTriedAgainAndHasAnEvent(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		f := newOffice(t)
		var asked atomic.Int64
		f.server.Hook(func(step mailtest.Step, to string) error {
			if step == mailtest.Rcpt && to == "gone@example.com" {
				asked.Add(1)
				return mailtest.Refuse(550, "no such user")
			}
			return nil
		})
		o := f.node(db)
		run(t, o)
		l := letterTo("gone@example.com")
		l.User = "user1"
		if err := o.Send(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		until(t, "the event", func() bool { return len(eventsOf(t, db)) == 1 })
		e := eventsOf(t, db)[0]
		if e.Kind != storage.LetterFailed || e.User != "user1" || e.Result != "recipient_550" || e.Actor != "system" || e.Data["tries"] != "1" || !strings.HasPrefix(e.Data["reply"], "recipient: 550 ") {
			t.Errorf("event %+v", e)
		}
		send(t, o, "anna@example.com")
		f.untilReceived(1)
		time.Sleep(3 * o.first)
		if s := o.Stats(); asked.Load() != 1 || waiting(t, db) != 0 || s.Failed != 1 || s.Sent != 1 || s.Down {
			t.Errorf("asked %d times, %d wait, %+v", asked.Load(), waiting(t, db), s)
		}
	})
}

func TestTheHouseClosesAfterWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	reached := make(chan struct{}, 10)
	f.server.Hook(func(step mailtest.Step, _ string) error {
		if step == mailtest.Data {
			reached <- struct{}{}
			time.Sleep(500 * time.Millisecond)
		}
		return nil
	})
	db := storagetest.New(t, nil)
	o := f.node(db)
	o.parallel = 1
	stop := run(t, o)
	send(t, o, "p0@example.com")
	<-reached
	send(t, o, "p1@example.com") // waits behind it, and stays
	stop()
	wantEachOnce(t, f, 1)
	if n := waiting(t, db); n != 1 {
		t.Errorf("%d wait, want 1", n)
	}
}

func TestTheHouseDoesNotWaitForAServerThatHangs(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	reached, over := make(chan struct{}, 10), make(chan struct{})
	f.server.Hook(func(step mailtest.Step, _ string) error {
		if step == mailtest.Rcpt {
			reached <- struct{}{}
			<-over
		}
		return nil
	})
	db := storagetest.New(t, nil)
	o := f.node(db)
	o.stop = 200 * time.Millisecond
	stop := run(t, o)
	send(t, o, "p0@example.com")
	<-reached
	began := time.Now()
	stop()
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("it took %v", took)
	}
	if q, err := db.LetterQueue(t.Context()); err != nil || q.Waiting != 1 || q.Due.After(db.Now()) {
		t.Errorf("the letter is not due at once: %+v, %v", q, err)
	}
	close(over)
	f.server.Hook(nil)
	run(t, o)
	f.untilReceived(1)
	wantEachOnce(t, f, 1)
}

func TestTheWaitsBetweenTriesTripleUpToAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	o := NewOutbox(Options{})
	for tries, want := range map[int]time.Duration{1: 5 * time.Second, 2: 15 * time.Second, 3: 45 * time.Second, 4: 135 * time.Second, 5: 405 * time.Second, 6: 15 * time.Minute, 7: 15 * time.Minute, 1 << 40: 15 * time.Minute} {
		if got := o.backoff(tries); got != want {
			t.Errorf("after %d tries: %v, want %v", tries, got, want)
		}
	}
	if o.lease < letterLimit+10*time.Second {
		t.Error("a lease may end before a dialogue")
	}
}
