// Package op is the protocol: what relying parties call, and where they send people's browsers.
//
//	endpoint                                        file                      section
//	GET /.well-known/openid-configuration           discovery.go              OIDC Discovery §4
//	GET /.well-known/oauth-authorization-server     discovery.go              RFC 8414 §3
//	GET /jwks                                       discovery.go              RFC 7517 §5
//	GET, POST /authorize                            authorize.go              OIDC Core §3.1.2, RFC 6749 §4.1.1
//	POST /token                                     token.go, grant_*.go      OIDC Core §3.1.3, RFC 6749 §4.1.3, §4.4, §6
//	GET, POST /userinfo                             userinfo.go               OIDC Core §5.3
//	POST /introspect                                introspect.go             RFC 7662 §2
//	POST /revoke                                    revoke.go                 RFC 7009 §2
//	POST /register                                  register*.go              RFC 7591 §3, by invitation.go where one is asked for
//	GET, PUT, DELETE /register/{client_id}          register_manage.go        RFC 7592 §2
//	GET /app-logo/{client_id}/{logo}                logo.go                   logo_uri of OIDC Registration §2
//	GET, POST /end_session                          logout*.go                OIDC RP-Initiated Logout §2
//
// An authorization request passes four phases (authorize.go): destination.go finds out who may be answered at all, and
// before that puts a signed request object in the place of the parameters beside it (object.go, object_claims.go,
// request_uri.go; fetch.go gets what lies elsewhere, json.go reads strictly); checks.go, demand.go, asked.go, scopes.go and hint.go judge the
// request, person.go and level.go decide what the person must still do, answer.go sends the code. Who fits no client is told by advice.go and
// nearest.go what may have been meant; here.go knows this server's own addresses, to which no script posts it. Nothing is stored on that way: the request travels
// sealed (request.go), and so does the code (code.go).
//
// Who may sign in to which client says access.go. For the console, address.go lets an administrator add a redirect URI that was met,
// trial.go, tested.go and tested_checks.go run a sign-in to a client that its client never sees, caller.go knows who calls with a token, and tally.go
// counts who was refused.
//
// Clients pass edge.go and client_auth.go before anything else is read (client_assertion.go where they sign, by the keys of
// client_keys.go), and who comes with a token bearer.go; cors.go says whose scripts may read an answer, by what clients.go knows of all of
// them. error.go holds every error and its faces. How a client knows a person says subject.go, what its tokens hold
// mint.go and claims.go, and what they are for resource.go.
//
// When a session has ended, logout_sender.go tells the clients that it knows (logout_token.go, logout_try.go), and logout_told.go says
// how far they know: OIDC Back-Channel Logout and Front-Channel Logout.
//
// This room never sees a password: who is signed in, and how one signs in, it asks the face (SignIn). Its own pages are
// two: the form that carries an answer (form_post), and the question whether to sign out.
package op

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

//go:embed pages
var pages embed.FS

// Ask is what an authorization request asks of the person.
type Ask struct {
	Attempt    string   // id of the attempt to begin; the session that it makes or raises carries it
	Back       string   // path and query on our origin to return to; "&error=access_denied" is added when the person refuses
	ClientID   string   // who asks
	ClientName string   // how pages call it
	LoginHint  string   // OIDC Core §3.1.2.1; fills the form, never chooses the person
	Locales    []string // ui_locales, best first
	UserID     string   // only this person may answer (id_token_hint); "": anybody
	Fresh      bool     // proofs are asked again though a session lives (prompt=login, max_age)
	Select     bool     // the person chooses the account (prompt=select_account)
	Scopes     []string // asked for, those that the client may have: for the log
	Consent    []string // scopes to ask consent for; empty: none
	ACR        string   // level asked for (acr_values); what the session lacks of it is asked, and no more; "": any
	Must       bool     // ACR must be reached: who has no way to it yet is led to one
	AppHost    string   // where the answer goes: the host of the redirect URI, or its scheme, with a colon, where a native app has one of its own
}

// SignIn is what the protocol asks of the face.
type SignIn interface {
	signOut
	appDemand
	// Session tells who is signed in in the browser of r. storage.ErrNotFound when nobody is.
	Session(r *http.Request) (storage.Session, storage.User, error)
	// Reaches says whether the person can sign in at this level at all.
	Reaches(person storage.User, acr string) bool
	// Begin starts an attempt, binds it to the browser, and answers with 303 to its first page.
	Begin(w http.ResponseWriter, r *http.Request, ask Ask) error
}

// appDemand is of whom the house wants an authenticator app.
type appDemand interface {
	// MustHaveApp says whether the house lets the person sign in to nothing without one.
	MustHaveApp(ctx context.Context, person storage.User) (bool, error)
	// AppPolicy is MustHaveApp as it stands now, for a person who is known when it is too late for an error.
	AppPolicy(ctx context.Context) (func(person storage.User) bool, error)
}

// signOut is what it asks of it at the end.
type signOut interface {
	// SignOut ends the session of this browser that Session has told of, and forgets it in the browser. No error when it
	// has ended already.
	SignOut(w http.ResponseWriter, r *http.Request, session storage.Session) error
	// SignedOut answers after that: it tells which applications know, has the browser tell the others, and goes on.
	SignedOut(w http.ResponseWriter, r *http.Request, out SignedOut) error
}

// Store is what the protocol needs of storage. It has no way to a password.
type Store interface {
	authorizeStore
	tokenStore
	registrationStore
	toldStore
	sendingStore
}

// authorizeStore is what the browser's half needs.
type authorizeStore interface {
	Client(ctx context.Context, id string) (storage.Client, error)
	Consent(ctx context.Context, userID, clientID string) (storage.Consent, error)
}

// Options are what the protocol is built from.
type Options struct {
	Store  Store
	Keys   *keys.Keys
	Site   *web.Site
	SignIn SignIn
	Now    func() time.Time

	Registration Registration

	Insider func(r *http.Request) bool // whether an administrator who is signed in here has the console at hand; nil: yes
	AppOnly bool                       // whoever lets an application keep the house for them proves it by an authenticator app, as the console wants
	Console string                     // its origin, where it has a listener of its own; "": the issuer

	Outbound *web.Outbound          // fetches what clients name that an operator knows; nil: from public addresses
	Minted   func(grantType string) // told of every token answer, for metrics; nil: nobody counts
	Told     func(result string)    // of every try to tell a client of a sign-out: delivered, retried, failed; nil: nobody counts
}

// Provider is the protocol. Safe for concurrent use; it holds nothing that changes but what clients.go knows, a second old at most,
// and what client_keys.go keeps.
type Provider struct {
	store  Store
	keys   *keys.Keys
	site   *web.Site
	signIn SignIn
	now    func() time.Time
	minted func(grantType string)
	told   func(result string)
	pages  *web.Pages

	outbound      *web.Outbound
	forRegistered *web.Outbound

	registration Registration
	logos        logos

	insider func(r *http.Request) bool
	appOnly bool
	console string
	tally   tally

	clients clients
	objects objects
	shelf   keyShelf // of clients' public keys
	sender  sender
}

// New builds the protocol's door; its pages are parsed and checked.
func New(o Options) (*Provider, error) {
	parsed, err := web.NewPages(o.Site, pages)
	if err != nil {
		return nil, fmt.Errorf("pages of the protocol: %w", err)
	}
	public, err := web.NewOutbound(web.OutboundOptions{})
	if err != nil {
		return nil, fmt.Errorf("outbound: %w", err)
	}
	if o.Outbound == nil {
		o.Outbound = public
	}
	if o.Registration.Outbound == nil {
		o.Registration.Outbound = public
	}
	if o.Minted == nil {
		o.Minted = func(string) {}
	}
	if o.Told == nil {
		o.Told = func(string) {}
	}
	if o.Insider == nil {
		o.Insider = func(*http.Request) bool { return true }
	}
	if o.Console == "" {
		o.Console = o.Site.Issuer
	}
	return &Provider{
		insider: o.Insider, appOnly: o.AppOnly, console: o.Console, told: o.Told, store: o.Store, keys: o.Keys, site: o.Site, signIn: o.SignIn, now: o.Now, minted: o.Minted,
		sender: sender{wake: make(chan struct{}, 1), silent: map[string]silence{}, slow: map[string]time.Time{}},
		pages:  parsed, outbound: o.Outbound, forRegistered: o.Registration.Outbound, registration: o.Registration,
	}, nil
}

// Register adds the paths that relying parties call. What programs call answers every error as JSON, wrong methods and
// panics included; what browsers open, with a page. The endpoints for clients answer the preflights of their scripts;
// /authorize and /end_session never speak CORS, since a script has no business there, and /introspect none, since no
// client of it runs in a browser. The one form of ours that changes something, confirming a logout, keeps the same-site
// rule; /authorize and /end_session take foreign forms and change nothing by them.
func (p *Provider) Register(router *mux.Router) {
	door := &web.Door{Site: p.site, Fail: p.fail}
	forPrograms := &web.Door{Site: p.site, Fail: p.refuse}

	token := p.token()
	forPrograms.Handle(router, "/token", web.Methods{"POST": token, "OPTIONS": token})
	forPrograms.Handle(router, "/userinfo", web.Methods{"GET": p.userinfo, "POST": p.userinfo, "OPTIONS": p.userinfo})
	forPrograms.Handle(router, "/introspect", web.Methods{"POST": p.by(called{answer: p.introspect})})
	door.Handle(router, "/authorize", web.Methods{"GET": p.authorize, "POST": p.authorizeByPost})
	door.Handle(router, "/jwks", web.Methods{"GET": p.jwks()})
	door.Handle(router, "/.well-known/openid-configuration", web.Methods{"GET": p.discovery()})
	door.Handle(router, "/.well-known/oauth-authorization-server", web.Methods{"GET": p.discovery()})
	revoke := p.by(called{answer: p.revoke, scripts: true})
	forPrograms.Handle(router, "/revoke", web.Methods{"POST": revoke, "OPTIONS": revoke})

	p.registerApplications(router, forPrograms)
	door.Handle(router, "/app-logo/{client_id}/{logo}", web.Methods{"GET": p.showLogo})
	door.Handle(router, "/end_session", web.Methods{"GET": p.endSession, "POST": p.endSessionByPost})
	own := &web.Door{Site: p.site, Fail: p.fail, SameSite: true}
	own.Handle(router, "/end_session/confirm", web.Methods{"POST": p.confirmLogout})
}
