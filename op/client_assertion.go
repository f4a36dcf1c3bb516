package op

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// assertionType is the one kind of client assertion that we take (RFC 7523 §2.2).
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// Bounds of a client assertion (house: client assertions).
const (
	assertionAhead = 10 * time.Second // how far its clock may be before ours, and ours before its
	assertionAge   = 5 * time.Minute  // how old it may be, and how long it may still be good
	maxJTI         = 128              // characters
)

// spentAssertion is the kind under which the jti of an assertion stands until nobody takes the assertion any more.
const spentAssertion = "jti:client-assertion"

// assertionTypes are the values of typ for it, in small letters (RFC 8725 §3.11, draft-ietf-oauth-rfc7523bis); most clients write JWT
// or nothing. All our own tokens that say something else, and request objects that do, are no assertions.
var assertionTypes = []string{"", "jwt", "client-authentication+jwt"}

// readAssertion finds whom an assertion is of. Nothing of it is verified yet: the id says only whose keys must fit.
func readAssertion(form url.Values) (proof, *Error) {
	assertion := form.Get("client_assertion")
	if form.Get("client_assertion_type") != assertionType || assertion == "" {
		return proof{}, &Error{Code: invalidRequest, Description: "client_assertion wants the client_assertion_type " + assertionType + " (RFC 7523 2.2)"}
	}
	return proof{method: "private_key_jwt", id: assertedClient(assertion), secret: assertion, outer: form.Get("client_id")}, nil
}

// assertedClient is the sub of a JWT, unverified; "" where it could be no client_id.
func assertedClient(assertion string) string {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 || len(assertion) > keys.MaxForeign {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	claims, err := members(payload)
	subject := ""
	if err != nil || json.Unmarshal(claims["sub"], &subject) != nil || !visible(subject) {
		return ""
	}
	return subject
}

// asserted is what an assertion says (RFC 7523 §3).
type asserted struct {
	issuer, subject, jti string
	audience             []string
	oneAudience          bool // it was one string, not a list
	expires, issued, nbf time.Time
}

// readAsserted fails where a claim is not of its type.
func readAsserted(payload []byte) (asserted, error) {
	claims, err := members(payload)
	if err != nil {
		return asserted{}, err
	}
	a := asserted{audience: audience(claims["aud"])}
	a.oneAudience = len(a.audience) == 1 && claims["aud"][0] == '"'
	for name, to := range map[string]*string{"iss": &a.issuer, "sub": &a.subject, "jti": &a.jti} {
		if raw, has := claims[name]; has && json.Unmarshal(raw, to) != nil {
			return asserted{}, errJSON
		}
	}
	for name, to := range map[string]*time.Time{"exp": &a.expires, "iat": &a.issued, "nbf": &a.nbf} {
		raw, has := claims[name]
		at, ok := instant(raw)
		if has && !ok {
			return asserted{}, errJSON
		}
		*to = at
	}
	return a, nil
}

// signsItself takes an assertion that the client has signed (private_key_jwt; OIDC Core §9, RFC 7523 §3). The signature comes first, and
// the jti is spent last, so that whoever forges an assertion spends nothing of the client's: of two that present the same one, on
// whatever nodes, one is taken. An assertion is good at every endpoint where clients prove themselves, and never a grant.
func signsItself(ctx context.Context, p *Provider, c storage.Client, pr proof) error {
	if c.AuthMethod != pr.method || c.Disabled {
		return unproved("no assertion is taken of it") // and nothing is fetched for it
	}
	signed, err := p.clientKeys(c).Verify(ctx, pr.secret, p.algsOf(c, c.AuthAlg))
	switch {
	case errors.Is(err, keys.ErrRefused):
		return unproved("the assertion is not signed by a key of the client, for its algorithm")
	case err != nil:
		return unproved("the client's keys cannot be had: " + err.Error())
	}
	said, err := readAsserted(signed.Payload)
	if err != nil {
		return unproved("the assertion's claims are not of their types")
	}
	if why := p.misses(c, said, signed.Type, pr.outer); why != "" {
		return unproved(why)
	}
	err = p.store.Once(ctx, spentAssertion, jtiOf(c, said), said.expires.Add(2*assertionAhead))
	switch {
	case errors.Is(err, storage.ErrConflict):
		return unproved("the assertion was used before")
	case err != nil:
		return fmt.Errorf("spend assertion: %w", err)
	}
	return nil
}

// algsOf are those by which the client may sign an assertion or a request object: the one that it has registered for that, if any. RS256
// is not good enough for a client of the FAPI 2.0 profile (FAPI 2.0 §5.4.1).
func (p *Provider) algsOf(c storage.Client, registered string) []string {
	algs := p.keys.Ring.Algorithms()
	return slices.DeleteFunc(algs, func(alg string) bool {
		return registered != "" && alg != registered || c.Profile == "fapi2" && alg == "RS256"
	})
}

// misses says for the log what an assertion of the client lacks; "" nothing. When it was made iat says, or nbf where a client writes no
// iat (RFC 7523 §3 demands neither): else one that was made in store, years ago, would be good.
func (p *Provider) misses(c storage.Client, said asserted, typ, outer string) string {
	now := p.now()
	made := said.issued
	if made.IsZero() {
		made = said.nbf
	}
	for _, rule := range []struct {
		kept bool
		why  string
	}{
		{slices.Contains(assertionTypes, strings.TrimPrefix(strings.ToLower(typ), "application/")), "its typ is of something else"},
		{said.issuer == c.ID && said.subject == c.ID, "iss and sub are not both the client_id"},
		{outer == "" || outer == c.ID, "client_id names another client"},
		{p.isForUs(c, said), "aud names neither the issuer nor the token endpoint, or more than a FAPI 2.0 client may"},
		{said.jti != "" && len(said.jti) <= maxJTI, "jti is missing or longer than 128 characters"},
		{now.Before(said.expires.Add(assertionAhead)), "exp is missing or over"},
		{!said.expires.After(now.Add(assertionAge + assertionAhead)), "exp is more than 5 minutes ahead"},
		{!made.Before(now.Add(-assertionAge - assertionAhead)), "iat and nbf are missing, or iat is more than 5 minutes ago"},
		{!made.After(now.Add(assertionAhead)) && !said.nbf.After(now.Add(assertionAhead)), "iat or nbf is still to come"},
	} {
		if !rule.kept {
			return "the assertion: " + rule.why
		}
	}
	return ""
}

// isForUs judges aud: the issuer or the token endpoint, alone or in a list, whichever endpoint is asked (RFC 7523 §3, OIDC Core §9). For a
// client of the FAPI 2.0 profile it is the issuer and nothing else, as one string (FAPI 2.0 §5.3.2.1): so another server to which the
// client shows an assertion cannot use it here.
func (p *Provider) isForUs(c storage.Client, said asserted) bool {
	if c.Profile == "fapi2" {
		return said.oneAudience && said.audience[0] == p.site.Issuer
	}
	return slices.Contains(said.audience, p.site.Issuer) || slices.Contains(said.audience, p.site.Issuer+"/token")
}

// jtiOf is the assertion's id among those of its client, in a length and an alphabet of ours whatever the client invents.
func jtiOf(c storage.Client, said asserted) string {
	sum := sha256.Sum256([]byte(c.ID + " " + said.jti)) // a client_id has no space
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
