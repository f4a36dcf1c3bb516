// Package admin is the third door of Doorward: the console, the API and the functions of the operator's commands, in which
// applications, people, sessions, keys, mail and the log are kept.
//
//	page (routes.go) ─┐
//	API (api.go) ─────┼─► one function of Desk (desk.go), which writes its event ─► storage
//	command (cmd) ────┘
//
//	admin.go    what the console is built from; its paths
//	guard.go    who may enter, and how young their proofs must be
//	rights.go   what a role, or a scope of the API, may do
//	routes.go   the table of all pages: path, right, what it shows, what it changes
//	refusal.go  errors of the desk in words of a page
//	visit.go    a page while it is put together: forms read strictly, answers
//	setup.go    the first run: a link, three pages, the first administrator; setup_settings.go what two of them set; setup_mail.go the
//	            letter before it   3.14
//	setting.go  what can be set here, and what the configuration has set
//	api.go      the same for programs: api_calls.go is its table
//	app.go apps.go tiles.go snippet.go app_*.go   applications: what is told of one, the kinds that are known, what is done to them   3.16
//	desk.go     the functions without HTTP that all three faces call; who did it, and why
//
//	people*.go person*.go receipt.go groups.go   people: lists, records, ways in, what ends and who is told; their groups;
//	            cell.go what stands in a cell of an exported list
//	home.go house.go key.go mail.go log.go inspect.go reference.go   the overview, keys, mail, the log and a sign-in in it; *_pages.go beside them
//	            their pages, *_words.go the words for what storage and mail servers say; fault_words.go those of what is wrong in a form
//	people_pages.go person_pages.go person_forms.go person_groups.go person_acts.go person_parts.go group_pages.go   their pages
//
// This room signs nobody in and issues no token: it asks who is here (Guard) and writes to people (Letters) through interfaces that
// it declares; other doors stand behind them, joined in cmd.
package admin

import (
	"embed"
	"errors"
	"fmt"
	"net/http"

	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

//go:embed pages
var pages embed.FS

// Options are what the console is built from.
type Options struct {
	Desk  *Desk
	Site  *web.Site // its Issuer is the console's own origin; the provider's is the Desk's
	Guard Guard

	Callers Callers // who calls the API

	RequireTOTP bool // whoever enters has proved it with an authenticator app
}

// Console is the door. Safe for concurrent use.
type Console struct {
	Options
	pages *web.Pages
}

// New builds the console; every page is parsed and checked.
func New(o Options) (*Console, error) {
	parsed, err := web.NewPages(o.Site, pages)
	if err != nil {
		return nil, fmt.Errorf("pages of the console: %w", err)
	}
	return &Console{Options: o, pages: parsed}, nil
}

// Register adds the console's paths. Every one that changes something answers only to POST from our own pages.
func (c *Console) Register(router *mux.Router) {
	door := &web.Door{Site: c.Site, Fail: c.fail, SameSite: true}
	for _, route := range routes() {
		methods := web.Methods{}
		if route.get != nil {
			methods[http.MethodGet] = c.guarded(route, route.look, route.fresh, route.get)
		}
		if route.post != nil {
			methods[http.MethodPost] = c.guarded(route, route.keep, true, route.post)
		}
		door.Handle(router, route.path, methods)
	}
	c.registerSetup(door, router)
	c.registerAPI(router)
	door.Handle(router, enterPath, web.Methods{http.MethodGet: c.enter})
}

// stop ends a request with the error page.
type stop struct{ web.Failure }

func (e *stop) Error() string { return e.Text }

// fail answers what a handler returned.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	var stopped *stop
	switch {
	case errors.Is(err, ErrAnswered):
	case errors.As(err, &stopped):
		c.pages.WriteFailure(w, r, stopped.Failure)
	default:
		if verified := (*Verified)(nil); errors.As(err, &verified) {
			w.Header().Set("Retry-After", verified.RetryAfter())
		}
		if failure, known := inWords(err); known {
			c.pages.WriteFailure(w, r, failure)
			return
		}
		c.pages.Fail(w, r, err)
	}
}
