package op

import (
	"slices"

	"github.com/doorward/doorward/storage"
)

// acrValues are the levels that an ID token may name, the lowest first (house: acr).
var acrValues = storage.Levels

// levelOf is the place of a level among acrValues; -1 for what is none.
func levelOf(acr string) int { return slices.Index(acrValues, acr) }

// knownLevels keeps the levels that we know, each once and in the client's order of preference.
func knownLevels(asked []string) []string {
	var known []string
	for _, acr := range asked {
		if levelOf(acr) >= 0 && !slices.Contains(known, acr) {
			known = append(known, acr)
		}
	}
	return known
}

// checkACR reads acr_values (OIDC Core §3.1.2.1). Those that we do not know are ignored: the claim acr is voluntary, and
// says what was really done.
func checkACR(_ *Provider, c *checked) *Error {
	c.levels = knownLevels(c.words("acr_values"))
	return nil
}

// level is the one of the asked levels that this sign-in is about, and whether the session lacks it; "" when the person
// cannot reach any. A session has every level up to its own. Of a person whom nobody knows yet the first is asked.
func (p *Provider) level(c *checked, session storage.Session, user storage.User) (string, bool) {
	if len(c.levels) == 0 {
		return "", false
	}
	if user.ID == "" {
		return c.levels[0], false
	}
	for _, acr := range c.levels {
		if levelOf(acr) <= levelOf(session.ACR) {
			return acr, false
		}
	}
	for _, acr := range c.levels {
		if p.signIn.Reaches(user, acr) {
			return acr, true
		}
	}
	return "", true
}

// judgeLevel adds to v what the asked level still needs. A wished level is asked for once, and refused to nobody; a
// demanded one is had or refused (OIDC Core §5.5.1.1).
func (p *Provider) judgeLevel(c *checked, v *visit, user storage.User) *Error {
	if v.must && c.demandApp(v, user) {
		return nil
	}
	acr, lacks := p.level(c, v.session, user)
	asked := c.began(v.session.Attempt) || len(c.attempts) >= maxAttempts
	switch {
	case !lacks:
		v.acr = acr
	case v.missing.choice: // the account that is chosen may be another one
		v.acr = c.levels[0]
	case acr != "" && !asked && (c.demands || !c.prompts("none")):
		v.acr, v.missing.level = acr, true
	case c.demands:
		return &Error{Code: unmetRequirements, Description: "the person cannot sign in at any of the levels that claims demand for acr"}
	}
	return nil
}

// demandApp says whether an authenticator app is still to be used, whatever levels the client names. Who has none is sent to the face
// all the same, as often as they come: it leads them to one, and nobody goes on without.
func (c *checked) demandApp(v *visit, user storage.User) bool {
	if user.ByApp(v.session.ACR) && !v.missing.fresh && !v.missing.choice {
		return false
	}
	v.acr, v.missing.level = topLevel, !v.missing.account && !v.missing.choice
	return true
}

// acrFor is the level that the answer names: what the session has. Where levels were demanded it is the highest of them
// that the session has, since the client accepts no other; but not where an authenticator app must be used, which the grant is judged by.
func (c *checked) acrFor(v visit) string {
	if !c.demands || v.must {
		return v.session.ACR
	}
	best := ""
	for _, acr := range c.levels {
		if levelOf(acr) <= levelOf(v.session.ACR) && levelOf(acr) > levelOf(best) {
			best = acr
		}
	}
	return best
}
