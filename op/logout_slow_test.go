package op_test

import (
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// LO-08: rogues who take their time with every sign-out, and never take it, have half of the lanes once they are known for it. So an
// application that comes after all of theirs is told before they have had a second round.
func TestApplicationsThatTakeTheirTimeHoldNobodyElseUp(t *testing.T) {
	d := newAudience(t, newApps(t), "chat")
	var begun atomic.Int64
	var rogues []string
	for i := range 4 {
		id := fmt.Sprintf("rogue%d", i)
		rogues = append(rogues, id)
		d.join(id, func(*storage.Client) {})
		d.answer(id, func(w http.ResponseWriter) {
			begun.Add(1)
			select {
			case <-d.closed:
			case <-time.After(1200 * time.Millisecond):
			}
			w.WriteHeader(http.StatusAccepted)
		})
	}
	for range 4 {
		d.visits(t, rogues...)
	}
	d.endAll(t)
	d.door.Hurry()
	for begun.Load() < 4 {
		time.Sleep(time.Millisecond)
	}
	b, hint := d.visits(t, "chat")
	b.leaves(hint)
	d.becomes(b.session, "chat", storage.LogoutDelivered, 1)
	if n := begun.Load(); n > 6 {
		t.Errorf("rogues were asked %d times before the honest one", n)
	}
}
