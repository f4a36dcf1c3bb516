package login

import (
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// registerAccount adds the account's paths. What changes a way in is proved: it wants proofs that are minutes old. The one exception
// takes the first code of an app, on a page that only who was proved has got.
func (s *Server) registerAccount(door *web.Door, router *mux.Router) {
	for _, part := range accountParts {
		if part.list {
			door.Handle(router, "/account/"+part.name, web.Methods{"GET": s.owned(accountPart(part.build))})
		}
	}
	for _, route := range []struct {
		path    string
		methods web.Methods
	}{
		{"/account", web.Methods{"GET": s.owned((*ownPage).account)}},
		{"/account/sessions/end", web.Methods{"POST": s.endSession}},
		{"/account/sessions/end-others", web.Methods{"POST": s.endOtherSessions}},
		{"/account/browsers/end", web.Methods{"POST": s.endTrust}},
		{"/account/browsers/end-all", web.Methods{"POST": s.endTrusts}},
		{"/account/apps/remove", web.Methods{"POST": s.removeApp}},
		{"/account/alarm", web.Methods{"GET": s.owned((*ownPage).ownAlarm), "POST": s.raiseOwnAlarm}},
		{"/account/profile", web.Methods{
			"GET":  s.owned((*ownPage).showProfile),
			"POST": s.owned(posted((*ownPage).changeProfile, "name", "locale", "submit")),
		}},
		{"/account/address", web.Methods{
			"GET":  s.proved((*ownPage).askAddress),
			"POST": s.proved(posted((*ownPage).changeAddress, "email", "submit")),
		}},
		{"/account/address/confirm", web.Methods{
			"GET":  s.owned((*ownPage).askAddressLink),
			"POST": s.owned(posted((*ownPage).confirmAddress)),
		}},
		{"/account/password", web.Methods{
			"GET":  s.proved((*ownPage).askPassword),
			"POST": s.proved(posted((*ownPage).changePassword, "username", "password", "new", "submit")),
		}},
		{appPath, web.Methods{
			"GET":  s.ofAccount(s.freshOnward, (*ownPage).askAuthenticator),
			"POST": s.owned(posted((*ownPage).activate)),
		}},
		{"/account/authenticator/remove", web.Methods{
			"GET":  s.proved((*ownPage).askRemoval),
			"POST": s.proved(posted((*ownPage).removeAuthenticator)),
		}},
		{"/account/recovery-codes", web.Methods{
			"GET":  s.ofAccount(s.freshOnward, (*ownPage).askRecoveryCodes),
			"POST": s.ofAccount(s.freshOnward, (*ownPage).makeRecoveryCodes),
		}},
		{"/account/onward", web.Methods{"POST": s.owned((*ownPage).goOn)}},
	} {
		door.Handle(router, route.path, route.methods)
	}
}

// owned is a page or a change of the account, for who is signed in here; others sign in first.
func (s *Server) owned(do func(*ownPage) error) web.Handler { return s.ofAccount(s.own, do) }

// proved is owned where it changes a way in: by who has proved minutes ago who they are.
func (s *Server) proved(do func(*ownPage) error) web.Handler { return s.ofAccount(s.fresh, do) }

type guard func(http.ResponseWriter, *http.Request) (storage.Session, storage.User, error)

func (s *Server) ofAccount(who guard, do func(*ownPage) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		session, person, err := who(w, r)
		if err != nil {
			return err
		}
		return do(s.pageOf(w, r, session, person))
	}
}

// posted reads the form of a change. With names it refuses a form with a field that its page does not have (AD-04).
func posted(do func(*ownPage, url.Values) error, names ...string) func(*ownPage) error {
	return func(p *ownPage) error {
		form, err := web.ParseForm(p.w, p.r)
		if err != nil {
			return err
		}
		for name := range form {
			if len(names) > 0 && !slices.Contains(names, name) {
				return &web.Refused{Status: http.StatusBadRequest, Why: "the form has a field that is not on the page"}
			}
		}
		return do(p, form)
	}
}

func (s *Server) pageOf(w http.ResponseWriter, r *http.Request, session storage.Session, person storage.User) *ownPage {
	p := &ownPage{Server: s, w: w, r: r, lang: s.languageFor(w, r, person), session: session, person: person, most: rowsShown, next: onward(r), recover: -1}
	p.clients = map[string]storage.Client{}
	p.apps = sync.OnceValues(func() ([]storage.App, error) { return s.Store.Apps(r.Context(), person.ID) })
	return p
}
