package op

import (
	"cmp"

	"github.com/doorward/doorward/storage"
)

// logoutLife is how long a logout token is good: it is sent at once (OIDC Back-Channel Logout §2.4 advises two minutes at most).
const logoutLife = 120 // seconds

// logoutEvent is what a logout token says has happened (OIDC Back-Channel Logout §2.4).
const logoutEvent = "http://schemas.openid.net/event/backchannel-logout"

// logoutClaims are the claims of a logout token. There is no nonce, so that it never passes for an ID token.
type logoutClaims struct {
	Issuer   string              `json:"iss"`
	Audience string              `json:"aud"`
	IssuedAt int64               `json:"iat"`
	Expires  int64               `json:"exp"`
	ID       string              `json:"jti"`
	Subject  string              `json:"sub"`
	Session  string              `json:"sid"`
	Events   map[string]struct{} `json:"events"`
}

// logoutToken tells a client that a session has ended, in the words of the ID tokens that it got in it. Each try has one of its own.
func (p *Provider) logoutToken(client storage.Client, l storage.Logout) (string, error) {
	now := p.now().Unix()
	return p.keys.Ring.Sign(cmp.Or(client.IDTokenAlg, "RS256"), typeLogout, logoutClaims{
		Issuer: p.site.Issuer, Audience: client.ID, IssuedAt: now, Expires: now + logoutLife, ID: storage.NewID(),
		Subject: p.subject(client, l.UserID), Session: p.sessionOf(client, l.SessionID),
		Events: map[string]struct{}{logoutEvent: {}},
	})
}
