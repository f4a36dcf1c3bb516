package main_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/doorward/doorward/storage"
	"golang.org/x/oauth2"
)

// village is many people with one password, each behind an address of their own, and their post: nobody gets many letters.
type village struct {
	t     testing.TB
	post  *mailtest.Server
	mu    sync.Mutex
	next  int // who comes next
	most  int
	read  int               // letters
	codes map[string]string // address -> code of the newest letter
}

// settle gives the people Anna's password, past the program: hashing each would take minutes.
func (v *village) settle(database string, most int) {
	v.t.Helper()
	db, err := storage.Open(v.t.Context(), database, storage.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		v.t.Fatal(err)
	}
	defer db.Close()
	_, hash, err := db.Login(v.t.Context(), annaEmail)
	if err != nil {
		v.t.Fatal(err)
	}
	for v.most = range most {
		person := storage.User{ID: storage.NewID(), Email: villager(v.most), State: "active", Version: 1}
		if err := db.AddUser(v.t.Context(), person, hash, storage.Event{Actor: "operator"}); err != nil {
			v.t.Fatal(err)
		}
	}
}

func villager(i int) string { return fmt.Sprintf("person-%d@example.com", i) }

// visitor is the next person, in a fresh browser at a node.
func (l *lane) visitor(node int) (*client, error) {
	v := l.village
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.next > v.most {
		return nil, fmt.Errorf("all %d people have been here", v.next)
	}
	c := l.at(node)
	c.email, c.address = villager(v.next), fmt.Sprintf("10.%d.%d.1", v.next>>8, v.next&255)
	v.next++
	return c, nil
}

// code waits for the newest letter to an address.
func (v *village) code(to string) (string, error) {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if code := v.look(to); code != "" {
			return code, nil
		}
	}
	return "", fmt.Errorf("no letter to %s", to)
}

func (v *village) look(to string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	letters := v.post.Received()
	for _, letter := range letters[v.read:] {
		if found := sixDigits.FindStringSubmatch(letter.Parse(v.t).Header.Get("Subject")); found != nil {
			v.codes[letter.To[0]] = found[1] + found[2]
		}
	}
	v.read = len(letters)
	return v.codes[to]
}

// untilCode goes through a sign-in up to the last form, and gives that with the right code in it.
func (c *client) untilCode(v *village) (url.Values, error) {
	to, err := c.authorize("", oauth2.GenerateVerifier())
	if err != nil {
		return nil, err
	}
	form := url.Values{"attempt": {to.Query().Get("attempt")}, "username": {c.email}, "password": {annaPassword}}
	response, _, err := c.do(c.page(to.Path, form))
	if err != nil {
		return nil, err
	}
	if to, err = response.Location(); err != nil || to.Path != "/login/email_code" {
		return nil, fmt.Errorf("the password of %s leads to %v, %v", c.email, to, err)
	}
	r, _ := http.NewRequest(http.MethodGet, c.issuer+to.RequestURI(), nil)
	if _, _, err := c.do(r); err != nil {
		return nil, err
	}
	code, err := v.code(c.email)
	return url.Values{"attempt": {to.Query().Get("attempt")}, "code": {code}}, err
}

// page is a form of our own pages.
func (c *client) page(path string, form url.Values) *http.Request {
	r, _ := http.NewRequest(http.MethodPost, c.issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", c.origin)
	return r
}

// enter signs somebody in, for all that the lane does.
func (l *lane) enter() error {
	c, err := l.visitor(0)
	if err != nil {
		return err
	}
	form, err := c.untilCode(l.village)
	if err != nil {
		return err
	}
	if _, _, err := c.do(c.page("/login/email_code", form)); err != nil {
		return err
	}
	if c.session == "" {
		return fmt.Errorf("the right code did not sign in %s", c.email)
	}
	for i := range l.clients {
		l.clients[i].session, l.clients[i].bind = c.session, c.bind
	}
	return nil
}

// codes sends two code forms of one attempt to both nodes, from the browser that it belongs to.
func (l *lane) codes(c *client, attempt string, codes [2]string) ([2]outcome, error) {
	var requests [2]*http.Request
	for i := range requests {
		there := *c
		there.issuer = l.each[i].issuer
		requests[i] = there.page("/login/email_code", url.Values{"attempt": {attempt}, "code": {codes[i]}})
		requests[i].AddCookie(&http.Cookie{Name: "bind", Value: c.bind})
		requests[i].Header.Set("X-Forwarded-For", c.address)
	}
	return l.race(requests)
}

// mailedTwice: of two right codes one makes a session, which both nodes know.
func (l *lane) mailedTwice() error {
	c, err := l.visitor(l.first)
	if err != nil {
		return err
	}
	defer c.http.CloseIdleConnections()
	form, err := c.untilCode(l.village)
	if err != nil {
		return err
	}
	got, err := l.codes(c, form.Get("attempt"), [2]string{form.Get("code"), form.Get("code")})
	if err != nil {
		return err
	}
	winner := 0
	if got[1].session != "" {
		winner = 1
	}
	if got[winner].session == "" || got[1-winner].session != "" {
		return fmt.Errorf("a mailed code was answered with %d and %d, and not one session", got[0].status, got[1].status)
	}
	l.count(winner)
	for i := range l.each {
		c := l.at(i)
		c.session = got[winner].session
		to, err := c.authorize("none", oauth2.GenerateVerifier())
		c.http.CloseIdleConnections()
		if err != nil || !to.Query().Has("code") {
			return fmt.Errorf("node %d does not know the session: %v, %v", i, to, err)
		}
	}
	return nil
}

// guesses: five wrong ones, four of them in pairs at the same moment, use the code up; no charge is lost.
func (l *lane) guesses() error {
	c, err := l.visitor(l.first)
	if err != nil {
		return err
	}
	defer c.http.CloseIdleConnections()
	form, err := c.untilCode(l.village)
	if err != nil {
		return err
	}
	right := form.Get("code")
	wrong := string('0'+(right[0]-'0'+1)%10) + right[1:]
	for range 2 {
		got, err := l.codes(c, form.Get("attempt"), [2]string{wrong, wrong})
		if err != nil || got[0].status != http.StatusUnprocessableEntity || got[1].status != http.StatusUnprocessableEntity {
			return fmt.Errorf("wrong codes were answered with %d and %d, %v", got[0].status, got[1].status, err)
		}
	}
	for _, code := range []string{wrong, right} {
		form.Set("code", code)
		if _, _, err := c.do(c.page("/login/email_code", form)); err != nil || c.session != "" {
			return fmt.Errorf("after %s a session was made: %v, %v", code, c.session != "", err)
		}
	}
	return nil
}
