package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// lane is a connection to each node, over which two requests race, and a client at each, who asks them singly. All share one session.
type lane struct {
	*nodes
	village *village
	clients [2]*client
	conns   [2]net.Conn
	read    [2]*bufio.Reader
	first   int // which node gets its last byte first
	won     [2]int
	late    int // how often the winner was the one that got it second
}

func (n *nodes) newLane() *lane { return &lane{nodes: n, clients: [2]*client{n.at(0), n.at(1)}} }

// outcome is what came of one of two requests that raced.
type outcome struct {
	tokenAnswer
	status  int
	session string
}

// apart is how long both nodes have to get to where they wait for the last byte.
const apart = 500 * time.Microsecond

// race sends one request to each node, but for the last byte of its body. Both nodes wait inside their handlers then, and get the last bytes
// in one moment, written by one goroutine, so that nothing parts them but a system call.
func (l *lane) race(requests [2]*http.Request) ([2]outcome, error) {
	var outcomes [2]outcome
	var last [2][]byte
	for i, r := range requests {
		var wire bytes.Buffer
		if err := errors.Join(l.dial(i), r.Write(&wire)); err != nil {
			return outcomes, err
		}
		head := wire.Len() - 1
		if _, err := l.conns[i].Write(wire.Bytes()[:head]); err != nil {
			return outcomes, err
		}
		last[i] = wire.Bytes()[head:]
	}
	time.Sleep(apart)
	l.first = 1 - l.first
	for _, i := range []int{l.first, 1 - l.first} {
		if _, err := l.conns[i].Write(last[i]); err != nil {
			return outcomes, err
		}
	}
	for i, r := range requests {
		var err error
		if outcomes[i], err = l.answer(i, r); err != nil {
			return outcomes, err
		}
	}
	return outcomes, nil
}

func (l *lane) dial(i int) error {
	if l.conns[i] != nil {
		return nil
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(l.each[i].issuer, "http://"))
	l.conns[i], l.read[i] = conn, bufio.NewReader(conn)
	return err
}

func (l *lane) close() {
	for i, conn := range l.conns {
		if conn != nil {
			_ = conn.Close() // which ends a connection of ours
		}
		l.clients[i].http.CloseIdleConnections()
	}
}

func (l *lane) answer(i int, r *http.Request) (outcome, error) {
	if err := l.conns[i].SetReadDeadline(time.Now().Add(15 * time.Second)); err != nil {
		return outcome{}, err
	}
	response, err := http.ReadResponse(l.read[i], r)
	if err != nil {
		return outcome{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return outcome{}, err
	}
	if response.Close {
		l.conns[i].Close()
		l.conns[i] = nil
	}
	o := outcome{status: response.StatusCode}
	if o.status >= http.StatusInternalServerError {
		return o, fmt.Errorf("node %d: %w", i, &faulty{r.URL.Path, o.status, response.Header, body})
	}
	_ = json.Unmarshal(body, &o.tokenAnswer) // left empty where it is a page
	for _, cookie := range response.Cookies() {
		if cookie.Name == "session" {
			o.session = cookie.Value
		}
	}
	return o, nil
}

// form is a request of an application to a node.
func (l *lane) form(node int, app, path string, form url.Values) *http.Request {
	r, _ := http.NewRequest(http.MethodPost, l.each[node].issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(app, appSecret)
	return r
}

// both is one form of one application, to both nodes.
func (l *lane) both(path string, form url.Values) [2]*http.Request {
	return [2]*http.Request{l.form(0, "app", path, form), l.form(1, "app", path, form)}
}

// code gets a code by the session of the lane, from the nodes in turn, and the form that redeems it.
func (l *lane) code() (url.Values, error) {
	verifier := oauth2.GenerateVerifier()
	to, err := l.clients[l.first].authorize("", verifier)
	if err != nil {
		return nil, err
	}
	if !to.Query().Has("code") {
		return nil, fmt.Errorf("signed in, but %s has no code", to.Redacted())
	}
	return url.Values{"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier}}, nil
}

// grant gets a code and redeems it.
func (l *lane) grant() (tokenAnswer, error) {
	form, err := l.code()
	if err != nil {
		return tokenAnswer{}, err
	}
	return l.clients[1-l.first].token(form)
}

// dead says whether neither node takes the tokens any more.
func (l *lane) dead(all ...tokenAnswer) error {
	for i, c := range l.clients {
		for _, tokens := range all {
			if tokens.Access == "" {
				continue
			}
			if status, err := c.claims(tokens.Access); err != nil || status != http.StatusUnauthorized {
				return fmt.Errorf("an access token lives on node %d: %d, %v", i, status, err)
			}
			if _, err := c.token(refreshForm(tokens.Refresh)); !errors.Is(err, errRefused) {
				return fmt.Errorf("a refresh token lives on node %d: %v", i, err)
			}
		}
	}
	return nil
}

// alive says whether both nodes take the access token.
func (l *lane) alive(tokens tokenAnswer) error {
	for i, c := range l.clients {
		if status, err := c.claims(tokens.Access); err != nil || status != http.StatusOK {
			return fmt.Errorf("an access token is dead on node %d: %d, %v", i, status, err)
		}
	}
	return nil
}

// count notes who has won.
func (l *lane) count(node int) {
	l.won[node]++
	if node != l.first {
		l.late++
	}
}
