package op

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/doorward/doorward/storage"
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
	if asked := origin(r); asked != "" && p.clients.all(r.Context(), p.store).origins[asked] {
		h.Set("Access-Control-Allow-Origin", asked)
		h.Set("Access-Control-Allow-Methods", methods)
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		h.Set("Access-Control-Max-Age", "7200")
	}
	w.WriteHeader(http.StatusNoContent)
}
