package login

import (
	"sync"
	"time"
)

// memory holds keys for a while each. It is one node's own, and holds only what may be forgotten.
type memory struct {
	mutex sync.Mutex
	until map[string]time.Time
}

// maxKeys bounds it; beyond that, what is over is forgotten first, then everything.
const maxKeys = 10_000

// left is how long key is held still.
func (m *memory) left(key string, now time.Time) time.Duration {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	return max(0, m.until[key].Sub(now))
}

// keep holds key for a while, unless it is held already; of many at once, one hears true.
func (m *memory) keep(key string, now time.Time, while time.Duration) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.until[key].After(now) {
		return false
	}
	if len(m.until) >= maxKeys {
		m.forget(now)
	}
	if m.until == nil {
		m.until = map[string]time.Time{}
	}
	m.until[key] = now.Add(while)
	return true
}

func (m *memory) forget(now time.Time) {
	for key, until := range m.until {
		if !until.After(now) {
			delete(m.until, key)
		}
	}
	if len(m.until) >= maxKeys {
		clear(m.until)
	}
}
