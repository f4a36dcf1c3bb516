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
// about a person: at /authorize, for a code and at each refresh, at userinfo, introspection and the console's API. A person who is taken
// out of a group loses what the group opened at once. So it is with the authenticator app that the client demands, or the house of
// people with a role or in a group (what that is the face knows): whoever signed in without it is refused from the moment of the demand.

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

// admits judges a person for whom a client presents something, with the level at which they signed in: by the client's record, and by
// what the house demands of the person now. An *Error where the client may not have them, or not at that level, any more. Any other
// error is that nobody can tell: then nothing is given out, and nothing ends.
func (p *Provider) admits(ctx context.Context, client storage.Client, user storage.User, acr string) error {
	return judgePerson(client, user, acr, func() (bool, error) { return p.signIn.MustHaveApp(ctx, user) })
}

// judgePerson is admits, where house says what the house demands of the person. It is asked only where that matters.
func judgePerson(client storage.Client, user storage.User, acr string, house func() (bool, error)) error {
	if !client.Admits(user) {
		return &Error{Code: invalidGrant, Description: "the person may not sign in to this client any more"}
	}
	if user.ByApp(acr) {
		return nil
	}
	must := client.RequireTOTP
	if !must {
		var err error
		if must, err = house(); err != nil {
			return fmt.Errorf("what the person must prove: %w", err)
		}
	}
	if must {
		return &Error{Code: invalidGrant, Description: "the person must sign in again with an authenticator app"}
	}
	return nil
}

// endRefused is what admits has said of the person of a grant that was redeemed or refreshed just now: where it has refused them, the
// grant ends.
func (p *Provider) endRefused(ctx context.Context, g storage.Grant, err error) error {
	var refused *Error
	if !errors.As(err, &refused) {
		return err
	}
	if ending := p.store.RevokeGrant(ctx, g.ID, storage.Event{Actor: "system", Result: "no_access"}); ending != nil {
		return errors.Join(fmt.Errorf("end grant: %w", ending), err)
	}
	return err
}

// holding is what an access token of a grant stands for now.
type holding struct {
	client storage.Client
	grant  storage.Grant
	person storage.User
}

// behind reads what an access token of a grant stands for, in one read of the database. storage.ErrNotFound where that is nothing any
// more: the grant does not live, or its client may not have the person.
func (p *Provider) behind(ctx context.Context, a access) (holding, error) {
	var h holding
	var err error
	if h.grant, h.person, err = p.store.LiveGrant(ctx, a.Grant); err != nil {
		return h, fmt.Errorf("read grant: %w", err)
	}
	if h.grant.ClientID != a.Client || h.person.ID == "" {
		return h, storage.ErrNotFound
	}
	if h.client, err = p.store.Client(ctx, a.Client); err != nil { // not found: it was deleted this very moment
		return h, fmt.Errorf("read client: %w", err)
	}
	return h, gone(p.admits(ctx, h.client, h.person, h.grant.ACR))
}

// gone is storage.ErrNotFound where admits has refused somebody: what stood for them does so no more.
func gone(err error) error {
	var refused *Error
	if errors.As(err, &refused) {
		return storage.ErrNotFound
	}
	return err
}
