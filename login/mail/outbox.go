package mail

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// ErrDown says that mail does not work now: the letter was not taken, and is never sent.
var ErrDown = errors.New("mail does not work now")

// Store is what the outbox needs of storage.
type Store interface {
	queueStore
	tryStore
}

type queueStore interface {
	PutLetter(ctx context.Context, l storage.OutboxLetter, most int) error
	LetterQueue(ctx context.Context) (storage.LetterQueue, error)
	HurryLetters(ctx context.Context) error
	ExpireLetters(ctx context.Context) (int, error)
}

type tryStore interface {
	ClaimLetter(ctx context.Context, lease time.Duration) (storage.OutboxLetter, error)
	ReturnLetter(ctx context.Context, l storage.OutboxLetter, due time.Time) error
	DropLetter(ctx context.Context, id string) error
	FailLetter(ctx context.Context, l storage.OutboxLetter, e storage.Event) error
}

// Options are what an outbox is built from.
type Options struct {
	Store  Store
	Box    *keys.Box
	Server *Server
	Log    *slog.Logger
	Now    func() time.Time // the database's, since nodes share the letters
}

// Outbox takes letters into the database, sealed, and sends them from there: it survives a restart, and the nodes of one
// database share it. Of the nodes, one sends a letter at a time: it has the letter for a lease that is longer than a dialogue may
// last. A letter goes out once, but for one case: when a node dies, or loses its database, after the server has taken the letter
// and before its row is gone, the lease runs out and another try follows, under the same Message-ID.
//
// Mail is down when dialogues with the server have failed for downAfter, at least two of them, and none has come through since. Then
// Send takes no letter, so that people hear it at once and nothing comes late, and a dialogue without a letter every probeEvery finds
// out when it works again. Letters that were taken before are tried until they expire.
type Outbox struct {
	Options
	pace
	most   int // letters that may wait
	wake   chan struct{}
	health health
	sent   sync.Map // ids of letters that are sent, and whose rows the database did not let go yet

	complained bool // by Run alone

	mu    sync.Mutex
	queue storage.LetterQueue // as last seen
}

// pace is how the sender keeps time; tests hurry it.
type pace struct {
	first, slowest time.Duration // the wait after the first try, tripled after each further one up to the slowest
	lease          time.Duration
	look           time.Duration // for letters of other nodes, and expired ones
	downAfter      time.Duration
	probeEvery     time.Duration
	parallel       int           // dialogues at a time
	stop           time.Duration // that dialogues under way may take when the house closes
}

var usualPace = pace{
	first: 5 * time.Second, slowest: 15 * time.Minute, lease: letterLimit + 15*time.Second, look: 5 * time.Second,
	downAfter: 10 * time.Second, probeEvery: 10 * time.Second, parallel: 4, stop: 10 * time.Second,
}

const (
	mostLetters = 10_000
	longestWait = 24 * time.Hour // of a letter that does not say when it expires
)

// NewOutbox is an outbox that sends while Run runs.
func NewOutbox(o Options) *Outbox {
	return &Outbox{Options: o, pace: usualPace, most: mostLetters, wake: make(chan struct{}, 1)}
}

// Send stores a letter to be sent at once, in one write. ErrDown when mail is down or as many letters wait as may.
func (o *Outbox) Send(ctx context.Context, l Letter) error {
	now := o.Now()
	if err := l.check(); err != nil {
		return fmt.Errorf("send letter: %w", err)
	}
	if o.health.down(now, o.downAfter) {
		return ErrDown
	}
	if l.Expires.IsZero() {
		l.Expires = now.Add(longestWait)
	}
	row := storage.OutboxLetter{ID: storage.NewID(), UserID: l.User, Created: now, Expires: l.Expires}
	var err error
	if row.Sealed, err = o.Box.Seal(keys.ForLetter, Post{ID: row.ID, Written: now, Letter: l}); err != nil {
		return fmt.Errorf("send letter: %w", err)
	}
	if err := o.Store.PutLetter(ctx, row, o.most); errors.Is(err, storage.ErrOutboxFull) {
		return fmt.Errorf("%w: %w", ErrDown, err)
	} else if err != nil {
		// When the database fell silent, nobody knows whether it has the letter; the caller counts on it that it has not.
		return errors.Join(fmt.Errorf("send letter: %w", err), o.Store.DropLetter(ctx, row.ID))
	}
	o.hurry()
	return nil
}

// hurry wakes the sender.
func (o *Outbox) hurry() {
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// Stats is how mail stands, for metrics and readiness. Counts are of this node since its start.
type Stats struct {
	Waiting   int           // letters of all nodes, as seen a few seconds ago at most
	Oldest    time.Duration // the age of the oldest of them
	Sent      int64
	Failed    int64  // refused for good
	Expired   int64  // not sent in time
	LastError string // the class of the last failure, "connect", "recipient_550"; "" when a letter was taken after it
	Down      bool   // Send takes no letter
}

// Stats asks nobody: it is what the sender knows.
func (o *Outbox) Stats() Stats {
	now := o.Now()
	s := Stats{Down: o.health.down(now, o.downAfter)}
	o.health.count(func(h *health) { s.Sent, s.Failed, s.Expired, s.LastError = h.sent, h.failed, h.expired, h.lastError })
	o.mu.Lock()
	defer o.mu.Unlock()
	s.Waiting = o.queue.Waiting
	if !o.queue.Oldest.IsZero() {
		s.Oldest = max(0, now.Sub(o.queue.Oldest))
	}
	return s
}
