package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

// Inside is a house in this process, for walks from the outside that cannot wait an hour, or that meet what only an operator brings
// about.
type Inside struct {
	t     testing.TB
	house *house
	log   *logged
	ahead atomic.Int64
	crowd sync.WaitGroup
}

// OpenInside opens a house on a configuration file.
func OpenInside(t testing.TB, file string) *Inside {
	t.Helper()
	c, err := loadConfig(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	log := &logged{}
	i := &Inside{t: t, log: log}
	i.house, err = newHouse(context.Background(), c, parts{Now: i.Now, Log: slog.New(slog.NewTextHandler(log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		i.crowd.Wait()
		if err := i.house.Close(); err != nil {
			t.Error(err)
		}
		if text := log.String(); t.Failed() && os.Getenv("CI") != "" {
			t.Logf("log of the house:\n%s", text[max(0, len(text)-4000):])
		}
	})
	return i
}

// DB is what the house stands on.
func (i *Inside) DB() *storage.DB { return i.house.db }

// SetupLink is the link that the house prints where nobody is there yet.
func (i *Inside) SetupLink() string {
	i.t.Helper()
	link, err := i.house.given.setupLink(i.house.keys.Box, i.house.db, true)
	i.must(err)
	return link
}

var answered = regexp.MustCompile(`msg=request method=(\w+) path=(\S+) status=(\d+)`)

// Answered are the requests for paths that begin so, as the log has them: method, path and status.
func (i *Inside) Answered(path string) []string {
	var list []string
	for _, m := range answered.FindAllStringSubmatch(i.log.String(), -1) {
		if strings.HasPrefix(m[2], path) {
			list = append(list, strings.Join(m[1:], " "))
		}
	}
	return list
}

// Later lets time pass.
func (i *Inside) Later(d time.Duration) { i.ahead.Add(int64(d)) }

// Now is what the clock of the house says.
func (i *Inside) Now() time.Time { return time.Now().Add(time.Duration(i.ahead.Load())) }

// Lives adds a person who has a password.
func (i *Inside) Lives(email, name, password string) {
	i.t.Helper()
	hash, err := i.house.keys.Passwords.Hash(context.Background(), password)
	i.must(err)
	i.must(i.house.db.AddUser(context.Background(), i.person(email, name, "active"), hash, storage.Event{Actor: "operator"}))
}

// Invited sends an invitation, again to whoever has one.
func (i *Inside) Invited(email, name string) {
	i.t.Helper()
	person, _, err := i.house.db.Login(context.Background(), email)
	if errors.Is(err, storage.ErrNotFound) {
		person = i.person(email, name, "invited")
		err = i.house.db.AddUser(context.Background(), person, "", storage.Event{Actor: "operator"})
	}
	i.must(err)
	_, err = i.house.present().face.Invite(context.Background(), login.Invitation{Person: person, Event: storage.Event{Actor: "operator"}})
	i.must(err)
}

// Person is who has this address.
func (i *Inside) Person(email string) storage.User {
	i.t.Helper()
	person, _, err := i.house.db.Login(context.Background(), email)
	i.must(err)
	return person
}

// Breaks takes the database away.
func (i *Inside) Breaks() { i.must(i.house.db.Close()) }

// Crowds fills the queue of passwords until what is returned is called.
func (i *Inside) Crowds() func() {
	ctx, stop := context.WithCancel(context.Background())
	for range 100 {
		i.crowd.Go(func() {
			for ctx.Err() == nil {
				_, _ = i.house.keys.Passwords.Hash(ctx, "one of too many") // most are refused
				time.Sleep(5 * time.Millisecond)
			}
		})
	}
	return stop
}

func (i *Inside) person(email, name, state string) storage.User {
	claims := map[string]any{"name": name}
	if i.house.config.Language != "en" {
		claims["locale"] = i.house.config.Language
	}
	return storage.User{ID: storage.NewID(), Email: email, Claims: claims, State: state, Version: 1}
}

func (i *Inside) must(err error) {
	i.t.Helper()
	if err != nil {
		i.t.Fatal(err)
	}
}

// SelfSigned is a certificate of localhost and its key, in PEM.
func SelfSigned(t *testing.T) (string, string) {
	t.Helper()
	return certificate(t, time.Now().Add(24*time.Hour))
}
