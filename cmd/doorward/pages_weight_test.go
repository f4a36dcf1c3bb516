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

var besideThePage = regexp.MustCompile(`^/static/[0-9a-f]{16}/(doorward\.js|logo\.svg)$|^/favicon\.svg$|^/app-logo/[a-z]+/[0-9a-f]{16}$`)

// weigh holds a page against its budget: one request, 14 kB compressed, and beside it at most the script file that comes later and the
// company's logo.
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
