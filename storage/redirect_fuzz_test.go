package storage_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// FuzzRedirectMatch holds what is allowed against another reading of it: whatever differs from the registered address differs
// in the port of a loopback literal alone, and a parser of URLs agrees on where it leads.
func FuzzRedirectMatch(f *testing.F) {
	web := storage.Client{Type: "web", RedirectURIs: []string{"https://rp.test/cb", "http://127.0.0.1/cb"}}
	native := storage.Client{Type: "native", RedirectURIs: []string{"http://127.0.0.1/cb", "http://[::1]:9000/cb?a=b", "http://localhost", "com.example.app:/cb"}}
	for _, c := range redirects {
		for _, uri := range c.uris {
			f.Add(uri)
		}
	}
	f.Fuzz(func(t *testing.T, uri string) {
		if web.RedirectAllowed(uri) && !slices.Contains(web.RedirectURIs, uri) {
			t.Errorf("a web client may be answered at %q", uri)
		}
		if !native.RedirectAllowed(uri) || slices.Contains(native.RedirectURIs, uri) {
			return
		}
		u, err := url.Parse(uri)
		if err != nil || u.User != nil || u.Fragment != "" || strings.Contains(uri, "#") {
			t.Fatalf("a native client may be answered at %q: %v", uri, err)
		}
		same := func(registered string) bool {
			r, err := url.Parse(registered)
			return err == nil && u.Scheme == r.Scheme && u.Hostname() == r.Hostname() && u.RequestURI() == r.RequestURI()
		}
		if !slices.ContainsFunc(native.RedirectURIs[:3], same) {
			t.Errorf("a native client may be answered at %q", uri)
		}
	})
}
