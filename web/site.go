// Package web holds the manners of HTTP that the three doors share.
package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/gorilla/mux"
)

// Site is what all doors know of the place they are in.
type Site struct {
	Issuer  string         // origin without slash, e.g. "https://login.example.com"; never derived from a request
	Company string         // as pages and letters name it
	Contact string         // whom people ask; "" shows none
	Proxies []netip.Prefix // whose X-Forwarded-For is believed
	Dev     bool           // `doorward dev`: developer details open, foreign Host answered 421
	Log     *slog.Logger
	Now     func() time.Time
	Texts   *Texts
}

// Secure says whether cookies are __Host- and Secure: always, but on a plain http issuer (localhost).
func (s *Site) Secure() bool { panic("stub") }

// NewRouter is a gorilla router as house.md §2 wants it: SkipClean, encoded paths, 404 as a page or as JSON by Accept.
func (s *Site) NewRouter(pages *Pages) *mux.Router { panic("stub") }

// Wrap is what stands around every request: record and one log line, reference, panic to 500, a context of 10 s,
// bounds on query and body, headers that every answer has (HSTS over TLS, nosniff), 421 in dev.
func (s *Site) Wrap(h http.Handler) http.Handler { panic("stub") }

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
func (d *Door) Handle(router *mux.Router, path string, m Methods) { panic("stub") }

// Note adds attributes to the request's one log line. Never a secret.
func Note(ctx context.Context, attrs ...slog.Attr) { panic("stub") }

// Reference is the request's reference, like "E-7F3K-92", as error pages show it and events carry it.
func Reference(ctx context.Context) string { panic("stub") }

// Address is the visitor's address: the right-most hop that is not a trusted proxy.
func Address(ctx context.Context) netip.Addr { panic("stub") }

// AddressBlock is what limits count by: the IPv4 address, the IPv6 /64.
func AddressBlock(ctx context.Context) string { panic("stub") }

// Agent names browser and system of a User-Agent shortly, "Chrome on Windows" (in English; see Texts for others), or "".
func Agent(userAgent string) (browser, system string) { panic("stub") }
