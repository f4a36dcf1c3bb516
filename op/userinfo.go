package op

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// userinfo tells the claims about a person that an access token's scopes give (OIDC Core §5.3), by GET and POST. One
// read says whether the grant lives and whose it is. It answers its own errors, as RFC 6750 §3 wants them.
func (p *Provider) userinfo(w http.ResponseWriter, r *http.Request) error {
	if r.Method == http.MethodOptions {
		p.preflight(w, r, "GET, POST")
		return nil
	}
	noStore(w)
	token, err := readBearer(w, r)
	if err != nil {
		p.challenge(w, r, err)
		return nil
	}
	a, err := p.openAccess(token)
	p.letRead(w, r, a.Client)
	if err != nil {
		p.challenge(w, r, err)
		return nil
	}
	body, err := p.claimsFor(r.Context(), a)
	if err != nil {
		p.challenge(w, r, err)
		return nil
	}
	return web.WriteJSON(w, http.StatusOK, body)
}

// claimsFor reads whom an access token speaks of, and gives the claims that it may know.
func (p *Provider) claimsFor(ctx context.Context, a access) (map[string]any, error) {
	scopes := strings.Fields(a.Scope)
	if !slices.Contains(scopes, scopeOpenID) {
		return nil, &Error{Code: insufficientScope, Description: "userinfo needs the scope openid"}
	}
	ended := &Error{Code: invalidToken, Description: "what the access token stands for has ended"}
	g, u, err := p.store.LiveGrant(ctx, a.Grant)
	switch {
	case errors.Is(err, storage.ErrNotFound), err == nil && (g.ClientID != a.Client || u.ID == ""):
		return nil, ended
	case err != nil:
		return nil, fmt.Errorf("read grant: %w", err)
	}
	var asked map[string]json.RawMessage
	if len(g.Claims) > 0 {
		client, err := p.store.Client(ctx, g.ClientID)
		if err != nil {
			return nil, fmt.Errorf("read client: %w", err)
		}
		asked = askedClaims(client, g, "userinfo")
	}
	out := claimsOf(u, scopes, asked)
	out["sub"] = u.ID
	return out, nil
}
