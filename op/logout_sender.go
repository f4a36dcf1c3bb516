package op

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/doorward/doorward/storage"
)

// Pace of what is told to clients about ended sessions.
const (
	logoutLanes   = 4 // tries at a time, of a node
	logoutLook    = time.Second
	logoutRace    = 20 * time.Millisecond // the pause after one that another node has won
	logoutLease   = 20 * time.Second      // longer than a fetch may take
	logoutFirst   = 5 * time.Second       // the wait after the first try, four times as long after each further one
	logoutSlowest = 4 * time.Hour
	logoutMost    = 10              // tries
	logoutWithin  = 24 * time.Hour  // of the session's end, or of another round's begin
	logoutSilence = time.Minute     // at most that nothing is tried of a client that does not answer
	logoutSlow    = time.Second     // who takes longer to answer is slow
	logoutRecall  = time.Hour       // how long that is remembered
	logoutSpared  = logoutLanes / 2 // lanes that slow clients leave to the others
	logoutStop    = 3 * time.Second // that tries under way may take when the house closes
)

// sendingStore is what the sender needs of storage.
type sendingStore interface {
	NextLogout(ctx context.Context, but []string) (time.Time, error)
	ClaimLogout(ctx context.Context, lease time.Duration, but []string) (storage.Logout, error)
	ReturnLogout(ctx context.Context, l storage.Logout, due time.Time) error
	DeliverLogout(ctx context.Context, l storage.Logout) error
	FailLogout(ctx context.Context, l storage.Logout) error
}

// sender tells clients that sessions have ended (OIDC Back-Channel Logout §2.5). What is to be told stands in the database, from the
// transaction that ended the session: the person never waits for it, it survives a restart, and each of it is told by one node. A client
// is told once, but for one case: when a node ends after the client has heard it and before that is written down, another try follows,
// with another token.
//
// A node tells one client one thing at a time, so that one that is slow keeps one lane at most from the others, and all that were slow
// the last time keep half of them: rogues in any number, who take their time, hold nobody else's sign-outs up. While a client does not
// answer, the node tries one of what waits for it every minute at most, and the rest of it waits untouched.
//
// Letters go the same way (login/mail): docs/decisions.md says why neither has the other's loop.
type sender struct {
	wake chan struct{}

	mu         sync.Mutex
	busy       []string             // clients that are being told by this node
	slow       map[string]time.Time // clients that took long to answer this node the last time, and when that is forgotten
	silent     map[string]silence   // clients that did not answer this node the last time
	complained bool                 // by run alone
}

// silence is how long a client has not answered.
type silence struct {
	tries int
	until time.Time // when it is tried again
}

// Run tells clients of sessions that have ended until ctx ends, and then finishes what is under way: for a few seconds at most. What
// it had to break off is due again at once.
func (p *Provider) Run(ctx context.Context) {
	telling, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	var work, counting sync.WaitGroup
	counting.Go(func() { p.writeDown(ctx) })
	defer counting.Wait()
	defer func() {
		defer time.AfterFunc(logoutStop, abort).Stop()
		work.Wait()
	}()
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
		l, err := p.store.ClaimLogout(ctx, logoutLease, p.sender.others(p.now()))
		if err != nil {
			<-free
			p.sender.pause(ctx, logoutPause(err))
			continue
		}
		p.sender.begins(l.ClientID)
		work.Go(func() {
			began := time.Now()
			answered := p.tellOf(telling, l)
			p.sender.ends(l.ClientID, try{answered, time.Since(began)}, p.now())
			<-free
			p.Hurry()
		})
	}
}

// logoutPause is how long nothing is claimed after that error: another node was faster, or the database is away.
func logoutPause(err error) time.Duration {
	if errors.Is(err, storage.ErrNotFound) {
		return logoutRace
	}
	return logoutLook
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
	due, err := p.store.NextLogout(ctx, p.sender.others(p.now()))
	switch failing := err != nil; {
	case failing == p.sender.complained || ctx.Err() != nil:
	case failing:
		p.site.Log.Error("applications cannot be told of sign-outs, they wait", "error", err)
	default:
		p.site.Log.Info("applications can be told of sign-outs again")
	}
	p.sender.complained = err != nil
	if err != nil || due.IsZero() {
		return logoutLook
	}
	return min(logoutLook, due.Sub(p.now()))
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

// others are the clients that nothing is to be claimed of now: this node is telling them, or waits since they do not answer, or they are
// slow, and as many slow ones are being told as may be.
func (s *sender) others(now time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.busy)
	for client, silent := range s.silent {
		switch {
		case now.Before(silent.until):
			list = append(list, client)
		case now.After(silent.until.Add(logoutWithin)): // nothing waits for it
			delete(s.silent, client)
		}
	}
	return append(list, s.spared(now)...)
}

// spared are the slow clients while others shall have the lanes that are left.
func (s *sender) spared(now time.Time) []string {
	var slow []string
	held := 0
	for client, until := range s.slow {
		switch {
		case now.After(until):
			delete(s.slow, client)
		case slices.Contains(s.busy, client):
			held++
		default:
			slow = append(slow, client)
		}
	}
	if held < logoutLanes-logoutSpared {
		return nil
	}
	return slow
}

func (s *sender) begins(client string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = append(s.busy, client)
}

// try is what telling a client came to.
type try struct {
	answered bool
	took     time.Duration
}

// ends says what a try came to, at that time.
func (s *sender) ends(client string, t try, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if delete(s.slow, client); t.took > logoutSlow {
		s.slow[client] = now.Add(logoutRecall)
	}
	if i := slices.Index(s.busy, client); i >= 0 {
		s.busy = slices.Delete(s.busy, i, i+1)
	}
	if t.answered {
		delete(s.silent, client)
		return
	}
	tries := s.silent[client].tries + 1
	s.silent[client] = silence{tries, now.Add(min(logoutWait(tries), logoutSilence))}
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
