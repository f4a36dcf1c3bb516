// Package admin is the third door of Doorward: the console, the API and the functions of the operator's commands, in which
// applications, people, sessions, keys, mail and the log are kept.
//
//	page (routes.go) ─┐
//	API (api.go) ─────┼─► one function of Desk (desk.go), which writes its event ─► storage
//	command (cmd) ────┘
//
//	who            guard.go  who may enter, and how young their proofs must be
//	               rights.go  what a role, or a scope of the API, may do
//	the desk       desk.go  the functions without HTTP that all three faces call; who did it, and why
//	               apply.go machine.go  what commands alone can do
//	pages          admin.go  what the console is built from; its paths
//	               routes.go house_routes.go  the table of all pages: path, right, what it shows, what it changes
//	               visit.go  a page while it is put together: forms read strictly, answers
//	               refusal.go enough.go fault_words.go fault_record_words.go  errors of the desk, and what is wrong in a form, in words
//	               part.go  which part of a list is wanted; download.go a file that is sent while it is read; cell.go what stands in a cell of it
//	the API        api.go, whose comment is the map of api_*.go
//	first run      setup.go setup_settings.go setup_mail.go  a link, three pages, the first administrator   3.14
//	applications   app.go apps.go app_*.go  what is told of one, and what is done to them; app_*_pages.go their pages   3.16
//	               tiles.go snippet.go  the kinds that are known, and what is to be pasted there
//	people         people.go people_export.go people_import.go  lists of them
//	               person.go person_invite.go person_change.go person_end.go person_password.go person_prepared.go  records, ways in, what ends; receipt.go who is told
//	               groups.go  their groups
//	               people_pages.go people_import_page.go person_pages.go person_forms.go person_groups.go person_acts.go person_parts.go
//	               receipt_pages.go group_pages.go  their pages
//	the log        log.go inspect.go reference.go  the log, a sign-in in it, what a reference finds; log_pages.go log_rows.go log_filters.go inspect_pages.go log_words.go
//	the house      home.go house.go key.go mail.go setting.go  overview, keys, mail, what can be set; *_pages.go beside them their pages, mail_words.go
//	               what storage and mail servers say
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
		if enough := (*Enough)(nil); errors.As(err, &enough) {
			w.Header().Set("Retry-After", enough.RetryAfter())
		}
		if failure, known := inWords(err); known {
			c.pages.WriteFailure(w, r, failure)
			return
		}
		c.pages.Fail(w, r, err)
	}
}
