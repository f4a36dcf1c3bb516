package main_test

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// TestABackupUnderLoadIsCompleteAndARestoreRevivesNothing copies a house that other processes' clients are busy with, goes on, and
// puts the copy back: everything that was acknowledged before is in it, and nothing that was issued before lives (security.md CS-18).
func TestABackupUnderLoadIsCompleteAndARestoreRevivesNothing(t *testing.T) {
	t.Parallel()
	serveOn(t, func(t *testing.T, v *server) {
		visitors := []*client{newClient(v.issuer, annaEmail), newClient(v.issuer, "ben@example.com")}
		load := begin(t, visitors)
		load.until(t, 20)
		file := filepath.Join(t.TempDir(), "backup.db")
		before := load.signIns.Load() // acknowledged before the command began
		if out, err := command(t, "backup", file, "--config", v.file).CombinedOutput(); err != nil {
			t.Fatalf("backup: %v\n%s", err, out)
		}
		load.until(t, 20)
		load.end()
		if held := sessionsOf(t, file); held < before {
			t.Errorf("the backup holds %d sign-ins; %d were acknowledged before it began", held, before)
		}
		restore := []string{"restore", file, "--replace", "--config", v.file}
		if out, err := command(t, restore...).CombinedOutput(); err == nil || !strings.Contains(string(out), "stop") {
			t.Errorf("a restore under a running server: %v\n%s", err, out)
		}
		v.stop()
		if out, err := command(t, restore...).CombinedOutput(); err != nil {
			t.Fatalf("restore: %v\n%s", err, out)
		}
		v.start()
		for _, c := range visitors {
			c.wantNothingAlive(t)
			for range 3 { // passwords and applications work
				if err := c.once(); err != nil {
					t.Errorf("after the restore: %v", err)
				}
			}
		}
	}, "ben@example.com")
}

// load is clients at work in the background.
type load struct {
	visitors []*client
	stop     chan struct{}
	all      sync.WaitGroup
	done     atomic.Int64 // rounds
	signIns  atomic.Int64 // acknowledged
}

func begin(t *testing.T, visitors []*client) *load {
	l := &load{visitors: visitors, stop: make(chan struct{})}
	for _, c := range visitors {
		l.all.Go(func() {
			for {
				select {
				case <-l.stop:
					return
				default:
				}
				signedIn := c.SignedIn
				if err := c.once(); err != nil {
					t.Errorf("under load: %v", err)
					return
				}
				l.signIns.Add(int64(c.SignedIn - signedIn))
				l.done.Add(1)
			}
		})
	}
	return l
}

// until lets that many rounds more pass.
func (l *load) until(t *testing.T, rounds int64) {
	t.Helper()
	goal := l.done.Load() + rounds
	for end := time.Now().Add(60 * time.Second); l.done.Load() < goal; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the load does not go on")
		}
	}
}

func (l *load) end() {
	close(l.stop)
	l.all.Wait()
}

// sessionsOf counts the sign-ins in a backup by their events.
func sessionsOf(t *testing.T, file string) int64 {
	t.Helper()
	db, err := storage.Open(t.Context(), "sqlite:"+file, storage.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	events, err := db.Events(t.Context(), 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	n := int64(0)
	for _, e := range events {
		if e.Kind == storage.SessionStarted {
			n++
		}
	}
	return n
}

// wantNothingAlive tries everything that this client ever got.
func (c *client) wantNothingAlive(t *testing.T) {
	t.Helper()
	if to, err := c.authorize("none", "0123456789012345678901234567890123456789012"); err != nil || to.Query().Get("code") != "" {
		t.Errorf("revived: an old session; /authorize says %v, %v", to, err)
	}
	for _, g := range c.grants {
		if err := c.redeem(g); !errors.Is(err, errRefused) {
			t.Errorf("revived: a spent code: %v", err)
		}
		if len(g.refresh) == 0 {
			continue
		}
		if _, err := c.token(refreshForm(g.refresh[len(g.refresh)-1])); !errors.Is(err, errRefused) {
			t.Errorf("revived: a refresh token: %v", err)
		}
		if status := c.userinfo(t, g.access); status != http.StatusUnauthorized {
			t.Errorf("revived: an access token; userinfo answers %d", status)
		}
	}
	for _, s := range c.signIns {
		if made, err := c.finish(s); made || err != nil {
			t.Errorf("revived: an old attempt: %v, %v", made, err)
		}
	}
	c.session, c.grants, c.signIns = "", nil, nil
}
