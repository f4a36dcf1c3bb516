package mail

import (
	"context"
	"slices"
	"sync"
	"time"
)

// kept is how many letters a mailbox keeps.
const kept = 100

// Mailbox keeps the last 100 letters in memory: the mailer of `doorward dev` and of tests. Safe for concurrent use.
type Mailbox struct {
	Now func() time.Time // nil: time.Now

	mutex   sync.Mutex
	letters []Kept // oldest first
}

// Kept is a letter with the time it came.
type Kept struct {
	Letter
	Date time.Time
}

// Send keeps the letter.
func (m *Mailbox) Send(_ context.Context, l Letter) error {
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if len(m.letters) == kept {
		m.letters = slices.Delete(m.letters, 0, 1)
	}
	m.letters = append(m.letters, Kept{l, now()})
	return nil
}

// Letters lists them, newest first.
func (m *Mailbox) Letters() []Kept {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	letters := slices.Clone(m.letters)
	slices.Reverse(letters)
	return letters
}
