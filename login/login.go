// Package login is the face of Doorward: the steps by which a person signs in, and the person's own pages.
//
//	a sign-in      flow.go  what a step is, in which order they are asked, and the phases that no step can forget
//	               begin.go  what an application asks, and how an attempt starts
//	               attempt.go  a sign-in under way: never a row, always sealed; amr, acr and auth_time come from its proofs
//	               binding.go  the cookies that tie an attempt to a browser, and that make a browser known
//	               errand.go  how a browser leaves for a step elsewhere, and what stands before its return
//	               leave.go  where a browser goes on, and how
//	               record.go trail.go  the event that every try leaves; how somebody came in
//	steps          username.go  email address or customer number        3.1
//	               password.go line.go  the password, behind its limits; who waits for its hash, and behind whom   3.2
//	               factor.go  the levels, and the one decision about the second factor
//	               email_code.go letter.go  a code by mail; when its letter is sent, and sent again   3.3
//	               totp.go recovery.go  a code of an authenticator app, or a recovery code in its place   3.5
//	               trust.go trusted.go  “Trust this browser?”; the cookies of a trusted browser, one for each who trusts it   3.4
//	               select.go  “Continue as …” or another account     prompt=select_account
//	               consent.go  what an application may see           3.11
//	               policy.go app_needed.go onward.go  who must have an authenticator app, and how they come to one and go on from there
//	Google         google.go  by Google   3.7
//	               google_person.go google_page.go  whose account at Google it is, and why somebody did not get on by it
//	               google_account.go  adding it to the ways in, and taking it away
//	               google_provider.go google_token.go google_http.go  the provider: its document, what it says, how it is asked
//	a session      session.go sign_out.go  a signed-in browser: made, raised, read; signing out   3.12
//	               enter.go reauth.go  what a page demands of who opens it, here and in the console; what wants proofs that are minutes old
//	the account    account.go account_routes.go  the person's own page, of sections; what stands before each page and change   3.10
//	               account_methods.go account_sessions.go account_browsers.go account_apps.go account_profile.go  what stands there, and what can be done
//	               account_activity.go account_tells.go account_note.go  what happened lately, in words; what was just done
//	               account_password.go account_address.go account_alarm.go  changes of the way in
//	               authenticator.go authenticator_remove.go recovery_codes.go  apps and recovery codes, set up and taken away   3.6
//	               reset_factors.go  the same by an operator, for a lost phone
//	letters        link.go link_open.go  mailed links: made and sent; opened, and why one is dead
//	               invite.go forgot.go  by invitation; a forgotten password   3.8, 3.9
//	               new_password.go changed.go  the new one, and when it counts
//	               notice.go operator.go operator_limits.go  letters about a change; those that an operator has sent, and how many
//	               afterwards.go alarm.go  what is done after the answer; “That wasn't me”, 3.3
//	               mail/  how they are written and sent
//	limits         limits.go memory.go  how often each thing may be tried, and what one node remembers of that
//
// This room issues no token and knows no client secret: it tells the protocol who is signed in (Session) and sends
// people through its steps (Begin); both meet only in cmd.
package login

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

//go:embed pages
var pages embed.FS

// Options are what the face is built from.
type Options struct {
	Store     Store
	Keys      *keys.Keys
	Site      *web.Site
	Mail      mail.Mailer   // nil: mail does not work
	EmailCode string        // "untrusted", "always", "never"
	TrustFor  time.Duration // how long a browser can be trusted; 0: nobody is asked, and no browser is
	Idle      time.Duration // session idle end; 0: 12 h
	Absolute  time.Duration // session absolute end; 0: 30 d

	Google          *Google // nil: nobody signs in by it
	TOTPAfterGoogle bool    // who has an authenticator app is asked for its code after Google too

	Console      string   // origin of the console where it has one of its own; "": the issuer's
	TOTPRequired []string // roles whose people must have an authenticator app; groups say it of their members in storage

	App func(ctx context.Context, clientID string) web.App // what is said of an application; nil: nothing

	Now     func() time.Time
	Observe func(Outcome) // told of every try, for metrics; nil: nobody counts

	// Told lists the applications that are told of a session's end, by name; nil: none is.
	Told func(ctx context.Context, session storage.Session) ([]App, error)
}

// Store is what the face needs of storage: it has no way to a token, a grant or a key.
type Store interface {
	peopleStore
	linkStore
	sessionStore
	trustStore
	accountStore
	changeStore
	identityStore
	codeStore
	authenticatorStore
	recoveryStore
	limitStore
	recordStore
}

type peopleStore interface {
	Login(ctx context.Context, typed string) (storage.User, string, error)
	User(ctx context.Context, id string) (storage.User, error)
	Rehash(ctx context.Context, id, old, hash string) error
	PasswordSince(ctx context.Context, userID string) (time.Time, error)
	Identities(ctx context.Context, userID string) ([]storage.Identity, error)
}

type linkStore interface {
	linkUse
	PutLink(ctx context.Context, l storage.Link, e storage.Event) error
	LinkByToken(ctx context.Context, token []byte) (storage.Link, storage.User, error)
	LivingLink(ctx context.Context, userID, kind string) (storage.Link, error)
	alarmStore
}

type alarmStore interface {
	RaiseAlarm(ctx context.Context, a storage.Alarm, e storage.Event) (storage.User, error)
	AlarmOutlived(ctx context.Context, a storage.Alarm) (bool, error)
}

type linkUse interface {
	Invitation(ctx context.Context, userID string) (storage.Invitation, error)
	OpenLink(ctx context.Context, id string) error
	AcceptLink(ctx context.Context, a storage.Acceptance, e storage.Event) (storage.User, error)
}

type identityStore interface {
	ByIdentity(ctx context.Context, issuer, subject string) (storage.User, storage.Identity, error)
	UserByLinkEmail(ctx context.Context, email string) (storage.User, error)
	AddIdentity(ctx context.Context, n storage.NewIdentity, e storage.Event) (storage.User, error)
	ProveEmail(ctx context.Context, p storage.User) error
	TouchIdentity(ctx context.Context, i storage.Identity) error
	RemoveIdentity(ctx context.Context, userID, issuer, keep string, e storage.Event) error
}

type sessionStore interface {
	Finish(ctx context.Context, in storage.SignIn, e storage.Event) (storage.Session, error)
	SessionByCookie(ctx context.Context, hash []byte) (storage.Session, storage.User, error)
	TouchSession(ctx context.Context, id string, seen, idleUntil time.Time) error
	EndSession(ctx context.Context, id string, e storage.Event) error
}

type trustStore interface {
	UseTrust(ctx context.Context, id, userID string, generation int64) (storage.Trust, error)
	Trust(ctx context.Context, id string) (storage.Trust, storage.User, error)
	EndTrust(ctx context.Context, userID, id string, e storage.Event) error
}

type codeStore interface {
	PutMailedCode(ctx context.Context, c storage.MailedCode) error
	MailedCode(ctx context.Context, attempt, purpose string) (storage.MailedCode, error)
	TryMailedCode(ctx context.Context, attempt, purpose string, match func(mac []byte) bool) (int, error)
	Once(ctx context.Context, kind, id string, until time.Time) error
	Spent(ctx context.Context, kind, id string) (bool, error)
}

type authenticatorStore interface {
	Authenticators(ctx context.Context, userID string) ([]storage.Authenticator, error)
	AddAuthenticator(ctx context.Context, n storage.NewAuthenticator, e storage.Event) error
	AppGroups(ctx context.Context) ([]string, error)
	UseStep(ctx context.Context, id string, step int64) error
	RemoveAuthenticator(ctx context.Context, r storage.Removal, e storage.Event) error
}

type recoveryStore interface {
	PutRecovery(ctx context.Context, userID string, macs [][]byte, e storage.Event) error
	RecoveryLeft(ctx context.Context, userID string) (int, error)
	UseRecovery(ctx context.Context, userID string, match func(mac []byte) bool, e storage.Event) (int, error)
	ResetFactors(ctx context.Context, userID string, e storage.Event) error
}

type limitStore interface {
	Spend(ctx context.Context, key string, r storage.Rate) (time.Duration, error)
	Charge(ctx context.Context, key string, b storage.Backoff) (time.Duration, error)
	ChargeAll(ctx context.Context, tries ...storage.Try) (string, time.Duration, error)
	Forgive(ctx context.Context, keys ...string) error
}

type recordStore interface {
	Record(ctx context.Context, e storage.Event) error
	GiveConsent(ctx context.Context, c storage.Consent, e storage.Event) error
}

// Server is the face. Safe for concurrent use.
type Server struct {
	Options
	pages  *web.Pages
	policy policy
	blocks memory    // address blocks that have failed too often
	told   memory    // counters that slow tries down, of which the log has told
	lines  lines     // who waits for a password's hash
	abroad *provider // nil: nobody signs in by it
	accent string    // of letters; "": our own
	tasks  chan task // for after the answer
	delay  time.Duration
}

// New builds the face; every page is parsed and checked.
func New(o Options) (*Server, error) {
	switch o.EmailCode {
	case codeUntrusted, codeAlways, codeNever:
	default:
		return nil, fmt.Errorf("email code: %q is not untrusted, always or never", o.EmailCode)
	}
	if o.Idle == 0 {
		o.Idle = 12 * time.Hour
	}
	if o.Absolute == 0 {
		o.Absolute = 30 * 24 * time.Hour
	}
	if o.Console == o.Site.Issuer {
		o.Console = ""
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Observe == nil {
		o.Observe = func(Outcome) {}
	}
	if o.Told == nil {
		o.Told = func(context.Context, storage.Session) ([]App, error) { return nil, nil }
	}
	parsed, err := web.NewPages(o.Site, pages)
	if err != nil {
		return nil, fmt.Errorf("pages of the face: %w", err)
	}
	s := &Server{Options: o, pages: parsed, tasks: make(chan task, mostAfterwards), delay: afterwardsDelay}
	s.accent, _ = o.Site.Brand.Shown() // letters are light, whatever the program that shows them
	if o.Google != nil {
		s.abroad = newProvider(*o.Google, o.Site, o.Now)
	}
	return s, nil
}

// Register adds the face's paths. Every one that changes something answers only to POST from our own pages.
func (s *Server) Register(router *mux.Router) {
	door := &web.Door{Site: s.Site, Fail: s.fail, SameSite: true}

	door.Handle(router, "/", web.Methods{"GET": s.toAccount})
	door.Handle(router, "/login", web.Methods{"GET": s.toAccount})
	for _, step := range s.steps() {
		door.Handle(router, pathOf(step), web.Methods{"GET": s.show(step), "POST": s.take(step)})
	}
	s.google().register(door, router)
	s.registerLinks(door, router)
	s.registerAccount(door, router)
	door.Handle(router, "/account/sign-out", web.Methods{"POST": s.signOut})
	door.Handle(router, "/account/signed-out", web.Methods{"GET": s.signedOut})
}

// stop ends a request with the error page.
type stop struct {
	web.Failure
	lang string // of the attempt; "" where there is none
}

func (e *stop) Error() string { return e.Text }

// elsewhere ends a request by sending the browser to a path of our own origin.
type elsewhere struct{ to, lang string }

func (e *elsewhere) Error() string { return "elsewhere" }

// fail answers what a handler returned.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, ErrAnswered) {
		return
	}
	var away *elsewhere
	if errors.As(err, &away) {
		if err = s.leave(w, r, *away); err == nil {
			return
		}
	}
	var stopped *stop
	switch {
	case errors.As(err, &stopped):
		f := stopped.Failure
		if s.place(f.Again) != f.Again {
			f.Again = "" // an error page leads to our own origin alone
		}
		f.Locales = []string{stopped.lang} // an attempt's language may come from the application (ui_locales)
		s.pages.WriteFailure(w, r, f)
	case errors.Is(err, keys.ErrBusy):
		w.Header().Set("Retry-After", "5")
		s.pages.WriteFailure(w, r, web.Failure{Status: http.StatusServiceUnavailable, Text: "error.busy"})
	default:
		s.pages.Fail(w, r, err)
	}
}
