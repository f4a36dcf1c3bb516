package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gorilla/mux"
)

// Handler answers a request or returns the error that its door shows.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Methods is the table of a path. HEAD follows GET. Others get 405 with Allow.
type Methods map[string]Handler

// Door is one of the doors: how its errors look, and whether it keeps the same-site rule.
type Door struct {
	Site     *Site
	Fail     func(w http.ResponseWriter, r *http.Request, err error) // writes an error that a Handler returned
	SameSite bool                                                    // state-changing requests must be our own (house.md §9): else 403 page
}

// Handle registers a path with its methods.
func (d *Door) Handle(router *mux.Router, path string, m Methods) {
	table := make(Methods, len(m)+1)
	for method, handler := range m {
		table[method] = handler
	}
	if get, ok := m[http.MethodGet]; ok && m[http.MethodHead] == nil {
		table[http.MethodHead] = get
	}
	allow := []string{}
	for method := range table {
		allow = append(allow, method)
	}
	slices.Sort(allow)
	allowed := []string{strings.Join(allow, ", ")}
	router.Handle(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rec := recordOf(r.Context()); rec != nil {
			rec.route = path
		}
		defer d.rescue(w, r)
		if err := d.serve(w, r, table[r.Method], allowed); err != nil {
			d.Fail(w, r, err)
		}
	}))
}

// errPanic stands for a panic; what it said is in the log only.
var errPanic = errors.New("a handler has panicked")

// rescue gives a panic to the door's own voice, so that a client's program gets JSON and a person a page. What cannot be
// answered any more goes on to Wrap, which ends the connection.
func (d *Door) rescue(w http.ResponseWriter, r *http.Request) {
	fault := recover()
	if fault == nil {
		return
	}
	a, ours := w.(*answer)
	if !ours || a.status != 0 || fault == http.ErrAbortHandler {
		panic(fault)
	}
	d.Site.logPanic(r, fault)
	d.Site.freshHeaders(w.Header())
	d.Fail(w, r, errPanic)
}

func (d *Door) serve(w http.ResponseWriter, r *http.Request, handler Handler, allowed []string) error {
	if handler == nil {
		w.Header()["Allow"] = allowed
		return &Refused{http.StatusMethodNotAllowed, "the method is not one of " + allowed[0]}
	}
	if d.SameSite && !safe(r.Method) && !d.Site.ownRequest(r) {
		return &Refused{http.StatusForbidden, "the request was not made by a page of this origin"}
	}
	return handler(w, r)
}

func safe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// ownRequest says whether a page of ours made the request. Every browser of today says so by Origin or Sec-Fetch-Site,
// which no script can forge; text browsers send neither, but a Referer. A request without any of the three is refused.
func (s *Site) ownRequest(r *http.Request) bool {
	origins, sites := r.Header["Origin"], r.Header["Sec-Fetch-Site"]
	if len(origins) > 1 || len(sites) > 1 {
		return false
	}
	if len(origins) == 0 && len(sites) == 0 {
		referer, err := url.Parse(r.Header.Get("Referer"))
		return err == nil && referer.User == nil && referer.Scheme+"://"+referer.Host == s.Issuer
	}
	return len(origins) == 1 && origins[0] == s.Issuer || len(sites) == 1 && sites[0] == "same-origin"
}

// FailureOf gives the error page for an error that a door has no better words for. Only a *Refused tells its reason; every
// other error's text stays in the log (see Pages.Fail).
func FailureOf(err error) Failure {
	refused := (*Refused)(nil)
	if errors.As(err, &refused) {
		return Failure{Status: refused.Status, Text: textOf(refused.Status), Code: codeOf(refused.Status), Detail: refused.Why}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Failure{Status: http.StatusServiceUnavailable, Text: "error.busy", Code: codeOf(http.StatusServiceUnavailable)}
	}
	return Failure{Status: http.StatusInternalServerError, Text: "error.server", Code: codeOf(http.StatusInternalServerError)}
}

func textOf(status int) string {
	switch status {
	case http.StatusForbidden:
		return "error.foreign"
	case http.StatusNotFound:
		return "error.notfound"
	case http.StatusMethodNotAllowed:
		return "error.method"
	case http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong:
		return "error.toolarge"
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		return "error.busy"
	}
	if status >= 500 {
		return "error.server"
	}
	return "error.request"
}

// codeOf is the error code of JSON answers where the specifications name none for the endpoint.
func codeOf(status int) string {
	switch status {
	case http.StatusForbidden:
		return "access_denied"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusServiceUnavailable:
		return "temporarily_unavailable"
	}
	if status >= 500 {
		return "server_error"
	}
	return "invalid_request"
}

// Fail is a Door.Fail for doors that answer with pages: the error page, and what is not the visitor's fault in the log.
func (p *Pages) Fail(w http.ResponseWriter, r *http.Request, err error) {
	f := FailureOf(err)
	if f.Status >= 500 {
		noteCause(r.Context(), err)
	}
	p.WriteFailure(w, r, f)
}
