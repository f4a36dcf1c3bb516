package op

import (
	"encoding/json"
	"slices"
)

// checkHint reads id_token_hint: an ID token of ours for this client, expired or not (OIDC Core §3.1.2.1). One that is
// not good is ignored, since the person is asked anyway; with prompt=none nobody could be asked.
func checkHint(p *Provider, c *checked) *Error {
	token := c.params["id_token_hint"]
	if token == "" {
		return nil
	}
	sub, ok := p.subject(token, c.client().ID)
	if !ok && c.prompts("none") {
		return &Error{Code: loginRequired, Description: "id_token_hint is not an ID token that we gave this client"}
	}
	c.hint = sub
	return nil
}

// subject tells whom an ID token of ours names, if it was made for the client.
func (p *Provider) subject(token, client string) (sub string, ok bool) {
	payload, err := p.keys.Ring.Verify(token, "JWT")
	if err != nil {
		return "", false
	}
	var claims struct {
		Issuer   string          `json:"iss"`
		Subject  string          `json:"sub"`
		Audience json.RawMessage `json:"aud"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Issuer != p.site.Issuer || claims.Subject == "" {
		return "", false
	}
	if !slices.Contains(audience(claims.Audience), client) {
		return "", false
	}
	return claims.Subject, true
}

// audience reads aud, which is one string or a list (RFC 7519 §4.1.3).
func audience(raw json.RawMessage) []string {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return []string{one}
	}
	var many []string
	if json.Unmarshal(raw, &many) != nil {
		return nil
	}
	return many
}
