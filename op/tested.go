package op

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// Tested is what a client would have been told. There is no signature in it, so nothing in it can be used.
type Tested struct {
	Client   string
	Scopes   []string
	ACR      string
	AMR      []string
	AuthTime time.Time
	IDToken  Decoded         // zero where the client may not have openid
	Userinfo json.RawMessage // nil there too
	Access   Shape
	Refresh  bool // it gets refresh tokens, with offline_access or always
	Consent  bool // people are asked before the first answer; who tests is not
	Checks   []Check
}

// Decoded is a token as it can be read.
type Decoded struct {
	Header, Claims json.RawMessage // indented
	Bytes          int             // of the whole
}

// Shape is what an access token looks like.
type Shape struct {
	Format string // "opaque" or "jwt"
	Bytes  int
	Life   time.Duration
	Claims json.RawMessage // of a JWT
}

// EndTest redeems what a test has ended with, as the token endpoint redeems a code: with the same rules, the same minting, and one winner
// however many ask. Its grant lives for this call alone. t says who asks now; the error is an *Error where the test is not theirs, or was
// ended before, and then nobody can end it any more.
func (p *Provider) EndTest(ctx context.Context, sealed string, t Test) (Tested, error) {
	var end trialCode
	if err := p.keys.Box.Open(keys.ForTestCode, sealed, &end); err != nil {
		return Tested{}, &Error{Code: invalidGrant, Description: "the test is unknown or damaged"}
	}
	ctx, now := context.WithoutCancel(ctx), p.now() // who goes away leaves no grant behind
	client, err := p.judgeEnd(ctx, end, t)
	if err != nil {
		return Tested{}, errors.Join(p.burn(ctx, end.Code, now), err)
	}
	g := p.grantOf(end.Code, client, now)
	g.grant.Offline = false
	g.grant.Expires = endWithoutRefresh(end.Code, now)
	g.grant.IdleUntil = g.grant.Expires
	person, err := p.redeem(ctx, g.grant)
	if err != nil {
		return Tested{}, err
	}
	var out Tested
	if err = p.admits(ctx, client, person, g.grant.ACR); err == nil {
		out, err = p.readTokens(ctx, client, g, end.Test)
	}
	ended := p.store.RevokeGrant(ctx, g.grant.ID, storage.Event{Kind: storage.ClientTested, Actor: t.User, Address: t.Address, Reference: t.Reference,
		Data: map[string]string{"grant": g.grant.ID}}) // so that the log tells it from what the client was given
	if err := errors.Join(err, ended); err != nil {
		return Tested{}, fmt.Errorf("test of a client: %w", err)
	}
	return out, nil
}

// judgeEnd compares the end of a test with who asks for it.
func (p *Provider) judgeEnd(ctx context.Context, end trialCode, t Test) (storage.Client, error) {
	c := end.Code
	switch {
	case c.Client != t.Client || c.User != t.User || c.Session != t.Session || t.Session == "":
		return storage.Client{}, &Error{Code: invalidGrant, Description: "the test belongs to another sign-in or client"}
	case p.now().Unix() >= min(c.Expires, end.Test.Expires):
		return storage.Client{}, &Error{Code: invalidGrant, Description: "the test has expired"}
	}
	client, err := p.store.Client(ctx, c.Client)
	if errors.Is(err, storage.ErrNotFound) {
		return client, &Error{Code: invalidGrant, Description: "the client is not there any more"}
	}
	if err != nil {
		return client, fmt.Errorf("client of the test: %w", err)
	}
	return client, judgeVerifier(c.PKCE, end.Test.Verifier)
}

// readTokens mints what the client would get, and reads it as the client would.
func (p *Provider) readTokens(ctx context.Context, client storage.Client, g granted, t trial) (Tested, error) {
	tokens, err := p.mint(ctx, client, g)
	if err != nil {
		return Tested{}, err
	}
	out := Tested{
		Client: client.ID, Scopes: g.scopes, ACR: g.grant.ACR, AMR: g.grant.AMR, AuthTime: g.grant.AuthTime,
		Refresh: mayRefresh(client, append([]string{scopeOffline}, g.scopes...)), Consent: client.Consent,
		Access: Shape{Format: client.TokenFormat, Bytes: len(tokens.AccessToken), Life: time.Duration(tokens.ExpiresIn) * time.Second},
	}
	if client.TokenFormat == "jwt" {
		out.Access.Claims = decoded(tokens.AccessToken).Claims
	}
	if tokens.IDToken == "" {
		return out, nil
	}
	a, err := p.openAccess(tokens.AccessToken)
	if err != nil {
		return Tested{}, err
	}
	_, told, err := p.claimsFor(ctx, a)
	if err != nil {
		return Tested{}, err
	}
	if out.Userinfo, err = json.MarshalIndent(told, "", "  "); err != nil {
		return Tested{}, err
	}
	out.IDToken = decoded(tokens.IDToken)
	out.Checks = p.checksOf(client, tokens, t, told)
	return out, nil
}

// decoded reads a JWS of ours without its signature.
func decoded(token string) Decoded {
	parts := strings.Split(token, ".")
	d := Decoded{Bytes: len(token)}
	for i, to := range []*json.RawMessage{&d.Header, &d.Claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		var b bytes.Buffer
		if err == nil && json.Indent(&b, text, "", "  ") == nil {
			*to = b.Bytes()
		}
	}
	return d
}

// challengeOf is the S256 challenge of a verifier (RFC 7636 §4.2).
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
