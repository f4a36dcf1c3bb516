package op

import "encoding/json"

// checkClaims carries the claims parameter (OIDC Core §5.5), and keeps what it demands of the sign-in: who may answer, and at
// which level. All other claims only say what tokens and userinfo hold.
func checkClaims(_ *Provider, c *checked) *Error {
	text := c.params["claims"]
	if text == "" {
		return nil
	}
	all, err := readAsked([]byte(text))
	if err != nil {
		return &Error{Code: invalidRequest, Description: "claims: " + err.Error()}
	}
	c.claims, c.asked = json.RawMessage(text), all
	if e := c.demandLevel(all["id_token"]["acr"]); e != nil {
		return e
	}
	return c.demandSubject(all["id_token"]["sub"], all["userinfo"]["sub"])
}

// unread is what stands for a value that cannot be one.
func unread(name string) *Error {
	return &Error{Code: invalidRequest, Description: "claims asks for " + name + " with a value that is not a string"}
}

// demandLevel reads acr: with essential it is a demand, without it a wish like acr_values (OIDC Core §5.5.1.1).
func (c *checked) demandLevel(acr wished) *Error {
	named, err := acr.texts()
	levels := knownLevels(named)
	switch {
	case err != nil:
		return unread("acr")
	case len(named) == 0:
		return nil
	case !acr.essential:
		c.levels = knownLevels(append(c.levels, levels...))
		return nil
	case len(levels) == 0:
		return &Error{Code: unmetRequirements, Description: "claims demand an acr that is not one of acr_values_supported"}
	}
	c.levels, c.demands = levels, true
	return nil
}

// demandSubject reads sub: only the person whom it names may answer, as with id_token_hint (OIDC Core §3.1.2.2, §5.5.1).
func (c *checked) demandSubject(places ...wished) *Error {
	for _, sub := range places {
		named, err := sub.texts()
		if err != nil {
			return unread("sub")
		}
		for _, subject := range named {
			if c.subject != "" && subject != c.subject {
				return &Error{Code: invalidRequest, Description: "claims demand more than one value for sub"}
			}
			c.subject = subject
		}
	}
	return nil
}
