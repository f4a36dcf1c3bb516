package web_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/doorward/doorward/web"
)

type formPage struct{ App string }

func (p *place) write(t *testing.T, v web.View) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	if err := p.pages.Write(w, httptest.NewRequest("GET", "/form", nil), v); err != nil {
		t.Fatal(err)
	}
	return w
}

func formView(lang string) web.View {
	return web.View{Name: "form", Lang: lang, Title: "Sign in", Data: formPage{"Grafana"}, Switch: "/form?a=1"}
}

func TestEveryPageInEveryLanguageKeepsTheRules(t *testing.T) { // HD-02
	p := newPlace(t)
	for _, lang := range p.site.Texts.Languages() {
		for _, errs := range [][]web.FieldError{nil, {{Field: "code", Text: "Wrong."}}, {{Text: "No field."}}} {
			v := formView(lang)
			v.Errors = errs
			w := p.write(t, v)
			checkPage(t, w)
			wantHas(t, w.Body.String(), `<html lang="`+lang+`">`)
		}
		checkPage(t, p.write(t, galleryView(lang)))
		for _, dev := range []bool{false, true} {
			p.site.Dev = dev
			w := p.fail(web.Failure{Status: 400, Text: "error.app", Again: "/login", Code: "invalid_request", Detail: "x"}, "Accept-Language", lang)
			checkPage(t, w)
			wantHas(t, w.Body.String(), `<html lang="`+lang+`">`)
		}
	}
}

// A room that is opened anew, for other settings, takes the same parsed pages; what the company set is not in them.
func TestTwoRoomsOfOneProgramShareTheirPagesAndKeepTheirLooks(t *testing.T) {
	green := newPlace(t, func(s *web.Site) { s.Company, s.Brand.Accent = "Green", "#006633" })
	red := newPlace(t, func(s *web.Site) { s.Company, s.Brand.Accent = "Red", "#880000" })
	for range 2 {
		for _, c := range []struct {
			p                *place
			company, accent  string
			others, otherHue string
		}{{green, "Green", "#006633", "Red", "#880000"}, {red, "Red", "#880000", "Green", "#006633"}} {
			w := c.p.write(t, formView("de"))
			checkPage(t, w)
			wantHas(t, w.Body.String(), "<span>"+c.company+"</span>", c.accent)
			wantHasNot(t, w.Body.String(), c.others, c.otherHue)
		}
	}
}

func TestAPageIsNeverKeptFramedOrSentFormsFromElsewhere(t *testing.T) { // HD-05
	h := newPlace(t).write(t, formView("en")).Header()
	wantHas(t, h.Get("Content-Security-Policy"), "default-src 'none'; style-src 'sha256-", "; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'")
	wantHasNot(t, h.Get("Content-Security-Policy"), "script-src")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Pragma": "no-cache", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY",
		"Cross-Origin-Opener-Policy": "", "Access-Control-Allow-Origin": "", "Refresh": ""} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestAFaultyFormSaysSoInTitleSummaryAndField(t *testing.T) {
	p := newPlace(t)
	for lang, want := range map[string][]string{
		"en": {"<title>Error: Sign in – Acme</title>", "There is a problem"},
		"de": {"<title>Fehler: Sign in – Acme</title>", "Bitte prüfen Sie Ihre Eingabe"},
	} {
		v := formView(lang)
		v.Status, v.Errors = http.StatusUnprocessableEntity, []web.FieldError{{Field: "code", Text: "That <code> is not right."}}
		w := p.write(t, v)
		wantStatus(t, w, 422)
		wantHas(t, w.Body.String(), want...)
		wantHas(t, w.Body.String(), `<div class="problem" role="alert" tabindex="-1">`, `<a href="#code">That &lt;code&gt; is not right.</a>`,
			`aria-describedby="code-hint code-error" aria-invalid="true"`, `<p class="fault" id="code-error">That &lt;code&gt; is not right.</p>`)
		checkPage(t, w)
	}
	w := p.write(t, formView("en"))
	wantHas(t, w.Body.String(), `<title>Sign in – Acme</title>`, `aria-describedby="code-hint">`)
	wantHasNot(t, w.Body.String(), "role=\"alert\"", "aria-invalid=", "code-error\"")
}

func TestTheFooterSwitchesTheLanguageAndNamesTheContact(t *testing.T) {
	p := newPlace(t)
	wantHas(t, p.write(t, formView("en")).Body.String(), `<a href="/form?a=1&amp;lang=de" lang="de" hreflang="de" rel="nofollow">Deutsch</a>`, `<a href="mailto:help@example.com">Help</a>`)
	wantHas(t, p.write(t, formView("de")).Body.String(), `<a href="/form?a=1&amp;lang=en" lang="en" hreflang="en" rel="nofollow">English</a>`, `>Hilfe</a>`)
	v := formView("en")
	v.Switch = ""
	wantHasNot(t, p.write(t, v).Body.String(), "Deutsch")
	for contact, want := range map[string]string{
		"https://help.example.com/it": `<a href="https://help.example.com/it">Help</a>`,
		"extension 4711":              `<span>Help: extension 4711</span>`,
		"javascript:alert(1)":         `<span>Help: javascript:alert(1)</span>`,
		"a@b?subject=x":               `<span>Help: a@b?subject=x</span>`,
	} {
		p.site.Contact = contact
		wantHas(t, p.write(t, formView("en")).Body.String(), want)
	}
}

func TestALanguageWithinTheQueryIsAppendedWithItsMark(t *testing.T) {
	v := formView("en")
	v.Switch = "/form"
	wantHas(t, newPlace(t).write(t, v).Body.String(), `href="/form?lang=de"`)
}

// What a visitor or a client's developer wrote stands on pages as text only (XS-01, XS-03, XS-04 of the attack cases).
func TestWhatOthersWroteIsOnlyText(t *testing.T) {
	p := newPlace(t)
	for _, evil := range []string{`"><img src=x onerror=alert(1)>`, `</style><script>alert(1)</script>`, `**bold** {app}`, "javascript:alert(1)", "\u202eevil"} {
		v := formView("en")
		v.Data, v.Title, v.Errors, v.Switch = formPage{evil}, evil, []web.FieldError{{Field: "code", Text: evil}}, "/form?x="+evil
		p.site.Company = evil
		body := p.write(t, v).Body.String()
		wantHasNot(t, body, "<img", "<script>", "<strong>bold")
		f := p.fail(web.Failure{Text: "error.host", Pairs: []string{"issuer", evil}, Again: "/x?" + evil, Code: evil, Detail: evil})
		wantHasNot(t, f.Body.String(), "<img", "<script>", "<strong>bold")
	}
}

func TestLeavingAfterAPostIsARefreshAndALink(t *testing.T) {
	p := newPlace(t)
	for _, target := range []string{"https://rp.test/cb?code=a&state=b", "com.example.app:/cb?code=x", "http://127.0.0.1:7777/cb"} {
		v := formView("en")
		v.Leave = target
		w := p.write(t, v)
		if got := w.Header().Get("Refresh"); got != "0; url="+target {
			t.Errorf("Refresh %q", got)
		}
		wantHas(t, w.Body.String(), `<a href="`+strings.ReplaceAll(target, "&", "&amp;")+`"`)
		checkPage(t, w)
	}
}

func TestAPageDoesNotLeaveForWhatRunsHere(t *testing.T) {
	p := newPlace(t)
	for _, target := range []string{"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//evil.test", "/path", "vbscript:x", "blob:x",
		"https://rp.test/\r\nSet-Cookie: x=y", "https://rp.test/ x", "1https://rp.test", "ht\ttps://rp.test", ":x", "https:", "java script:x", `https://rp.test/"`, "https://rp.test\\@x"} {
		v := formView("en")
		v.Leave = target
		w := httptest.NewRecorder()
		if err := p.pages.Write(w, httptest.NewRequest("GET", "/", nil), v); err == nil || w.Body.Len() > 0 {
			t.Errorf("%q: %v", target, err)
		}
	}
}

func TestOnlyTheFormPostPageRunsItsOneScript(t *testing.T) { // HD-02, HD-03
	p := newPlace(t)
	v := formView("en")
	v.Abroad, v.Script = true, "document.forms[0].submit()"
	w := p.write(t, v)
	policy := w.Header().Get("Content-Security-Policy")
	wantHas(t, policy, "; script-src 'sha256-")
	wantHasNot(t, policy, "form-action")
	wantHas(t, w.Body.String(), "<script>document.forms[0].submit()</script>")
	checkPage(t, w)
	wantHas(t, p.write(t, formView("en")).Header().Get("Content-Security-Policy"), "; form-action 'self'; ")
	for _, bad := range []web.View{
		{Name: "form", Data: formPage{}, Script: "x</script><script>y"}, {Name: "form", Data: formPage{}, Script: "<!--<script>"},
		{Name: "nowhere"}, {Name: "form", Data: struct{}{}},
	} {
		w := httptest.NewRecorder()
		if err := p.pages.Write(w, httptest.NewRequest("GET", "/", nil), bad); err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("%+v is written: %v", bad, err)
		}
	}
}

func TestAWrongPageIsFoundAtStart(t *testing.T) {
	site := newPlace(t).site
	for name, c := range map[string][2]string{
		"unknown key":              {`{{t "no.such"}}`, "no text for this key"},
		"unknown key, bold":        {`{{if .Data}}{{with .Title}}{{b "no.such"}}{{end}}{{end}}`, "no text for this key"},
		"unknown key, else":        {`{{range .Errors}}x{{else}}{{t "no.such"}}{{end}}`, "no text for this key"},
		"unknown key, in a call":   {`{{printf "%s" (t "no.such")}}`, "no text for this key"},
		"unknown key, piped":       {`{{t "no.such" | printf "%s"}}`, "no text for this key"},
		"unknown key, in define":   {`{{define "x"}}{{t "no.such"}}{{end}}`, "no text for this key"},
		"unknown key, in call":     {`{{define "x"}}{{.}}{{end}}{{template "x" (t "no.such")}}`, "no text for this key"},
		"unknown key, variable":    {`{{$x := t "no.such"}}{{$x}}`, "no text for this key"},
		"key is not a literal":     {`{{t .Title}}`, "not a literal"},
		"no key":                   {`{{t}}`, "no key"},
		"placeholder not filled":   {`{{t "error.help"}}`, "placeholders [contact]"},
		"placeholder of no use":    {`{{t "error.again" "app" .Title}}`, "placeholders []"},
		"placeholder name dynamic": {`{{t "error.help" .Title "x"}}`, "placeholders [contact]"},
		"broken template":          {`{{if}}`, "missing value"},
		"unknown part":             {`{{if .Data}}{{template "no-such" .}}{{end}}`, "no part of this name"},
	} {
		_, err := web.NewPages(site, fstest.MapFS{"pages/x.html": {Data: []byte(c[0])}})
		if err == nil || !strings.Contains(err.Error(), c[1]) || !strings.Contains(err.Error(), "x.html") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := web.NewPages(site, fstest.MapFS{"pages/error.html": {Data: []byte("x")}}); err == nil {
		t.Errorf("a door replaces the error page")
	}
	if _, err := web.NewPages(site, unreadable{testPages}); err == nil {
		t.Errorf("an unreadable page is not found")
	}
}

func TestAPartStandsOnceAndSpeaksAsItsPage(t *testing.T) {
	site := newPlace(t).site
	shared := `<p>{{.Title}} {{with .Data}}{{$.Lang}}{{end}} {{t "error.again"}}</p>`
	pages, err := web.NewPages(site, fstest.MapFS{
		"pages/a.html":            {Data: []byte("<b>a</b>\n{{if .Data}}{{template \"shared\" .}}\n{{end}}<i>end</i>\n")},
		"pages/b.html":            {Data: []byte("<b>b</b>" + `{{template "shared" .}}`)},
		"pages/parts/shared.html": {Data: []byte(shared + "\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "<b>a</b>\n<p>x de Neu starten</p>\n<i>end</i>", "b": "<b>b</b><p>x de Neu starten</p>"} {
		w := httptest.NewRecorder()
		if err := pages.Write(w, nil, web.View{Name: name, Title: "x", Lang: "de", Data: 1}); err != nil || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%v: %s is not in %s", err, want, w.Body)
		}
	}
	if err := pages.Write(httptest.NewRecorder(), nil, web.View{Name: "shared"}); err == nil {
		t.Error("a part is a page")
	}
	for name, c := range map[string][2]string{
		"a text that there is not": {`{{t "no.such"}}`, "page a.html"},
		"a part within a part":     {`{{template "other" .}}`, "no part of this name"},
	} {
		_, err := web.NewPages(site, fstest.MapFS{"pages/a.html": {Data: []byte(`{{template "shared" .}}`)}, "pages/parts/shared.html": {Data: []byte(c[0])}})
		if err == nil || !strings.Contains(err.Error(), c[1]) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = web.NewPages(site, fstest.MapFS{"pages/a.html": {Data: []byte("x")}, "pages/parts/shared.html": {Data: []byte("x")}})
	if err == nil || !strings.Contains(err.Error(), "shared.html: no page names it") {
		t.Errorf("a part that no page names: %v", err)
	}
}

type unreadable struct{ fs.FS }

func (u unreadable) ReadFile(string) ([]byte, error) { return nil, fs.ErrPermission }

// fail writes an error page within a request.
func (p *place) fail(f web.Failure, headers ...string) *httptest.ResponseRecorder {
	path := fmt.Sprintf("/fail%p", &f)
	p.handle(path, web.Methods{"GET": func(w http.ResponseWriter, r *http.Request) error {
		p.pages.WriteFailure(w, r, f)
		return nil
	}})
	return p.ask("GET", path, "", headers...)
}
