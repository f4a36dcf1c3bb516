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

var (
	besideThePage = regexp.MustCompile(`^/static/[0-9a-f]{16}/(doorward\.js|logo\.svg)$|^/favicon\.svg$|^/app-logo/[a-z]+/[0-9a-f]{16}$`)
	besideConsole = regexp.MustCompile(`^/static/[0-9a-f]{16}/console\.(js|css)$`)
)

// What a page of the console may cost, with all that it fetches before its live parts are read again (issue 6, Measured). The page
// counts as it is before it is compressed.
const (
	heaviestConsole = 60_000
	mostRequests    = 6
)

// weigh holds a page against its budget: one request, 14 kB compressed, and beside it at most the script file that comes later and the
// company's logo. The console has a budget of its own.
func (g *guide) weigh(name string) {
	t := g.visitor.t
	t.Helper()
	text, err := chromedp.Run(g.ctx, chromedp.Evaluate[string](`(() => {
		const all = performance.getEntriesByType("resource").filter(r => r.initiatorType !== "fetch");
		return JSON.stringify({Page: document.documentElement.outerHTML, Console: document.body.classList.contains("console"),
			Beside: all.map(r => r.name), Bytes: all.reduce((sum, r) => sum + r.encodedBodySize, 0)});
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	var found struct {
		Page    string
		Console bool
		Beside  []string
		Bytes   int
	}
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		t.Fatal(err)
	}
	for _, address := range found.Beside {
		path, ours := strings.CutPrefix(address, g.issuer)
		if !ours || !besideThePage.MatchString(path) && !(found.Console && besideConsole.MatchString(path)) {
			t.Errorf("%s: the page fetches %s", name, address)
		}
	}
	if found.Console {
		if bytes, requests := len(found.Page)+found.Bytes, 1+len(found.Beside); bytes > heaviestConsole || requests > mostRequests {
			t.Errorf("%s: %d bytes in %d requests, more than %d in %d", name, bytes, requests, heaviestConsole, mostRequests)
		}
		return
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write([]byte(found.Page)) // a bytes.Buffer takes everything
	_ = zip.Close()
	if packed.Len() > webtest.MaxPage {
		t.Errorf("%s: %d bytes compressed, more than %d", name, packed.Len(), webtest.MaxPage)
	}
}
