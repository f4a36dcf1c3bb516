package webtest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// jar keeps cookies as browsers do (RFC 6265bis), those of a domain for the domain's hosts, others for their one host. Ports
// do not part them.
type jar struct {
	mu      sync.Mutex
	cookies []kept
}

type kept struct {
	http.Cookie
	host    string
	expires time.Time // zero: with the browser
}

// set takes a cookie, or not: Secure and __Host- ones only as browsers take them.
func (j *jar) set(from *url.URL, c *http.Cookie) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if c.Secure && from.Scheme != "https" {
		return
	}
	if strings.HasPrefix(c.Name, "__Host-") && (!c.Secure || c.Path != "/" || c.Domain != "") {
		return
	}
	k := kept{Cookie: *c, host: from.Hostname()}
	if k.Path == "" || k.Path[0] != '/' {
		k.Path = "/"
		if i := strings.LastIndexByte(from.Path, '/'); i > 0 {
			k.Path = from.Path[:i]
		}
	}
	if domain := strings.TrimPrefix(c.Domain, "."); domain != "" {
		if !within(k.host, domain) {
			return
		}
		k.host = domain
	}
	j.cookies = slices.DeleteFunc(j.cookies, func(old kept) bool {
		return old.Name == k.Name && old.host == k.host && old.Path == k.Path
	})
	switch {
	case c.MaxAge < 0 || c.MaxAge == 0 && !c.Expires.IsZero() && c.Expires.Before(time.Now()):
		return
	case c.MaxAge > 0:
		k.expires = time.Now().Add(time.Duration(c.MaxAge) * time.Second)
	default:
		k.expires = c.Expires
	}
	j.cookies = append(j.cookies, k)
}

// sent lists what goes along: of a cross-site request only cookies without SameSite (None), and Lax ones when a person
// navigates with GET.
func (j *jar) sent(to *url.URL, crossSite bool, method string) []*http.Cookie {
	return slices.DeleteFunc(j.all(to), func(c *http.Cookie) bool {
		if !crossSite {
			return false
		}
		return c.SameSite == http.SameSiteStrictMode || c.SameSite != http.SameSiteNoneMode && method != http.MethodGet
	})
}

func (j *jar) all(to *url.URL) []*http.Cookie {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []*http.Cookie
	for _, k := range j.cookies {
		host := to.Hostname()
		here := host == k.host || k.Domain != "" && within(host, k.host)
		alive := k.expires.IsZero() || k.expires.After(time.Now())
		if here && alive && underPath(to.EscapedPath(), k.Path) && (!k.Secure || to.Scheme == "https") {
			out = append(out, &k.Cookie)
		}
	}
	return out
}

func (j *jar) forget(names []string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cookies = slices.DeleteFunc(j.cookies, func(k kept) bool {
		return len(names) == 0 || slices.Contains(names, k.Name)
	})
}

func (j *jar) clone() *jar {
	j.mu.Lock()
	defer j.mu.Unlock()
	return &jar{cookies: slices.Clone(j.cookies)}
}

func within(host, domain string) bool { return host == domain || strings.HasSuffix(host, "."+domain) }

func underPath(path, of string) bool {
	if path == "" {
		path = "/"
	}
	return path == of || strings.HasPrefix(path, strings.TrimSuffix(of, "/")+"/")
}
