package mail

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// hasty is a pace at which a test need not wait.
var hasty = pace{
	first: 100 * time.Millisecond, slowest: 400 * time.Millisecond, lease: time.Minute, look: 50 * time.Millisecond,
	downAfter: 200 * time.Millisecond, probeEvery: 100 * time.Millisecond, parallel: 4, stop: 5 * time.Second,
}

// office is a mail server and what a node needs to write to it.
type office struct {
	t      *testing.T
	server *mailtest.Server
	way    *Server
	log    bytes.Buffer
	mu     sync.Mutex // of log
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := mailtest.Options{TLS: "starttls", Username: "door", Password: "pass word"}
	f := &office{t: t, server: mailtest.New(t, o)}
	f.way = serverOf(t, f.server, o)
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if t.Failed() {
			t.Logf("log:\n%s", f.log.Bytes())
		}
	})
	return f
}

// Write implements io.Writer for the log.
func (f *office) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.Write(p)
}

func (f *office) logged() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.log.String()
}

// node is an outbox of a node on the database, which does not send yet.
func (f *office) node(db *storage.DB) *Outbox {
	f.t.Helper()
	master, err := keys.ParseMaster("m1 " + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")) + " active")
	if err != nil {
		f.t.Fatal(err)
	}
	k, err := keys.Open(f.t.Context(), db, master, keys.Options{Log: slog.New(slog.DiscardHandler), Now: db.Now})
	if err != nil {
		f.t.Fatal(err)
	}
	o := NewOutbox(Options{Store: db, Box: k.Box, Server: f.way, Now: db.Now, Log: slog.New(slog.NewTextHandler(f, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	o.pace = hasty
	return o
}

// run sends until the returned function is called, or the test ends; the function returns when Run has.
func run(t *testing.T, o *Outbox) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		o.Run(ctx)
	}()
	stop := func() {
		cancel()
		<-done
	}
	t.Cleanup(stop)
	return stop
}

func send(t *testing.T, o *Outbox, to string) {
	t.Helper()
	if err := o.Send(t.Context(), letterTo(to)); err != nil {
		t.Fatalf("send to %s: %v", to, err)
	}
}

// until waits for a condition, and ends the test when it does not come.
func until(t *testing.T, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

func waiting(t *testing.T, db *storage.DB) int {
	t.Helper()
	q, err := db.LetterQueue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return q.Waiting
}

func (f *office) untilReceived(n int) []mailtest.Received {
	f.t.Helper()
	until(f.t, fmt.Sprintf("%d letters", n), func() bool { return len(f.server.Received()) >= n })
	return f.server.Received()
}

// eventsOf are the events of letters, newest first.
func eventsOf(t *testing.T, db *storage.DB) []storage.Event {
	t.Helper()
	all, err := db.Events(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	var found []storage.Event
	for _, e := range all {
		if strings.HasPrefix(e.Kind, "letter.") {
			found = append(found, e)
		}
	}
	return found
}

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

// wantEachOnce wants letters to p0 … once each.
func wantEachOnce(t *testing.T, f *office, n int) {
	t.Helper()
	times := map[string]int{}
	for _, r := range f.server.Received() {
		times[strings.Join(r.To, ",")]++
	}
	for i := range n {
		if to := fmt.Sprintf("p%d@example.com", i); times[to] != 1 {
			t.Errorf("%s got the letter %d times", to, times[to])
		}
	}
	if len(times) != n {
		t.Errorf("%d people got letters, want %d", len(times), n)
	}
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
		if e.Kind != storage.LetterFailed || e.User != "user1" || e.Result != "recipient_550" || e.Actor != "system" || e.Data["tries"] != "1" {
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

func TestWhileMailIsDownNothingIsTakenAndWhatWasTakenComesWhenItWorks(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	db := storagetest.New(t, nil)
	o := f.node(db)
	o.first, o.slowest = 150*time.Millisecond, time.Hour // the third try would be far away
	f.server.Stop()
	run(t, o)
	send(t, o, "p0@example.com") // nobody knows yet
	until(t, "mail to be down", func() bool { return o.Stats().Down })
	for i := range 3 {
		if err := o.Send(t.Context(), letterTo(fmt.Sprintf("late%d@example.com", i))); !errors.Is(err, ErrDown) {
			t.Fatalf("while mail is down: %v, want ErrDown", err)
		}
	}
	if s := o.Stats(); s.Waiting != 1 || s.Oldest <= 0 || s.LastError != "connect" {
		t.Errorf("stats %+v", s)
	}
	until(t, "the pause before the third try to be long", func() bool {
		q, err := db.LetterQueue(t.Context())
		return err == nil && q.Due.After(db.Now().Add(200*time.Millisecond))
	})
	f.server.Start()
	f.untilReceived(1)
	until(t, "mail to work", func() bool { return !o.Stats().Down })
	send(t, o, "p1@example.com")
	f.untilReceived(2)
	time.Sleep(200 * time.Millisecond)
	wantEachOnce(t, f, 2)
	if got := f.logged(); strings.Count(got, "mail does not work") != 1 || strings.Count(got, "mail works again") != 1 {
		t.Error("the log does not tell once that mail is down, and once that it works")
	}
}

func TestAServerThatRefusesUsIsDownForEverybody(t *testing.T) {
	t.Parallel()
	for step, class := range map[mailtest.Step]string{mailtest.Auth: "auth_535", mailtest.Mail: "sender_451"} {
		t.Run(class, func(t *testing.T) {
			t.Parallel()
			f := newOffice(t)
			f.server.Hook(func(at mailtest.Step, _ string) error {
				if at == step {
					return mailtest.Refuse(map[string]int{"auth_535": 535, "sender_451": 451}[class], "no")
				}
				return nil
			})
			o := f.node(storagetest.New(t, nil))
			run(t, o)
			send(t, o, "anna@example.com")
			until(t, "mail to be down", func() bool { return o.Stats().Down })
			time.Sleep(3 * o.probeEvery)
			if s := o.Stats(); !s.Down || s.LastError != class {
				t.Errorf("stats %+v", s)
			}
			f.server.Hook(nil) // the operator has mended it
			f.untilReceived(1)
		})
	}
}

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
	store.deaf.Store(2)
	o.Store, o.lease = store, 300*time.Millisecond // runs out before the row goes
	run(t, o)
	send(t, o, "anna@example.com")
	until(t, "the row to go", func() bool { return waiting(t, db) == 0 && store.deaf.Load() < 0 })
	time.Sleep(500 * time.Millisecond)
	if got := f.server.Received(); len(got) != 1 {
		t.Errorf("received %d times", len(got))
	}
}

func TestTheOutboxIsBoundedAndSaysSo(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	db := storagetest.New(t, nil)
	o := f.node(db)
	o.most = 3
	for range 3 {
		send(t, o, "anna@example.com")
	}
	if err := o.Send(t.Context(), letterTo("ben@example.com")); !errors.Is(err, ErrDown) || !errors.Is(err, storage.ErrOutboxFull) {
		t.Errorf("one more: %v, want ErrDown", err)
	}
	run(t, o)
	f.untilReceived(3)
	until(t, "the rows to go", func() bool { return waiting(t, db) == 0 })
	send(t, o, "ben@example.com")
	f.untilReceived(4)
}

func TestWhatCannotTravelIsNotTaken(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	db := storagetest.New(t, nil)
	o := f.node(db)
	for _, to := range []string{"", "anna@example.com\r\nBcc: eve@evil.test", "anna@example.com, eve@evil.test"} {
		if err := o.Send(t.Context(), letterTo(to)); err == nil {
			t.Errorf("%q is taken", to)
		}
	}
	big := letterTo("anna@example.com")
	big.Text = strings.Repeat("x", 1<<20)
	if err := o.Send(t.Context(), big); err == nil {
		t.Error("a megabyte is taken")
	}
	if n := waiting(t, db); n != 0 {
		t.Errorf("%d wait", n)
	}
}

func TestWhoReadsTheDatabaseReadsNoLetter(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	folder := t.TempDir()
	db, err := storage.Open(t.Context(), "sqlite:"+filepath.Join(folder, "d.db"), storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	send(t, f.node(db), "anna@example.com")
	if waiting(t, db) != 1 {
		t.Error("the letter is not there to be looked for")
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"123 456", "anna@example.com", "Guten Tag"} {
			if bytes.Contains(data, []byte(secret)) || bytes.Contains(data, []byte(base64.StdEncoding.EncodeToString([]byte(secret)))) {
				t.Errorf("%s holds %q", file.Name(), secret)
			}
		}
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

func TestTheLogTellsNoLetter(t *testing.T) {
	t.Parallel()
	f := newOffice(t)
	var n atomic.Int64
	f.server.Hook(func(step mailtest.Step, _ string) error {
		if step == mailtest.End && n.Add(1)%2 == 1 {
			return mailtest.Refuse(450, "cannot take: 123 456 ist Ihr Code")
		}
		return nil
	})
	o := f.node(storagetest.New(t, nil))
	run(t, o)
	send(t, o, "anna@example.com")
	f.untilReceived(1)
	until(t, "the log", func() bool { return strings.Contains(f.logged(), "letter sent") })
	for _, secret := range []string{"123 456", "anna@example.com", "pass word"} {
		if strings.Contains(f.logged(), secret) {
			t.Errorf("the log tells %q", secret)
		}
	}
}
