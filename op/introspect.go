package op

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// introspection is what is said of a token (RFC 7662 §2.2). The zero value says that it is not active, and nothing else.
type introspection struct {
	Active    bool      `json:"active"`
	Scope     string    `json:"scope,omitempty"`
	ClientID  string    `json:"client_id,omitempty"`
	Username  string    `json:"username,omitempty"`
	TokenType string    `json:"token_type,omitempty"`
	Expires   int64     `json:"exp,omitempty"`
	IssuedAt  int64     `json:"iat,omitempty"`
	Subject   string    `json:"sub,omitempty"`
	Audience  audiences `json:"aud,omitempty"`
	Issuer    string    `json:"iss,omitempty"`
	ID        string    `json:"jti,omitempty"`
	Session   string    `json:"sid,omitempty"`
}

// introspect tells a resource server what a token is good for now (RFC 7662 §2). Only clients that are marked for it may
// ask, and token_type_hint is not needed: our tokens say what they are.
//
// Which tokens a client may ask about:
//   - an access token that was issued to itself;
//   - an access token without a resource: its audience is this issuer, and whoever is marked is one of its resource servers;
//   - an access token with resources (RFC 8707 §2), when the issuer or a resource of the client's own is among them;
//   - a refresh token that was issued to itself.
//
// Every other token is not active for it, as are ID tokens, codes, and what is unknown, damaged, expired, revoked or
// ended: the answers are equal byte for byte (RFC 7662 §4). One read tells whether a grant lives, so that revocation,
// logout and a disabled client or person count at once.
func (p *Provider) introspect(ctx context.Context, caller storage.Client, form url.Values) (any, error) {
	if !caller.Introspect {
		return nil, &Error{Code: unauthorizedClient, Description: "this client may not introspect tokens"}
	}
	token := form.Get("token")
	if token == "" {
		return nil, &Error{Code: invalidRequest, Description: "token is missing"}
	}
	if id, generation, err := p.openRefresh(token); err == nil {
		return p.refreshState(ctx, caller, storage.Grant{ID: id, Generation: generation})
	}
	a, err := p.openAccess(token)
	if err != nil {
		return introspection{}, nil
	}
	if !p.servesFor(caller, a) {
		return introspection{}, nil
	}
	if a.Grant == "" {
		return p.ownState(ctx, a)
	}
	return p.accessState(ctx, a)
}

// accessState is the state of an access token on behalf of a person, who is called as the token's client knows them.
func (p *Provider) accessState(ctx context.Context, a access) (introspection, error) {
	h, err := p.behind(ctx, a)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return introspection{}, nil
	case err != nil:
		return introspection{}, err
	}
	out := p.active(a)
	out.Subject, out.Username = p.subject(h.client, h.person.ID), usernameOf(h.person, strings.Fields(a.Scope))
	if !h.grant.Offline { // the session of an offline grant may have ended
		out.Session = p.sessionOf(h.client, h.grant.SessionID)
	}
	return out, nil
}

// ownState is the state of a client's access on its own behalf: no row tells of it but its client's and the one of its revocation.
func (p *Provider) ownState(ctx context.Context, a access) (introspection, error) {
	_, _, _, err := p.alive(ctx, a)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return introspection{}, nil
	case err != nil:
		return introspection{}, fmt.Errorf("read client and revoked tokens: %w", err)
	}
	out := p.active(a)
	out.Subject = a.Client
	if out.ID == "" {
		out.ID = a.ID
	}
	return out, nil
}

// refreshState is the state of a refresh token of the caller's own. It is active while it is the present one of its grant.
func (p *Provider) refreshState(ctx context.Context, caller storage.Client, shown storage.Grant) (introspection, error) {
	g, u, err := p.store.LiveGrant(ctx, shown.ID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return introspection{}, nil
	case err != nil:
		return introspection{}, fmt.Errorf("read grant: %w", err)
	case g.ClientID != caller.ID || g.Generation != shown.Generation || !g.IdleUntil.After(p.now()):
		return introspection{}, nil
	}
	switch err := gone(p.admits(ctx, caller, u, g.ACR)); {
	case errors.Is(err, storage.ErrNotFound):
		return introspection{}, nil
	case err != nil:
		return introspection{}, err
	}
	return introspection{
		Active: true, Scope: strings.Join(g.Scopes, " "), ClientID: g.ClientID, Username: usernameOf(u, g.Scopes),
		IssuedAt: later(g.Created, g.RotatedAt).Unix(), Expires: earlier(g.IdleUntil, g.Expires).Unix(),
		Subject: p.subject(caller, u.ID), Audience: audiences{p.site.Issuer}, Issuer: p.site.Issuer,
	}, nil
}

// servesFor says whether a client may ask about an access token (see introspect).
func (p *Provider) servesFor(caller storage.Client, a access) bool {
	return caller.ID == a.Client || slices.ContainsFunc(p.audienceOf(a), func(uri string) bool {
		return uri == p.site.Issuer || slices.Contains(caller.Resources, uri)
	})
}

// active is what every living access token says of itself.
func (p *Provider) active(a access) introspection {
	return introspection{
		Active: true, Scope: a.Scope, ClientID: a.Client, TokenType: "Bearer", Expires: a.Expires, IssuedAt: a.Issued,
		Issuer: p.site.Issuer, Audience: p.audienceOf(a), ID: a.jwtID,
	}
}

// usernameOf is the person's address for those who may know it (RFC 7662 §5): the scope email was granted.
func usernameOf(u storage.User, scopes []string) string {
	if slices.Contains(scopes, "email") {
		return u.Email
	}
	return ""
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
