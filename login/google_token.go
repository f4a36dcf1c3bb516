package login

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"
)

// How far the provider's clock may be from ours, and how old what it says may be.
const (
	tokenAhead = 5 * time.Minute
	tokenOld   = 10 * time.Minute
	maxSubject = 255 // OIDC Core §2
)

// idToken is what the provider says of a person (OIDC Core §2). Its amr is not read: what a sign-in amounts to is ours to say.
type idToken struct {
	oidc.TokenClaims
	AccessTokenHash string          `json:"at_hash"`
	Email           string          `json:"email"`
	EmailVerified   json.RawMessage `json:"email_verified"`
	HostedDomain    string          `json:"hd"` // the organisation whose mailboxes Google runs
}

// GetSubject is what the library asks first: a token that holds null has none.
func (t *idToken) GetSubject() string {
	if t == nil {
		return ""
	}
	return t.Subject
}

// GetIssuedAt is never later than now. The library forgives clocks that differ by one amount only, which it also takes off
// the life of the token; how far iat may be ahead is judged in check.
func (t *idToken) GetIssuedAt() time.Time { return earlier(t.IssuedAt.AsTime(), time.Now()) }

func (t *idToken) GetAccessTokenHash() string { return t.AccessTokenHash }

// verified says whether email_verified is the boolean true: the text "true" is no word of a provider that means it.
func (t *idToken) verified() bool { return string(t.EmailVerified) == "true" }

var (
	errTokenTime    = errors.New("the times of the ID token do not fit")
	errTokenFor     = errors.New("the ID token is not for us alone")
	errTokenSubject = errors.New("the ID token names nobody")
)

// check judges what the library leaves open, by the clock of the house.
func (t *idToken) check(clientID string, now time.Time) error {
	issued, from := t.IssuedAt.AsTime(), t.NotBefore.AsTime()
	switch {
	case len(t.Audience) != 1 || t.Audience[0] != clientID:
		return errTokenFor
	case len(t.Subject) > maxSubject || strings.ContainsFunc(t.Subject, func(c rune) bool { return c < ' ' || c > '~' }):
		return errTokenSubject
	case !now.Before(t.GetExpiration()), now.Sub(issued) > tokenOld, issued.Sub(now) > tokenAhead, from.Sub(now) > tokenAhead:
		return errTokenTime
	}
	return nil
}

// address is the email address in our canonical form, "" where it is none that we take (FD-07).
func (t *idToken) address() string {
	email, err := storage.NormalEmail(t.Email)
	if err != nil {
		return ""
	}
	return email
}

// identity is the account at the provider.
func (t *idToken) identity(userID string) storage.Identity {
	return storage.Identity{Issuer: t.Issuer, Subject: t.Subject, UserID: userID, Email: t.address()}
}

type nonceKey struct{}

// nonceOf is the nonce that an ID token must bear.
func nonceOf(ctx context.Context) string {
	nonce, _ := ctx.Value(nonceKey{}).(string)
	return nonce
}

// redeem turns the code into what the provider says, all of it checked. Userinfo is not asked: it says nothing more.
func (p *party) redeem(ctx context.Context, code string, c *carried, verifier string) (*idToken, error) {
	ctx = context.WithValue(ctx, nonceKey{}, c.Nonce)
	tokens, err := rp.CodeExchange[*idToken](ctx, code, p, rp.WithCodeVerifier(verifier))
	if err != nil {
		return nil, err
	}
	return tokens.IDTokenClaims, nil
}

// away says whether an error means that the provider cannot answer now, rather than that it answers no.
func away(err error) bool {
	var refused *oauth2.RetrieveError
	var network *url.Error
	switch {
	case errors.Is(err, errProvider), errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, &network):
		return true
	case errors.As(err, &refused) && refused.Response != nil:
		return refused.Response.StatusCode >= 500 || refused.Response.StatusCode == http.StatusTooManyRequests
	}
	return false
}

// reasons are the words for the log. The errors' own texts may hold a whole answer, with tokens in it.
var reasons = []struct {
	err  error
	word string
}{
	{oidc.ErrNonceInvalid, "nonce"},
	{oidc.ErrIssuerInvalid, "iss"},
	{oidc.ErrAudience, "aud"},
	{errTokenFor, "aud"},
	{oidc.ErrAzpMissing, "azp"},
	{oidc.ErrAzpInvalid, "azp"},
	{oidc.ErrSubjectMissing, "sub"},
	{errTokenSubject, "sub"},
	{oidc.ErrSignatureUnsupportedAlg, "alg"},
	{oidc.ErrSignatureInvalid, "signature"},
	{oidc.ErrSignatureInvalidPayload, "signature"},
	{oidc.ErrExpired, "exp"},
	{oidc.ErrIatMissing, "iat"},
	{errTokenTime, "time"},
	{oidc.ErrAtHash, "at_hash"},
	{rp.ErrMissingIDToken, "no ID token"},
}

// reason is why an answer was not believed, in a word of ours.
func reason(err error) string {
	for _, r := range reasons {
		if errors.Is(err, r.err) {
			return r.word
		}
	}
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) {
		switch refused.ErrorCode {
		case "invalid_grant", "invalid_client", "invalid_request", "unauthorized_client", "unsupported_grant_type", "invalid_scope":
			return refused.ErrorCode
		}
	}
	return "unreadable"
}
