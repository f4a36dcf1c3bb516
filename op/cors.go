package op

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/doorward/doorward/storage"
)

// readBy says whether scripts of an origin may read what this client is answered: it must be a public browser
// application with a redirect URI of that origin.
func readBy(c storage.Client, origin string) bool {
	if c.Type != "browser" || !c.Public() || c.Disabled {
		return false
	}
	return slices.ContainsFunc(c.RedirectURIs, func(uri string) bool {
		u, err := url.Parse(uri)
		return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Scheme+"://"+u.Host == origin
	})
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
	if c, err := p.store.Client(r.Context(), clientID); err == nil && readBy(c, asked) {
		w.Header().Set("Access-Control-Allow-Origin", asked)
		w.Header().Set("Access-Control-Expose-Headers", "WWW-Authenticate, Retry-After")
	}
}

// preflight answers the question whether a script may ask at all. It does not name its client, so the origin of any will
// do; browsers remember the answer. A form without an Authorization header needs no preflight.
func (p *Provider) preflight(w http.ResponseWriter, r *http.Request, methods string) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if asked := origin(r); asked != "" {
		list, err := p.store.Clients(r.Context())
		if err == nil && slices.ContainsFunc(list, func(c storage.Client) bool { return readBy(c, asked) }) {
			h.Set("Access-Control-Allow-Origin", asked)
			h.Set("Access-Control-Allow-Methods", methods)
			h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
			h.Set("Access-Control-Max-Age", "7200")
		}
	}
	w.WriteHeader(http.StatusNoContent)
}
