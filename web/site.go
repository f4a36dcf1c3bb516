// Package web holds the manners of HTTP that the three doors share. It imports nothing of ours.
//
//	request ─► Site.Wrap (record, reference, bounds, panic) ─► router ─► Door (methods, same-site rule) ─► Handler
//	                                                                          │ error
//	page or JSON ◄── Pages.Write, WriteFailure, WriteJSON, CachedBytes ◄──────┘
//
//	site.go direct.go door.go record.go observe.go   around every request: one log line, one reference, one face for errors, one count
//	form.go cookie.go address.go agent.go   what a visitor sends, read strictly
//	page.go template.go shelf.go tree.go headers.go frame.go failure.go leave.go qr.go   pages: parsed once, checked at start, sent with their policy
//	layout.html style.css error.html leave.html icon.svg google.svg   how pages look; the classes are listed at Pages
//	brand.go logo.go colour.go   what a company makes of that
//	console.go console.css console.js   the frame of the console's pages
//	comfort.go doorward.js static.go   what a script adds where one runs; files that browsers keep
//	text.go language.go locale/   texts in every language
//	json.go sound.go   answers for programs; what they send, read strictly
//	outbound.go   what we fetch from addresses that strangers name
//
// It does not know who a visitor is, keeps nothing, and sends no mail.
package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gorilla/mux"
)

// patience is how long a request may take.
const patience = 10 * time.Second

// Site is what all doors know of the place they are in.
type Site struct {
	Issuer  string         // origin without slash, e.g. "https://login.example.com"; never derived from a request
	Company string         // as pages and letters name it
	Contact string         // whom people ask: an address, a URL or words; "" shows none
	Default string         // language of whoever asks for none of ours, like "de"; "" is English
	Brand   Brand          // logo, colour, links
	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	Dev     bool           // `doorward dev`: developer details open, foreign Host answered 421
	Log     *slog.Logger
	Now     func() time.Time
	Texts   *Texts
	Observe func(Observation) // of every request, at its end, for metrics; nil: nobody looks. Safe for concurrent use, and quick
}

// Secure says whether cookies are __Host- and Secure: always, but on a plain http issuer (localhost).
func (s *Site) Secure() bool { return !strings.HasPrefix(s.Issuer, "http://") }

// NewRouter is a gorilla router as house.md §2 wants it: SkipClean and encoded paths, so that no path is repaired and
// redirected; 404 as JSON, or as a page where Accept asks for HTML. It also answers for the icon of every page.
func (s *Site) NewRouter(pages *Pages) *mux.Router {
	router := mux.NewRouter().SkipClean(true).UseEncodedPath()
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pages.WriteFailure(w, r, s.notFound(r))
	})
	mark := []byte(s.Brand.icon())
	tag := fingerprint(mark)
	icon := func() ([]byte, string) { return mark, tag }
	door := &Door{Site: s, Fail: func(w http.ResponseWriter, r *http.Request, err error) {
		pages.WriteFailure(w, r, FailureOf(err))
	}}
	for _, path := range []string{"/favicon.svg", "/favicon.ico"} {
		door.Handle(router, path, Methods{"GET": CachedBytes("image/svg+xml", 24*time.Hour, icon)})
	}
	for _, a := range s.assets() {
		door.Handle(router, a.path, Methods{"GET": a.serve})
	}
	return router
}

// notFound helps those who paste the address of the discovery document where the issuer belongs.
func (s *Site) notFound(r *http.Request) Failure {
	f := Failure{Status: http.StatusNotFound, Text: "error.notfound", Code: "not_found", Detail: "there is nothing at this path", machine: true}
	if strings.Contains(r.URL.Path, "/.well-known/o") {
		f.Detail = "The issuer is " + s.Issuer + " without a slash at its end and without the path of the discovery document"
	}
	return f
}

// Wrap is what stands around every request: record and one log line, reference, panic to 500, a context of 10 s, a bound
// on the query, headers that every answer has (HSTS over TLS, nosniff), 421 in dev. A router must be complete by then.
func (s *Site) Wrap(h http.Handler) http.Handler {
	pages, err := NewPages(s, nil)
	if err != nil {
		panic(fmt.Sprintf("the error page is broken: %v", err)) // at start, and a test would have found it
	}
	host := s.Issuer[strings.LastIndexByte(s.Issuer, '/')+1:]
	h = direct(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &record{reference: newReference(), address: s.addressOf(r), start: time.Now(), route: noRoute}
		ctx, cancel := context.WithTimeout(context.WithValue(r.Context(), recordKey{}, rec), patience)
		defer cancel()
		r = r.WithContext(ctx)
		a := &answer{ResponseWriter: w, head: r.Method == http.MethodHead}
		defer s.end(a, r, rec, pages)
		s.secureHeaders(w.Header())
		switch {
		case s.Dev && r.Host != host:
			pages.WriteFailure(a, r, Failure{Status: http.StatusMisdirectedRequest, Text: "error.host",
				Pairs: []string{"issuer", s.Issuer}, Code: "misdirected_request", Detail: "the issuer is " + s.Issuer})
		case len(r.URL.RawQuery) > MaxQuery:
			pages.WriteFailure(a, r, FailureOf(&Refused{http.StatusRequestURITooLong, "the query is longer than 12 KiB"}))
		default:
			h.ServeHTTP(a, r)
		}
	})
}

// end turns a panic into the error page, and logs. A panic after the answer has begun breaks the connection: half an answer
// must not look whole.
func (s *Site) end(a *answer, r *http.Request, rec *record, pages *Pages) {
	fault := recover()
	if fault == nil {
		if a.status == 0 {
			a.status = http.StatusOK // what the server answers for a handler that wrote nothing
		}
		s.log(r, rec, a)
		s.observe(r, rec, a.status)
		return
	}
	begun := a.status != 0
	if fault != http.ErrAbortHandler {
		s.logPanic(r, fault)
		if !begun {
			s.freshHeaders(a.Header())
			pages.WriteFailure(a, r, Failure{})
		}
	}
	s.log(r, rec, a)
	s.observe(r, rec, a.status)
	if begun || fault == http.ErrAbortHandler {
		panic(http.ErrAbortHandler)
	}
}

// logPanic keeps the stack and what the runtime says, but not the value of another panic: it may hold what a person typed.
func (s *Site) logPanic(r *http.Request, fault any) {
	if s.Log == nil {
		return
	}
	kind := fmt.Sprintf("%T", fault)
	if fault, ok := fault.(runtime.Error); ok {
		kind = fault.Error()
	}
	s.Log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("reference", Reference(r.Context())),
		slog.String("kind", kind), slog.String("stack", string(debug.Stack())))
}

// freshHeaders forgets what a handler had in mind before it panicked, cookies included.
func (s *Site) freshHeaders(h http.Header) {
	clear(h)
	s.secureHeaders(h)
}

var (
	noSniff = []string{"nosniff"}
	hsts    = []string{"max-age=63072000"}
)

// secureHeaders are those of every answer. The slices are shared and never changed: header maps take them without a copy.
func (s *Site) secureHeaders(h http.Header) {
	h["X-Content-Type-Options"] = noSniff
	if s.Secure() {
		h["Strict-Transport-Security"] = hsts
	}
}
