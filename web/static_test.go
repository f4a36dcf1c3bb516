package web_test

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/web"
)

const logoSVG = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 20"><rect width="100" height="20" fill="#f00"/></svg>`

func branded(t *testing.T) *place {
	t.Helper()
	logo, err := web.ReadLogo([]byte(logoSVG))
	if err != nil {
		t.Fatal(err)
	}
	return newPlace(t, func(s *web.Site) {
		s.Brand = web.Brand{Logo: logo, Accent: "#e20074", Links: []web.Link{{Name: "Impressum & mehr", URL: "https://www.example.com/impressum"}, {Name: "Ask", URL: "mailto:ask@example.com"}}}
	})
}

func TestACompanyMakesThePagesItsOwn(t *testing.T) {
	p := branded(t)
	w := p.write(t, formView("en"))
	checkPage(t, w)
	body := w.Body.String()
	wantHas(t, body, `width="240" height="48" alt="Acme">`, `--acc:#`, `<a href="https://www.example.com/impressum">Impressum &amp; mehr</a>`, `<a href="mailto:ask@example.com">Ask</a>`)
	wantHasNot(t, body, `<p class="brand"><svg`)
	checkPage(t, p.fail(web.Failure{Status: 400, Text: "error.app"}))
	path := regexp.MustCompile(`src="(/static/[0-9a-f]{16}/logo\.svg)"`).FindStringSubmatch(body)
	if path == nil {
		t.Fatal("no logo on the page")
	}
	logo := p.ask("GET", path[1], "")
	wantStatus(t, logo, 200)
	if logo.Body.String() != logoSVG {
		t.Errorf("%q", logo.Body)
	}
	for name, want := range map[string]string{"Content-Type": "image/svg+xml", "Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
		"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin"} {
		if got := logo.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	wantHasNot(t, p.ask("GET", "/favicon.svg", "").Body.String(), "#1d4ed8")
	wantStatus(t, newPlace(t).ask("GET", path[1], ""), 404)
}

func TestAFileHasOneAddressAndOnlyReading(t *testing.T) {
	p := newPlace(t)
	path := regexp.MustCompile(`src="([^"]+\.js)"`).FindStringSubmatch(p.fail(appFailure).Body.String())
	if path == nil {
		t.Fatal("the error page has no script file")
	}
	w := p.ask("GET", path[1], "")
	wantStatus(t, w, 200)
	wantHas(t, w.Header().Get("Content-Type"), "text/javascript")
	head := p.ask("HEAD", path[1], "")
	if wantStatus(t, head, 200); head.Body.Len() > 0 || head.Header().Get("Content-Length") != w.Header().Get("Content-Length") {
		t.Errorf("HEAD: %d bytes, %v", head.Body.Len(), head.Header())
	}
	wantStatus(t, p.ask("POST", path[1], "a=b"), http.StatusMethodNotAllowed)
	for _, wrong := range []string{strings.Replace(path[1], "/static/", "/static/0", 1), "/static/", "/static/doorward.js", path[1] + "/", path[1] + "/../x", "//" + path[1]} {
		wantStatus(t, p.ask("GET", wrong, ""), 404)
	}
}

// The budget of behaviours.md 3.0: 4 kB as they travel.
func TestTheScriptFileIsSmallAndStrict(t *testing.T) {
	p := newPlace(t)
	path := regexp.MustCompile(`src="([^"]+\.js)"`).FindStringSubmatch(p.fail(appFailure).Body.String())
	body := p.ask("GET", path[1], "").Body.Bytes()
	if len(body) > 4000 {
		t.Errorf("%d bytes", len(body))
	}
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	_, _ = zip.Write(body)
	_ = zip.Close()
	t.Logf("%d bytes, %d compressed", len(body), packed.Len())
	source, err := os.ReadFile("doorward.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, never := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "fetch(", "XMLHttpRequest", "localStorage", "sessionStorage", "document.cookie", ".setAttribute(\"style", ".style."} {
		if bytes.Contains(source, []byte(never)) {
			t.Errorf("the script uses %s", never)
		}
	}
}
