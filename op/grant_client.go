package op

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// grantItself gives a client access on its own behalf (RFC 6749 §4.4). Nothing is written: the token says all, and is
// revoked by its id (revoke.go). There is no refresh token (RFC 6749 §4.4.3) and no ID token, since nobody has signed in.
func (p *Provider) grantItself(_ context.Context, client storage.Client, form url.Values) (granted, error) {
	scopes, err := narrow(ownScopes(client), strings.Fields(form.Get("scope")))
	if err != nil {
		return granted{}, err
	}
	asked := resources(form["resource"])
	if e := judgeResource(client, asked); e != nil {
		return granted{}, e
	}
	return granted{
		grant:  storage.Grant{ClientID: client.ID, Expires: p.now().Add(accessLife)},
		scopes: scopes, resource: asked,
	}, nil
}

// ownScopes are the scopes that a client may have for itself: those that it is registered with by name. The scopes of
// this room are not among them, since each of them tells of a person.
func ownScopes(client storage.Client) []string {
	return slices.DeleteFunc(slices.Clone(client.Scopes), func(name string) bool {
		return slices.Contains(scopes, name) || strings.HasPrefix(name, storage.ScopesOfConsole) && !mayConsole(client, name)
	})
}
