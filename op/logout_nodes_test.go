package op_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// I1: two nodes tell each application of each session once.
func TestTwoNodesTellOnce(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "chat", "wiki")
		first := d.door
		d.serve(t, op.Options{Outbound: d.outbound, Told: d.count})
		d.runs(t, d.door)
		var sessions []storage.Session
		for range 15 {
			b, _ := d.visits(t, "chat", "wiki")
			sessions = append(sessions, b.session)
		}
		d.endAll(t)
		first.Hurry()
		d.door.Hurry()
		for _, s := range sessions {
			d.becomes(s, "chat", storage.LogoutDelivered, 1)
			d.becomes(s, "wiki", storage.LogoutDelivered, 1)
		}
		if chat, wiki := len(d.of("chat")), len(d.of("wiki")); chat != 15 || wiki != 15 {
			t.Errorf("told %d and %d times, want 15", chat, wiki)
		}
	})
}

// A node that died with a logout in its hands has it for the lease; then another tells.
func TestWhatADeadNodeWasTellingIsToldByAnother(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "chat")
		b, _ := d.visits(t, "chat")
		d.runsNoMore()
		must(t, d.db.EndSession(t.Context(), b.session.ID, storage.Event{}))
		_, err := d.db.ClaimLogout(t.Context(), 20*time.Second, nil) // and dies
		must(t, err)
		d.runs(t, d.door)
		d.door.Hurry()
		time.Sleep(50 * time.Millisecond)
		if n := len(d.of("chat")); n != 0 {
			t.Fatalf("told %d times while another has it", n)
		}
		d.later(20 * time.Second)
		d.door.Hurry()
		d.becomes(b.session, "chat", storage.LogoutDelivered, 2)
	})
}

func TestANodeThatEndsFinishesWhatItIsTelling(t *testing.T) {
	d := newAudience(t, newApps(t), "chat")
	d.answer("chat", func(http.ResponseWriter) { time.Sleep(300 * time.Millisecond) })
	b, hint := d.visits(t, "chat")
	b.leaves(hint)
	d.wait(func() bool { return len(d.of("chat")) == 1 }, func() string { return "it was never asked" })
	d.runsNoMore()
	if l := d.stands(b.session, "chat"); l.State != storage.LogoutDelivered {
		t.Errorf("it stands so: %+v", l)
	}
}

// What a node cannot finish when it ends is due at once, and says nothing of the application.
func TestWhatANodeThatEndsBreaksOffIsToldByTheNextAtOnce(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "chat")
		ended := make(chan struct{})
		d.answer("chat", func(http.ResponseWriter) {
			select {
			case <-ended:
			case <-time.After(time.Minute):
			}
		})
		b, hint := d.visits(t, "chat")
		b.leaves(hint)
		d.wait(func() bool { return len(d.of("chat")) == 1 }, func() string { return "it was never asked" })
		d.runsNoMore()
		close(ended)
		if l := d.stands(b.session, "chat"); l.State != storage.LogoutWaiting || l.Why != "" || l.Lease != "" {
			t.Errorf("it stands so: %+v", l)
		}
		d.answer("chat", nil)
		d.runs(t, d.door)
		d.becomes(b.session, "chat", storage.LogoutDelivered, 2)
	})
}
