package op

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// logout is a logout request (OIDC RP-Initiated Logout §2) as far as it was judged, and as it travels sealed: the hint is
// verified, so that neither it nor its claims need to travel. Bytes, since JSON would write '&' as six.
type logout struct {
	Client   string   `json:"c,omitempty"` // who asks, "" without a good hint; then User and Session too
	User     string   `json:"u,omitempty"` // sub of the hint, as the client knows the person
	Session  string   `json:"s,omitempty"` // sid of the hint
	Redirect []byte   `json:"d,omitempty"` // post_logout_redirect_uri as sent
	State    []byte   `json:"x,omitempty"`
	Locales  []string `json:"l,omitempty"`
	Asked    string   `json:"a,omitempty"` // the session that the person is asked about
	Fault    string   `json:"f,omitempty"` // what is wrong with the request, for its developer; "" nothing
	Start    int64    `json:"t"`           // Unix microseconds

	asks storage.Client // Client, looked up each time
	to   string         // Redirect where it is proved, else ""; looked up each time
}

// logoutByQuery reads a request that came by GET: a new one, or a sealed one that comes back.
func (p *Provider) logoutByQuery(r *http.Request) (logout, error) {
	query, err := web.ParseQuery(r)
	if err != nil {
		return logout{}, err
	}
	if query.Has("resume") {
		return p.openLogout(r.Context(), query.Get("resume"))
	}
	return p.newLogout(r.Context(), query)
}

// logoutByForm reads a request that came by POST.
func (p *Provider) logoutByForm(w http.ResponseWriter, r *http.Request) (logout, error) {
	form, err := bodyOnly(w, r)
	if err != nil {
		return logout{}, err
	}
	return p.newLogout(r.Context(), form)
}

// newLogout judges the hint. One that is not an ID token of ours for the client that asks counts as not sent; its age
// does not matter, as an application may be left open for long (OIDC RP-Initiated Logout §2, §4).
func (p *Provider) newLogout(ctx context.Context, values url.Values) (logout, error) {
	l := logout{
		Start:    p.now().UnixMicro(),
		Redirect: []byte(values.Get("post_logout_redirect_uri")), State: []byte(values.Get("state")),
	}
	if len(l.Redirect)+len(l.State) > maxRequest {
		return logout{}, &web.Refused{Status: http.StatusRequestURITooLong, Why: "post_logout_redirect_uri and state are at most 4 KiB"}
	}
	if tags := values.Get("ui_locales"); len(tags) <= maxLoginHint {
		l.Locales = strings.Fields(tags)
	}
	sent := values.Get("id_token_hint")
	if h, ok := p.readHint(sent); ok {
		client := values.Get("client_id")
		if client == "" && len(h.audience) == 1 {
			client = h.audience[0]
		}
		if slices.Contains(h.audience, client) {
			l.Client, l.User, l.Session = client, h.subject, h.session
		}
	}
	if sent != "" && l.Client == "" {
		l.Fault = "id_token_hint is not an ID token that we gave this client"
	}
	return p.proveLogout(ctx, l)
}

// proveLogout looks up whether the client may ask, and the address is one of its own. A client that is gone or switched
// off proves nothing.
func (p *Provider) proveLogout(ctx context.Context, l logout) (logout, error) {
	if l.Client == "" {
		l.refuse(ctx, "post_logout_redirect_uri counts only with an id_token_hint of ours, for the client that asks", needsHint)
		return l, nil
	}
	client, err := p.store.Client(ctx, l.Client)
	switch {
	case errors.Is(err, storage.ErrNotFound), err == nil && client.Disabled:
		l.Client, l.User, l.Session = "", "", ""
		l.refuse(ctx, "post_logout_redirect_uri of a client that is gone or disabled", notRegistered)
		return l, nil
	case err != nil:
		return logout{}, fmt.Errorf("client of the logout: %w", err)
	}
	l.asks = client
	web.Note(ctx, slog.String("client", client.ID))
	switch sent := string(l.Redirect); {
	case sent == "":
	case client.PostLogoutAllowed(sent):
		l.to = sent
	case len(client.PostLogoutRedirectURIs) == 0:
		l.refuse(ctx, "this client has no post_logout_redirect_uri registered", notRegistered)
	default:
		l.refuse(ctx, "post_logout_redirect_uri: "+compare(sent, client.PostLogoutRedirectURIs).String(), notRegistered)
	}
	return l, nil
}

// What the page tells of an address to which nobody is sent. It is shown to anybody, so it says nothing of what is registered.
const (
	needsHint     = "post_logout_redirect_uri counts only with an id_token_hint"
	notRegistered = "post_logout_redirect_uri is not one that this client has registered"
)

// refuse tells the log why nobody is sent to the address that the request names, and keeps what the page tells of it; without an
// address there is nothing to tell.
func (l *logout) refuse(ctx context.Context, why, fault string) {
	if len(l.Redirect) > 0 {
		web.Note(ctx, slog.String("refused", why))
		l.Fault = cmp.Or(l.Fault, fault)
	}
}

func (p *Provider) sealLogout(l logout) (string, error) {
	sealed, err := p.keys.Box.Seal(keys.ForLogout, l)
	if err != nil {
		return "", fmt.Errorf("seal logout: %w", err)
	}
	return sealed, nil
}

// openLogout opens a request that comes back. One that is not ours, or too old, counts as a request that proves nothing:
// the person is asked.
func (p *Provider) openLogout(ctx context.Context, sealed string) (logout, error) {
	var l logout
	err := p.keys.Box.Open(keys.ForLogout, sealed, &l)
	if err != nil || p.now().Sub(time.UnixMicro(l.Start)) > requestLife {
		return logout{Start: p.now().UnixMicro()}, nil
	}
	return p.proveLogout(ctx, l)
}
