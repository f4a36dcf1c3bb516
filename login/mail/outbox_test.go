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
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(5 * time.Millisecond) {
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
