package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage/storagetest"
	"golang.org/x/oauth2"
)

// recovery is the time after which both nodes work again once PostgreSQL answers.
const recovery = 10 * time.Second

// TestWhenPostgreSQLIsKilledNothingIsLostAndTheNodesRecoverByThemselves kills the database's server under load and starts it again. Keys
// and discovery are answered all the time, all else in plain words, and what was acknowledged is there.
func TestWhenPostgreSQLIsKilledNothingIsLostAndTheNodesRecoverByThemselves(t *testing.T) {
	t.Parallel()
	outages := []time.Duration{1500 * time.Millisecond}
	if full { // one is longer than keys may be old
		outages = []time.Duration{0, 100 * time.Millisecond, time.Second, 3 * time.Second, 20 * time.Second, 0, 0, 500 * time.Millisecond}
	}
	postgres := storagetest.NewMortal(t)
	n := newNodes(t, postgres.URL, settings{"clients": twoApps(t), "log": settings{"level": "error"}})
	n.start()
	c := n.newCrowd()
	witness, tokens := n.newWitness(t)
	watch := n.watchKeys()
	var total ledger
	for _, outage := range outages {
		c.work()
		c.await(20 + rand.Int64N(40))
		postgres.Kill()
		if outage >= time.Second {
			n.wantPlainFaults(t, witness, tokens)
		}
		time.Sleep(outage)
		postgres.Start()
		answers := time.Now()
		n.within(t, recovery, "the node is ready", func(c *client) bool { return c.get(t, "/readyz").status == http.StatusOK })
		c.await(10)
		if took := time.Since(answers); took > recovery {
			t.Errorf("people work again %v after PostgreSQL answered", took)
		} else {
			t.Logf("people work again %v after PostgreSQL answered", took.Round(time.Millisecond))
		}
		c.await(50)
		total.add(c.stop(func(err error) bool { return plainFault(t, err) }))
		c.check(t)
	}
	watch.end(t)
	wantEverything(t, total)
}

// insideWords are what only the inside of the house speaks of. They are whole words: sealed values spell anything by chance.
var insideWords = regexp.MustCompile(`\b(pgx\w*|[sS][qQ][lL]\w*|PGSQL|FATAL|dial|refused|socket|EOF|conn|connect)\b|/tmp/`)

// plainFault says whether an error is an answer that tells of a fault and of nothing inside.
func plainFault(t *testing.T, err error) bool {
	t.Helper()
	fault := (*faulty)(nil)
	if !errors.As(err, &fault) {
		return false
	}
	if told := insideWords.Find(fault.body); told != nil {
		t.Errorf("%s tells strangers of %q: %s", fault.path, told, fault.body)
	}
	switch kind := fault.header.Get("Content-Type"); {
	case fault.status != http.StatusInternalServerError && fault.status != http.StatusServiceUnavailable:
		t.Errorf("%s answers %d", fault.path, fault.status)
	case fault.path == "/token" || fault.path == "/userinfo":
		var told struct{ Error string }
		if err := json.Unmarshal(fault.body, &told); err != nil || told.Error != "server_error" {
			t.Errorf("%s answers %s", fault.path, fault.body)
		}
	case !strings.HasPrefix(kind, "text/html") || !reference.Match(fault.body):
		t.Errorf("%s answers %s without a reference: %.500s", fault.path, kind, fault.body)
	}
	return true
}

// newWitness is somebody who is signed in, and has tokens, and does nothing.
func (n *nodes) newWitness(t *testing.T) (*client, tokenAnswer) {
	t.Helper()
	c := newClient(n.issuer, "wanda@example.com")
	n.each[0].addUser(c.email, annaPassword)
	if err := c.signIn(); err != nil {
		t.Fatal(err)
	}
	g := &ledgerGrant{verifier: oauth2.GenerateVerifier()}
	to, err := c.authorize("none", g.verifier)
	if err != nil {
		t.Fatal(err)
	}
	g.code = to.Query().Get("code")
	if err := c.redeem(g); err != nil {
		t.Fatal(err)
	}
	return c, tokenAnswer{Access: g.access, Refresh: g.refresh[0]}
}

// wantPlainFaults asks each node, while the database is away, what it could answer wrongly: that good tokens are worthless, that nobody is
// signed in, that all is well.
func (n *nodes) wantPlainFaults(t *testing.T, witness *client, tokens tokenAnswer) {
	t.Helper()
	for i := range n.each {
		c := n.at(i)
		c.session = witness.session
		for end := time.Now().Add(time.Second); c.get(t, "/readyz").status == http.StatusOK; time.Sleep(10 * time.Millisecond) {
			if time.Now().After(end) {
				t.Errorf("node %d says that it is ready", i)
				break
			}
		}
		if got := c.get(t, "/readyz"); got.body != "not ready: database\n" {
			t.Errorf("node %d: %q", i, got.body)
		}
		if got := c.get(t, "/healthz"); got.status != http.StatusOK {
			t.Errorf("the process of node %d lives, but says %d", i, got.status)
		}
		if to, err := c.authorize("none", oauth2.GenerateVerifier()); !plainFault(t, err) {
			t.Errorf("who is signed in is told %v, %v", to, err)
		}
		if status, err := c.claims(tokens.Access); !plainFault(t, err) {
			t.Errorf("a good access token is answered with %d, %v", status, err)
		}
		if _, err := c.token(refreshForm(tokens.Refresh)); !plainFault(t, err) {
			t.Errorf("a good refresh token is answered with %v", err)
		}
	}
}

type got struct {
	status int
	body   string
}

func (c *client) get(t *testing.T, path string) got {
	response, err := c.http.Get(c.issuer + path)
	if err != nil {
		t.Error(err)
		return got{}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Error(err)
	}
	return got{response.StatusCode, string(body)}
}

// watch asks both nodes all the time for what must always be answered.
type watch struct {
	over  atomic.Bool
	all   sync.WaitGroup
	mu    sync.Mutex
	asked int
	wrong []string
}

func (n *nodes) watchKeys() *watch {
	w := &watch{}
	for i := range n.each {
		for _, path := range []string{"/jwks", "/.well-known/openid-configuration"} {
			address := n.each[i].issuer + path
			first := ask(address)
			w.all.Go(func() {
				for !w.over.Load() {
					w.note(first, ask(address))
					time.Sleep(10 * time.Millisecond)
				}
			})
		}
	}
	return w
}

// ask gives status and body as one text.
func ask(address string) string {
	visitor := http.Client{Timeout: 5 * time.Second}
	response, err := visitor.Get(address)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return fmt.Sprintf("%d %v %s", response.StatusCode, err, body)
}

func (w *watch) note(first, now string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked++; now != first || !strings.HasPrefix(now, "200 ") {
		w.wrong = append(w.wrong, now)
	}
}

// end wants each answer to have been the first one.
func (w *watch) end(t *testing.T) {
	t.Helper()
	w.over.Store(true)
	w.all.Wait()
	if len(w.wrong) > 0 || w.asked < 100 {
		t.Errorf("%d of %d answers about keys and discovery were others than before, such as %.300q", len(w.wrong), w.asked, w.wrong)
	}
}
