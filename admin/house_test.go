package admin_test

import (
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web"
	"github.com/doorward/doorward/web/webtest"
)

const issuer = "https://login.test"

// house is the console on a real database with real keys. Who is signed in, the test says: the face, which asks for proofs, is
// another door, and whole visits through both stand in cmd.
type house struct {
	*clock
	t       *testing.T
	db      *storage.DB
	desk    *admin.Desk
	console *admin.Console
	router  http.Handler
	door    *door
	stand   *settings
	callers tokens

	described map[string]any // the document of the API, once somebody has asked for it
	describe  sync.Once
	letters   *letters
}

// each runs the same sentences on every database.
func each(t *testing.T, f func(t *testing.T, h *house)) {
	t.Helper()
	var c clock
	storagetest.EachAt(t, c.now, func(t *testing.T, db *storage.DB) { f(t, openOn(t, db, &c)) })
}

// open is a house on one database, for what no database takes part in.
func open(t *testing.T) *house {
	var c clock
	return openOn(t, storagetest.New(t, c.now), &c)
}

// clock is this machine's, and may go ahead of it.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time { return time.Now().Add(time.Duration(c.ahead.Load())) }

func openOn(t *testing.T, db *storage.DB, c *clock) *house {
	t.Helper()
	h := &house{t: t, db: db, clock: c}
	texts, err := web.LoadTexts()
	h.must(err)
	site := &web.Site{Issuer: issuer, Company: "Aviary", Log: slog.New(slog.DiscardHandler), Now: h.now, Texts: texts}
	k := keystest.Open(t, db, keys.Options{Log: site.Log, Now: h.now})
	h.door, h.callers = &door{db: db, session: h.session}, machines()
	h.stand = &settings{db: db}
	h.letters = &letters{db: db}
	h.desk = &admin.Desk{Store: db, Keys: k, Issuer: issuer, Company: "Aviary", Letters: h.letters, Settings: h.stand, House: program{}, Now: h.now}
	h.console, err = admin.New(admin.Options{Desk: h.desk, Site: site, Guard: h.door, Callers: &h.callers, RequireTOTP: true})
	h.must(err)
	pages, err := web.NewPages(site, nil)
	h.must(err)
	router := site.NewRouter(pages)
	h.console.Register(router)
	h.router = site.Wrap(router)
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// person adds somebody with a role ("" none), who is active.
func (h *house) person(email, role string) storage.User {
	h.t.Helper()
	u := storage.User{ID: storage.NewID(), Email: email, Claims: map[string]any{"name": "Person " + email[:1]}, Role: role, State: "active", Version: 1}
	h.must(h.db.AddUser(h.t.Context(), u, "", storage.Event{Actor: "test"}))
	return u
}

// as is the browser of somebody who has just signed in with all proofs; "" is nobody.
func (h *house) as(userID string) *webtest.Browser {
	b := webtest.New(h.t, h.router)
	if userID != "" {
		b.Set("X-Test-Person", userID)
	}
	return b.Go(issuer + "/healthz") // any page, so that paths are enough from here
}

// door stands for the face: it lets in whom the test's header names, in a session of their own. Their proofs are of this age, and with plain
// there is no authenticator app.
type door struct {
	db      *storage.DB
	age     time.Duration
	plain   bool
	session func(userID string) storage.Session
}

func (d *door) Enter(w http.ResponseWriter, r *http.Request, want admin.Demand) (storage.Session, storage.User, error) {
	id := r.Header.Get("X-Test-Person")
	person, err := d.db.User(r.Context(), id)
	if err != nil || person.State != "active" || want.MaxAge > 0 && d.age > want.MaxAge {
		http.Redirect(w, r, "/login/username", http.StatusSeeOther)
		return storage.Session{}, storage.User{}, admin.ErrAnswered
	}
	if d.plain && want.ACR == storage.AppFactor {
		return storage.Session{}, storage.User{}, admin.ErrNoApp
	}
	return d.session(id), person, nil
}
