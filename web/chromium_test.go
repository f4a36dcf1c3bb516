package web_test

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/doorward/doorward/web"
)

// measured is what Chromium found on one page at one width.
type measured struct {
	Page, Width, Spacing string
	Sideways             int      // pixels that hang over
	Small                []string // targets under 44 px
	Ring                 string   // outline of the focused button
}

// measure runs in the page around: it lays each page out in a frame, plain and with the text spacing of WCAG 2.2 §1.4.12.
const measure = `<!doctype html><pre id="out"></pre><script>
const spacing = "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}";
async function look(page, width, wide) {
  const frame = document.createElement("iframe");
  frame.width = width; frame.height = 900; frame.src = page;
  document.body.append(frame);
  await new Promise(done => frame.onload = done);
  const doc = frame.contentDocument;
  if (wide) { const s = doc.createElement("style"); s.textContent = spacing; doc.head.append(s); }
  const small = [...doc.querySelectorAll("a,button,summary,input:not([type=hidden])")].filter(e => !e.closest(".off"))
    .map(e => e.type === "checkbox" ? e.closest("label") : e).filter(e => e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80) + " " + e.getBoundingClientRect().height);
  const button = doc.querySelector("button,a");
  button.focus({focusVisible: true});
  const look = frame.contentWindow.getComputedStyle(button);
  return {Page: page, Width: String(width), Spacing: String(wide), Sideways: doc.scrollingElement.scrollWidth - width, Small: small, Ring: look.outlineStyle + " " + look.outlineWidth};
}
(async () => {
  const found = [];
  for (const page of PAGES) for (const width of [320, 1280]) for (const wide of [false, true]) found.push(await look(page, width, wide));
  document.getElementById("out").textContent = JSON.stringify(found);
})();
</script>`

// WCAG 2.2 §1.4.10, §1.4.12, §2.4.7 and §2.5.8, with our own 44 px.
func TestInChromiumPagesFitAndTargetsAreLarge(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("Chromium is not installed where CI is set")
	}
	if err != nil {
		t.Skip("Chromium is not installed")
	}
	pages := layoutPages(t)
	names := []string{}
	for name := range pages {
		names = append(names, name)
	}
	list, err := json.Marshal(names)
	if err != nil {
		t.Fatal(err)
	}
	// The pages come without their headers here: their policy forbids frames and scripts.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		body, ok := pages[r.URL.Path]
		if !ok {
			body = strings.Replace(measure, "PAGES", string(list), 1)
		}
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	output, err := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=20000", "--window-size=1400,1000", "--dump-dom", server.URL+"/measure").Output()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	_, rest, _ := strings.Cut(string(output), `<pre id="out">`)
	text, _, _ := strings.Cut(rest, "</pre>")
	var found []measured
	if err := json.Unmarshal([]byte(html.UnescapeString(text)), &found); err != nil {
		t.Fatalf("%v: %.2000s", err, output)
	}
	if len(found) != len(pages)*4 {
		t.Errorf("%d measures of %d pages", len(found), len(pages))
	}
	for _, m := range found {
		if m.Sideways > 0 || len(m.Small) > 0 || m.Ring != "solid 3px" {
			t.Errorf("%+v", m)
		}
	}
}

// layoutPages are pages of every shape, with words that are as long as they may come.
func layoutPages(t *testing.T) map[string]string {
	t.Helper()
	p := newPlace(t, func(s *web.Site) { s.Company = "Donaudampfschifffahrtsgesellschaft" })
	pages := map[string]string{}
	for _, lang := range p.site.Texts.Languages() {
		for n, errs := range [][]web.FieldError{nil, {{Field: "code", Text: "Kraftfahrzeughaftpflichtversicherungsnummer stimmt nicht."}}} {
			v := formView(lang)
			v.Title, v.Errors, v.Leave = "Rindfleischetikettierungsüberwachungsaufgabe", errs, "https://rp.test/cb"
			pages[fmt.Sprintf("/form-%s-%d", lang, n)] = p.write(t, v).Body.String()
		}
		gallery := galleryView(lang)
		gallery.Title = "Rindfleischetikettierungsüberwachungsaufgabe"
		pages["/gallery-"+lang] = p.write(t, gallery).Body.String()
		p.site.Dev = true
		f := web.Failure{Status: 400, Text: "error.app", Again: "/", Code: "invalid_redirect_uri", Detail: "https://" + strings.Repeat("x", 200) + ".example.com/"}
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", lang)
		p.pages.WriteFailure(w, r, f)
		pages["/error-"+lang] = w.Body.String()
	}
	return pages
}
