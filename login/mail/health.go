package mail

import (
	"sync"
	"time"
)

// health knows whether the mail server works right now, by what this node's last dialogues came to.
type health struct {
	mu        sync.Mutex
	since     time.Time // the first failure with no success after it; zero: it works
	row       int       // failures since then
	lastError string    // class of the last failure, of a letter or of the server; "" when a letter was taken after it
	sent      int64
	failed    int64
	expired   int64
}

// works says whether the server had failed before.
func (h *health) works() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.row > 0
	h.since, h.row = time.Time{}, 0
	return before
}

// fails says whether this is the first failure in a row.
func (h *health) fails(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.row++; h.row == 1 {
		h.since = now
	}
	return h.row == 1
}

// down says whether nothing but failures came for a while, and not only one.
func (h *health) down(now time.Time, after time.Duration) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.row > 1 && now.Sub(h.since) >= after
}

func (h *health) count(change func(h *health)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	change(h)
}
