package login_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/doorward/doorward/web/webtest"
)

// withGoogle is a house where people sign in by g too; browsers reach both.
func withGoogle(t *testing.T, g *google, options ...option) *house {
	t.Helper()
	h := open(t, append([]option{g.settings}, options...)...)
	h.beside(g)
	return h
}

// beside lets browsers reach g by its own address.
func (h *house) beside(g *google) {
	house, host := h.router, strings.TrimPrefix(g.server.URL, "http://")
	h.router = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == host {
			g.ServeHTTP(w, r)
			return
		}
		house.ServeHTTP(w, r)
	})
}

// ginas is a house, a provider, and a person who may sign in by it.
func ginas(t *testing.T) (*house, *google, storage.User) {
	t.Helper()
	g := newGoogle(t)
	h := withGoogle(t, g)
	return h, g, h.gina(g)
}

// gina may sign in by g, where she is signed in already.
func (h *house) gina(g *google) storage.User {
	h.t.Helper()
	g.account("1001", "gina@gmail.com", nil)
	return h.invited("gina@gmail.com")
}

// eachGoogle is withGoogle on every database.
func eachGoogle(t *testing.T, f func(t *testing.T, h *house, g *google), options ...option) {
	t.Helper()
	var g *google // one for each house
	each(t, func(t *testing.T, h *house) {
		h.beside(g)
		f(t, h, g)
	}, append([]option{func(o *login.Options) {
		g = newGoogle(t)
		g.settings(o)
	}}, options...)...)
}

// eachGina is ginas on every database.
func eachGina(t *testing.T, f func(t *testing.T, h *house, g *google, gina storage.User)) {
	t.Helper()
	eachGoogle(t, func(t *testing.T, h *house, g *google) { f(t, h, g, h.gina(g)) })
}

// serving is a house with another face, on the same database and keys.
func (h *house) serving(face *login.Server) http.Handler {
	h.t.Helper()
	pages, err := web.NewPages(h.site, nil)
	h.must(err)
	router := h.site.NewRouter(pages)
	face.Register(router)
	return h.site.Wrap(router)
}

// invited is a person whom an admin has set up with this address.
func (h *house) invited(email string) storage.User {
	h.t.Helper()
	u := storage.User{ID: storage.NewID(), Version: 1, Email: email, State: "invited", Claims: claims{"name": "Gina Lane"}}
	h.must(h.db.AddUser(h.t.Context(), u, "", storage.Event{Actor: "test"}))
	stored, err := h.db.User(h.t.Context(), u.ID)
	h.must(err)
	return stored
}

// linked says how many accounts a person has at the provider.
func (h *house) linked(u storage.User) int {
	h.t.Helper()
	all, err := h.db.Identities(h.t.Context(), u.ID)
	h.must(err)
	return len(all)
}

// byGoogle presses the button.
func byGoogle(b *webtest.Browser) *webtest.Browser { return b.Press("google") }

// returning presses the button and comes back from Google, but stops at its door: what is returned is the address that
// Google sends the browser to.
func (h *house) returning(g *google, b *webtest.Browser) string {
	h.t.Helper()
	b.StayOn(issuer).Press("google").Status(200)
	r := httptest.NewRequest(http.MethodGet, b.Location(), nil)
	w := httptest.NewRecorder()
	g.ServeHTTP(w, r)
	b.StayOn("")
	return w.Header().Get("Location")
}
