package storage_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// The cases RU of the attack list: each is a redirect URI after form decoding.
var redirects = []struct {
	name    string
	client  string // whose registered URIs it is held against
	uris    []string
	allowed bool
}{
	{"the registered one", "web", []string{"https://rp.test/cb"}, true},
	{"the registered ones", "nat", []string{"http://127.0.0.1/cb", "com.example.app:/cb"}, true},
	{"RU-01 encoded delimiters", "nat", []string{
		"http://127.0.0.1%2Fcb%23@evil.test/steal", "http://127.0.0.1%2Fcb%3F@evil.test/steal", "http://127.0.0.1%2Fcb%5C@evil.test/steal",
		"http://127.0.0.1%2Fcb%0A@evil.test/steal", "http://127.0.0.1%2Fcb%09@evil.test/steal", "http://127.0.0.1:80@evil.test/cb",
		"http://127.0.0.1.evil.test/cb", "http://127.0.0.1@evil.test/cb", `http://127.0.0.1\@evil.test/cb`, "http://127.0.0.1:80\t/cb"}, false},
	{"RU-02 encoded a second time", "web", []string{"https%3A//rp.test/cb", "https://rp.test%2Fcb", "https://rp.test/c%62", "https://rp.test/%63b",
		"https://rp.test/cb%20", "https://rp.test/cb+"}, false},
	{"RU-03 userinfo", "web", []string{"https://rp.test@evil.test/cb", "https://evil.test#@rp.test/cb", `https://evil.test\@rp.test/cb`,
		"https://rp.test:443@evil.test/cb"}, false},
	{"RU-04 look-alike hosts", "web", []string{"https://rp.test.evil.test/cb", "https://evilrp.test/cb", "https://rp-test/cb"}, false},
	{"RU-05 fragment and query", "nat", []string{"http://127.0.0.1:7777/cb#frag", "http://127.0.0.1:7777/cb?x=1"}, false},
	{"RU-07 another scheme", "nat", []string{"https://127.0.0.1:7777/cb", "https://127.0.0.1/cb"}, false},
	{"RU-08 another loopback", "nat", []string{"http://localhost:7777/cb", "http://[::1]:7777/cb", "http://127.0.0.2:7777/cb", "http://127.1:7777/cb"}, false},
	{"RU-10 no port", "nat", []string{"http://127.0.0.1:0/cb", "http://127.0.0.1:99999/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:-1/cb",
		"http://127.0.0.1:08080/cb", "http://127.0.0.1:+80/cb", "http://127.0.0.1:٨٠٨٠/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:80:80/cb", "http://127.0.0.1: 80/cb"}, false},
	{"RU-11 any port of a native client", "nat", []string{"http://127.0.0.1:1/cb", "http://127.0.0.1:8080/cb", "http://127.0.0.1:65535/cb"}, true},
	{"any port in place of a registered one", "nat6", []string{"http://[::1]:9000/cb", "http://[::1]:1/cb", "http://[::1]/cb", "http://localhost:5/"}, true},
	{"no port of a web client", "dev", []string{"http://localhost:8082/cb", "http://localhost/cb"}, false},
	{"the registered port of a web client", "dev", []string{"http://localhost:8081/cb"}, true},
	{"RU-13 case", "web", []string{"HTTPS://rp.test/cb", "https://RP.test/cb", "https://rp.test/CB"}, false},
	{"RU-14 path", "web", []string{"https://rp.test/cb/", "https://rp.test/cb/../evil", "https://rp.test/cb/..;/evil", "https://rp.test/cb%2f..%2fevil",
		"https://rp.test/cb%252f..", "https://rp.test/cb;x", "https://rp.test//cb", "https://rp.test/./cb"}, false},
	{"RU-14 path after a port", "nat", []string{"http://127.0.0.1:80/cb/", "http://127.0.0.1:80//cb", "http://127.0.0.1:80/./cb", "http://127.0.0.1:80"}, false},
	{"RU-16 fragment", "web", []string{"https://rp.test/cb#", "https://rp.test/cb#x", "https://rp.test/cb%23x"}, false},
	{"RU-17 Unicode", "web", []string{"https://rp.tеst/cb", "https://rp。test/cb", "https://xn--rp-test-0000/cb", "https://rp.test\u202e/cb", "https://rp.te\u00adst/cb"}, false},
	{"RU-19 custom scheme", "nat", []string{"COM.EXAMPLE.APP:/cb", "com.example.app://evil/cb", "com.example.app:/cb?x", "com.example.app:cb"}, false},
	{"RU-20 white space", "web", []string{" https://rp.test/cb", "https://rp.test/cb\n", "https://rp.test/cb\t", "https:///rp.test/cb", "https:/rp.test/cb",
		"https:rp.test/cb", "//rp.test/cb", "https://rp.test/cb\x00"}, false},
	{"RU-22 none, another client's, too long", "web", []string{"", "https://rp2.test/cb", "http://127.0.0.1/cb", "https://rp.test/cb?" + strings.Repeat("x", 2048)}, false},
	{"RU-22 none", "none", []string{"", "https://rp.test/cb"}, false},
	{"RU-23 registered, but another", "web", []string{"https://rp.test/cb2"}, true}, // the code's own is compared where it is redeemed
}

func redirectClient(id string) storage.Client {
	c := webClient(id)
	switch id {
	case "web":
		c.RedirectURIs = []string{"https://rp.test/cb", "https://rp.test/cb2"}
	case "dev":
		c.RedirectURIs = []string{"http://localhost:8081/cb"}
	case "nat", "nat6":
		c.Type, c.AuthMethod, c.Secrets = "native", "none", [2][]byte{}
		c.RedirectURIs = []string{"http://127.0.0.1/cb", "com.example.app:/cb"}
		if id == "nat6" {
			c.RedirectURIs = []string{"http://[::1]:8080/cb", "http://localhost/"}
		}
	case "none":
		c.RedirectURIs, c.GrantTypes = nil, []string{"client_credentials"}
	}
	return c
}

func TestARedirectURIIsTheRegisteredOneByteByByte(t *testing.T) {
	for _, r := range redirects {
		c := redirectClient(r.client)
		if err := c.Check(); err != nil {
			t.Fatalf("%s: %v", r.client, err)
		}
		for _, uri := range r.uris {
			if got := c.RedirectAllowed(uri); got != r.allowed {
				t.Errorf("%s: %.80q allowed: %v, want %v", r.name, uri, got, r.allowed)
			}
			// The same rule holds after logout, for its own list.
			if c.PostLogoutAllowed(uri) {
				t.Errorf("%s: %.80q is allowed after logout, where none is registered", r.name, uri)
			}
			out := c
			out.PostLogoutRedirectURIs, out.RedirectURIs = c.RedirectURIs, nil
			if got := out.PostLogoutAllowed(uri); got != r.allowed {
				t.Errorf("%s: %.80q allowed after logout: %v, want %v", r.name, uri, got, r.allowed)
			}
		}
	}
}

// RFC 6749 §3.1.2, RFC 8252 §7, RG-02, RU-19.
func TestARedirectURIIsJudgedWhenItIsRegistered(t *testing.T) {
	all, native := []string{"web", "browser", "native"}, []string{"native"}
	for uri, types := range map[string][]string{
		"https://rp.test/cb":                all,
		"https://rp.test:8443/cb?tenant=a":  all,
		"https://rp.test":                   all,
		"https://xn--mnchen-3ya.example/cb": all,
		"http://localhost:8081/cb":          all,
		"http://127.0.0.1/cb":               all,
		"http://[::1]:7/cb":                 all,
		"com.example.app:/cb":               native,
		"com.example.app://cb":              native,
		"myapp:/cb":                         nil,
		"javascript:alert(1)":               nil,
		"data:text/html,x":                  nil,
		"http://rp.test/cb":                 nil,
		"http://127.0.0.2/cb":               nil,
		"http://0x7f000001/cb":              nil,
		"http://127.0.0.1.evil.test/cb":     nil,
		"http://localhost.evil.test/cb":     nil,
		"https://rp.test/cb#":               nil,
		"https://rp.test/cb#x":              nil,
		"https://user@rp.test/cb":           nil,
		"https://user:pw@rp.test/cb":        nil,
		"https://*.rp.test/cb":              nil,
		"https://rp.test/*":                 nil,
		"HTTPS://rp.test/cb":                nil,
		"https://RP.test/cb":                nil,
		"https://rp.test:/cb":               nil,
		"https://rp.test:0/cb":              nil,
		"https://rp.test:65536/cb":          nil,
		// What a browser reads as another host than it says (RU-17).
		"https://rp%E3%80%82test/cb": nil, "https://%EF%BD%92%EF%BD%90.test/cb": nil, "https://r%C2%ADp.test/cb": nil,
		"https://%D0%B0pple.com/cb": nil, "https://xn--rp-.test/cb": nil, "https://rp.test./cb": nil, "https://-rp.test/cb": nil, "https://rp..test/cb": nil,
		"https://127.1/cb": nil, "https://2130706433/cb": nil, "https://0x7f000001/cb": nil, "https://rp.0x1/cb": nil,
		"https://[::1%25lo]/cb": nil, "https://[0:0:0:0:0:0:0:1]/cb": nil, "https://[::ffff:127.0.0.1]/cb": nil,
		"https://192.0.2.7/cb": all, "https://[2001:db8::1]:8443/cb": all, "https://rp-1.test/cb": all, "https://1rp.test/cb": all,

		"https:///cb":               nil,
		"https:rp.test/cb":          nil,
		"//rp.test/cb":              nil,
		"/cb":                       nil,
		"":                          nil,
		"https://rp.test/a/../cb":   nil,
		"https://rp.test/./cb":      nil,
		"https://rp.test/%2e%2e/cb": nil,
		"https://rp.test/a%2fcb":    nil,
		"https://rp.test//cb":       nil,
		`https://rp.test\cb`:        nil,
		"https://rp.tеst/cb":        nil,
		"https://rp.test/cb\n":      nil,
		"https://rp.test/c b":       nil,
		"https://rp.test/" + strings.Repeat("x", 2048): nil,
	} {
		for _, kind := range all {
			c := webClient("c")
			c.Type = kind
			if kind != "web" {
				c.AuthMethod, c.Secrets = "none", [2][]byte{}
			}
			c.RedirectURIs = []string{uri}
			err := c.Check()
			if want := slices.Contains(types, kind); (err == nil) != want {
				t.Errorf("%s client, %.60q: %v; want it taken: %v", kind, uri, err, want)
			}
			var invalid *storage.Invalid
			if err != nil && (!errors.As(err, &invalid) || invalid.Field != "redirect_uris") {
				t.Errorf("%s client, %.60q: %v blames another field", kind, uri, err)
			}
		}
	}
}
