package main_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"regexp"
	"strings"

	"github.com/chromedp/chromedp"
	"github.com/doorward/doorward/web/webtest"
)

// heaviestLetter is the most bytes of a letter as it travels (behaviours.md 3.0).
const heaviestLetter = 30_000

var besideThePage = regexp.MustCompile(`^/static/[0-9a-f]{16}/doorward\.js$|^/favicon\.svg$`)

// weigh holds a page against its budget: one request, 14 kB compressed, and beside it at most the script file that comes later.
func (g *guide) weigh(name string) {
	t := g.visitor.t
	t.Helper()
	text, err := chromedp.Run(g.ctx, chromedp.Evaluate[string](`JSON.stringify({
		Page: document.documentElement.outerHTML, Beside: performance.getEntriesByType("resource").map(r => r.name)})`))
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Page   string
		Beside []string
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write([]byte(found.Page)) // a bytes.Buffer takes everything
	_ = zip.Close()
	if packed.Len() > webtest.MaxPage {
		t.Errorf("%s: %d bytes compressed, more than %d", name, packed.Len(), webtest.MaxPage)
	}
	for _, address := range found.Beside {
		if path, ours := strings.CutPrefix(address, g.issuer); !ours || !besideThePage.MatchString(path) {
			t.Errorf("%s: the page fetches %s", name, address)
		}
	}
}

var fetched = regexp.MustCompile(`(?i)<(img|link|script|iframe|object|video|audio|source)\b|url\(|@import|\bbackground=`)

// weighLetters holds all letters of the house against theirs: 30 kB, a text beside the HTML, and nothing that is fetched, since that
// tells the sender who has read.
func (g *guide) weighLetters() {
	t := g.visitor.t
	t.Helper()
	letters := g.post.Received()
	for _, r := range letters {
		text := unquoted.Replace(string(r.Data))
		if len(r.Data) > heaviestLetter {
			t.Errorf("a letter of %d bytes:\n%.300s", len(r.Data), text)
		}
		if !strings.Contains(text, "text/plain") || !strings.Contains(text, "text/html") {
			t.Errorf("a letter in one voice:\n%.300s", text)
		}
		if what := fetched.FindString(text); what != "" {
			t.Errorf("a letter fetches something by %s", what)
		}
	}
}
