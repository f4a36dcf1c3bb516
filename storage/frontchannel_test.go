package storage_test

// OIDC Front-Channel Logout §2: a client frames pages of its own, and nobody else's.

import (
	"strings"
	"testing"
)

func TestAFrontChannelAddressIsAtTheOriginOfARedirectURI(t *testing.T) {
	t.Parallel()
	redirects := []string{"https://rp.test/cb", "https://two.test:8443/cb", "http://localhost:3000/cb"}
	for uri, good := range map[string]bool{
		"": true, "https://rp.test/out?a=b": true, "https://rp.test:443/out": true, "https://two.test:8443/": true, "http://localhost:3000/out": true,
		"https://intranet.victim.example/delete?all=1": false, "https://rp.test:8443/out": false, "https://two.test/out": false, "https://a.rp.test/": false,
		"http://localhost:3001/out": false, "https://localhost:3000/out": false, "https://rp.test;script-src/out": false, "https://r%C2%ADp.test/out": false,
	} {
		for _, owner := range []string{"", "file", "dynamic"} {
			c := webClient("c")
			c.Owner, c.Consent, c.RedirectURIs, c.FrontchannelURI = owner, true, redirects, uri
			if err := c.Check(); (err == nil) != good || err != nil && !strings.Contains(err.Error(), "frontchannel_logout_uri: ") {
				t.Errorf("%q of owner %q: %v", uri, owner, err)
			}
		}
	}
}
