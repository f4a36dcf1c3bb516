package webtest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// MaxPage is the most bytes of a compressed page: it fits into the first flight of a TCP connection.
const MaxPage = 14_000

// Check holds the page that is open against the rules for every page.
func (b *Browser) Check() *Browser {
	b.t.Helper()
	CheckPage(b.t, b.page.header, b.page.body)
	return b
}

// CheckPage holds a page against the rules for every page: one h1 that begins the title, one main, the language, a label for
// each field, nothing inline but what the policy names by hash, the headers, the size.
func CheckPage(t testing.TB, header http.Header, body string) {
	t.Helper()
	c := check{t: t, header: header, doc: parseHTML(t, body)}
	c.size(body)
	c.outline()
	c.fields()
	c.references()
	c.active()
	c.headers()
	c.templates(body)
}

type check struct {
	t      testing.TB
	header http.Header
	doc    *html.Node
}

func (c check) wrong(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("page: "+format, args...)
}

func (c check) size(body string) {
	c.t.Helper()
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write([]byte(body)) // a bytes.Buffer takes everything
	_ = zip.Close()
	if packed.Len() > MaxPage {
		c.wrong("%d bytes compressed, more than %d", packed.Len(), MaxPage)
	}
}

func (c check) outline() {
	c.t.Helper()
	for _, name := range []string{"h1", "main", "title"} {
		if n := len(slices.Collect(elements(c.doc, name))); n != 1 {
			c.wrong("%d <%s>, not one", n, name)
		}
	}
	for n := range elements(c.doc, "html") {
		if attr(n, "lang") == "" {
			c.wrong("<html> without lang")
		}
	}
	h1, title := "", ""
	for n := range elements(c.doc, "h1") {
		h1 = textOf(n)
	}
	for n := range elements(c.doc, "title") {
		title = textOf(n)
	}
	faulty := false
	for n := range elements(c.doc, "div") {
		faulty = faulty || attr(n, "role") == "alert"
	}
	if faulty {
		_, rest, found := strings.Cut(title, ": ")
		if !found {
			c.wrong("title %q does not say that there is an error", title)
		}
		title = rest
	}
	if h1 == "" || !strings.HasPrefix(title, h1) {
		c.wrong("title %q does not begin with the h1 %q", title, h1)
	}
}

var autocompletes = map[string][]string{
	"username": {"username"}, "password": {"current-password", "new-password"}, "code": {"one-time-code"},
}

func (c check) fields() {
	c.t.Helper()
	for n := range elements(c.doc, "input", "select", "textarea") {
		if attr(n, "type") == "hidden" || submits(n) {
			continue
		}
		name := attr(n, "name")
		if labelOf(c.doc, n) == "" && attr(n, "aria-hidden") != "true" {
			c.wrong("field %q has no label", name)
		}
		if want, known := autocompletes[name]; known && !slices.Contains(want, attr(n, "autocomplete")) {
			c.wrong("field %q has autocomplete %q, not one of %q", name, attr(n, "autocomplete"), want)
		}
		if has(n, "placeholder") {
			c.wrong("field %q has a placeholder, which people take for a value", name)
		}
		if attr(n, "aria-invalid") == "true" && attr(n, "aria-describedby") == "" {
			c.wrong("field %q is invalid and does not say why", name)
		}
	}
	for n := range elements(c.doc, "button", "a", "summary") {
		if textOf(n) == "" && attr(n, "aria-label") == "" {
			c.wrong("a <%s> without words", n.Data)
		}
	}
	for n := range elements(c.doc, "form") {
		if method := attr(n, "method"); method != "post" && method != "get" {
			c.wrong("a form with method %q", method)
		}
	}
}

// references are ids: each once, and each that is named exists.
func (c check) references() {
	c.t.Helper()
	ids := map[string]bool{}
	for n := range elements(c.doc) {
		if id := attr(n, "id"); id != "" {
			if ids[id] {
				c.wrong("id %q stands twice", id)
			}
			ids[id] = true
		}
	}
	for n := range elements(c.doc) {
		named := append(strings.Fields(attr(n, "aria-describedby")), strings.Fields(attr(n, "for"))...)
		if target, inside := strings.CutPrefix(attr(n, "href"), "#"); inside {
			named = append(named, target)
		}
		for _, id := range named {
			if !ids[id] {
				c.wrong("<%s> names the id %q, which does not exist", n.Data, id)
			}
		}
	}
}

// active finds what would run or draw without the policy's leave.
func (c check) active() {
	c.t.Helper()
	policy := c.header.Get("Content-Security-Policy")
	for n := range elements(c.doc) {
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc" {
				c.wrong("<%s> has the attribute %s", n.Data, a.Key)
			}
			if scheme, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(a.Val)), ":"); scheme == "javascript" || scheme == "data" {
				c.wrong("<%s> has a %s: address", n.Data, scheme)
			}
		}
		if index := attr(n, "tabindex"); index != "" && index != "0" && index != "-1" {
			c.wrong("<%s> has the tabindex %s", n.Data, index)
		}
		switch n.Data {
		case "iframe":
			c.frame(n, policy)
		case "object", "embed", "base", "applet":
			c.wrong("there is a <%s>", n.Data)
		case "script", "style":
			if n.Data == "script" && has(n, "src") {
				c.scriptFile(n, policy)
				continue
			}
			sum := sha256.Sum256([]byte(rawText(n)))
			source := n.Data + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
			if !strings.Contains(policy, source) {
				c.wrong("the policy does not allow this <%s>; it would have to say %s", n.Data, source)
			}
		case "img":
			if !has(n, "alt") || !has(n, "width") || !has(n, "height") || strings.Contains(attr(n, "src"), "//") {
				c.wrong("an <img> without alt, width or height, or from elsewhere")
			}
		}
	}
}

// frame is for nobody to see, may not go anywhere, and its origin stands in the policy.
func (c check) frame(n *html.Node, policy string) {
	c.t.Helper()
	u, err := url.Parse(attr(n, "src"))
	if err != nil || attr(n, "sandbox") != "allow-scripts allow-same-origin" || !has(n, "hidden") {
		c.wrong("the frame %q is seen, or may do more than tell", attr(n, "src"))
		return
	}
	_, sources, _ := strings.Cut(policy, "frame-src ")
	sources, _, _ = strings.Cut(sources, ";")
	if !slices.Contains(strings.Fields(sources), u.Scheme+"://"+u.Host) {
		c.wrong("the policy does not allow the frame %q", attr(n, "src"))
	}
}

var scriptFile = regexp.MustCompile(`^/static/[0-9a-f]{16}/(doorward|console)\.js$`)

// scriptFile are the only files that a page may run, after it has been read.
func (c check) scriptFile(n *html.Node, policy string) {
	c.t.Helper()
	if !scriptFile.MatchString(attr(n, "src")) || !has(n, "defer") || rawText(n) != "" || !strings.Contains(policy, "script-src 'self';") {
		c.wrong("the script %q is not our deferred file, or the policy does not allow it", attr(n, "src"))
	}
}

func (c check) headers() {
	c.t.Helper()
	for name, want := range map[string]string{"Referrer-Policy": "same-origin", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "", "Content-Type": "text/html; charset=utf-8"} {
		if got := c.header.Get(name); got != want {
			c.wrong("%s is %q, not %q", name, got, want)
		}
	}
	policy := c.header.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "style-src 'sha256-", "frame-ancestors 'none'", "base-uri 'none'"} {
		if !strings.Contains(policy, part) {
			c.wrong("policy %q lacks %s", policy, part)
		}
	}
	for _, part := range []string{"unsafe-", "*", "http:", "data:"} {
		if strings.Contains(policy, part) {
			c.wrong("policy %q holds %s", policy, part)
		}
	}
	if to, found := strings.CutPrefix(c.header.Get("Refresh"), "0; url="); found && !c.links(to) {
		c.wrong("the answer leaves for another place and the page has no link to it")
	}
}

func (c check) links(to string) bool {
	for n := range elements(c.doc, "a") {
		if href, err := url.Parse(attr(n, "href")); err == nil && href.String() == to || attr(n, "href") == to {
			return true
		}
	}
	return false
}

var emptyPlace = regexp.MustCompile(`\{[a-z]+\}|\*\*|%!|<no value>`)

// templates finds what a template could not say.
func (c check) templates(body string) {
	c.t.Helper()
	if strings.Contains(body, "ZgotmplZ") {
		c.wrong("html/template has refused a value (ZgotmplZ)")
	}
	if found := emptyPlace.FindString(textOf(c.doc)); found != "" {
		c.wrong("the text holds %q", found)
	}
}
