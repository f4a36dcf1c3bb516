package web

import (
	"io/fs"
	"net/http"
)

// Pages are parsed templates: layout.html and error.html of this room, and pages/*.html of a door, for every
// language. In a page: {{t "key" "name" value …}} is a text, {{b "key" …}} the same with **bold** as <strong>.
type Pages struct{}

// NewPages parses the pages of a door (fsys holds pages/*.html; nil for none) and renders the error page once in every
// language; a page that names an unknown key is an error.
func NewPages(site *Site, fsys fs.FS) (*Pages, error) { panic("stub") }

// View is one page to write.
type View struct {
	Status int    // 0: 200
	Name   string // page file without .html
	Lang   string
	Data   any    // the page's typed struct
	Title  string // text already translated; equals the h1
	Errors []FieldError
	Switch string // path and query of the same page by GET, for the language links; "" shows none
	Action string // extra source for CSP form-action beside 'self' (form_post page: "-" leaves form-action out)
	Leave  string // when set: the answer carries Refresh: 0; url=Leave (house.md §9), for leaving our origin after a POST
}

// FieldError is one fault of a form: the summary links to the field, and the field repeats the text.
type FieldError struct{ Field, Text string }

// Write renders into memory, then answers with the headers that every page has (CSP with the style's hash, no-store,
// Referrer-Policy, frame-ancestors).
func (p *Pages) Write(w http.ResponseWriter, r *http.Request, v View) error { panic("stub") }

// Failure is what the error page tells, in two voices (behaviours.md 3.13).
type Failure struct {
	Status    int    // 0: 500
	Text      string // key of the sentence for people; "" is "error.server"
	Pairs     []string
	Again     string // path of our own to start again; "" none
	AgainText string // key of that link
	Code      string // for developers: OAuth error code or ""
	Detail    string // for developers; never a secret, never another error's text
}

// WriteFailure answers with the error page and the request's reference; as JSON where Accept asks for it and not for HTML.
func (p *Pages) WriteFailure(w http.ResponseWriter, r *http.Request, f Failure) { panic("stub") }
