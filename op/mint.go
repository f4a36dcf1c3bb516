package op

import (
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// Lifetimes of what a token answer carries.
const (
	accessLife  = 10 * time.Minute
	idTokenLife = 10 * time.Minute
)

// accessAlg signs JWT access tokens, whatever the client's ID tokens are signed with: RS256 costs twenty times as much.
const accessAlg = "ES256"

// tokens is the answer of the token endpoint (RFC 6749 §5.1, OIDC Core §3.1.3.3).
type tokens struct {
	AccessToken  string `json:"access_token"`
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	RefreshToken string `json:"refresh_token,omitempty"`
	Scope        string `json:"scope,omitempty"`
	IDToken      string `json:"id_token,omitempty"`
}

// mint makes the tokens of what was granted.
func (p *Provider) mint(ctx context.Context, client storage.Client, g granted) (tokens, error) {
	now := p.now()
	end := now.Add(accessLife)
	if g.grant.Expires.Before(end) {
		end = g.grant.Expires
	}
	out := tokens{TokenType: "Bearer", ExpiresIn: end.Unix() - now.Unix(), Scope: strings.Join(g.scopes, " ")}
	a := access{Grant: g.grant.ID, Client: client.ID, Scope: out.Scope, Resource: g.resource, Issued: now.Unix(), Expires: end.Unix()}
	if a.Grant == "" {
		a.ID = storage.NewID() + "-" + birth(client)
	}

	var err error
	if out.AccessToken, err = p.accessToken(client, g.grant, a); err != nil {
		return tokens{}, fmt.Errorf("access token: %w", err)
	}
	if g.refresh {
		if out.RefreshToken, err = p.refreshToken(g.grant); err != nil {
			return tokens{}, fmt.Errorf("refresh token: %w", err)
		}
	}
	if g.idToken {
		if out.IDToken, err = p.idToken(ctx, client, g, out.AccessToken); err != nil {
			return tokens{}, fmt.Errorf("ID token: %w", err)
		}
	}
	return out, nil
}

// access is what an access token says; an opaque one is this, sealed. Times are Unix seconds.
type access struct {
	Grant    string   `json:"g,omitempty"` // "": the client's own access, which has no row
	ID       string   `json:"i,omitempty"` // of a token without a grant, with the birth of its client: under it stands what is revoked
	Client   string   `json:"c"`
	Scope    string   `json:"s"`
	Resource []string `json:"r,omitempty"` // what it is good at; none: here
	Issued   int64    `json:"t"`
	Expires  int64    `json:"e"`

	jwtID string // jti of a signed one
}

// birth tells a client from a former one of the same id.
func birth(client storage.Client) string { return strconv.FormatInt(client.Created.UnixMicro(), 36) }

// bornOf says whether a token without a grant was issued to this very client. One of a former client of its id ended with that one: no row
// tells of it that a removal could end. The second of its issue would not do, in which both may have been made.
func (a access) bornOf(client storage.Client) bool {
	_, born, _ := strings.Cut(a.ID, "-")
	return born == birth(client)
}

// accessClaims are the claims of a JWT access token (RFC 9068 §2.2).
type accessClaims struct {
	Issuer   string    `json:"iss"`
	Subject  string    `json:"sub"`
	Audience audiences `json:"aud"`
	ClientID string    `json:"client_id"`
	Scope    string    `json:"scope,omitempty"`
	ID       string    `json:"jti"` // the grant's id, a dot, and more; or a stamp, which ends with the epoch as a row would
	IssuedAt int64     `json:"iat"`
	Expires  int64     `json:"exp"`
	AuthTime int64     `json:"auth_time,omitempty"`
	ACR      string    `json:"acr,omitempty"`
}

// accessToken makes an access token in the client's format.
func (p *Provider) accessToken(client storage.Client, g storage.Grant, a access) (string, error) {
	if client.TokenFormat != "jwt" {
		return p.keys.Box.Seal(keys.ForAccess, a)
	}
	claims := accessClaims{
		Issuer: p.site.Issuer, Subject: p.subject(client, g.UserID), Audience: p.audienceOf(a), ClientID: a.Client, Scope: a.Scope,
		ID: a.Grant + "." + storage.NewID(), IssuedAt: a.Issued, Expires: a.Expires, ACR: g.ACR,
	}
	if a.Grant == "" {
		stamped, err := p.keys.Box.Stamp(keys.ForAccess, a.ID)
		if err != nil {
			return "", err
		}
		claims.Subject, claims.ID = a.Client, stamped // RFC 9068 §2.2
	} else {
		claims.AuthTime = g.AuthTime.Unix()
	}
	return p.keys.Ring.Sign(accessAlg, typeAccess, claims)
}

// audienceOf is the audience of an access token: the resources that were asked for (RFC 8707 §2), or ourselves; never the
// client, whose ID tokens have that one (RFC 9068 §5).
func (p *Provider) audienceOf(a access) audiences {
	if len(a.Resource) > 0 {
		return a.Resource
	}
	return audiences{p.site.Issuer}
}

// audiences are one string when it is one (RFC 7519 §4.1.3), since some relying parties read no array.
type audiences []string

func (a audiences) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

// idClaims are the claims of an ID token (OIDC Core §2).
type idClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Expires  int64    `json:"exp"`
	IssuedAt int64    `json:"iat"`
	AuthTime int64    `json:"auth_time"`
	Nonce    string   `json:"nonce,omitempty"`
	ACR      string   `json:"acr,omitempty"`
	AMR      []string `json:"amr,omitempty"`
	Session  string   `json:"sid,omitempty"`
	AtHash   string   `json:"at_hash"`
}

// idToken signs who signed in, when and how, for one client. The claims of scopes stand in it only for clients that are
// marked so, or one by one when they were asked for; only then the person is read.
func (p *Provider) idToken(ctx context.Context, client storage.Client, g granted, accessToken string) (string, error) {
	now := p.now()
	id := idClaims{
		Issuer: p.site.Issuer, Subject: p.subject(client, g.grant.UserID), Audience: client.ID,
		Expires: now.Add(idTokenLife).Unix(), IssuedAt: now.Unix(), AuthTime: g.grant.AuthTime.Unix(),
		Nonce: g.nonce, ACR: g.grant.ACR, AMR: g.grant.AMR, Session: p.sessionOf(client, g.grant.SessionID),
		AtHash: atHash(client.IDTokenAlg, accessToken),
	}
	var scopes []string
	if client.IDTokenClaims {
		scopes = g.scopes
	}
	asked := askedClaims(client, g.grant, "id_token")
	if len(scopes)+len(asked) == 0 {
		return p.keys.Ring.Sign(client.IDTokenAlg, typeID, id)
	}
	_, person, err := p.store.LiveGrant(ctx, g.grant.ID)
	if errors.Is(err, storage.ErrNotFound) { // revoked meanwhile, by a second use of its code perhaps
		return "", &Error{Code: invalidGrant, Description: "what was granted has ended"}
	}
	if err != nil {
		return "", fmt.Errorf("read person: %w", err)
	}
	return p.keys.Ring.Sign(client.IDTokenAlg, typeID, withPerson{id, claimsOf(person, scopes, asked)})
}

// Types of our JWS, which keep them apart (RFC 8725 §3.11).
const (
	typeAccess   = "at+jwt"
	typeID       = "JWT"
	typeUserinfo = "userinfo+jwt"
	typeLogout   = "logout+jwt" // OIDC Back-Channel Logout §2.4
)

// withPerson is an ID token's claims followed by a person's. Their names have nothing in common (claims_test.go).
type withPerson struct {
	idClaims
	person map[string]any
}

func (c withPerson) MarshalJSON() ([]byte, error) {
	head, err := json.Marshal(c.idClaims)
	if err != nil || len(c.person) == 0 {
		return head, err
	}
	tail, err := json.Marshal(c.person)
	if err != nil {
		return nil, err
	}
	head[len(head)-1] = ','
	return append(head, tail[1:]...), nil
}

// atHash binds an ID token to the access token beside it: the left half of the hash of the signature's own kind
// (OIDC Core §3.1.3.6); Ed25519 hashes with SHA-512.
func atHash(alg, accessToken string) string {
	if alg == "EdDSA" {
		sum := sha512.Sum512([]byte(accessToken))
		return base64.RawURLEncoding.EncodeToString(sum[:32])
	}
	sum := sha256.Sum256([]byte(accessToken))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
