package op

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// reuseWindow is how long a refresh token still gets its successor after it was used: an answer may be lost, and
// servers refresh in parallel. Later, or with an older one, the grant is revoked (RFC 9700 §4.14.2).
const reuseWindow = time.Minute

// refreshGrant spends a refresh token (RFC 6749 §6). However many present the same one at a time, all get the same
// successor, which is computed again each time.
//
// A wider scope or another resource is refused before anything is spent, so that the client's token is as good as before; then,
// and only when such a parameter is there, it costs a read. What a grant holds of them never changes, so nothing can pass
// between this look and the rotation.
func (p *Provider) refreshGrant(ctx context.Context, client storage.Client, form url.Values) (granted, error) {
	if client.Refresh == "never" {
		return granted{}, &Error{Code: unauthorizedClient, Description: "this client may not refresh"}
	}
	id, generation, err := p.openRefresh(form.Get("refresh_token"))
	if err != nil {
		return granted{}, err
	}
	w := wish{strings.Fields(form.Get("scope")), resources(form["resource"])}
	if len(w.scopes)+len(w.resource) > 0 {
		if err := p.judgeWish(ctx, client, w, storage.Grant{ID: id, Generation: generation}); err != nil {
			return granted{}, err
		}
	}
	g, person, err := p.rotate(ctx, client, id, generation)
	if err != nil {
		return granted{}, err
	}
	// Not before the rotation, which sees reuse and foreign clients: it knows the person, so this costs no further read. Where nobody can
	// tell whether they may, the client tries again with the same token, which gets the same successor.
	if err := p.endRefused(ctx, g, p.admits(ctx, client, person, g.ACR)); err != nil {
		return granted{}, err
	}
	out, err := w.of(client, g)
	if err != nil {
		return granted{}, err
	}
	out.refresh, out.idToken = true, client.IDTokenOnRefresh && slices.Contains(out.scopes, scopeOpenID)
	return out, nil
}

// wish is the part of a grant that one answer is asked to hold; nothing named is all of it.
type wish struct{ scopes, resource []string }

// of is what a client gets of its grant. A scope that it may not have any more is left out, whatever was granted.
func (w wish) of(client storage.Client, g storage.Grant) (granted, error) {
	have := slices.DeleteFunc(slices.Clone(g.Scopes), func(name string) bool { return !mayHave(client, name) })
	scopes, err := narrow(have, w.scopes)
	if err != nil {
		return granted{}, err
	}
	resource, err := narrowResource(client, g.Resource, w.resource)
	if err != nil {
		return granted{}, err
	}
	return granted{grant: g, scopes: scopes, resource: resource}, nil
}

// judgeWish refuses what is wider than the grant, when the token is the present one and its own client presents it.
// Every other case is left to the rotation, which must see reuse and foreign clients.
func (p *Provider) judgeWish(ctx context.Context, client storage.Client, w wish, shown storage.Grant) error {
	g, _, err := p.store.LiveGrant(ctx, shown.ID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("read grant: %w", err)
	case g.ClientID != client.ID || g.Generation != shown.Generation:
		return nil
	}
	_, err = w.of(client, g)
	return err
}

// narrow is the part of the granted scopes that is wished for; no wish is all of them.
func narrow(have, wish []string) ([]string, error) {
	if len(wish) == 0 {
		return have, nil
	}
	for _, s := range wish {
		if !slices.Contains(have, s) {
			return nil, &Error{Code: invalidScope, Description: "the scope is wider than what was granted"}
		}
	}
	return slices.DeleteFunc(slices.Clone(have), func(s string) bool { return !slices.Contains(wish, s) }), nil
}

// rotate spends one generation of a grant's refresh token, and tells whose it is.
func (p *Provider) rotate(ctx context.Context, client storage.Client, id string, generation int64) (storage.Grant, storage.User, error) {
	g, person, err := p.store.RotateGrant(ctx, storage.Rotation{
		ID: id, ClientID: client.ID, Generation: generation,
		Keep: client.Profile == "fapi2", Window: reuseWindow, IdleUntil: p.now().Add(refreshIdle),
	})
	switch {
	case errors.Is(err, storage.ErrConflict):
		return g, person, &Error{Code: invalidGrant, Description: "the refresh token was used before or by another client; its grant is revoked"}
	case errors.Is(err, storage.ErrNotFound):
		return g, person, &Error{Code: invalidGrant, Description: "what the refresh token stands for has ended"}
	case err != nil:
		return g, person, fmt.Errorf("rotate grant: %w", err)
	}
	return g, person, nil
}

// refreshToken is the refresh token of a grant's present generation, the same text each time.
func (p *Provider) refreshToken(g storage.Grant) (string, error) {
	return p.keys.Box.Stamp(keys.ForRefresh, g.ID+"-"+strconv.FormatInt(g.Generation, 10))
}

// openRefresh reads grant id and generation of a refresh token, without the database.
func (p *Provider) openRefresh(token string) (string, int64, error) {
	refused := &Error{Code: invalidGrant, Description: "the refresh token is unknown or damaged"}
	payload, err := p.keys.Box.Unstamp(keys.ForRefresh, token)
	if err != nil {
		return "", 0, refused
	}
	id, number, _ := strings.Cut(payload, "-")
	generation, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return "", 0, refused
	}
	return id, generation, nil
}
