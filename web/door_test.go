package web_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/doorward/doorward/web"
)

func TestAMethodThatIsNotInTheTableGets405WithAllow(t *testing.T) { // RQ-01
	p := newPlace(t)
	p.handle("/page", web.Methods{"GET": ok, "POST": ok})
	p.handle("/post", web.Methods{"POST": ok})
	for _, c := range []struct {
		method, path, allow string
		status              int
	}{
		{"GET", "/page", "", 200}, {"HEAD", "/page", "", 200}, {"POST", "/page", "", 200},
		{"PUT", "/page", "GET, HEAD, POST", 405}, {"DELETE", "/page", "GET, HEAD, POST", 405}, {"TRACE", "/page", "GET, HEAD, POST", 405},
		{"PATCH", "/page", "GET, HEAD, POST", 405}, {"OPTIONS", "/page", "GET, HEAD, POST", 405}, {"get", "/page", "GET, HEAD, POST", 405},
		{"PROPFIND", "/page", "GET, HEAD, POST", 405},
		{"GET", "/post", "POST", 405}, {"HEAD", "/post", "POST", 405}, {"POST", "/post", "", 200},
	} {
		w := p.ask(c.method, c.path, "")
		if w.Code != c.status || w.Header().Get("Allow") != c.allow {
			t.Errorf("%s %s: %d, Allow %q", c.method, c.path, w.Code, w.Header().Get("Allow"))
		}
	}
	if w := p.ask("HEAD", "/page", ""); w.Body.Len() != 0 {
		t.Errorf("HEAD answers with a body")
	}
}

// No path is repaired: what differs by a byte is another path (RQ-10 of the attack cases).
func TestAPathThatIsSpeltOtherwiseIsNotFound(t *testing.T) {
	p := newPlace(t)
	p.handle("/authorize", web.Methods{"GET": ok})
	p.handle("/admin/users", web.Methods{"GET": ok})
	wantStatus(t, p.ask("GET", "/authorize", ""), 200)
	for _, path := range []string{"/authorize/", issuer + "//authorize", "/./authorize", "/AUTHORIZE", "/authorize%2f..", "/authorize%00", "/%61uthorize",
		"/authorize;x", "/admin/..;/", "/admin%2fusers", "/admin/users/..", "/x/../authorize", "/authorize.", "/authorize%20", "/admin//users", "/"} {
		w := p.ask("GET", path, "")
		if w.Code != 404 || w.Header().Get("Location") != "" {
			t.Errorf("%s: %d, Location %q", path, w.Code, w.Header().Get("Location"))
		}
	}
}

// house.md has the rule: Origin, or Sec-Fetch-Site, or with both absent Referer.
func TestAStateChangingRequestMustBeOurOwn(t *testing.T) {
	p := newPlace(t)
	p.door(true).Handle(p.router, "/own", web.Methods{"GET": ok, "POST": ok, "DELETE": ok})
	p.door(false).Handle(p.router, "/foreign", web.Methods{"POST": ok})
	for _, c := range []struct {
		name    string
		headers []string
		status  int
	}{
		{"nothing", nil, 403},
		{"our Origin", []string{"Origin", issuer}, 200},
		{"Sec-Fetch-Site", []string{"Sec-Fetch-Site", "same-origin"}, 200},
		{"both", []string{"Origin", issuer, "Sec-Fetch-Site", "same-origin"}, 200},
		{"our Referer", []string{"Referer", issuer + "/login?x=1"}, 200},
		{"our Referer without path", []string{"Referer", issuer}, 200},
		{"foreign Origin", []string{"Origin", "https://evil.test"}, 403},
		{"foreign Origin, our Referer", []string{"Origin", "https://evil.test", "Referer", issuer + "/login"}, 403},
		{"null Origin", []string{"Origin", "null"}, 403},
		{"null Origin, our Referer", []string{"Origin", "null", "Referer", issuer + "/login"}, 403},
		{"empty Origin, our Referer", []string{"Origin", "", "Referer", issuer + "/login"}, 403},
		{"Origin with port", []string{"Origin", issuer + ":444"}, 403},
		{"Origin by http", []string{"Origin", "http://login.example.com"}, 403},
		{"Origin that begins like ours", []string{"Origin", issuer + ".evil.test"}, 403},
		{"two Origins", []string{"Origin", issuer, "Origin", "https://evil.test"}, 403},
		{"same site", []string{"Sec-Fetch-Site", "same-site"}, 403},
		{"cross site", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"typed", []string{"Sec-Fetch-Site", "none"}, 403},
		{"two Sec-Fetch-Site", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Site", "same-origin"}, 403},
		{"cross site, our Referer", []string{"Sec-Fetch-Site", "cross-site", "Referer", issuer + "/"}, 403},
		{"foreign Referer", []string{"Referer", "https://evil.test/" + issuer}, 403},
		{"Referer that begins like ours", []string{"Referer", issuer + ".evil.test/"}, 403},
		{"Referer with our name as user", []string{"Referer", issuer + "@evil.test/"}, 403},
		{"Referer with a user", []string{"Referer", "https://x@login.example.com/"}, 403},
		{"unreadable Referer", []string{"Referer", "https://[x/"}, 403},
	} {
		for _, method := range []string{"POST", "DELETE"} {
			if w := p.ask(method, "/own", "", c.headers...); w.Code != c.status {
				t.Errorf("%s: %s: %d", c.name, method, w.Code)
			}
		}
		wantStatus(t, p.ask("GET", "/own", "", c.headers...), 200)
		wantStatus(t, p.ask("POST", "/foreign", "", c.headers...), 200)
	}
	w := p.ask("POST", "/own", "", "Origin", "https://evil.test")
	wantHas(t, w.Body.String(), "This request came from another site")
	checkPage(t, w)
}

func TestADoorShowsTheErrorsOfItsHandlers(t *testing.T) {
	p := newPlace(t)
	var seen error
	door := &web.Door{Site: p.site, Fail: func(w http.ResponseWriter, r *http.Request, err error) {
		seen = err
		w.WriteHeader(http.StatusTeapot)
	}}
	failure := errors.New("no tea")
	door.Handle(p.router, "/tea", web.Methods{"GET": func(http.ResponseWriter, *http.Request) error { return failure }})
	door.Handle(p.router, "/panic", web.Methods{"GET": func(http.ResponseWriter, *http.Request) error { panic("secret") }})
	wantStatus(t, p.ask("GET", "/tea", ""), http.StatusTeapot)
	if seen != failure {
		t.Errorf("door saw %v", seen)
	}
	wantStatus(t, p.ask("GET", "/panic", ""), http.StatusTeapot)
	if seen == failure || seen == nil {
		t.Errorf("door saw %v", seen)
	}
}

func TestOnlyARefusalTellsItsReason(t *testing.T) {
	secret := errors.New("pq: password authentication failed for user doorward")
	for _, c := range []struct {
		err    error
		status int
		text   string
	}{
		{&web.Refused{Status: 415, Why: "wrong type"}, 415, "error.request"},
		{fmt.Errorf("read form: %w", &web.Refused{Status: 413, Why: "too large"}), 413, "error.toolarge"},
		{secret, 500, "error.server"},
		{fmt.Errorf("find client: %w", secret), 500, "error.server"},
	} {
		f := web.FailureOf(c.err)
		if f.Status != c.status || f.Text != c.text {
			t.Errorf("%v: %d %s", c.err, f.Status, f.Text)
		}
		wantHasNot(t, f.Detail, "password", "read form")
	}
	p := newPlace(t)
	p.handle("/broken", web.Methods{"GET": func(http.ResponseWriter, *http.Request) error { return secret }})
	w := p.ask("GET", "/broken", "")
	wantStatus(t, w, 500)
	wantHasNot(t, w.Body.String(), "password authentication")
	wantHas(t, w.Body.String(), "Something is wrong on our side")
	wantHas(t, p.log.String(), "password authentication", `"status":500`)
	checkPage(t, w)
}
