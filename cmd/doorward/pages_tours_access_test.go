package main_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/doorward/doorward/storage"
)

// withGuard is a house on the internet whose Grafana is for the board, and whose wiki may ask for the console.
func withGuard(t *testing.T, c *company, s settings) {
	withTLS(t, c, s)
	guarded(t, c, s)
}

// guarded is the same on the developer's own machine.
func guarded(_ *testing.T, _ *company, s settings) {
	clients := s["clients"].([]settings)
	clients[0]["scopes"] = []string{"openid", "doorward:read", "doorward:write"}
	clients[1]["groups"] = []string{"board", "platform"}
	s["console"] = settings{"require_totp": false}
}

// administers makes the person an administrator, who is in one group.
func administers(g *guide) {
	u := g.Person(g.email)
	u.Role, u.Groups = "admin", []string{"staff"}
	_, err := g.DB().ChangeUser(context.Background(), u, storage.Event{Actor: "operator"})
	g.must(err)
}

// ofConsole asks for what opens the console's API.
var ofConsole = url.Values{"scope": {"openid doorward:read doorward:write"}}

// accessTour meets applications that are not for everybody.
func accessTour() []sight {
	return []sight{
		{"", "#code", toAccount()},
		{"", "main.wide", moves(enter("#code", mailed), press("#trust-no"))},
		{"error-no-access", "=error.no-access-ask", moves(authorize("grafana", nil))},
		{"", "#another", moves(press("a.btn"))},
		{"consent-console", "#allow", moves(authorize("wiki", ofConsole))},
		{"error-test", "=error.test", moves(open("/authorize?test=none"))},
	}
}

// administratorsTour is what somebody sees who can change it.
func administratorsTour() []sight {
	return []sight{
		{"", "#code", append(moves(administers), toAccount()...)},
		{"", "main.wide", moves(enter("#code", mailed), press("#trust-no"))},
		{"error-administrator-access", "=error.no-access-ask", moves(authorize("grafana", nil))},
		{"error-administrator-address", "#act", moves(added("blog"), authorize("blog", url.Values{"redirect_uri": {"https://blog.example.com/oauth/callback"}}))},
	}
}

// added is an application that the console keeps.
func added(id string) move {
	return func(g *guide) {
		g.must(g.DB().AddClient(context.Background(), storage.Client{
			ID: id, Name: "Blog", Type: "browser", AuthMethod: "none", RedirectURIs: []string{"https://blog.example.com/callback"},
			GrantTypes: []string{"authorization_code"}, RequirePKCE: true, IDTokenAlg: "ES256", Refresh: "never", TokenFormat: "opaque",
		}, storage.Event{Actor: "operator"}))
	}
}
