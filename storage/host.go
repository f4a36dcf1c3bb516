package storage

import (
	"net/netip"
	"net/url"
	"strings"
)

// plainHost says whether a browser reads this host of an address as it is written: a name of letters, digits and hyphens in lower case, or
// an IP address in its one usual spelling. Whatever else there is — percent-encoding, full stops and letters of other scripts, soft
// hyphens, Punycode of plain letters, numbers for addresses — browsers turn into another name than the one that we would compare and
// show (WHATWG URL §3.3).
func plainHost(u *url.URL) bool {
	host := u.Hostname()
	if strings.HasPrefix(u.Host, "[") {
		ip, err := netip.ParseAddr(host)
		return err == nil && ip.Is6() && !ip.Is4In6() && ip.Zone() == "" && ip.String() == host
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	if last != "" && last[0] >= '0' && last[0] <= '9' { // browsers take it for a number: 0x7f000001, 127.1 (WHATWG URL §3.5)
		ip, err := netip.ParseAddr(host)
		return err == nil && ip.Is4()
	}
	return len(host) <= 253 && host == strings.ToLower(host) && dotAtom(host, isHost) && !strings.Contains("."+host+".", ".-") && !strings.Contains("."+host+".", "-.")
}

// Origin is scheme, host and port of an http or https address, with the port that stands for none where none is written, so that
// equal origins are equal texts (RFC 6454 §4). "" where it has none.
func Origin(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Hostname() == "" {
		return ""
	}
	port, known := map[string]string{"https": "443", "http": "80"}[u.Scheme]
	if !known {
		return ""
	}
	if u.Port() != "" {
		port = u.Port()
	}
	return u.Scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}

// Loopback says whether an address leads to the machine of whoever opens it.
func Loopback(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && loopback(u.Hostname())
}
