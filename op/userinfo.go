package op

import (
	"context"
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
	client, body, err := p.claimsFor(r.Context(), a)
	if err != nil {
		p.challenge(w, r, err)
		return nil
	}
	if client.UserinfoAlg != "" {
		return p.writeSigned(w, client, body)
	}
	return web.WriteJSON(w, http.StatusOK, body)
}

// claimsFor reads whom an access token speaks of, and gives its client and the claims that this may know.
func (p *Provider) claimsFor(ctx context.Context, a access) (storage.Client, map[string]any, error) {
	scopes := strings.Fields(a.Scope)
	switch {
	case !slices.Contains(p.audienceOf(a), p.site.Issuer): // whoever got it for elsewhere learns nothing here (RFC 8707 §2)
		return storage.Client{}, nil, &Error{Code: invalidToken, Description: "the access token is for other resources than userinfo"}
	case !slices.Contains(scopes, scopeOpenID):
		return storage.Client{}, nil, &Error{Code: insufficientScope, Description: "userinfo needs the scope openid"}
	}
	h, err := p.behind(ctx, a)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return h.client, nil, &Error{Code: invalidToken, Description: "what the access token stands for has ended"}
	case err != nil:
		return h.client, nil, err
	}
	out := claimsOf(h.person, scopes, askedClaims(h.client, h.grant, "userinfo"))
	out["sub"] = p.subject(h.client, h.person.ID)
	return h.client, out, nil
}

// writeSigned answers a client that wants its userinfo as a JWT (OIDC Core §5.3.2). Its type keeps it from passing for an ID
// token, which has the same iss, aud and sub.
func (p *Provider) writeSigned(w http.ResponseWriter, client storage.Client, body map[string]any) error {
	body["iss"], body["aud"] = p.site.Issuer, client.ID
	token, err := p.keys.Ring.Sign(client.UserinfoAlg, typeUserinfo, body)
	if err != nil {
		return fmt.Errorf("sign userinfo: %w", err)
	}
	w.Header().Set("Content-Type", "application/jwt")
	_, err = w.Write([]byte(token))
	return err
}
