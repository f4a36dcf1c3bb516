package op

// RFC 9700 §4.11.2, security: our own pages post nothing to ourselves.

import (
	"testing"

	"github.com/doorward/doorward/web"
)

func TestAnAddressOfThisServerIsKnownHoweverItIsWritten(t *testing.T) { // RU-17
	t.Parallel()
	for issuer, cases := range map[string]map[string]bool{
		"https://op.test": {
			"https://op.test/account": true, "https://op.test:443/account": true, "https://op.test": true, "https://OP.test/": true,
			"https://op.test:8443/":   true, // its cookies know no port
			"https://rp.test/op.test": false, "https://op.test.evil.example/": false, "https://a.op.test/": false, "com.example.app://op.test/": false, "": false, ":": false,
		},
		"https://op.test:8443":  {"https://op.test/account": true, "https://op.test:8443/": true, "https://rp.test:8443/": false},
		"http://localhost":      {"http://localhost:80/account": true, "http://localhost/": true, "http://localhost:9000/cb": false, "http://127.0.0.1/": false},
		"http://127.0.0.1:8080": {"http://127.0.0.1:8080/": true, "http://127.0.0.1/cb": false},
	} {
		p := &Provider{site: &web.Site{Issuer: issuer}}
		for uri, want := range cases {
			if got := p.leadsHere(uri); got != want {
				t.Errorf("%s at %s: %v, want %v", uri, issuer, got, want)
			}
		}
	}
}
