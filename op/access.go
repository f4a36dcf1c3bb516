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

// Who may sign in to a client, its record says: everybody, or some groups and people. It is asked whenever something is given out
// about a person: at /authorize, for a code and at each refresh, at userinfo and introspection. A person who is taken out of a group
// loses what the group opened at once.

// topLevel is what an authenticator app reaches.
var topLevel = acrValues[len(acrValues)-1]

// bars judges whether the person who is signed in may sign in to the client. While another one may still be chosen, nobody is barred.
func (p *Provider) bars(r *http.Request, c *checked, user storage.User, v visit) error {
	if v.missing.account || v.missing.choice || v.missing.fresh || c.client().Admits(user) {
		return nil
	}
	ctx := r.Context()
	web.Note(ctx, slog.String("why", "the person may not sign in to this client"))
	p.tally.count(p.now(), storage.Event{Kind: storage.ClientDenied, Actor: user.ID, User: user.ID, Client: c.client().ID, Result: "no_access",
		Address: web.Address(ctx).String(), Reference: web.Reference(ctx), Attempt: v.session.Attempt, // it ends that sign-in
		Data: map[string]string{"groups_needed": listed(c.client().Groups), "groups_had": listed(user.Groups)}})
	if c.prompts("none") || c.to.test != nil {
		return &Error{Code: accessDenied, Description: "the person may not sign in to this client"}
	}
	return p.noAccess(c, user)
}

// noAccess is the page of whom a client does not admit. It leads to another account, and tells an insider what is needed.
func (p *Provider) noAccess(c *checked, user storage.User) error {
	other := c.request
	other.another = true
	back, err := p.back(other)
	if err != nil {
		return err
	}
	f := c.misfit(accessDenied, "the person may not sign in to this client")
	f.Status, f.developed = http.StatusForbidden, c.client().Development
	f.Text, f.Pairs = "error.no-access", []string{"app", c.client().Name}
	if owner := p.ownerOf(c.client()); owner != "" {
		f.Text, f.Pairs = "error.no-access-ask", append(f.Pairs, "owner", owner)
	}
	f.Again, f.AgainText = back, "error.another"
	f.Inside = []web.Fact{
		{Label: "error.groups-needed", Text: listed(c.client().Groups)},
		{Label: "error.groups-had", Text: listed(user.Groups)},
		{Label: "error.people-named", Text: fmt.Sprint(len(c.client().People))},
	}
	f.at = "/admin/apps/" + c.client().ID
	return f
}

// listed names groups in a page; "–" is none.
func listed(groups []string) string {
	if len(groups) == 0 {
		return "–"
	}
	return strings.Join(slices.Sorted(slices.Values(groups)), ", ")
}

// ownerOf is whom a person asks for access: who is responsible for the application, as an operator has it, else for the house.
func (p *Provider) ownerOf(c storage.Client) string {
	if c.Owner != "dynamic" && len(c.Contacts) > 0 {
		return c.Contacts[0]
	}
	return p.site.Contact
}

// admits judges a person for whom a client presents something, with the level at which they signed in. An *Error where the client
// may not have them, or not at that level, any more.
func admits(client storage.Client, user storage.User, acr string) error {
	switch {
	case !client.Admits(user):
		return &Error{Code: invalidGrant, Description: "the person may not sign in to this client any more"}
	case client.RequireTOTP && !user.ByApp(acr):
		return &Error{Code: invalidGrant, Description: "the person must sign in again with an authenticator app"}
	}
	return nil
}

// guarded says whether who signs in to the client, or how, is limited at all: else no person is read for it.
func guarded(client storage.Client) bool { return client.Restricted() || client.RequireTOTP }

// admitsCode is admits for the person of a code.
func (p *Provider) admitsCode(ctx context.Context, client storage.Client, c code) error {
	if !guarded(client) {
		return nil
	}
	user, err := p.store.User(ctx, c.User)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return &Error{Code: invalidGrant, Description: "the sign-in that the code stands for has ended"}
	case err != nil:
		return fmt.Errorf("person of the code: %w", err)
	}
	return admits(client, user, c.ACR)
}

// admitsGrant is admits for the person of a client's own grant, which ends where they may not. Every other case is left to the
// rotation, which must see reuse and foreign clients.
func (p *Provider) admitsGrant(ctx context.Context, client storage.Client, id string) error {
	if !guarded(client) {
		return nil
	}
	g, user, err := p.store.LiveGrant(ctx, id)
	switch {
	case errors.Is(err, storage.ErrNotFound) || err == nil && g.ClientID != client.ID:
		return nil
	case err != nil:
		return fmt.Errorf("read grant: %w", err)
	}
	refused := admits(client, user, g.ACR)
	if refused == nil {
		return nil
	}
	if err := p.store.RevokeGrant(ctx, id, storage.Event{Actor: "system", Result: "no_access"}); err != nil {
		return errors.Join(fmt.Errorf("end grant: %w", err), refused)
	}
	return refused
}
