package op_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web"
)

const (
	issuer = "https://op.test"
	// The pair of RFC 7636 Appendix B.
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// house is the protocol on a real database with real keys. The face is a stand-in (login is another door), but it keeps
// real sessions.
type house struct {
	db     *storage.DB
	keys   *keys.Keys
	site   *web.Site
	face   *face
	door   *op.Provider
	router http.Handler
	ahead  atomic.Int64 // how much the clock was moved on
	people map[string]storage.User
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) }

func (h *house) later(d time.Duration) { h.ahead.Add(int64(d)) }

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{people: map[string]storage.User{}}
	h.db = storagetest.New(t, h.now)
	h.settle(t)
	return h
}

// settle puts keys, clients and people into an empty database, and opens the door.
func (h *house) settle(t testing.TB) {
	t.Helper()
	h.keys = keystest.Open(t, h.db, keys.Options{Log: quiet(), Now: h.now})
	texts, err := web.LoadTexts()
	must(t, err)
	h.site = &web.Site{Issuer: issuer, Company: "Acme", Log: quiet(), Now: h.now, Texts: texts}
	h.face = &face{db: h.db}
	h.serve(t, op.Options{})
	for _, c := range clients() {
		must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
	}
	must(t, h.db.SetClientDisabled(t.Context(), "dis", true, storage.Event{Actor: "test"}))
	for _, name := range []string{"anna", "ben"} {
		h.people[name] = storage.User{ID: storage.NewID(), Email: name + "@example.com", State: "active", Version: 1}
		must(t, h.db.AddUser(t.Context(), h.people[name], "", storage.Event{Actor: "test"}))
	}
}

// serve opens the door anew with these options besides those that every house has.
func (h *house) serve(t testing.TB, o op.Options) {
	t.Helper()
	o.Store, o.Keys, o.Site, o.SignIn, o.Now = h.db, h.keys, h.site, h.face, h.now
	var err error
	h.door, err = op.New(o)
	must(t, err)
	h.route(t)
}

// route puts the door on a router.
func (h *house) route(t testing.TB) {
	t.Helper()
	pages, err := web.NewPages(h.site, nil)
	must(t, err)
	router := h.site.NewRouter(pages)
	h.door.Register(router)
	h.router = h.site.Wrap(router)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func clients() []storage.Client {
	code := []string{"authorization_code", "refresh_token"}
	web := storage.Client{
		ID: "web", Name: "Grafana", Type: "web", AuthMethod: "client_secret_basic", RedirectURIs: []string{"https://rp.test/cb"},
		PostLogoutRedirectURIs: []string{"https://rp.test/out", "https://rp.test/out?z=%7e1&a=b+c"},
		Secrets:                [2][]byte{keys.HashSecret("s")}, GrantTypes: code, RequirePKCE: true, IDTokenAlg: "ES256", Refresh: "offline", TokenFormat: "opaque",
	}
	variant := func(id string, change func(*storage.Client)) storage.Client {
		c := web
		c.ID = id
		change(&c)
		return c
	}
	return []storage.Client{
		web,
		variant("web2", func(c *storage.Client) { c.RedirectURIs = []string{"https://rp2.test/cb"} }),
		variant("query", func(c *storage.Client) { c.RedirectURIs = []string{"https://rp.test/cb?z=%7e1&a=b+c"} }),
		variant("lax", func(c *storage.Client) { c.RequirePKCE = false }),
		variant("third", func(c *storage.Client) { c.Consent = true }),
		variant("short", func(c *storage.Client) { c.GrantTypes, c.Refresh = code[:1], "never" }),
		variant("few", func(c *storage.Client) { c.Scopes = []string{"openid", "email"} }),
		variant("dis", func(*storage.Client) {}),
		variant("mobile", func(c *storage.Client) { c.Resources = resources() }),
		variant("pair", func(c *storage.Client) { c.Sector = "rp.test" }),
		variant("nat", func(c *storage.Client) {
			c.Type, c.AuthMethod, c.Secrets = "native", "none", [2][]byte{}
			c.RedirectURIs = []string{"http://127.0.0.1/cb", "com.example.app:/cb"}
			c.PostLogoutRedirectURIs = []string{"http://127.0.0.1/out", "com.example.app:/out"}
		}),
		variant("machine", func(c *storage.Client) {
			c.Type, c.GrantTypes, c.Refresh, c.RedirectURIs = "service", []string{"client_credentials"}, "never", nil
		}),
	}
}

// face stands for the door where people sign in.
type face struct {
	db   *storage.DB
	asks []op.Ask // what it was asked, the latest last
	fail error    // what Session answers when it is set
	best string   // the level that people reach
	seen int      // how often Session was asked
	out  int      // how often a person was signed out
	gone []op.SignedOut
	mu   sync.Mutex

	demands func(person storage.User) (bool, error) // of whom an app is wanted; nil: of a group
}

func (f *face) Session(r *http.Request) (storage.Session, storage.User, error) {
	f.mu.Lock()
	f.seen++
	f.mu.Unlock()
	if f.fail != nil {
		return storage.Session{}, storage.User{}, f.fail
	}
	cookie, err := r.Cookie("session")
	if err != nil {
		return storage.Session{}, storage.User{}, storage.ErrNotFound
	}
	return f.db.SessionByCookie(r.Context(), keys.HashSecret(cookie.Value))
}

func (f *face) Reaches(_ storage.User, acr string) bool { return acr <= f.best }

func (f *face) MustHaveApp(_ context.Context, person storage.User) (bool, error) {
	if f.demands != nil {
		return f.demands(person)
	}
	return slices.Contains(person.Groups, "must have an app"), nil
}

func (f *face) AppPolicy(ctx context.Context) (func(storage.User) bool, error) {
	_, err := f.MustHaveApp(ctx, storage.User{})
	return func(person storage.User) bool {
		must, err := f.MustHaveApp(ctx, person)
		return must && err == nil
	}, err
}

func (f *face) Begin(w http.ResponseWriter, _ *http.Request, ask op.Ask) error {
	f.asks = append(f.asks, ask)
	w.Header().Set("Location", "/login")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

func (f *face) SignOut(w http.ResponseWriter, r *http.Request, session storage.Session) error {
	f.mu.Lock()
	f.out++
	f.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: "session", MaxAge: -1})
	return f.db.EndSession(r.Context(), session.ID, storage.Event{Actor: session.UserID})
}

func (f *face) SignedOut(w http.ResponseWriter, _ *http.Request, out op.SignedOut) error {
	f.mu.Lock()
	f.gone = append(f.gone, out)
	f.mu.Unlock()
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", "/account/signed-out")
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

func (f *face) last(t *testing.T) op.Ask {
	t.Helper()
	if len(f.asks) == 0 {
		t.Fatal("the face was asked nothing")
	}
	return f.asks[len(f.asks)-1]
}

// opened is what a code carries.
type opened struct {
	ID       string          `json:"i"`
	Client   string          `json:"c"`
	User     string          `json:"u"`
	Session  string          `json:"s"`
	Scopes   []string        `json:"o"`
	Claims   json.RawMessage `json:"l"`
	Resource []string        `json:"r,omitempty"`
	Nonce    string          `json:"n"`
	PKCE     string          `json:"p"`
	Redirect []byte          `json:"d"`
	AuthTime int64           `json:"a"`
	ACR      string          `json:"x"`
	AMR      []string        `json:"m"`
	Issued   int64           `json:"t"`
	Expires  int64           `json:"e"`
}

// code opens the code that the client got.
func (h *house) code(r reply) opened {
	r.t.Helper()
	return h.open(r.t, r.sent())
}

func (h *house) open(t *testing.T, sent url.Values) opened {
	t.Helper()
	var c opened
	if err := h.keys.Box.Open(keys.ForCode, sent.Get("code"), &c); err != nil {
		t.Fatalf("the client got %v: %v", sent, err)
	}
	return c
}

var errBroken = errors.New("pq: connection to 10.0.0.7 refused")

// consent is what a person allows at the face, asked for the client's first redirect URI.
func (h *house) consent(t *testing.T, name, client string, scopes ...string) {
	t.Helper()
	record, err := h.db.Client(t.Context(), client)
	must(t, err)
	u, err := url.Parse(record.RedirectURIs[0])
	must(t, err)
	h.consentAt(t, name, client, u.Hostname(), scopes...)
}

// consentAt is what a person allows who was shown this host.
func (h *house) consentAt(t *testing.T, name, client, host string, scopes ...string) {
	t.Helper()
	c := storage.Consent{UserID: h.people[name].ID, ClientID: client, Scopes: scopes, Hosts: map[string][]string{host: scopes}, Granted: h.now()}
	must(t, h.db.GiveConsent(t.Context(), c, storage.Event{Actor: h.people[name].ID}))
}

func (h *house) disable(t *testing.T, client string) {
	t.Helper()
	must(t, h.db.SetClientDisabled(t.Context(), client, true, storage.Event{Actor: "test"}))
}

// rounds is how often a race is run: few times at each change, many with `make attack`.
func rounds(few, many int) int {
	if os.Getenv("DOORWARD_ATTACK") != "" {
		return many
	}
	return few
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }
