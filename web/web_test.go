package web_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/doorward/doorward/web"
	"github.com/doorward/doorward/web/webtest"
	"github.com/gorilla/mux"
)

const issuer = "https://login.example.com"

// place is a site with one door, for tests.
type place struct {
	site   *web.Site
	pages  *web.Pages
	router *mux.Router
	log    *bytes.Buffer
	whole  http.Handler // the router, wrapped at the first request
}

var testPages = fstest.MapFS{"pages/form.html": {Data: []byte(`
	<p class="sub">{{b "error.host" "issuer" .Data.App}}</p>
	<form method="post" action="/form" novalidate>
		<label for="code">{{t "error.code"}}</label>
		<input id="code" name="code" autocomplete="one-time-code" {{.Described "code" "code-hint"}}>
		{{.Fault "code"}}
		<p class="hint" id="code-hint">{{t "error.detail"}}</p>
		<button class="btn">{{t "error.again"}}</button>
	</form>
	{{with .Away}}<p class="end"><a href="{{.}}">{{t "error.again"}}</a></p>{{end}}`)},
	"pages/gallery.html": {Data: []byte(gallery)}}

func newPlace(t testing.TB, change ...func(*web.Site)) *place {
	t.Helper()
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	p := &place{log: &bytes.Buffer{}}
	p.site = &web.Site{Issuer: issuer, Company: "Acme", Contact: "help@example.com", Texts: texts, Now: time.Now,
		Log: slog.New(slog.NewJSONHandler(p.log, nil))}
	for _, c := range change {
		c(p.site)
	}
	p.pages, err = web.NewPages(p.site, testPages)
	if err != nil {
		t.Fatal(err)
	}
	p.router = p.site.NewRouter(p.pages)
	return p
}

// handle adds a path to a door that answers with pages.
func (p *place) handle(path string, m web.Methods) {
	p.door(false).Handle(p.router, path, m)
}

func (p *place) door(sameSite bool) *web.Door {
	return &web.Door{Site: p.site, Fail: p.pages.Fail, SameSite: sameSite}
}

// ask sends one request, with headers as pairs.
func (p *place) ask(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if strings.HasPrefix(target, "/") {
		r.Host = strings.TrimPrefix(issuer, "https://")
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		}
	}
	if p.whole == nil {
		p.whole = p.site.Wrap(p.router)
	}
	w := httptest.NewRecorder()
	p.whole.ServeHTTP(w, r)
	return w
}

func ok(w http.ResponseWriter, _ *http.Request) error {
	_, err := w.Write([]byte("ok"))
	return err
}

func wantStatus(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, not %d: %s", w.Code, status, shortBody(w))
	}
}

func shortBody(w *httptest.ResponseRecorder) string {
	_, rest, found := strings.Cut(w.Body.String(), "<main>")
	if !found {
		rest = w.Body.String()
	}
	return rest[:min(len(rest), 600)]
}

func wantHas(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("lacks %q:\n%s", part, text)
		}
	}
}

func wantHasNot(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("holds %q:\n%s", part, text)
		}
	}
}

func checkPage(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	webtest.CheckPage(t, w.Header(), w.Body.String())
}
