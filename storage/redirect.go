package storage

import (
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// checkRedirect judges a URI at registration. What passes here is later compared byte by byte, so what could be
// read in two ways is refused: fragment, userinfo, wildcards, unusual spelling. Plain http is for loopback only, of any
// type of client, so that development works; schemes of one's own are for native clients, in the
// reversed-domain form (RFC 8252 §7.1).
func (c Client) checkRedirect(f *faults, field, uri string) {
	u, err := url.Parse(uri)
	if err != nil || len(uri) > maxURI || strings.IndexFunc(uri, notURI) >= 0 {
		f.unless(false, field, "want absolute URIs in ASCII of at most 2048 bytes (RFC 3986 §4.3)")
		return
	}
	f.unless(!strings.Contains(uri, "#"), field, "must have no fragment (RFC 6749 §3.1.2)")
	f.unless(!strings.Contains(uri, "*"), field, "must have no wildcard")
	scheme, _, _ := strings.Cut(uri, ":")
	f.unless(scheme == u.Scheme, field, "want a scheme, in lower case") // the parser has made its own lower
	switch u.Scheme {
	case "https", "http":
		f.unless(u.User == nil && !strings.Contains(uri, "@"), field, "must have no user name")
		f.unless(u.Hostname() != "" && plainHost(u) && validPort(u), field,
			"want a host of letters in lower case, digits and hyphens, or an IP address, and a port of 1 to 65535, if any")
		f.unless(u.Scheme == "https" || loopback(u.Hostname()), field, "want https, or http on localhost, 127.0.0.1 or [::1] (RFC 8252 §7.3)")
		f.unless(plainPath(u.EscapedPath()), field, "must have no . or .. in its path, nor // before it")
	default:
		f.unless(c.Type == "native" && strings.Contains(u.Scheme, "."), field,
			"want https; a scheme of one's own is for native clients and has a dot (RFC 8252 §7.1)")
	}
}

// notURI finds what RFC 3986 §2 does not know, and the backslash, which browsers take for a slash.
func notURI(r rune) bool { return r <= 0x20 || r >= 0x7f || strings.ContainsRune("\"<>\\^`{|}", r) }

func validPort(u *url.URL) bool {
	if strings.HasSuffix(u.Host, ":") {
		return false
	}
	return u.Port() == "" || portNumber(u.Port())
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (ip == netip.IPv6Loopback() || host == "127.0.0.1")
}

func plainPath(path string) bool {
	for segment := range strings.SplitSeq(path, "/") {
		s, err := url.PathUnescape(segment)
		if err != nil || s == "." || s == ".." || strings.ContainsAny(s, `/\`) {
			return false
		}
	}
	return !strings.HasPrefix(path, "//")
}

// RedirectAllowed says whether an answer or an error may be sent to uri, which is decoded once. It is equal to a registered one
// byte by byte (RFC 9700 §2.1); but a native client's loopback literal may have any port, as it takes what the
// machine has free (RFC 8252 §7.3). For authorize and token alike.
func (c Client) RedirectAllowed(uri string) bool { return c.allowed(c.RedirectURIs, uri) }

// PostLogoutAllowed is RedirectAllowed for the URI to go to after logout (OIDC RP-Initiated Logout §3).
func (c Client) PostLogoutAllowed(uri string) bool { return c.allowed(c.PostLogoutRedirectURIs, uri) }

func (c Client) allowed(registered []string, uri string) bool {
	if uri == "" || len(uri) > maxURI {
		return false
	}
	if slices.Contains(registered, uri) {
		return true
	}
	if c.Type != "native" {
		return false
	}
	host, rest, ok := splitLoopback(uri)
	return ok && slices.ContainsFunc(registered, func(r string) bool {
		h, after, ok := splitLoopback(r)
		return ok && h == host && after == rest
	})
}

// splitLoopback cuts the port out of a URI that begins with a loopback literal.
func splitLoopback(uri string) (string, string, bool) {
	for _, host := range []string{"http://127.0.0.1", "http://[::1]", "http://localhost"} {
		rest, ok := strings.CutPrefix(uri, host)
		if !ok {
			continue
		}
		if port, ok := strings.CutPrefix(rest, ":"); ok {
			end := strings.IndexFunc(port, func(r rune) bool { return r < '0' || r > '9' })
			if end < 0 {
				end = len(port)
			}
			if !portNumber(port[:end]) {
				return "", "", false
			}
			rest = port[end:]
		}
		// What follows the host is a path, or nothing: anything else would make it another host.
		return host, rest, rest == "" || rest[0] == '/'
	}
	return "", "", false
}

// portNumber says whether s is 1 to 65535 in ASCII digits without a leading zero.
func portNumber(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && s[0] != '0' && s[0] != '+'
}
