package op

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// spentAccess is the kind under which the id of a revoked access token without a grant stands, until it expires.
const spentAccess = "access-token"

// revoke ends what a token stands for (RFC 7009 §2). A refresh or an access token ends its whole grant, and with it all
// tokens of it (RFC 7009 §2.1); an expired access token does too, since whoever signs out may hold an old one. A
// client's access on its own behalf ends alone. What is no token of ours is no error (RFC 7009 §2.2), and a token of
// another client is refused and lives on (RFC 7009 §2.1, RFC 6749 §5.2 invalid_grant). An error of the database is never
// a 200: the client would believe that the token is dead.
//
// It is not the library's endpoint, which would read the form once more and authenticate in its own ways.
func (p *Provider) revoke(ctx context.Context, client storage.Client, form url.Values) (any, error) {
	token := form.Get("token")
	if token == "" {
		return nil, &Error{Code: invalidRequest, Description: "token is missing"}
	}
	if id, _, err := p.openRefresh(token); err == nil {
		return nil, p.revokeRefresh(ctx, client, id)
	}
	a, err := p.readAccess(token)
	switch {
	case err != nil:
		return nil, nil
	case a.Client != client.ID:
		return nil, errForeignToken
	case a.Grant == "":
		return nil, p.revokeOwn(ctx, a)
	}
	return nil, p.endGrant(ctx, client, a.Grant)
}

var errForeignToken = &Error{Code: invalidGrant, Description: "the token was issued to another client"}

// revokeRefresh ends the grant of a refresh token, of whichever generation. Whose it is only the grant tells. A grant
// that does not live now, but may live again (its person is disabled), is ended without asking whose it is: the token
// endpoint does the same to a token in foreign hands.
func (p *Provider) revokeRefresh(ctx context.Context, client storage.Client, id string) error {
	g, _, err := p.store.LiveGrant(ctx, id)
	switch {
	case err != nil && !errors.Is(err, storage.ErrNotFound):
		return fmt.Errorf("read grant: %w", err)
	case err == nil && g.ClientID != client.ID:
		return errForeignToken
	}
	return p.endGrant(ctx, client, id)
}

func (p *Provider) endGrant(ctx context.Context, client storage.Client, id string) error {
	err := p.store.RevokeGrant(ctx, id, storage.Event{
		Actor: "client:" + client.ID, Address: web.Address(ctx).String(), Reference: web.Reference(ctx), Result: "revoked",
	})
	if err != nil {
		return fmt.Errorf("revoke grant: %w", err)
	}
	return nil
}

// revokeOwn remembers a token without a grant as revoked for as long as it would live.
func (p *Provider) revokeOwn(ctx context.Context, a access) error {
	end := time.Unix(a.Expires, 0)
	if !p.now().Before(end) {
		return nil
	}
	err := p.store.Once(ctx, spentAccess, a.ID, end)
	if err != nil && !errors.Is(err, storage.ErrConflict) { // revoked before: as good
		return fmt.Errorf("revoke access token: %w", err)
	}
	return nil
}
