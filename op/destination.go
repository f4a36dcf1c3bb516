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
}

// destination finds out who may be answered at all. Its errors are pages: nothing is ever sent to an address that is not
// proved (RFC 6749 §4.1.2.1). Unknown and disabled clients look alike.
func (p *Provider) destination(ctx context.Context, q request) (Destination, error) {
	id, redirect := q.params["client_id"], q.params["redirect_uri"]
	if id == "" {
		return Destination{}, q.misfit(invalidRequest, "client_id is missing (RFC 6749 section 4.1.1)")
	}
	web.Note(ctx, slog.String("client", id))
	client, err := p.store.Client(ctx, id)
	if errors.Is(err, storage.ErrNotFound) || err == nil && client.Disabled {
		return Destination{}, q.misfit("invalid_client", fmt.Sprintf("client_id %s is not a client here", shown(id)))
	}
	if err != nil {
		return Destination{}, fmt.Errorf("client of the request: %w", err)
	}
	if redirect == "" {
		return Destination{}, q.misfit(invalidRequest, "redirect_uri is missing; it must be sent even where only one is registered")
	}
	if !client.RedirectAllowed(redirect) {
		return Destination{}, q.misfit("invalid_redirect_uri", mismatch(redirect, client.RedirectURIs))
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

// overHTTP says whether a form can be posted to the address: an app's own scheme takes no POST.
func overHTTP(redirect string) bool {
	return strings.HasPrefix(redirect, "https://") || strings.HasPrefix(redirect, "http://")
}

// shown quotes what somebody sent: it names what could deceive the eye (controls, marks of direction, look-alikes) or does
// not belong into a description, and cuts what is long.
func shown(sent string) string {
	const most = 200
	var b strings.Builder
	for i, r := range sent {
		if i >= most {
			b.WriteString("...")
			break
		}
		if r < ' ' || r > '~' || strings.ContainsRune("\"'\\", r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
			continue
		}
		b.WriteRune(r)
	}
	return "'" + b.String() + "'"
}

// mismatch tells a developer what was sent, what is registered, and where they differ.
func mismatch(sent string, registered []string) string {
	if len(registered) == 0 {
		return "this client has no redirect URI registered"
	}
	nearest, parts := "", []string(nil)
	for _, one := range registered {
		if d := differences(sent, one); nearest == "" || len(d) < len(parts) {
			nearest, parts = one, d
		}
	}
	return fmt.Sprintf("redirect_uri: sent %s; registered %s; the difference: %s", shown(sent), shown(nearest), strings.Join(parts, ", "))
}

// differences names the parts in which two addresses differ.
func differences(sent, registered string) []string {
	a, err := url.Parse(sent)
	b, registeredErr := url.Parse(registered)
	if err != nil || registeredErr != nil {
		return []string{"what was sent is not a URL"}
	}
	var parts []string
	for _, part := range []struct{ name, a, b string }{
		{"scheme", a.Scheme, b.Scheme},
		{"user", a.User.String(), b.User.String()},
		{"host", a.Hostname(), b.Hostname()},
		{"port", a.Port(), b.Port()},
		{"path", a.EscapedPath() + a.Opaque, b.EscapedPath() + b.Opaque},
		{"query", a.RawQuery, b.RawQuery},
		{"fragment", a.EscapedFragment(), b.EscapedFragment()},
	} {
		if part.a != part.b {
			parts = append(parts, fmt.Sprintf("%s %s is not %s", part.name, shown(part.a), shown(part.b)))
		}
	}
	if len(parts) == 0 {
		return []string{"spelling (addresses must be equal byte for byte)"}
	}
	return parts
}
