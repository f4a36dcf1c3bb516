package main_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage/storagetest"
)

// TestWhenANodeIsKilledTheOtherGoesOn kills one node under load, and later the other, and holds what is left against a ledger kept outside.
func TestWhenANodeIsKilledTheOtherGoesOn(t *testing.T) {
	t.Parallel()
	rounds := 2
	if full {
		rounds = 30
	}
	n := newNodes(t, storagetest.PostgresURL(t), settings{"clients": twoApps(t), "log": settings{"level": "warn"}})
	n.start()
	c := n.newCrowd()
	var total ledger
	for round := range rounds {
		victim := n.each[round%2]
		c.work()
		c.await(20 + rand.Int64N(40))
		victim.kill()
		c.await(60)               // by the other node alone
		back := rand.IntN(2) == 0 // under load; else after the ledger was held against the other node alone
		if back {
			victim.start()
			c.await(20)
		}
		total.add(c.stop(cutOff))
		c.check(t)
		if c.cut > len(c.people) {
			t.Errorf("one kill cut off %d requests of %d people: %v", c.cut, len(c.people), c.faults)
		}
		if !back {
			victim.start()
		}
	}
	wantEverything(t, total)
}

// cutOff says that nobody knows what came of a request.
func cutOff(err error) bool {
	broken := (*url.Error)(nil)
	return errors.As(err, &broken) || errors.Is(err, io.ErrUnexpectedEOF)
}

func wantEverything(t *testing.T, l ledger) {
	t.Helper()
	t.Logf("held against the ledger: %+v", l)
	if l.Redeemed == 0 || l.Refreshed == 0 || l.SignedIn == 0 {
		t.Error("the load did not reach everything that is spent")
	}
}

// crowd are people who work at both nodes, through the proxy, with a ledger each.
type crowd struct {
	t      testing.TB
	people []*client

	acknowledged atomic.Int64
	over         atomic.Bool
	all          sync.WaitGroup
	mu           sync.Mutex
	faults       []error
	cut          int // faults of the last load
}

// newCrowd adds four people.
func (n *nodes) newCrowd() *crowd {
	n.t.Helper()
	c := &crowd{t: n.t}
	for _, email := range []string{annaEmail, "ben@example.com", "cora@example.com", "dora@example.com"} {
		n.each[0].addUser(email, annaPassword)
		c.people = append(c.people, newClient(n.issuer, email))
	}
	return c
}

// work lets everybody work until stop. Whom a fault cuts off, goes on: what was under way stays in the ledger as open.
func (c *crowd) work() {
	c.over.Store(false)
	c.faults = nil
	for _, person := range c.people {
		person.ledger = ledger{}
		c.all.Go(func() {
			for !c.over.Load() {
				if err := person.once(); err == nil {
					c.acknowledged.Add(1)
				} else if !c.fault(err) {
					return
				}
			}
		})
	}
}

// fault keeps an error, and says whether it is one after which one goes on.
func (c *crowd) fault(err error) bool {
	c.mu.Lock()
	c.faults = append(c.faults, err)
	c.mu.Unlock()
	time.Sleep(20 * time.Millisecond)
	broken := (*faulty)(nil)
	return cutOff(err) || errors.As(err, &broken)
}

// await waits until so many more things were acknowledged.
func (c *crowd) await(more int64) {
	c.t.Helper()
	enough := c.acknowledged.Load() + more
	for end := time.Now().Add(30 * time.Second); c.acknowledged.Load() < enough; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			c.over.Store(true)
			c.t.Fatalf("30 s later %d of %d things are not acknowledged", enough-c.acknowledged.Load(), more)
		}
	}
}

// stop ends the work, and gives what was acknowledged. Errors that are not expected fail the test.
func (c *crowd) stop(expected func(error) bool) ledger {
	c.t.Helper()
	c.over.Store(true)
	c.all.Wait()
	c.cut = len(c.faults)
	for _, err := range c.faults {
		if !expected(err) {
			c.t.Errorf("under load: %v", err)
		}
	}
	var sum ledger
	for _, person := range c.people {
		sum.add(person.ledger)
	}
	return sum
}

// check holds everybody's ledger against the nodes.
func (c *crowd) check(t *testing.T) {
	t.Helper()
	for _, person := range c.people {
		person.check(t)
	}
}
