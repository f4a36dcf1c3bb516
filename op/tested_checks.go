package op

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/doorward/doorward/storage"
)

// Check is one thing that a client looks at in what it is told (OIDC Core §3.1.3.7, §5.3.4).
type Check struct {
	Name      string // signature, algorithm, issuer, audience, nonce, expiry, at_hash, subject, email, groups
	OK        bool
	Want, Got string
}

// checksOf does what a careful client does with its tokens; told is its userinfo.
func (p *Provider) checksOf(client storage.Client, t tokens, test trial, told map[string]any) []Check {
	var head struct {
		Alg string `json:"alg"`
		Kid string `json:"kid"`
	}
	var id struct {
		Issuer   string          `json:"iss"`
		Subject  string          `json:"sub"`
		Audience json.RawMessage `json:"aud"`
		Nonce    string          `json:"nonce"`
		Expires  int64           `json:"exp"`
		AtHash   string          `json:"at_hash"`
	}
	d := decoded(t.IDToken)
	unread := json.Unmarshal(d.Header, &head) != nil || json.Unmarshal(d.Claims, &id) != nil
	_, unverified := p.keys.Ring.Verify(t.IDToken, typeID)
	checks := []Check{
		{"signature", !unread && unverified == nil, "by a key of /jwks", "kid " + head.Kid},
		{"algorithm", head.Alg == client.IDTokenAlg, client.IDTokenAlg, head.Alg},
		{"issuer", id.Issuer == p.site.Issuer, p.site.Issuer, id.Issuer},
		{"audience", slices.Equal(audience(id.Audience), []string{client.ID}), client.ID, string(id.Audience)},
		{"nonce", id.Nonce == test.Nonce, test.Nonce, id.Nonce},
		{"expiry", id.Expires > p.now().Unix(), "later than now", time.Unix(id.Expires, 0).UTC().Format(time.RFC3339)},
		{"at_hash", id.AtHash == atHash(client.IDTokenAlg, t.AccessToken), atHash(client.IDTokenAlg, t.AccessToken), id.AtHash},
		{"subject", told["sub"] == id.Subject && id.Subject != "", id.Subject, fmt.Sprint(told["sub"])},
	}
	return append(checks, claimed(test, told)...)
}

// claimed are the claims that applications most often fail without.
func claimed(test trial, told map[string]any) []Check {
	var checks []Check
	for _, name := range []string{"email", "groups"} {
		if !slices.Contains(request{params: map[string]string{"scope": test.Scope}}.words("scope"), name) {
			continue
		}
		got, has := told[name]
		text, _ := json.Marshal(got)
		if s, isText := got.(string); isText {
			text = []byte(strconv.Quote(s))
		}
		checks = append(checks, Check{name, has, "in userinfo", string(text)})
	}
	return checks
}
