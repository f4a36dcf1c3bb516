// Package webtest is a browser without scripts for tests that read as visits:
//
//	b := webtest.New(t, house)
//	b.Go("https://login.example.com/login").Fill("username", "anna@example.com").Press("Sign in with email").Sees("Password")
//
// It keeps what real browsers keep, because our pages rely on it: cookies with Secure, __Host- and SameSite, Origin and
// Sec-Fetch-Site, Referer by Referrer-Policy, redirects. It does not run scripts, draw, or obey a CSP's form-action.
//
//	visit.go form.go jar.go   a request and its answer, what is typed and pressed, cookies
//	check.go tree.go          the rules for every page, and how its elements are found
package webtest

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Browser holds a page, a cookie jar and the test it belongs to. A step that fails ends the test.
type Browser struct {
	t      testing.TB
	h      http.Handler // nil: the network
	jar    *jar
	stay   string
	peer   string
	fixed  map[string]string // headers of Set
	page   page
	leaves string
}

// page is the last answer.
type page struct {
	url    *url.URL // nil: nothing opened yet
	status int
	header http.Header
	body   string
	doc    *html.Node // nil: not HTML
}

// New is a fresh browser whose requests go to h for every host (no network), or, with h nil, over the network.
func New(t testing.TB, h http.Handler) *Browser {
	return &Browser{t: t, h: h, jar: &jar{}, peer: "192.0.2.1:1234", fixed: map[string]string{}}
}

// Go opens an address as if typed (a path is enough after the first absolute one); redirects are followed, a Refresh: 0
// too, but not away from where StayOn wants to stay.
func (b *Browser) Go(address string) *Browser {
	b.t.Helper()
	b.visit(visit{method: http.MethodGet, url: b.resolve(address)})
	return b
}

// Post sends a form as a page of the site that is open would (after Go, Origin is this page's), or, with nothing open, as a
// page of nowhere.
func (b *Browser) Post(address string, form url.Values) *Browser {
	b.t.Helper()
	b.visit(visit{method: http.MethodPost, url: b.resolve(address), body: form.Encode(), from: b.from()})
	return b
}

// StayOn makes the browser stop at redirects that leave this origin; Location then tells where to.
func (b *Browser) StayOn(origin string) *Browser {
	b.stay = origin
	return b
}

// From changes the address and port that an in-process handler sees as its peer.
func (b *Browser) From(peer string) *Browser {
	b.peer = peer
	return b
}

// Set adds a header to every request from now on, or in the place of what the browser itself would send; "" keeps the
// header out of all requests.
func (b *Browser) Set(header, value string) *Browser {
	b.fixed[http.CanonicalHeaderKey(header)] = value
	return b
}

// Follow opens the link with this text or id.
func (b *Browser) Follow(text string) *Browser {
	b.t.Helper()
	var links []string
	for n := range elements(b.page.doc, "a") {
		if textOf(n) == text || attr(n, "id") == text {
			b.visit(visit{method: http.MethodGet, url: b.resolve(attr(n, "href")), from: b.from()})
			return b
		}
		links = append(links, textOf(n))
	}
	b.fatalf("no link %q; links: %q", text, links)
	return b
}

// Sees looks for text on the page, as a person reads it: white space counts once.
func (b *Browser) Sees(text string) *Browser {
	b.t.Helper()
	if !strings.Contains(b.text(), text) {
		b.fatalf("does not see %q", text)
	}
	return b
}

// SeesNot wants the page not to hold the text.
func (b *Browser) SeesNot(text string) *Browser {
	b.t.Helper()
	if strings.Contains(b.text(), text) {
		b.fatalf("sees %q", text)
	}
	return b
}

// Status wants the last answer's status.
func (b *Browser) Status(code int) *Browser {
	b.t.Helper()
	if b.page.status != code {
		b.fatalf("status is %d, not %d", b.page.status, code)
	}
	return b
}

// StatusCode is the last answer's status.
func (b *Browser) StatusCode() int { return b.page.status }

// URL is the address of the page.
func (b *Browser) URL() string {
	if b.page.url == nil {
		return ""
	}
	return b.page.url.String()
}

// Location is where the last answer wanted to leave to, when StayOn stopped it; else "".
func (b *Browser) Location() string { return b.leaves }

// Body is the last answer's body as it came.
func (b *Browser) Body() string { return b.page.body }

// Header is the last answer's header.
func (b *Browser) Header() http.Header { return b.page.header }

// Title is the text of <title>.
func (b *Browser) Title() string {
	for n := range elements(b.page.doc, "title") {
		return textOf(n)
	}
	return ""
}

// Cookies lists what the browser would send to the origin with a click of its own, with the attributes they came with.
func (b *Browser) Cookies(origin string) []*http.Cookie {
	b.t.Helper()
	return b.jar.all(b.resolve(origin))
}

// Hold puts a cookie into the jar as if an answer of the origin had set it.
func (b *Browser) Hold(origin string, c *http.Cookie) *Browser {
	b.t.Helper()
	b.jar.set(b.resolve(origin), c)
	return b
}

// Forget drops the cookies of these names, or, without names, all.
func (b *Browser) Forget(names ...string) *Browser {
	b.jar.forget(names)
	return b
}

// Clone is another browser with the same cookies and the same page; from here on they know nothing of each other.
func (b *Browser) Clone() *Browser {
	other := b.Tab()
	other.jar = b.jar.clone()
	return other
}

// Tab is another tab of this browser: the same page, and the cookies are shared from here on too.
func (b *Browser) Tab() *Browser {
	other := *b
	other.fixed = map[string]string{}
	for k, v := range b.fixed {
		other.fixed[k] = v
	}
	other.page.header = b.page.header.Clone()
	if b.page.doc != nil {
		other.page.doc = parseHTML(b.t, b.page.body)
	}
	return &other
}

func (b *Browser) from() *page {
	if b.page.url == nil {
		return &page{url: &url.URL{Scheme: "https", Host: "nowhere.invalid"}, header: http.Header{}}
	}
	from := b.page
	return &from
}

func (b *Browser) resolve(address string) *url.URL {
	b.t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		b.t.Fatalf("address %q: %v", address, err)
	}
	if b.page.url != nil {
		u = b.page.url.ResolveReference(u)
	}
	if u.Host == "" {
		b.t.Fatalf("address %q is not absolute, and no page is open", address)
	}
	return u
}

func (b *Browser) text() string {
	if b.page.doc == nil {
		return squeeze(b.page.body)
	}
	return textOf(b.page.doc)
}

// fatalf ends the test and shows the page, since the page usually says why.
func (b *Browser) fatalf(format string, args ...any) {
	b.t.Helper()
	text := b.text()
	if len(text) > 1500 {
		text = text[:1500] + " …"
	}
	b.t.Logf("page: %s, status %d, location %q\n%s", b.URL(), b.page.status, b.page.header.Get("Location"), text)
	b.t.Fatalf(format, args...)
}
