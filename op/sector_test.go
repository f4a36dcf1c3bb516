package op

// OIDC Core §8.1: whose subjects a client shares.

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

func TestASectorIsTheOneHostOfAllRedirectURIs(t *testing.T) {
	t.Parallel()
	p := &Provider{}
	for name, c := range map[string]struct {
		uris []string
		want string
	}{
		"one":                     {[]string{"https://rp.test/cb"}, "rp.test"},
		"two of one host":         {[]string{"https://rp.test/cb", "https://rp.test:8443/other"}, "rp.test"},
		"two hosts":               {[]string{"https://rp.test/cb", "https://rp2.test/cb"}, ""},
		"a host and its parent":   {[]string{"https://rp.test/cb", "https://a.rp.test/cb"}, ""},
		"none":                    {nil, ""},
		"an app's own scheme":     {[]string{"com.example.app:/cb"}, ""},
		"a host in such a scheme": {[]string{"com.example.app://rp.test/cb"}, ""}, // else a rogue's app would join anybody's sector
		"such a one, and a host":  {[]string{"https://rp.test/cb", "com.example.app://rp.test/cb"}, ""},
		"everybody's machine":     {[]string{"http://127.0.0.1/cb"}, ""}, // else all native apps would share one
		"everybody's, by name":    {[]string{"http://localhost:3000/cb"}, ""},
		"everybody's, and a host": {[]string{"https://rp.test/cb", "http://[::1]/cb"}, ""},
	} {
		got, err := p.sectorOf(t.Context(), storage.Client{RedirectURIs: c.uris})
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err != nil {
			noSectorOf(t, name, err)
		}
	}
}

func TestASectorIdentifierListsEveryRedirectURI(t *testing.T) {
	t.Parallel()
	const cb, other = "https://rp.test/cb", "https://rp2.test/cb"
	for name, c := range map[string]struct {
		kind, body string
		status     int
		good       bool
	}{
		"both":               {"application/json", `["https://rp2.test/cb","https://rp.test/cb"]`, 200, true},
		"and more":           {"application/json; charset=utf-8", `["https://rp2.test/cb","https://x.test/","https://rp.test/cb"]`, 200, true},
		"one is missing":     {"application/json", `["https://rp.test/cb"]`, 200, false},
		"one is longer":      {"application/json", `["https://rp.test/cb","https://rp2.test/cb/"]`, 200, false},
		"none":               {"application/json", `[]`, 200, false},
		"no list":            {"application/json", `{"redirect_uris":["https://rp.test/cb","https://rp2.test/cb"]}`, 200, false},
		"a list of no texts": {"application/json", `[1,2]`, 200, false},
		"null":               {"application/json", `null`, 200, false},
		"nothing":            {"application/json", ``, 200, false},
		"two lists":          {"application/json", `["https://rp.test/cb","https://rp2.test/cb"][]`, 200, false},
		"a page":             {"text/html", `["https://rp.test/cb","https://rp2.test/cb"]`, 200, false},
		"an error":           {"application/json", `["https://rp.test/cb","https://rp2.test/cb"]`, 404, false},
		"more than we read":  {"application/json", `["` + strings.Repeat("x", 300<<10) + `","https://rp.test/cb","https://rp2.test/cb"]`, 200, false},
		"somewhere else":     {"application/json", ``, 302, false},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", c.kind)
			w.Header().Set("Location", "https://rp.test/")
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.body))
		}))
		t.Cleanup(server.Close)
		outbound, err := web.NewOutbound(web.OutboundOptions{Allow: []string{server.URL}})
		if err != nil {
			t.Fatal(err)
		}
		p := &Provider{outbound: outbound}
		got, err := p.sectorOf(t.Context(), storage.Client{RedirectURIs: []string{cb, other}, SectorURI: server.URL + "/sector"})
		if (err == nil) != c.good || c.good && got != "127.0.0.1" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err != nil {
			noSectorOf(t, name, err)
		}
	}
}

func TestASectorIdentifierIsFetchedFromPublicAddressesAlone(t *testing.T) {
	t.Parallel()
	outbound, err := web.NewOutbound(web.OutboundOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{outbound: outbound}
	for _, uri := range []string{"http://127.0.0.1:1/s", "https://127.0.0.1/s", "https://169.254.169.254/s", "https://[::1]/s", "https://10.0.0.1/s", "file:///etc/passwd", ":"} {
		_, err := p.sectorOf(t.Context(), storage.Client{RedirectURIs: []string{"https://rp.test/cb"}, SectorURI: uri})
		if err == nil {
			t.Errorf("%s was fetched", uri)
			continue
		}
		noSectorOf(t, uri, err)
	}
}

// noSectorOf wants an error that a registration can tell, without what was found there.
func noSectorOf(t *testing.T, name string, err error) {
	t.Helper()
	var invalid *storage.Invalid
	if !errors.As(err, &invalid) || invalid.Field != "sector_identifier_uri" || strings.Contains(err.Error(), "127.0.0.1") || strings.Contains(err.Error(), "public") || strings.Contains(err.Error(), "outbound") {
		t.Errorf("%s: %v", name, err)
	}
}
