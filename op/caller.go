package op

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Caller is who calls the console's API.
type Caller struct {
	ClientID string
	Born     string       // tells the client from a former one of its id
	UserID   string       // "": the application itself (RFC 6749 §4.4)
	Person   storage.User // as they are now; zero where there is none
	Scopes   []string     // of ScopeRead and ScopeWrite, those that were granted and that the client may still have
}

// Has says whether the caller has a scope; ScopeWrite includes ScopeRead.
func (c Caller) Has(scope string) bool {
	return slices.Contains(c.Scopes, scope) || scope == ScopeRead && slices.Contains(c.Scopes, ScopeWrite)
}

// Unfit is a request whose token does not do, as the one who called is told (RFC 6750 §3).
type Unfit struct {
	code, detail string
	status       int
	challenge    string
}

func (u *Unfit) Error() string { return u.code + ": " + u.detail }

// Code is that of RFC 6750 §3.1; "" where there was no token at all.
func (u *Unfit) Code() string { return u.code }

// Detail is for the developer of who called.
func (u *Unfit) Detail() string { return u.detail }

// Status is that of the answer.
func (u *Unfit) Status() int { return u.status }

// Challenge is the answer's WWW-Authenticate.
func (u *Unfit) Challenge() string { return u.challenge }

// Bearer finds out who calls the console's API: by an access token in the header, for this server itself, with the scope, "" for any of
// the two. It lives by what is true now: revocation, a client or person that was switched off, a scope or a group taken away count at
// once. The error is an *Unfit where the visitor is to blame.
func (p *Provider) Bearer(r *http.Request, scope string) (Caller, error) {
	caller, err := p.bearer(r)
	if err == nil && !(len(caller.Scopes) > 0 && (scope == "" || caller.Has(scope))) {
		err = &Error{Code: insufficientScope, Description: "the access token lacks a scope"}
	}
	if err == nil {
		web.Note(r.Context(), slog.String("client", caller.ClientID))
		return caller, nil
	}
	return Caller{}, p.unfit(r.Context(), err, scope)
}

// unfit is the error as a visitor may see it; one of ours is left as it is.
func (p *Provider) unfit(ctx context.Context, err error, scope string) error {
	u := &Unfit{status: http.StatusUnauthorized, challenge: `Bearer realm="` + p.site.Issuer + `"`, detail: "an access token is wanted"}
	var e *Error
	switch {
	case errors.Is(err, errNoToken):
		return u
	case !errors.As(err, &e):
		return err
	}
	web.Note(ctx, slog.String("refused", e.Error()))
	u.status, u.code, u.detail = e.status(), e.Code, e.Description
	u.challenge += `, error="` + e.Code + `", error_description="` + e.Description + `"`
	if e.Code == insufficientScope {
		if scope == "" {
			scope = ScopeRead
		}
		u.challenge += `, scope="` + scope + `"`
	}
	return u
}

func (p *Provider) bearer(r *http.Request) (Caller, error) {
	if query, err := web.ParseQuery(r); err != nil || query.Has("access_token") { // it would get into logs
		return Caller{}, &Error{Code: invalidRequest, Description: "an access token does not belong into the query"}
	}
	token, err := bearerHeader(r)
	if err != nil {
		return Caller{}, err
	}
	a, err := p.openAccess(token)
	if err != nil {
		return Caller{}, err
	}
	if !slices.Contains(p.audienceOf(a), p.site.Issuer) { // RFC 8707 §2
		return Caller{}, &Error{Code: invalidToken, Description: "the access token is for other resources than this server"}
	}
	client, person, acr, err := p.alive(r.Context(), a)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return Caller{}, &Error{Code: invalidToken, Description: "what the access token stands for has ended"}
	case err != nil:
		return Caller{}, fmt.Errorf("who calls: %w", err)
	}
	if p.appOnly && person.ID != "" && !person.ByApp(acr) { // the house may have come to want it after the token was made
		return Caller{}, &Error{Code: invalidToken, Description: "the person has not proved it by an authenticator app, which this server wants of who keeps it (RFC 9470)"}
	}
	granted := slices.DeleteFunc(strings.Fields(a.Scope), func(name string) bool { return !mayConsole(client, name) })
	return Caller{ClientID: client.ID, Born: birth(client), UserID: person.ID, Person: person, Scopes: granted}, nil
}

// alive reads the client of an access token, and its person, none of a client's own. storage.ErrNotFound where it is good for nothing
// any more. The word is the acr of the sign-in behind the token.
func (p *Provider) alive(ctx context.Context, a access) (storage.Client, storage.User, string, error) {
	if a.Grant != "" {
		h, err := p.behind(ctx, a)
		return h.client, h.person, h.grant.ACR, err
	}
	client, err := p.store.Client(ctx, a.Client)
	if err == nil && client.Disabled {
		err = storage.ErrNotFound
	}
	if err == nil {
		err = p.ownLives(ctx, client, a)
	}
	return client, storage.User{}, "", err
}

// ownLives is no error where a token without a grant is good for what its client is now; else storage.ErrNotFound.
func (p *Provider) ownLives(ctx context.Context, client storage.Client, a access) error {
	if !a.bornOf(client) || !slices.Contains(client.GrantTypes, grantClient) {
		return storage.ErrNotFound
	}
	spent, err := p.store.Spent(ctx, spentAccess, a.ID)
	if err == nil && spent {
		err = storage.ErrNotFound
	}
	return err
}
