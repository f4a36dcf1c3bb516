package op

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	zop "github.com/zitadel/oidc/v3/pkg/op"
)

// tokenStore is what the endpoints that clients and resource servers call need of storage.
type tokenStore interface {
	clientStore
	grantStore
	endingStore
	eventStore
}

// eventStore keeps what is told of clients that were refused.
type eventStore interface {
	Record(ctx context.Context, e storage.Event) error
}

// clientStore knows who asks.
type clientStore interface {
	Client(ctx context.Context, id string) (storage.Client, error)
	Clients(ctx context.Context) ([]storage.Client, error)
	ClientChanges(ctx context.Context) (int64, error)
	Spend(ctx context.Context, key string, r storage.Rate) (time.Duration, error)
}

// grantStore knows what was granted.
type grantStore interface {
	RedeemCode(ctx context.Context, g storage.Grant) (storage.User, error)
	BurnCode(ctx context.Context, g storage.Grant) error
	RotateGrant(ctx context.Context, r storage.Rotation) (storage.Grant, storage.User, error)
	LiveGrant(ctx context.Context, id string) (storage.Grant, storage.User, error)
}

// endingStore knows what was granted and ended before its time.
type endingStore interface {
	RevokeGrant(ctx context.Context, id string, e storage.Event) error
	Once(ctx context.Context, kind, id string, until time.Time) error
	Spent(ctx context.Context, kind, id string) (bool, error)
}

// Grant types that the token endpoint knows (RFC 6749 §4.1.3, §4.4.2, §6).
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantClient  = "client_credentials"
)

// grantTypes are the grants that work, in the order in which discovery lists them.
var grantTypes = []string{grantCode, grantRefresh, grantClient}

// granted says who and what is granted; mint makes tokens of it.
type granted struct {
	grant    storage.Grant
	scopes   []string // of this answer; a refresh may narrow them (RFC 6749 §6)
	resource []string // of this answer's access token (RFC 8707 §2.2)
	nonce    string
	idToken  bool
	refresh  bool
}

// tokenServer is the library's server on our store: the library routes by grant type, we authenticate the client,
// judge the grant and mint. Its errors are made by libraryError alone, since the library shows any other verbatim.
type tokenServer struct {
	zop.UnimplementedServer
	p *Provider
}

// token is the token endpoint, for POST and OPTIONS (RFC 6749 §3.2).
func (p *Provider) token() web.Handler {
	endpoints := zop.Endpoints{Token: zop.NewEndpoint("/token")}
	library := zop.RegisterServer(&tokenServer{p: p}, endpoints, zop.WithServerCORSOptions(nil))
	return p.edge(library, judgeGrantType)
}

// judgeGrantType refuses what the library would route elsewhere or answer with the request's own text, and gives the
// form that it is shown: the library refuses a missing redirect_uri before the client is authenticated and the code
// burnt, so it sees one that matches nothing. The grants read the form as it was sent.
func judgeGrantType(form url.Values) (url.Values, error) {
	grantType := form.Get("grant_type")
	switch {
	case grantType == "":
		return nil, &Error{Code: invalidRequest, Description: "grant_type is missing"}
	case !slices.Contains(grantTypes, grantType):
		return nil, &Error{Code: unsupportedGrantType, Description: "this grant_type is not supported"}
	case grantType == grantCode && form.Get("redirect_uri") == "":
		shown := url.Values{"redirect_uri": {"missing"}}
		for name, values := range form {
			if name != "redirect_uri" {
				shown[name] = values
			}
		}
		return shown, nil
	}
	return form, nil
}

// VerifyClient authenticates the client before any grant sees the form.
func (s *tokenServer) VerifyClient(ctx context.Context, r *zop.Request[zop.ClientCredentials]) (zop.Client, error) {
	in := ctx.Value(exchangeKey{}).(*exchange)
	client, err := s.p.authenticate(ctx, in.proof)
	if err == nil && !slices.Contains(client.GrantTypes, r.Form.Get("grant_type")) {
		err = &Error{Code: unauthorizedClient, Description: "this client may not use this grant_type"}
	}
	if err != nil {
		return nil, s.libraryError(ctx, err)
	}
	return relyingParty{client: client}, nil
}

// CodeExchange redeems an authorization code.
func (s *tokenServer) CodeExchange(ctx context.Context, r *zop.ClientRequest[oidc.AccessTokenRequest]) (*zop.Response, error) {
	return s.respond(ctx, r.Client, r.PostForm, s.p.redeemCode)
}

// RefreshToken spends a refresh token.
func (s *tokenServer) RefreshToken(ctx context.Context, r *zop.ClientRequest[oidc.RefreshTokenRequest]) (*zop.Response, error) {
	return s.respond(ctx, r.Client, r.PostForm, s.p.refreshGrant)
}

// ClientCredentialsExchange gives a client access on its own behalf.
func (s *tokenServer) ClientCredentialsExchange(ctx context.Context, r *zop.ClientRequest[oidc.ClientCredentialsRequest]) (*zop.Response, error) {
	return s.respond(ctx, r.Client, r.PostForm, s.p.grantItself)
}

type grantFunc func(ctx context.Context, client storage.Client, form url.Values) (granted, error)

// respond runs a grant and mints what it grants.
func (s *tokenServer) respond(ctx context.Context, rp zop.Client, form url.Values, grant grantFunc) (*zop.Response, error) {
	client := rp.(relyingParty).client
	g, err := grant(ctx, client, form)
	if err != nil {
		return nil, s.libraryError(ctx, err)
	}
	tokens, err := s.p.mint(ctx, client, g)
	if err != nil {
		return nil, s.libraryError(ctx, err)
	}
	s.p.minted(form.Get("grant_type"))
	return zop.NewResponse(tokens), nil
}

// libraryError is an error as the library may write it: our code and description with the right status. The cause
// stays here.
func (s *tokenServer) libraryError(ctx context.Context, err error) error {
	status, e := s.p.face(ctx, ctx.Value(exchangeKey{}).(*exchange).answer, err)
	return zop.NewStatusError(libraryCode(e.Code).WithDescription("%s", e.Description), status)
}

// libraryCode gives the library's error of a code; its type of codes cannot be named outside.
func libraryCode(code string) *oidc.Error {
	switch code {
	case invalidRequest:
		return oidc.ErrInvalidRequest()
	case invalidClient:
		return oidc.ErrInvalidClient()
	case invalidGrant:
		return oidc.ErrInvalidGrant()
	case invalidScope:
		return oidc.ErrInvalidScope()
	case invalidTarget:
		return &oidc.Error{ErrorType: invalidTarget}
	case unauthorizedClient:
		return oidc.ErrUnauthorizedClient()
	default:
		return oidc.ErrServerError()
	}
}

// relyingParty is an authenticated client as the library wants it. Of the interface the token endpoint asks only the
// methods below; the others would serve endpoints that the library does not have here.
type relyingParty struct {
	zop.Client
	client storage.Client
}

func (rp relyingParty) GetID() string               { return rp.client.ID }
func (rp relyingParty) AuthMethod() oidc.AuthMethod { return oidc.AuthMethod(rp.client.AuthMethod) }
func (rp relyingParty) GrantTypes() []oidc.GrantType {
	types := make([]oidc.GrantType, len(rp.client.GrantTypes))
	for i, t := range rp.client.GrantTypes {
		types[i] = oidc.GrantType(t)
	}
	return types
}
