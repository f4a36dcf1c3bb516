package storage_test

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// house is a database with a client, a person and that person's session.
type house struct {
	*storage.DB
	t       testing.TB
	client  storage.Client
	user    storage.User
	session storage.Session
}

func furnish(t testing.TB, db *storage.DB) *house {
	t.Helper()
	h := &house{DB: db, t: t, client: webClient("web"), user: person("anna@example.com")}
	h.must(db.AddClient(t.Context(), h.client, storage.Event{}))
	h.must(db.AddUser(t.Context(), h.user, "$argon2id$old", storage.Event{}))
	h.session = h.signIn(storage.SignIn{})
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// signIn finishes an attempt of the person, with what in says otherwise.
func (h *house) signIn(in storage.SignIn) storage.Session {
	h.t.Helper()
	s, err := h.Finish(h.t.Context(), h.attempt(in), storage.Event{})
	h.must(err)
	return s
}

// attempt fills in what a sign-in must have.
func (h *house) attempt(in storage.SignIn) storage.SignIn {
	now := h.Now()
	s := &in.Session
	if s.UserID == "" {
		s.UserID = h.user.ID
	}
	if s.Attempt == "" {
		s.Attempt = storage.NewID()
	}
	if s.Cookie == nil {
		s.Cookie = random()
	}
	if in.UserVersion == 0 {
		in.UserVersion = 1
	}
	s.AuthTime, s.ACR, s.AMR = now, "urn:doorward:2fa", []string{"pwd", "otp"}
	s.Agent, s.Address = "Chrome on Windows", "192.0.2.7"
	if s.Expires.IsZero() {
		s.Expires = now.Add(30 * 24 * time.Hour)
	}
	if s.IdleUntil.IsZero() {
		s.IdleUntil = now.Add(12 * time.Hour)
	}
	in.Until = now.Add(time.Hour)
	return in
}

// code is the grant request of a fresh code of the person's session.
func (h *house) code() storage.Grant {
	now := h.Now()
	epoch, err := h.Epoch(h.t.Context())
	h.must(err)
	return storage.Grant{
		ID: storage.NewID(), Kind: "code", ClientID: h.client.ID, UserID: h.user.ID, SessionID: h.session.ID,
		CodeID: storage.NewID(), CodeIssued: now, Scopes: []string{"openid", "email"}, Claims: []byte(`{"userinfo":{"name":null}}`),
		Resource: []string{"https://api.example.com"}, ACR: "urn:doorward:2fa", AMR: []string{"pwd", "otp"}, AuthTime: now,
		IdleUntil: now.Add(24 * time.Hour), Expires: now.Add(90 * 24 * time.Hour), Epoch: epoch,
	}
}

// grant is a redeemed code.
func (h *house) grant(change func(*storage.Grant)) storage.Grant {
	h.t.Helper()
	g := h.code()
	if change != nil {
		change(&g)
	}
	h.must(second(h.RedeemCode(h.t.Context(), g)))
	return g
}

func (h *house) rotation(g storage.Grant, generation int64) storage.Rotation {
	return storage.Rotation{ID: g.ID, ClientID: g.ClientID, Generation: generation, Window: time.Minute, IdleUntil: h.Now().Add(24 * time.Hour)}
}

// events counts the events of a kind.
func (h *house) events(kind string) int {
	h.t.Helper()
	all, err := h.Events(h.t.Context(), 1000)
	h.must(err)
	n := 0
	for _, e := range all {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func webClient(id string) storage.Client {
	secret := sha256.Sum256([]byte("secret of " + id))
	return storage.Client{
		ID: id, Name: "The " + id, Secrets: [2][]byte{secret[:]}, Type: "web", AuthMethod: "client_secret_basic",
		RedirectURIs: []string{"https://rp.test/cb"}, GrantTypes: []string{"authorization_code", "refresh_token"},
		RequirePKCE: true, IDTokenAlg: "ES256", Refresh: "session", TokenFormat: "opaque",
	}
}

func person(email string) storage.User {
	return storage.User{ID: storage.NewID(), Email: email, LinkEmail: email, State: "active",
		Claims: map[string]any{"name": "Anna Example", "locale": "de"}, Groups: []string{"staff", "two words"}}
}

func random() []byte {
	b := make([]byte, 32)
	_, _ = rand.Read(b)
	return b
}

// atOnce runs f n times at the same moment and returns the errors.
func atOnce(n int, f func(i int) error) []error {
	errs := make([]error, n)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = f(i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

// clock is a hand that a test moves.
type clock struct{ micros atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.micros.Store(time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

func (c *clock) now() time.Time       { return time.UnixMicro(c.micros.Load()) }
func (c *clock) pass(d time.Duration) { c.micros.Add(d.Microseconds()) }

// eachWithClock is storagetest.Each with a clock that the test moves.
func eachWithClock(t *testing.T, f func(t *testing.T, db *storage.DB, c *clock)) {
	t.Run("sqlite", func(t *testing.T) {
		c := newClock()
		f(t, storagetest.New(t, c.now), c)
	})
	t.Run("postgres", func(t *testing.T) {
		c := newClock()
		f(t, node(t, storagetest.MigratedPostgresURL(t), c.now), c)
	})
}

// node is one of several processes on a database.
func node(t testing.TB, url string, now func() time.Time) *storage.DB {
	t.Helper()
	return opened(t, url, storage.Options{Now: now})
}

// opened is a database that is closed when the test ends.
func opened(t testing.TB, url string, o storage.Options) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
