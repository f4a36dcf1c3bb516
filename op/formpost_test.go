// OAuth 2.0 Form Post Response Mode.
package op_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

var hidden = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// posts reads the form of the page: where it goes and what it carries.
func (r reply) posts() (string, url.Values) {
	r.t.Helper()
	action := regexp.MustCompile(`<form method="post" action="([^"]*)">`).FindStringSubmatch(r.body)
	if r.status != http.StatusOK || action == nil || r.header.Get("Location") != "" {
		r.t.Fatalf("status %d, Location %q, body %s", r.status, r.header.Get("Location"), r.body)
	}
	webtest.CheckPage(r.t, r.header, r.body)
	fields := url.Values{}
	for _, f := range hidden.FindAllStringSubmatch(r.body, -1) {
		fields.Add(html.UnescapeString(f[1]), html.UnescapeString(f[2]))
	}
	return html.UnescapeString(action[1]), fields
}

const submits = "<script>document.forms[0].submit()</script>"

var formPost = with("response_mode", "form_post")

func TestFormPostCarriesTheAnswerInAForm(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	state := "a b+c%2B&d=e#f/?\"'<>`é"
	to, fields := anna.authorize(formPost, with("state", state)).posts()
	if to != "https://rp.test/cb" || fields.Get("state") != state || fields.Get("iss") != issuer || len(fields) != 3 {
		t.Errorf("%s gets %v", to, fields)
	}
	if h.open(t, fields).User != h.people["anna"].ID {
		t.Error("the code is for somebody else")
	}
	to, _ = anna.authorize(formPost, of("query", "https://rp.test/cb?z=%7e1&a=b+c")).posts()
	if to != "https://rp.test/cb?z=%7e1&a=b+c" {
		t.Errorf("the registered query became %s", to)
	}
}

func TestFormPostCarriesErrorsToo(t *testing.T) { // C.2 item 13
	h := newHouse(t)
	b := h.browser(t)
	for code, c := range map[string]change{
		"login_required": with("prompt", "none"), "invalid_request": without("response_type"), "invalid_scope": with("scope", "bogus"),
		"invalid_request_object": with("request", "x"),
	} {
		if to, fields := b.authorize(formPost, c).posts(); to != "https://rp.test/cb" || fields.Get("error") != code || fields.Get("state") != "st" ||
			fields.Get("iss") != issuer || fields.Has("code") {
			t.Errorf("%s: %s gets %v", code, to, fields)
		}
	}
	if _, fields := b.post(good(formPost, with("scope", "bogus"))).posts(); fields.Get("error") != "invalid_scope" {
		t.Errorf("after a POST the client gets %v", fields)
	}
}

func TestFormPostSubmitsItselfAndHasAButton(t *testing.T) { // HD-03; C.9 item 67
	h := newHouse(t)
	r := h.signedIn(t, "anna").authorize(formPost)
	policy := r.header.Get("Content-Security-Policy")
	if !strings.Contains(r.body, submits) || !strings.Contains(policy, "script-src 'sha256-") {
		t.Errorf("policy %s, body %s", policy, r.body)
	}
	if strings.Contains(policy, "form-action") || strings.Contains(policy, "unsafe") {
		t.Errorf("policy %s", policy)
	}
	if !strings.Contains(r.body, ">Continue</button>") {
		t.Errorf("there is no button: %s", r.body)
	}
	if regexp.MustCompile(`(id|name)="submit"`).MatchString(r.body) {
		t.Error("a field called submit hides the form's own submit()")
	}
	if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Pragma") != "no-cache" {
		t.Errorf("header %v", r.header)
	}
}

func TestFormPostSpeaksThePersonsLanguage(t *testing.T) {
	h := newHouse(t)
	if r := h.signedIn(t, "anna").authorize(formPost, with("ui_locales", "de")); !strings.Contains(r.body, `<html lang="de">`) {
		t.Errorf("the page is %.60s", r.body)
	}
}

func TestFormPostDoesNotReachAnAppsOwnScheme(t *testing.T) { // AZ-08
	eachHouse(t, func(t *testing.T, h *house) {
		h.signedIn(t, "anna").authorize(formPost, of("nat", "com.example.app:/cb")).refused("invalid_request")
		if to, _ := h.signedIn(t, "anna").authorize(formPost, of("nat", "http://127.0.0.1:7777/cb")).posts(); to != "http://127.0.0.1:7777/cb" {
			t.Errorf("the form goes to %s", to)
		}
	})
}

// An operator may have registered what nobody else could.
func TestFormPostIsNeverSentToOurselvesByItself(t *testing.T) {
	h := newHouse(t)
	c := clients()[0]
	c.ID, c.RedirectURIs = "here", []string{issuer + ":443/account/alarm"}
	must(t, h.db.AddClient(t.Context(), c, storage.Event{}))
	r := h.browser(t).authorize(formPost, of("here", c.RedirectURIs[0]), with("response_type", "x"))
	if to, _ := r.posts(); to != c.RedirectURIs[0] || strings.Contains(r.body, "<script") {
		t.Errorf("to %s: %s", to, r.body)
	}
}

// RFC 9700 §4.11.2: a rogue registers an address of another application of the company, and sends people to be refused.
func TestNoErrorIsPostedByItselfForAClientThatRegisteredItself(t *testing.T) {
	eachRegistry(t, anybody, func(r *registry) {
		there := "https://app.company.example/do?x=1"
		rogue := r.add(data{"redirect_uris": []string{there}})
		b := r.signedIn(r.t, "anna")
		for _, c := range []change{with("response_type", "x"), with("prompt", "none"), with("scope", "bogus"), with("request", "x")} {
			for _, answer := range []reply{b.authorize(of(rogue.ID, there), formPost, c), r.browser(r.t).authorize(of(rogue.ID, there), formPost, c)} {
				policy := answer.header.Get("Content-Security-Policy")
				if to, fields := answer.posts(); to != there || !fields.Has("error") || strings.Contains(answer.body, "<script") || strings.Contains(policy, "script-src") {
					r.t.Errorf("%v to %s by %s: %s", fields, to, policy, answer.body)
				}
				if !strings.Contains(answer.body, ">Continue</button>") {
					r.t.Errorf("there is no button: %s", answer.body)
				}
			}
		}
		r.consent(r.t, "anna", rogue.ID, "openid")
		if answer := b.authorize(of(rogue.ID, there), formPost); !strings.Contains(answer.body, submits) {
			r.t.Errorf("what the person has allowed does not submit itself: %s", answer.body)
		}
	})
}
