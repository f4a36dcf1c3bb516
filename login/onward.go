package login

import (
	"net/http"
	"net/url"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Whoever is sent to set up an authenticator app wanted to go elsewhere. That place, a path of our own, stands as next in the query of
// each page on the way, and the last one leads there.

// appPath is where an authenticator app is set up.
const appPath = "/account/authenticator"

// maxOnward is the most bytes of such a path: that of a sealed authorization request, which is the longest, fits.
const maxOnward = 6000

// setUpApp leads to the set-up, and from there to a path of our own.
func setUpApp(next string) string { return appPath + "?next=" + url.QueryEscape(next) }

// onward is where the query says that the person wanted to go, "" nowhere: never to another origin.
func onward(r *http.Request) string {
	query, err := web.ParseQuery(r)
	if err != nil {
		return ""
	}
	if next := query.Get("next"); len(next) <= maxOnward && web.OwnPath(next) {
		return next
	}
	return ""
}

// withOnward is a path of the account that keeps where the person wanted to go.
func withOnward(path, next string) string {
	if next == "" {
		return path
	}
	return path + "?next=" + url.QueryEscape(next)
}

// freshOnward is fresh, and keeps where the person wanted to go, however long it is.
func (s *Server) freshOnward(w http.ResponseWriter, r *http.Request) (storage.Session, storage.User, error) {
	d := Demand{MaxAge: freshFor}
	if next := onward(r); next != "" {
		d.Back = withOnward(r.URL.EscapedPath(), next)
	}
	return s.Enter(w, r, d)
}

// goOn leads on after the recovery codes: by a page, since it may lead out of our origin from there.
func (p *ownPage) goOn() error {
	to := onward(p.r)
	if to == "" {
		to = "/account"
	}
	return &elsewhere{to, p.lang}
}
