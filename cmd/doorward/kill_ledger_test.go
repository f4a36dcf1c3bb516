package main_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"golang.org/x/oauth2"
)

// check holds the started process against this client's ledger, and tears the page off.
func (c *client) check(t *testing.T) {
	t.Helper()
	c.checkSession(t)
	for i, g := range c.grants {
		switch {
		case !g.redeemed:
			c.checkOpenCode(t, g)
		case i%3 == 0:
			c.checkSpentCode(t, g)
		case i%3 == 1 && len(g.refresh) > 2:
			c.checkSpentGeneration(t, g)
		default:
			c.checkAlive(t, g)
		}
	}
	kept := c.session
	for _, s := range c.signIns {
		c.checkAttempt(t, s)
	}
	c.session = kept
	c.grants, c.signIns = nil, nil
}

// checkSession: the cookie of an acknowledged sign-in still signs on.
func (c *client) checkSession(t *testing.T) {
	t.Helper()
	if c.session == "" {
		return
	}
	to, err := c.authorize("none", oauth2.GenerateVerifier())
	if err != nil || to.Query().Get("code") == "" {
		t.Errorf("lost: an acknowledged session; /authorize says %v, %v", to, err)
	}
}

// checkOpenCode: nobody knows whether the redemption came through, but it has at most one effect.
func (c *client) checkOpenCode(t *testing.T, g *ledgerGrant) {
	t.Helper()
	if err := c.redeem(g); err != nil && !errors.Is(err, errRefused) {
		t.Errorf("a code whose redemption was cut off: %v", err)
	}
	if err := c.redeem(g); !errors.Is(err, errRefused) {
		t.Errorf("revived: a code after a cut off and another redemption: %v", err)
	}
}

// checkSpentCode: a code that was acknowledged as redeemed is refused, and its grant dies by that.
func (c *client) checkSpentCode(t *testing.T, g *ledgerGrant) {
	t.Helper()
	last := g.refresh[len(g.refresh)-1]
	if err := c.redeem(g); !errors.Is(err, errRefused) {
		t.Errorf("revived: a redeemed code: %v", err)
	}
	c.wantDead(t, last, g.access)
}

// checkSpentGeneration: a refresh token from before the last one is refused, and its grant dies by that.
func (c *client) checkSpentGeneration(t *testing.T, g *ledgerGrant) {
	t.Helper()
	if _, err := c.token(refreshForm(g.refresh[len(g.refresh)-3])); !errors.Is(err, errRefused) {
		t.Errorf("revived: a spent refresh token: %v", err)
	}
	c.wantDead(t, g.refresh[len(g.refresh)-1], g.access)
}

// checkAlive: access token and refresh token that were acknowledged last still work; so does the one before, which within the reuse
// window brings the same successor.
func (c *client) checkAlive(t *testing.T, g *ledgerGrant) {
	t.Helper()
	if status := c.userinfo(t, g.access); status != http.StatusOK {
		t.Errorf("lost: an acknowledged access token; userinfo answers %d", status)
	}
	if err := c.refresh(g); err != nil {
		t.Errorf("lost: an acknowledged refresh token: %v", err)
		return
	}
	again, err := c.token(refreshForm(g.refresh[len(g.refresh)-2]))
	if err != nil || again.Refresh != g.refresh[len(g.refresh)-1] {
		t.Errorf("the same refresh token brought two successors, or %v", err)
	}
}

// checkAttempt: an attempt that made a session makes no other; one that was cut off makes one at most.
func (c *client) checkAttempt(t *testing.T, s *ledgerSignIn) {
	t.Helper()
	made, err := c.finish(s)
	if err != nil {
		t.Errorf("a finished attempt again: %v", err)
	}
	if !made {
		return
	}
	if s.acknowledged {
		t.Error("revived: a finished attempt")
	}
	if again, _ := c.finish(s); again {
		t.Error("one attempt made two sessions")
	}
}

func (c *client) wantDead(t *testing.T, refresh, access string) {
	t.Helper()
	if _, err := c.token(refreshForm(refresh)); !errors.Is(err, errRefused) {
		t.Errorf("revived: a refresh token of a grant whose code or token came twice: %v", err)
	}
	if status := c.userinfo(t, access); status != http.StatusUnauthorized {
		t.Errorf("revived: an access token of a grant whose code or token came twice; userinfo answers %d", status)
	}
}

func (c *client) userinfo(t *testing.T, access string) int {
	t.Helper()
	status, err := c.claims(access)
	if err != nil {
		t.Error(err)
	}
	return status
}

func refreshForm(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}
