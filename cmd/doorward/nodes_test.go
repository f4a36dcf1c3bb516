package main_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// nodes are two servers of one house: the same configuration but for listen, and one PostgreSQL. In front of them stands a proxy that
// knows no sessions: each request goes to the other node than the one before.
type nodes struct {
	t      testing.TB
	issuer string     // the proxy's address, and the name of both nodes
	each   [2]*server // their issuer is the node's own address here

	mu       sync.Mutex
	turn     int
	answered map[string][2]int // method and path -> how often each node did
	behind   http.Transport
}

// newNodes writes both configurations; the servers are started by start.
func newNodes(t testing.TB, database string, more settings) *nodes {
	t.Helper()
	n := &nodes{t: t, answered: map[string][2]int{}}
	n.behind.MaxIdleConnsPerHost, n.behind.DisableCompression = 16, true
	front := httptest.NewServer(n)
	t.Cleanup(front.Close)
	t.Cleanup(n.behind.CloseIdleConnections)
	n.issuer = strings.Replace(front.URL, "127.0.0.1", "localhost", 1)
	dir := t.TempDir()
	for i := range n.each {
		s := settings{
			"issuer": n.issuer, "listen": "127.0.0.1:" + freePort(t), "database": database, "master_key_file": "master.key",
			"trusted_proxies": []string{"127.0.0.1"}, "login": settings{"email_code": "never"},
		}
		maps.Copy(s, more)
		s.cheapen()
		n.each[i] = &server{t: t, file: filepath.Join(dir, fmt.Sprintf("node-%d.yaml", i)), issuer: "http://" + s["listen"].(string)}
		s.write(t, n.each[i].file)
	}
	return n
}

// twoApps are the applications of most tests here.
func twoApps(t *testing.T) []settings {
	t.Helper()
	return []settings{application(t, "app", "client_secret_basic"), application(t, "other", "client_secret_basic")}
}

// start starts both in the same instant and waits until both are ready.
func (n *nodes) start() {
	n.t.Helper()
	for _, v := range n.each {
		v.launch()
	}
	for _, v := range n.each {
		v.until("both nodes to be ready", v.ready)
	}
}

// ServeHTTP is the proxy. Where nothing listens it asks the other node, as nothing was sent; a connection that breaks under a request is broken
// off, since nobody knows what came of it.
func (n *nodes) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	first := n.next()
	for _, node := range []int{first, 1 - first} {
		response, err := n.forward(node, r, body)
		if op := (*net.OpError)(nil); errors.As(err, &op) && op.Op == "dial" {
			continue
		}
		if err != nil {
			break
		}
		answer, err := io.ReadAll(response.Body)
		if response.Body.Close(); err != nil {
			break
		}
		maps.Copy(w.Header(), response.Header)
		w.WriteHeader(response.StatusCode)
		_, _ = w.Write(answer) // the visitor may have gone
		return
	}
	panic(http.ErrAbortHandler)
}

// next is the node whose turn it is.
func (n *nodes) next() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turn = 1 - n.turn
	return 1 - n.turn
}

// forward sends the request to a node, and notes who has answered it.
func (n *nodes) forward(node int, r *http.Request, body []byte) (*http.Response, error) {
	out, err := http.NewRequestWithContext(r.Context(), r.Method, n.each[node].issuer+r.RequestURI, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	response, err := n.behind.RoundTrip(out)
	if err == nil {
		n.mu.Lock()
		defer n.mu.Unlock()
		counts := n.answered[r.Method+" "+r.URL.Path]
		counts[node]++
		n.answered[r.Method+" "+r.URL.Path] = counts
	}
	return response, err
}

// begin gives the next request to this node.
func (n *nodes) begin(node int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turn = node
}

// at is a client that talks to one node, as if the proxy had sent it there.
func (n *nodes) at(node int) *client {
	c := newClient(n.each[node].issuer, annaEmail)
	c.origin = n.issuer
	return c
}

// within wants something to hold on both nodes at the latest when the time is over; however slow the machine is, it is asked once more then.
func (n *nodes) within(t testing.TB, limit time.Duration, what string, holds func(c *client) bool) {
	t.Helper()
	end := time.Now().Add(limit)
	for i := range n.each {
		c := n.at(i)
		defer c.http.CloseIdleConnections()
		for late := false; !holds(c); time.Sleep(10 * time.Millisecond) {
			if late {
				t.Errorf("%v later not on node %d: %s", limit, i, what)
				break
			}
			late = time.Now().After(end)
		}
	}
}
