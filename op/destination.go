package op

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Response modes that we speak (OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response
// Mode §2).
const (
	modeQuery = "query"
	modeForm  = "form_post"
)

// Destination is a client and a redirect URI that belong together: only its holder may send an answer or an error to it.
type Destination struct {
	client   storage.Client
	redirect string   // as sent, once decoded
	mode     string   // modeQuery where the wished one is not possible: the checks say so to the client
	state    string   // echoed byte for byte
	locales  []string // for the page that posts
	test     *trial   // the console in the place of the client; nil: the client
}

// destination finds out whose request it is, opens the request object if there is one, and finds out who may be answered
// at all. The request that it gives is the one that counts. Its errors are pages: nothing is ever sent to an address that
// is not proved (RFC 6749 §4.1.2.1).
func (p *Provider) destination(ctx context.Context, q request) (request, Destination, error) {
	client, err := p.caller(ctx, q)
	if err != nil {
		return request{}, Destination{}, err
	}
	if q, err = p.opened(ctx, client, q); err != nil {
		return request{}, Destination{}, fmt.Errorf("open request object: %w", err)
	}
	to, err := p.whereTo(ctx, client, q)
	if err != nil && q.fault != nil { // what is wrong with the object is why its redirect URI does not count
		web.Note(ctx, slog.String("why", q.fault.Description))
		err = q.misfit(q.fault.Code, q.fault.Description)
	}
	var page *refusal
	if errors.As(err, &page) {
		page.developed, page.whose = client.Development, client.ID
	}
	return q, to, err
}

// caller is the client whose request it is. Unknown and disabled ones look alike.
func (p *Provider) caller(ctx context.Context, q request) (storage.Client, error) {
	id := q.params["client_id"]
	if id == "" {
		return storage.Client{}, q.misfit(invalidRequest, "client_id is missing (RFC 6749 section 4.1.1)")
	}
	client, err := p.store.Client(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && client.Disabled {
		return storage.Client{}, p.unknown(ctx, q, client)
	}
	if err != nil {
		return storage.Client{}, fmt.Errorf("client of the request: %w", err)
	}
	web.Note(ctx, slog.String("client", client.ID))
	return client, nil
}

// destination proves the redirect URI of a request.
func (q request) destination(ctx context.Context, client storage.Client) (Destination, error) {
	redirect := q.params["redirect_uri"]
	if redirect == "" {
		return Destination{}, q.misfit(invalidRequest, "redirect_uri is missing; it must be sent even where only one is registered (RFC 6749 section 4.1.1)")
	}
	if !client.RedirectAllowed(redirect) {
		return Destination{}, q.unregistered(ctx, client)
	}
	mode := modeQuery
	if q.params["response_mode"] == modeForm && overHTTP(redirect) {
		mode = modeForm
	}
	return Destination{client: client, redirect: redirect, mode: mode, state: q.params["state"], locales: q.locales()}, nil
}

func (q request) misfit(code, detail string) *refusal {
	return &refusal{Locales: q.locales(), Status: http.StatusBadRequest, Text: "error.app", Code: code, Detail: detail}
}

// unknown is the page for a client that is not there, or is disabled; client is the latter. Both look alike to a
// stranger, and cost the same. An unknown id may be anything, even a secret in the wrong place: it is shown to whoever
// sent it, and logged never; the log names the client that was probably meant.
func (p *Provider) unknown(ctx context.Context, q request, client storage.Client) *refusal {
	id := q.params["client_id"]
	why, cause, nearest := "unknown client", "error.cause-unknown", p.nearest(ctx, id)
	if client.ID != "" {
		why, cause, nearest = "client is disabled", "error.cause-disabled", client.ID
	}
	web.Note(ctx, slog.String("why", why))
	sent := []web.Fact{{Label: "error.sent", Text: shown(id)}}
	f := q.misfit(invalidClient, "client_id is not that of a client here (RFC 6749 section 4.1.2.1)")
	f.whose, f.why = client.ID, why
	f.Facts, f.Inside = sent, append(sent, web.Fact{Label: "error.cause", Key: cause})
	if nearest != "" {
		web.Note(ctx, slog.String("nearest", nearest))
		f.Inside = append(f.Inside, web.Fact{Label: "error.nearest", Text: nearest})
	}
	return f
}

// unregistered is the page for a redirect URI that this client has not registered.
func (q request) unregistered(ctx context.Context, client storage.Client) *refusal {
	m := compare(q.params["redirect_uri"], client.RedirectURIs)
	web.Note(ctx, slog.String("why", m.String()))
	f := q.misfit("invalid_redirect_uri", "redirect_uri is not one that this client has registered (RFC 6749 section 3.1.2.4)")
	f.Facts, f.Inside = m.forAll(), m.forInsiders()
	f.client, f.redirect, f.why = client, m.sent, m.String()
	return f
}

// host is where the answer goes, as a person can read it and allows it: a host, or with a colon, which no host has, the scheme that a
// native app has of its own.
func (d Destination) host() string {
	u, err := url.Parse(d.redirect)
	if err != nil {
		return ""
	}
	if !overHTTP(d.redirect) {
		return u.Scheme + ":"
	}
	return u.Hostname()
}

// overHTTP says whether a form can be posted to the address: an app's own scheme takes no POST.
func overHTTP(redirect string) bool {
	return strings.HasPrefix(redirect, "https://") || strings.HasPrefix(redirect, "http://")
}
