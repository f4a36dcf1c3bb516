package webtest

import (
	"io"
	"maps"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
	"golang.org/x/net/publicsuffix"
)

// visit is one navigation: what is asked of whom, and from which page.
type visit struct {
	method string
	url    *url.URL
	body   string
	from   *page // nil: typed into the address bar
	via    string
}

const (
	form       = "application/x-www-form-urlencoded"
	mostHops   = 20
	mostAnswer = 4 << 20
)

// visit sends the request and follows where the answers lead.
func (b *Browser) visit(v visit) {
	b.t.Helper()
	b.leaves = ""
	v.via = relation(v.from, v.url)
	for range mostHops {
		answer := b.send(v)
		b.page = answer
		target, keeps := leadsTo(&answer)
		if target == nil {
			return
		}
		if b.stay != "" && originOf(target) != b.stay {
			b.leaves = target.String()
			return
		}
		if !keeps {
			v.method, v.body = http.MethodGet, ""
		}
		if answer.header.Get("Refresh") != "" {
			from := answer
			v.from = &from
		}
		v.url = target
		v.via = worse(v.via, relation(v.from, target))
	}
	b.fatalf("more than %d redirects", mostHops)
}

// leadsTo is where an answer sends the browser, and whether method and body stay.
func leadsTo(p *page) (*url.URL, bool) {
	location := ""
	switch p.status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		location = p.header.Get("Location")
	default:
		rest, found := strings.CutPrefix(p.header.Get("Refresh"), "0; url=")
		if !found {
			return nil, false
		}
		location = rest
	}
	target, err := url.Parse(location)
	if err != nil || location == "" {
		return nil, false
	}
	return p.url.ResolveReference(target), p.status == http.StatusTemporaryRedirect || p.status == http.StatusPermanentRedirect
}

func (b *Browser) send(v visit) page {
	b.t.Helper()
	target := *v.url
	target.Fragment = ""
	r := httptest.NewRequest(v.method, target.String(), strings.NewReader(v.body))
	r.RemoteAddr = b.peer
	b.headers(r, v)
	var res *http.Response
	if b.h != nil {
		rec := httptest.NewRecorder()
		b.h.ServeHTTP(rec, r)
		res = rec.Result()
	} else {
		res = b.overNetwork(r)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, mostAnswer))
	if err != nil {
		b.t.Fatalf("read answer of %s: %v", v.url, err)
	}
	for _, c := range res.Cookies() {
		b.jar.set(v.url, c)
	}
	p := page{url: v.url, status: res.StatusCode, header: res.Header, body: string(body)}
	if media, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); media == "text/html" {
		p.doc = parseHTML(b.t, p.body)
	}
	return p
}

func (b *Browser) overNetwork(r *http.Request) *http.Response {
	b.t.Helper()
	r.RequestURI = ""
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	return res
}

// headers are what a browser of today says of itself and of the page that asks (Fetch Metadata, Referrer Policy).
func (b *Browser) headers(r *http.Request, v visit) {
	h := r.Header
	h.Set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
	h.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36")
	if trustworthy(v.url) {
		h.Set("Sec-Fetch-Site", v.via)
		h.Set("Sec-Fetch-Mode", "navigate")
		h.Set("Sec-Fetch-Dest", "document")
	}
	if v.method != http.MethodGet {
		h.Set("Content-Type", form)
		h.Set("Origin", originSent(v.from))
	}
	if referer := refererSent(v.from, v.url); referer != "" {
		h.Set("Referer", referer)
	}
	for _, c := range b.jar.sent(v.url, v.via == "cross-site", v.method) {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	for _, name := range slices.Sorted(maps.Keys(b.fixed)) {
		if value := b.fixed[name]; value != "" {
			h.Set(name, value)
			if name == "Host" {
				r.Host = value
			}
		} else {
			h.Del(name)
		}
	}
}

func originSent(from *page) string {
	if from == nil || from.header.Get("Referrer-Policy") == "no-referrer" {
		return "null"
	}
	return originOf(from.url)
}

// refererSent knows the three policies that matter here; without one browsers take strict-origin-when-cross-origin.
func refererSent(from *page, to *url.URL) string {
	if from == nil {
		return ""
	}
	same := originOf(from.url) == originOf(to)
	policy := from.header.Get("Referrer-Policy")
	full := *from.url
	full.Fragment, full.User = "", nil
	switch {
	case policy == "no-referrer", policy == "same-origin" && !same, from.url.Scheme == "https" && to.Scheme != "https":
		return ""
	case same:
		return full.String()
	}
	return originOf(from.url) + "/"
}

// relation is the value of Sec-Fetch-Site.
func relation(from *page, to *url.URL) string {
	switch {
	case from == nil:
		return "none"
	case originOf(from.url) == originOf(to):
		return "same-origin"
	case siteOf(from.url) == siteOf(to):
		return "same-site"
	}
	return "cross-site"
}

// worse keeps the most distant relation of a chain of redirects.
func worse(a, b string) string {
	order := []string{"none", "same-origin", "same-site", "cross-site"}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

func siteOf(u *url.URL) string {
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return u.Scheme + "://" + host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		host = domain
	}
	return u.Scheme + "://" + host
}

// trustworthy says where browsers send Sec-Fetch headers to (Secure Contexts §3.1).
func trustworthy(u *url.URL) bool {
	addr, err := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Hostname() == "localhost" || err == nil && addr.IsLoopback()
}

func parseHTML(t testing.TB, body string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatalf("parse page: %v", err)
	}
	return doc
}
