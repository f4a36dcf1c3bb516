// Package demoapp is a small relying party, as any company might write one: it signs people in at Doorward and shows
// what it learned. `doorward dev` runs it beside the provider, and the browser tests sign in to it.
//
//	app.go      Options, the routes, the headers of every answer
//	provider.go discovery, done when it is first needed
//	sign_in.go  the way out to the provider, and what comes back (OIDC Core §3.1)
//	refresh.go  the refresh token (RFC 6749 §6)
//	sign_out.go the way out, here and at the provider (OIDC RP-Initiated Logout)
//	visit.go    who visits, in memory, by a random cookie
//	page.go     the pages
//
// It knows nothing of Doorward but the issuer's address: it speaks to it over HTTP through libraries that others wrote
// (coreos/go-oidc, x/oauth2). It is not a server to run anywhere else: it forgets everybody when it stops.
package demoapp

import (
	"embed"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Options are what the app is told.
type Options struct {
	Issuer       string
	ClientID     string
	ClientSecret string
	Origins      []string // the addresses it is visited at; ORIGIN/callback of each is registered as redirect URI
	Log          *slog.Logger
	Now          func() time.Time // nil: time.Now
}

//go:embed page.html style.css
var files embed.FS

// app answers for the relying party.
type app struct {
	Options
	provider provider
	visits   visits
}

// New is the app. It asks nothing of the provider before the first visitor signs in, so both may start together.
func New(o Options) http.Handler { return build(o).handler() }

// build fills in what o leaves out.
func build(o Options) *app {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	return &app{Options: o, provider: provider{issuer: o.Issuer}, visits: visits{now: o.Now}}
}

// handler is every route behind the guard.
func (a *app) handler() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /{$}", a.start)
	routes.HandleFunc("GET /sign-in", a.leave)
	routes.HandleFunc("GET /callback", a.callback)
	routes.HandleFunc("POST /refresh", a.refresh)
	routes.HandleFunc("POST /sign-out", a.signOut)
	routes.HandleFunc("GET /style.css", style)
	routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		a.fail(w, r, http.StatusNotFound, fault{Title: "There is no such page"})
	})
	return a.guard(http.NewCrossOriginProtection().Handler(routes))
}

// guard sets the headers of every answer (form-action names the provider, since browsers apply it to the redirects of a
// form too, and signing out leads there), and turns away names that are not ours: another name that points to this
// machine (DNS rebinding) must not read what a visitor sees here.
func (a *app) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self' "+a.Issuer)
		h.Set("Referrer-Policy", "same-origin")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if a.origin(r) == "" {
			http.Error(w, "This app does not answer to that name.", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		next.ServeHTTP(w, r)
	})
}

// origin is the one of the app's addresses at which r asks, "" when it is none of them.
func (a *app) origin(r *http.Request) string {
	i := slices.IndexFunc(a.Origins, func(o string) bool { return strings.TrimPrefix(o, "http://") == r.Host })
	if i < 0 {
		return ""
	}
	return a.Origins[i]
}

func style(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "max-age=300")
	http.ServeFileFS(w, r, files, "style.css")
}

// start is the page that everybody comes to: who you are, or how to sign in.
func (a *app) start(w http.ResponseWriter, r *http.Request) {
	v := a.visits.of(r)
	if v == nil {
		a.show(w, http.StatusOK, page{})
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	a.show(w, http.StatusOK, page{Person: a.person(v.tokens), Notice: v.takeNotice()})
}
