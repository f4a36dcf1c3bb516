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
	h, ok := p.readHint(token)
	if ok && slices.Contains(h.audience, c.client().ID) {
		if c.subject != "" && c.subject != h.subject {
			return &Error{Code: invalidRequest, Description: "id_token_hint and claims name two different persons"}
		}
		c.subject = h.subject
		return nil
	}
	if c.prompts("none") {
		return &Error{Code: loginRequired, Description: "id_token_hint is not an ID token that we gave this client"}
	}
	return nil
}

// hint is what an ID token of ours says of a sign-in.
type hint struct {
	subject  string
	session  string // sid
	audience []string
}

// readHint verifies an ID token of ours by the keys that are published, those that sign no more included. Its age does
// not matter.
func (p *Provider) readHint(token string) (hint, bool) {
	payload, err := p.keys.Ring.Verify(token, typeID)
	if err != nil {
		return hint{}, false
	}
	var claims struct {
		Issuer   string          `json:"iss"`
		Subject  string          `json:"sub"`
		Session  string          `json:"sid"`
		Audience json.RawMessage `json:"aud"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Issuer != p.site.Issuer || claims.Subject == "" {
		return hint{}, false
	}
	return hint{claims.Subject, claims.Session, audience(claims.Audience)}, true
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
