package main_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/oauth2"
)

// TestKillAtAnyMomentLosesNothingAndRevivesNothing kills the real process under load, starts it again on the same data, and holds
// what it says against a ledger that was kept outside: what was acknowledged is there, what was spent stays spent.
func TestKillAtAnyMomentLosesNothingAndRevivesNothing(t *testing.T) {
	t.Parallel()
	rounds := 3
	if full {
		rounds = 60
	}
	people := []string{"ben@example.com", "cora@example.com", "dora@example.com", "emil@example.com"}
	serveOn(t, func(t *testing.T, v *server) {
		var visitors []*client
		for _, email := range people {
			visitors = append(visitors, newClient(v.issuer, email))
		}
		total := ledger{}
		for range rounds {
			total.add(loadUntilKilled(t, v, visitors))
			v.start()
			for _, c := range visitors {
				c.check(t)
			}
		}
		t.Logf("held against the ledger: %+v", total)
		if total.Redeemed == 0 || total.Refreshed == 0 || total.SignedIn == 0 {
			t.Error("the load did not reach everything that is spent")
		}
	}, people...)
}

// ledger counts what was acknowledged, and what the kill left open.
type ledger struct{ Redeemed, Refreshed, SignedIn, Open int }

func (l *ledger) add(o ledger) {
	l.Redeemed += o.Redeemed
	l.Refreshed += o.Refreshed
	l.SignedIn += o.SignedIn
	l.Open += o.Open
}

// loadUntilKilled lets everybody work at the same time and ends the process at a random moment. Moments are counted in what was
// acknowledged, not in milliseconds, so that a slow machine is killed under load too.
func loadUntilKilled(t *testing.T, v *server, visitors []*client) ledger {
	var all sync.WaitGroup
	var acknowledged atomic.Int64
	for _, c := range visitors {
		all.Go(func() {
			c.ledger = ledger{}
			for c.err = nil; c.err == nil; {
				c.err = c.once()
				acknowledged.Add(1)
			}
		})
	}
	enough := 10 + rand.Int64N(60)
	for end := time.Now().Add(20 * time.Second); acknowledged.Load() < enough && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond)
	v.kill()
	all.Wait()
	var sum ledger
	for _, c := range visitors {
		sum.add(c.ledger)
		// Everything but a broken connection is an answer, and each answer before the kill had to be the right one.
		if broken := (*url.Error)(nil); !errors.As(c.err, &broken) && !errors.Is(c.err, io.ErrUnexpectedEOF) {
			t.Errorf("under load: %v", c.err)
		}
	}
	return sum
}

// once signs in when it has to, now and then anew; else it gets a grant and refreshes it a few times.
func (c *client) once() error {
	if c.session == "" || rand.IntN(12) == 0 {
		return c.signIn()
	}
	g := &ledgerGrant{verifier: oauth2.GenerateVerifier()}
	answer, err := c.authorize("", g.verifier)
	if err != nil {
		return err
	}
	if g.code = answer.Query().Get("code"); g.code == "" {
		return fmt.Errorf("signed in, but %s has no code", answer.Redacted())
	}
	c.grants = append(c.grants, g)
	if err := c.redeem(g); err != nil {
		return err
	}
	for range rand.IntN(5) {
		if err := c.refresh(g); err != nil {
			return err
		}
	}
	return nil
}

func (c *client) redeem(g *ledgerGrant) error {
	c.Open++
	t, err := c.token(url.Values{"grant_type": {"authorization_code"}, "code": {g.code}, "redirect_uri": {callback}, "code_verifier": {g.verifier}})
	if err != nil {
		return err
	}
	c.Open--
	c.Redeemed++
	g.redeemed, g.access, g.id, g.refresh = true, t.Access, t.ID, []string{t.Refresh}
	return nil
}

func (c *client) refresh(g *ledgerGrant) error {
	c.Open++
	t, err := c.token(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {g.refresh[len(g.refresh)-1]}})
	if err != nil {
		return err
	}
	c.Open--
	c.Refreshed++
	g.access, g.refresh = t.Access, append(g.refresh, t.Refresh)
	return nil
}

// signIn goes from /authorize to the end of the attempt, with both fields filled at once as password managers do.
func (c *client) signIn() error {
	c.session = ""
	to, err := c.authorize("", oauth2.GenerateVerifier())
	if err != nil {
		return err
	}
	s := &ledgerSignIn{bind: c.bind, path: to.Path, form: url.Values{
		"attempt": {to.Query().Get("attempt")}, "username": {c.email}, "password": {annaPassword},
	}}
	c.signIns = append(c.signIns, s)
	c.Open++
	ok, err := c.finish(s)
	if err != nil {
		return err
	}
	if !ok {
		return errors.New("the right password did not sign in")
	}
	c.Open--
	c.SignedIn++
	s.acknowledged = true
	return nil
}

// finish sends the attempt's last form from the browser that it belongs to, and says whether that made a session.
func (c *client) finish(s *ledgerSignIn) (bool, error) {
	c.session, c.bind = "", s.bind
	r, _ := http.NewRequest(http.MethodPost, c.issuer+s.path, strings.NewReader(s.form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", c.origin)
	_, _, err := c.do(r)
	return c.session != "", err
}
