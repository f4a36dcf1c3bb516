package login_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web"
	"github.com/doorward/doorward/web/webtest"
)

const (
	issuer   = "https://login.test"
	password = "a sentence is fine"
)

// house is the face on a real database with real keys. An application's half is played by app: it asks what the test
// says, and shows who came back.
type house struct {
	t       *testing.T
	db      *storage.DB
	keys    *keys.Keys
	site    *web.Site
	face    *login.Server
	mailbox *mail.Mailbox
	router  http.Handler
	log     *logged
	began   time.Time
	ahead   atomic.Int64 // how far the clock has gone on since then: it stands still but for later, and a microsecond a look

	ask    login.Ask    // what the application asks
	demand login.Demand // what the room wants
	anna   storage.User
}

type option func(*login.Options)

func without(o *login.Options) { o.EmailCode = "never" }

func open(t *testing.T, options ...option) *house {
	t.Helper()
	return openOn(t, "", options...)
}

// thorough says that nothing is left out: in CI, and in the attacks. At home a change is to be tried in minutes.
var thorough = os.Getenv("CI") != "" || os.Getenv("DOORWARD_ATTACK") != ""

// each runs the same sentences on every database; at home on the one that everybody has, since storage's own run on both.
func each(t *testing.T, f func(t *testing.T, h *house), options ...option) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, open(t, options...)) })
	if !thorough {
		return
	}
	t.Run("postgres", func(t *testing.T) { f(t, openOn(t, storagetest.MigratedPostgresURL(t), options...)) })
}

// openOn opens a house on the database of an address; "" is a fresh one.
func openOn(t *testing.T, database string, options ...option) *house {
	t.Helper()
	h := &house{t: t, began: time.Now(), log: new(logged), ask: login.Ask{ClientID: "grafana", ClientName: "Grafana"}}
	if database == "" {
		h.db = storagetest.New(t, h.now)
	} else {
		var err error
		h.db, err = storage.Open(t.Context(), database, storage.Options{Log: slog.New(slog.DiscardHandler), Now: h.now})
		h.must(err)
		t.Cleanup(func() { h.must(h.db.Close()) })
	}
	h.mailbox = &mail.Mailbox{Now: h.now}
	texts, err := web.LoadTexts()
	h.must(err)
	h.site = &web.Site{Issuer: issuer, Company: "Acme", Contact: "help@acme.test", Log: slog.New(slog.NewJSONHandler(h.log, nil)), Now: h.now, Texts: texts}
	h.keys = h.openKeys()
	o := login.Options{Store: h.db, Keys: h.keys, Site: h.site, Mail: h.mailbox, EmailCode: "untrusted", TrustFor: 90 * 24 * time.Hour, Now: h.now}
	for _, change := range options {
		change(&o)
	}
	h.serve(o)
	h.anna = h.add(storage.User{Email: "anna@example.com", CustomerNumber: "1000001", Claims: map[string]any{"name": "Anna Berg"}})
	return h
}

// serve opens the face anew, as after a restart with other settings.
func (h *house) serve(o login.Options) {
	h.t.Helper()
	face, err := login.New(o)
	h.must(err)
	face.Hurry()
	var behind sync.WaitGroup
	behind.Go(func() { face.Run(h.t.Context()) })
	h.t.Cleanup(behind.Wait)
	pages, err := web.NewPages(h.site, nil)
	h.must(err)
	router := h.site.NewRouter(pages)
	face.Register(router)
	router.HandleFunc("/app", h.app)
	router.HandleFunc("/room", h.room)
	router.HandleFunc("/guarded", h.guarded)
	h.face, h.router = face, h.site.Wrap(router)
}

func (h *house) openKeys() *keys.Keys {
	return keystest.Open(h.t, h.db, keys.Options{Log: h.site.Log, Now: h.now,
		Passwords: keys.PasswordOptions{MemoryKiB: 8, Time: 1, Threads: 1, Wait: time.Minute, Queue: 1000}})
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) now() time.Time {
	return h.began.Add(time.Duration(h.ahead.Add(int64(time.Microsecond))))
}

func (h *house) later(d time.Duration) { h.ahead.Add(int64(d)) }

// add makes a person with the password of all tests.
func (h *house) add(u storage.User) storage.User {
	h.t.Helper()
	hash, err := h.keys.Passwords.Hash(h.t.Context(), password)
	h.must(err)
	u.ID, u.Version, u.EmailVerified = storage.NewID(), 1, true
	if u.State == "" {
		u.State = "active"
	}
	h.must(h.db.AddUser(h.t.Context(), u, hash, storage.Event{Actor: "test"}))
	return u
}

// app is what the protocol does with the face: GET /app is a request of an application, GET /app?back is its way back.
func (h *house) app(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	session, person, err := h.face.Session(r)
	switch {
	case query.Has("error"):
		fmt.Fprintf(w, "app got error=%s", query.Get("error"))
	case query.Has("back") && err == nil:
		fmt.Fprintf(w, "app got %s sid=%s attempt=%s acr=%s amr=%s auth_time=%d", person.Email, session.ID, session.Attempt,
			session.ACR, strings.Join(session.AMR, "+"), session.AuthTime.UnixMicro())
	default:
		ask := h.ask
		ask.Attempt, ask.Back = storage.NewID(), "/app?back=1"
		if err := h.face.Begin(w, r, ask); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}

// browser is a fresh one that opens the application.
func (h *house) browser() *webtest.Browser {
	h.t.Helper()
	present := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.router.ServeHTTP(w, r) })
	return webtest.New(h.t, present).Set("User-Agent", "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36").Go(issuer + "/app")
}

// toPassword goes to the second page, toCode to the third, in on to the end.
func toPassword(b *webtest.Browser, name string) *webtest.Browser {
	return b.Fill("username", name).Press("submit")
}

func toCode(b *webtest.Browser, name string) *webtest.Browser {
	return toPassword(b, name).Fill("password", password).Press("submit")
}

func (h *house) in(b *webtest.Browser, name string) *webtest.Browser {
	h.t.Helper()
	return no(h.withCode(toCode(b, name)))
}

// withCode enters the code of the newest letter.
func (h *house) withCode(b *webtest.Browser) *webtest.Browser {
	h.t.Helper()
	return b.Fill("code", h.code()).Press("submit")
}

// no answers “Trust this browser?”, where that is asked.
func no(b *webtest.Browser) *webtest.Browser {
	if strings.HasPrefix(b.URL(), issuer+"/login/trust") {
		return b.Press("trust-no")
	}
	return b
}

// signedIn is a browser in which Anna has just signed in.
func (h *house) signedIn() *webtest.Browser {
	h.t.Helper()
	return h.in(h.browser(), "anna@example.com").Sees("app got anna@example.com")
}

// code is the one of the newest letter.
func (h *house) code() string {
	h.t.Helper()
	letters := h.mailbox.Letters()
	if len(letters) == 0 {
		h.t.Fatal("no letter")
	}
	return strings.ReplaceAll(letters[0].Subject[:7], " ", "")
}

// wrong is a code that is not the one of the newest letter.
func (h *house) wrong() string {
	if h.code() == "000000" {
		return "111111"
	}
	return "000000"
}

// events counts events by kind and result.
func (h *house) events() map[string]int {
	h.t.Helper()
	all, err := h.db.Events(h.t.Context(), 1000)
	h.must(err)
	counts := map[string]int{}
	for _, e := range all {
		counts[e.Kind+" "+e.Result]++
	}
	return counts
}

func (h *house) sees(kindAndResult string, times int) {
	h.t.Helper()
	if got := h.events()[kindAndResult]; got != times {
		h.t.Fatalf("event %q stands %d times, not %d: %v", kindAndResult, got, times, h.events())
	}
}

// logged is the log of a house.
type logged struct {
	mutex sync.Mutex
	bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.Buffer.Write(p)
}

func (l *logged) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.Buffer.String()
}
