package op

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/doorward/doorward/storage"
)

// Pace of what is told to clients about ended sessions.
const (
	logoutLanes   = 4 // tries at a time, of a node
	logoutLook    = time.Second
	logoutLease   = 20 * time.Second // longer than a fetch may take
	logoutFirst   = 5 * time.Second  // the wait after the first try, four times as long after each further one
	logoutSlowest = 4 * time.Hour
	logoutMost    = 10             // tries
	logoutWithin  = 24 * time.Hour // of the session's end
)

// sendingStore is what the sender needs of storage.
type sendingStore interface {
	LogoutQueue(ctx context.Context) (storage.LogoutQueue, error)
	ClaimLogout(ctx context.Context, lease time.Duration, but []string) (storage.Logout, error)
	ReturnLogout(ctx context.Context, l storage.Logout, due time.Time) error
	DeliverLogout(ctx context.Context, l storage.Logout) error
	FailLogout(ctx context.Context, l storage.Logout) error
}

// sender tells clients that sessions have ended (OIDC Back-Channel Logout §2.5). What is to be told stands in the database, from the
// transaction that ended the session: the person never waits for it, it survives a restart, and of the nodes one tells a client at
// a time. A client is told once, but for one case: when a node dies after the client has heard it and before that is written
// down, the lease runs out and another try follows, with another token.
//
// A node tells one client one thing at a time, and what waits for a client that does not answer waits together, so that one that is
// slow keeps one lane at most from the others.
type sender struct {
	wake chan struct{}

	mu         sync.Mutex
	busy       []string // clients that are being told by this node
	complained bool     // by run alone
}

// Run tells clients of sessions that have ended until ctx ends, and then finishes what is under way: for a few seconds at most.
func (p *Provider) Run(ctx context.Context) {
	telling := context.WithoutCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	free := make(chan struct{}, logoutLanes)
	for ctx.Err() == nil {
		if wait := p.untilNextLogout(ctx); wait > 0 {
			p.sender.pause(ctx, wait)
			continue
		}
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return
		}
		l, err := p.store.ClaimLogout(ctx, logoutLease, p.sender.began())
		if err != nil { // another node was faster, all that is due is of busy clients, or the database is away
			<-free
			p.sender.pause(ctx, logoutLook)
			continue
		}
		p.sender.begins(l.ClientID)
		work.Go(func() {
			p.tellOf(telling, l)
			p.sender.ends(l.ClientID)
			<-free
			p.Hurry()
		})
	}
}

// Hurry lets the sender look at once whether something is to be told.
func (p *Provider) Hurry() {
	select {
	case p.sender.wake <- struct{}{}:
	default:
	}
}

// untilNextLogout says how long there is nothing to do. It logs once that the database fails the sender, and once that it does no more.
func (p *Provider) untilNextLogout(ctx context.Context) time.Duration {
	queue, err := p.store.LogoutQueue(ctx)
	switch failing := err != nil; {
	case failing == p.sender.complained || ctx.Err() != nil:
	case failing:
		p.site.Log.Error("applications cannot be told of sign-outs, they wait", "error", err)
	default:
		p.site.Log.Info("applications can be told of sign-outs again")
	}
	p.sender.complained = err != nil
	if err != nil || queue.Waiting == 0 {
		return logoutLook
	}
	return min(logoutLook, queue.Due.Sub(p.now()))
}

// pause waits, unless somebody hurries or ctx ends.
func (s *sender) pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-timer.C:
	}
}

// began are the clients that are being told.
func (s *sender) began() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.busy)
}

func (s *sender) begins(client string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = append(s.busy, client)
}

func (s *sender) ends(client string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.busy, client); i >= 0 {
		s.busy = slices.Delete(s.busy, i, i+1)
	}
}

// logoutWait is the wait after a try: 5 s, 20 s, 80 s … up to 4 h.
func logoutWait(tries int) time.Duration {
	wait := logoutFirst
	for range tries - 1 {
		if wait = min(4*wait, logoutSlowest); wait == logoutSlowest {
			break
		}
	}
	return wait
}
