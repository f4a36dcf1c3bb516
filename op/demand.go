package op

import "encoding/json"

// wished is a claim as the claims parameter asks for it (OIDC Core §5.5.1).
type wished struct {
	Essential bool     `json:"essential"`
	Value     string   `json:"value"`
	Values    []string `json:"values"`
}

// all are the values that are good, the most wanted first.
func (w wished) all() []string {
	if w.Value != "" {
		return append([]string{w.Value}, w.Values...)
	}
	return w.Values
}

// demanded are the claims that change who may answer, or how; all others only say what tokens and userinfo hold.
type demanded struct {
	IDToken  signInClaims `json:"id_token"`
	Userinfo signInClaims `json:"userinfo"`
}

type signInClaims struct {
	Subject wished `json:"sub"`
	ACR     wished `json:"acr"`
}

// checkClaims carries the claims parameter when it is a JSON object (OIDC Core §5.5), and keeps what it demands of the
// sign-in.
func checkClaims(_ *Provider, c *checked) *Error {
	text := c.params["claims"]
	if text == "" {
		return nil
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return &Error{Code: invalidRequest, Description: "claims is not a JSON object (OIDC Core section 5.5)"}
	}
	var asked demanded
	if err := json.Unmarshal([]byte(text), &asked); err != nil {
		return &Error{Code: invalidRequest, Description: "claims asks for sub or acr in a form that OIDC Core section 5.5.1 does not know"}
	}
	c.claims = json.RawMessage(text)
	if e := c.demandLevel(asked.IDToken.ACR); e != nil {
		return e
	}
	return c.demandSubject(asked)
}

// demandLevel reads acr: with essential it is a demand, without it a wish like acr_values (OIDC Core §5.5.1.1).
func (c *checked) demandLevel(acr wished) *Error {
	levels := knownLevels(acr.all())
	switch {
	case len(acr.all()) == 0:
		return nil
	case !acr.Essential:
		c.levels = knownLevels(append(c.levels, levels...))
		return nil
	case len(levels) == 0:
		return &Error{Code: unmetRequirements, Description: "claims demand an acr that is not one of acr_values_supported"}
	}
	c.levels, c.demands = levels, true
	return nil
}

// demandSubject reads sub: only the person whom it names may answer, as with id_token_hint (OIDC Core §3.1.2.2, §5.5.1).
func (c *checked) demandSubject(asked demanded) *Error {
	for _, sub := range append(asked.IDToken.Subject.all(), asked.Userinfo.Subject.all()...) {
		if c.subject != "" && sub != c.subject {
			return &Error{Code: invalidRequest, Description: "claims demand more than one value for sub"}
		}
		c.subject = sub
	}
	return nil
}
