package web_test

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
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
	f := web.Failure{Status: 400, Text: "error.expired", Again: "/login", AgainText: "error.again-app", Pairs: []string{"app", "Grafana"}}
	wantHas(t, p.fail(f, "Accept-Language", "de").Body.String(), "Die Anmeldung hat zu lange gedauert", ">Neu starten bei Grafana</a>")
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
	for _, key := range []string{"app", "busy", "cookies", "expired", "foreign", "host", "method", "notfound", "refused", "request", "server", "start-again", "toolarge"} {
		for _, lang := range p.site.Texts.Languages() {
			text := p.site.Texts.T(lang, "error."+key)
			if !strings.HasPrefix(text, "**") || strings.Count(text, "**") != 2 {
				t.Errorf("%s: error.%s: %q", lang, key, text)
			}
		}
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
