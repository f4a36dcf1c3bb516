package op

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"github.com/doorward/doorward/storage"
	"golang.org/x/sync/singleflight"
)

// scripts are the origins whose scripts may read what this client is answered: those of its redirect URIs, when it is a
// public browser application.
func scripts(c storage.Client) []string {
	if c.Type != "browser" || !c.Public() || c.Disabled {
		return nil
	}
	var origins []string
	for _, uri := range c.RedirectURIs {
		if u, err := url.Parse(uri); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
			origins = append(origins, u.Scheme+"://"+u.Host)
		}
	}
	return origins
}

// originsFresh is how long the origins of all clients are believed, as long as a client is.
const originsFresh = time.Second

// origins are those of all clients. Anybody may ask for one, without an end; however many do, the clients are read once a
// second.
type origins struct {
	known  atomic.Pointer[knownOrigins]
	flight singleflight.Group
}

type knownOrigins struct {
	all  map[string]bool
	read time.Time
}

func (o *origins) fresh() *knownOrigins {
	if known := o.known.Load(); known != nil && time.Since(known.read) < originsFresh {
		return known
	}
	return nil
}

// has says whether a client has this origin. When the clients cannot be read none has.
func (o *origins) has(ctx context.Context, store Store, origin string) bool {
	known := o.fresh()
	if known == nil {
		v, err, _ := o.flight.Do("", func() (any, error) {
			if known := o.fresh(); known != nil { // the flight before this one has just landed
				return known, nil
			}
			return o.read(context.WithoutCancel(ctx), store)
		})
		if err != nil {
			return false
		}
		known = v.(*knownOrigins)
	}
	return known.all[origin]
}

func (o *origins) read(ctx context.Context, store Store) (*knownOrigins, error) {
	known := &knownOrigins{all: map[string]bool{}, read: time.Now()}
	list, err := store.Clients(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range list {
		for _, origin := range scripts(c) {
			known.all[origin] = true
		}
	}
	o.known.Store(known)
	return known, nil
}

// origin is the one Origin of a request, "" when there is none.
func origin(r *http.Request) string {
	if asked := r.Header.Values("Origin"); len(asked) == 1 {
		return asked[0]
	}
	return ""
}

// letRead lets a script read the answer to its own client, errors included. Credentials are never allowed: nothing
// here depends on a cookie. Without an Origin header nothing is looked up, and with one it is the cached client.
func (p *Provider) letRead(w http.ResponseWriter, r *http.Request, clientID string) {
	w.Header().Add("Vary", "Origin")
	asked := origin(r)
	if asked == "" || clientID == "" {
		return
	}
	if c, err := p.store.Client(r.Context(), clientID); err == nil && slices.Contains(scripts(c), asked) {
		w.Header().Set("Access-Control-Allow-Origin", asked)
		w.Header().Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After")
	}
}

// preflight answers the question whether a script may ask at all. It does not name its client, so the origin of any will
// do; browsers remember the answer. A form without an Authorization header needs no preflight.
func (p *Provider) preflight(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if asked := origin(r); asked != "" && p.origins.has(r.Context(), p.store, asked) {
		h.Set("Access-Control-Allow-Origin", asked)
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", "7200")
	}
	w.WriteHeader(http.StatusNoContent)
}
