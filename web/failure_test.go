package web_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/web"
)

var appFailure = web.Failure{Status: 400, Text: "error.app", Code: "invalid_redirect_uri", Detail: "redirect_uri is not registered"}

func TestAnErrorPageSpeaksInTwoVoices(t *testing.T) {
	p := newPlace(t, func(s *web.Site) { s.Now = func() time.Time { return time.Date(2026, 11, 25, 22, 15, 0, 0, time.UTC) } })
	for lang, want := range map[string][]string{
		"en": {"<h1>This app is not set up correctly</h1>", `<p class="sub">It is not your fault.</p>`, "Tell help@example.com the reference.", "<details>", "Details for developers"},
		"de": {"<h1>Diese App ist nicht richtig eingerichtet</h1>", "Das liegt nicht an Ihnen.", "Nennen Sie help@example.com die Referenz.", "Details für Entwickler"},
	} {
		w := p.fail(appFailure, "Accept", "text/html", "Accept-Language", lang)
		wantStatus(t, w, 400)
		wantHas(t, w.Body.String(), want...)
		wantHas(t, w.Body.String(), "invalid_redirect_uri", "redirect_uri is not registered", "400 Bad Request", "2026-11-25T22:15:00Z")
	}
}

func TestTheReferenceOfAnErrorPageFindsItsLogLine(t *testing.T) {
	p := newPlace(t)
	w := p.fail(appFailure)
	reference := regexp.MustCompile(`E-\w{4}-\w{2}`).FindString(w.Body.String())
	wantHas(t, p.log.String(), `"reference":"`+reference+`"`, `"error":"error.app"`, `"code":"invalid_redirect_uri"`, `"detail":"redirect_uri is not registered"`)
}

func TestDetailsAreOpenOnlyInDevelopment(t *testing.T) {
	p := newPlace(t)
	wantHasNot(t, p.fail(appFailure).Body.String(), "<details open>")
	p = newPlace(t, func(s *web.Site) { s.Dev = true })
	wantHas(t, p.fail(appFailure).Body.String(), "<details open>")
}

func TestAProgramGetsTheErrorAsJSON(t *testing.T) {
	p := newPlace(t)
	for _, accept := range []string{"application/json", "application/json, text/plain, */*"} {
		w := p.fail(web.Failure{Status: 400, Text: "error.app", Detail: "<b> & \u00e9"}, "Accept", accept)
		wantStatus(t, w, 400)
		var answer map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			t.Fatal(err)
		}
		if got := slices.Sorted(maps.Keys(answer)); !slices.Equal(got, []string{"error", "error_description", "reference"}) {
			t.Errorf("%q: %q", accept, got)
		}
		if answer["error"] != "invalid_request" || answer["error_description"] != "<b> & é" || !strings.HasPrefix(answer["reference"], "E-") {
			t.Errorf("%q: %v", accept, answer)
		}
		if w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%v", w.Header())
		}
	}
	for _, accept := range []string{"", "*/*", "text/html", "text/html, application/json"} {
		wantHas(t, p.fail(appFailure, "Accept", accept).Body.String(), "<h1>")
	}
}

func TestAnErrorIsNeverASuccess(t *testing.T) {
	p := newPlace(t)
	for _, status := range []int{0, 200, 303, 399} {
		wantStatus(t, p.fail(web.Failure{Status: status}), 500)
	}
	wantStatus(t, p.fail(web.Failure{Status: 503}), 503)
}

func TestAnErrorPageOffersToStartAgain(t *testing.T) {
	p := newPlace(t)
	wantHas(t, p.fail(web.Failure{Status: 400, Text: "error.expired", Again: "/login"}).Body.String(), "That sign-in took too long, so we stopped it", `href="/login">Start again</a>`)
	f := web.Failure{Status: 400, Text: "error.expired", Again: "/login", AgainText: "leave.continue"}
	wantHas(t, p.fail(f, "Accept-Language", "de").Body.String(), "Die Anmeldung hat zu lange gedauert", ">Weiter</a>")
	wantHasNot(t, p.fail(appFailure).Body.String(), `class="btn"`)
	for _, elsewhere := range []string{"//evil.test", `/\evil.test`, "https://evil.test", "/\t/evil.test", "evil", "javascript:alert(1)"} {
		wantHasNot(t, p.fail(web.Failure{Again: elsewhere}).Body.String(), `class="btn"`, "evil")
		v := formView("en")
		v.Switch = elsewhere
		wantHasNot(t, p.write(t, v).Body.String(), "hreflang", "evil")
	}
}

func TestATextWithoutABoldBeginningGetsAHeadline(t *testing.T) {
	wantHas(t, newPlace(t).fail(web.Failure{Status: 400, Text: "error.developers"}).Body.String(), "<h1>That did not work</h1>", `<p class="sub">Details for developers</p>`)
}

func TestWithoutAContactNobodyIsNamed(t *testing.T) {
	p := newPlace(t, func(s *web.Site) { s.Contact = "" })
	body := p.fail(appFailure).Body.String()
	wantHasNot(t, body, "Need help", "mailto:", "Help")
	wantHas(t, body, "Reference")
}

// Every text of an error page that doors may name has a headline of its own, in every language.
func TestEverySentenceForPeopleHasItsHeadline(t *testing.T) {
	p := newPlace(t)
	for _, key := range []string{"app", "busy", "cookies", "expired", "foreign", "host", "method", "notfound", "request", "server", "start-again", "toolarge"} {
		for _, lang := range p.site.Texts.Languages() {
			text := p.site.Texts.T(lang, "error."+key)
			if !strings.HasPrefix(text, "**") || strings.Count(text, "**") != 2 {
				t.Errorf("%s: error.%s: %q", lang, key, text)
			}
		}
	}
}

// The links of the language lead to the same page once more, where that changes nothing.
func TestAnErrorPageSpeaksTheOtherLanguageToo(t *testing.T) {
	p := newPlace(t)
	w := p.ask("GET", "/nowhere/%61%2Fb?lang=en&a=1&lang=de&b=%22&l%61ng=de", "", "Accept", "text/html", "Accept-Language", "de")
	wantHas(t, w.Body.String(), `<html lang="en">`, `href="/nowhere/%61%2Fb?a=1&amp;b=%22&amp;lang=de"`)
	if cookie := w.Header().Get("Set-Cookie"); !strings.HasPrefix(cookie, "__Host-lang=en;") {
		t.Errorf("the choice is not kept: %q", cookie)
	}
	w = p.ask("GET", "/nowhere", "", "Accept", "text/html")
	wantHas(t, w.Body.String(), `href="/nowhere?lang=de"`)
	if w.Header().Get("Set-Cookie") != "" {
		t.Error("a choice that nobody made is kept")
	}
	p.handle("/form", web.Methods{"POST": func(w http.ResponseWriter, r *http.Request) error {
		return &web.Refused{Status: http.StatusBadRequest, Why: "x"}
	}})
	wantHasNot(t, p.ask("POST", "/form?a=1", "b=2").Body.String(), "hreflang")
	wantHasNot(t, p.ask("GET", "/nowhere?a="+strings.Repeat("x", 7000), "", "Accept", "text/html").Body.String(), "hreflang")
}

// XS-03: what stands in the address is text, or not shown at all.
func TestNothingOfAnAddressBecomesMarkup(t *testing.T) {
	p := newPlace(t)
	for _, target := range []string{
		`/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E`, `/x?%22%3E%3Cscript%3Ealert(1)%3C/script%3E`, `/x?lang="><script>alert(1)</script>`,
		`/x?error_description="><script>alert(1)</script>&state=javascript:alert(1)`, "//evil.test/%2e%2e", `/\evil.test`, "/%09/evil.test", "/x?ui_locales=%3Cscript%3E&login_hint=%3Cimg%3E",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: "/"}
		path, query, _ := strings.Cut(target, "?")
		r.URL.RawQuery = query
		var err error
		if r.URL.Path, err = url.PathUnescape(path); err != nil {
			t.Fatal(err)
		}
		r.URL.RawPath = path
		r.Header.Set("Accept", "text/html")
		r.Host = `evil.test"><script>`
		w := httptest.NewRecorder()
		p.site.Wrap(p.router).ServeHTTP(w, r)
		wantStatus(t, w, 404)
		wantHasNot(t, w.Body.String(), "<img", "<script>", "evil.test\"", `href="//`, `href="/\`, `href="javascript`)
		checkPage(t, w)
	}
}

// Outside Wrap there is no reference; a page all the same.
func TestAnErrorPageNeedsNoRecord(t *testing.T) {
	p := newPlace(t)
	w := httptest.NewRecorder()
	p.pages.WriteFailure(w, httptest.NewRequest("GET", "/", nil), web.Failure{})
	wantStatus(t, w, 500)
	wantHasNot(t, w.Body.String(), "Reference")
}
