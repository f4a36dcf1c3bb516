package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"

	"github.com/doorward/doorward/web"
)

// The visitor's address decides limits and stands in events: HH-03, HH-04, HH-06, HH-07.
func TestTheAddressIsTheRightMostHopThatIsNotTrusted(t *testing.T) {
	p := newPlace(t, func(s *web.Site) {
		s.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8:ffff::/48")}
	})
	var address netip.Addr
	var block string
	p.handle("/", web.Methods{"GET": func(w http.ResponseWriter, r *http.Request) error {
		address, block = web.Address(r.Context()), web.AddressBlock(r.Context())
		return nil
	}})
	h := p.site.Wrap(p.router)
	for _, c := range []struct {
		name, peer, want, block string
		forwarded               []string
	}{
		{"no header", "203.0.113.7:1234", "203.0.113.7", "203.0.113.7", nil},
		{"untrusted peer is not believed", "203.0.113.7:1234", "203.0.113.7", "203.0.113.7", []string{"1.2.3.4"}},
		{"loopback is no exception", "127.0.0.1:1234", "127.0.0.1", "127.0.0.1", []string{"1.2.3.4"}},
		{"trusted peer", "10.1.2.3:1234", "198.51.100.9", "198.51.100.9", []string{"198.51.100.9"}},
		{"what the visitor wrote stands left", "10.1.2.3:1234", "198.51.100.9", "198.51.100.9", []string{"1.2.3.4, 198.51.100.9"}},
		{"two trusted proxies", "10.1.2.3:1234", "198.51.100.9", "198.51.100.9", []string{"1.2.3.4, 198.51.100.9, 10.9.9.9"}},
		{"two headers are one list", "10.1.2.3:1234", "198.51.100.9", "198.51.100.9", []string{"1.2.3.4", "198.51.100.9,10.9.9.9"}},
		{"only trusted hops: the first of them", "10.1.2.3:1234", "10.7.7.7", "10.7.7.7", []string{"10.7.7.7, 10.8.8.8"}},
		{"hop with port", "10.1.2.3:1234", "1.2.3.4", "1.2.3.4", []string{"1.2.3.4:99"}},
		{"empty header", "10.1.2.3:1234", "10.1.2.3", "10.1.2.3", []string{" "}},
		{"empty hop", "10.1.2.3:1234", "10.1.2.3", "10.1.2.3", []string{"1.2.3.4, "}},
		{"unreadable hop", "10.1.2.3:1234", "10.1.2.3", "10.1.2.3", []string{"1.2.3.4, a"}},
		{"unreadable hop behind the visitor's", "10.1.2.3:1234", "1.2.3.4", "1.2.3.4", []string{"a, 1.2.3.4"}},
		{"name in the place of an address", "10.1.2.3:1234", "10.1.2.3", "10.1.2.3", []string{"localhost"}},
		{"IPv6", "[2001:db8:ffff::1]:1234", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", []string{"2001:db8:1:2:3:4:5:6"}},
		{"IPv6 in brackets with port", "10.1.2.3:1234", "2001:db8::1", "2001:db8::/64", []string{"[2001:db8::1]:443"}},
		{"IPv6 in brackets", "10.1.2.3:1234", "2001:db8::1", "2001:db8::/64", []string{"[2001:db8::1]"}},
		{"IPv6 with zone", "10.1.2.3:1234", "fe80::1", "fe80::/64", []string{"fe80::1%eth0"}},
		{"IPv4 in IPv6 form is IPv4", "10.1.2.3:1234", "1.2.3.4", "1.2.3.4", []string{"::ffff:1.2.3.4"}},
		{"peer in IPv6 form is trusted as IPv4", "[::ffff:10.1.2.3]:1234", "1.2.3.4", "1.2.3.4", []string{"1.2.3.4"}},
		{"five thousand entries", "10.1.2.3:1234", "198.51.100.9", "198.51.100.9", []string{strings.Repeat("1.1.1.1,", 5000) + "198.51.100.9"}},
		{"no address at all", "@", "invalid IP", "unknown", []string{"1.2.3.4"}},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.peer
		r.Header["X-Forwarded-For"] = c.forwarded
		r.Header["X_Forwarded_For"] = []string{"6.6.6.6"}
		r.Header.Set("Forwarded", "for=6.6.6.6")
		r.Header.Set("X-Real-IP", "6.6.6.6")
		h.ServeHTTP(httptest.NewRecorder(), r)
		if address.String() != c.want || block != c.block {
			t.Errorf("%s: %s in %s, not %s in %s", c.name, address, block, c.want, c.block)
		}
	}
}

func TestOutsideARequestNobodyHasAnAddress(t *testing.T) {
	ctx := t.Context()
	web.Note(ctx)
	if web.Address(ctx).IsValid() || web.AddressBlock(ctx) != "unknown" || web.Reference(ctx) != "" {
		t.Errorf("%v %q %q", web.Address(ctx), web.AddressBlock(ctx), web.Reference(ctx))
	}
}
