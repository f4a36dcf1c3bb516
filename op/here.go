package op

import (
	"net/url"
	"strings"

	"github.com/doorward/doorward/storage"
)

// leadsHere says whether a browser takes an address for one of this server. A form that we had it post there would come from our own
// origin, with our cookies, and be taken for ours. On this machine a host is everybody's, and an origin ours; elsewhere the whole host
// is ours, since its ports share our cookies (RFC 6265 §8.5).
func (p *Provider) leadsHere(uri string) bool {
	here, there := storage.Origin(p.site.Issuer), storage.Origin(uri)
	if storage.Loopback(p.site.Issuer) {
		return here == there
	}
	return there != "" && hostOf(here) == hostOf(there)
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
