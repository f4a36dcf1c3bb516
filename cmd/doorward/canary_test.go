package main

import (
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gorilla/mux"
)

// TestNoSecretIsInLogDatabaseOrMetrics sends canaries: values that stand for secrets, each in its place and found nowhere
// else. One whole life of a session sends the genuine ones; then every route of the house, whatever it may be, gets made-up ones in every
// place that a request has. Whatever writes one of them down is found.
func TestNoSecretIsInLogDatabaseOrMetrics(t *testing.T) {
	t.Parallel()
	a := newAviary(t)
	a.live()
	a.begin()
	routes := a.routes()
	for _, route := range routes {
		a.flood(route)
	}
	if len(routes) < 20 || len(a.canaries) < 60 {
		t.Errorf("%d routes and %d canaries: the house is larger", len(routes), len(a.canaries))
	}
	metrics := a.get(a.operators.listener.Addr().String(), "/metrics")
	a.wantCounts(metrics)
	a.search("the metrics", []byte(metrics))
	for kind, word := range map[string]string{"client id": a.client, "address": "127.0.0.1", "path": "nowhere", "person": "anna"} {
		if strings.Contains(metrics, word) {
			t.Errorf("the metrics name a %s", kind)
		}
	}
	a.searchFiles() // with its write-ahead log
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	a.searchFiles()
	a.search("the tables", dump(t, filepath.Join(a.folder, "doorward.db")))
	a.search("the log", []byte(a.log.String()))
	if lines := strings.Count(a.log.String(), `"msg":"request"`); lines < len(routes)*len(methods) {
		t.Errorf("%d requests are in the log, so its silence means nothing", lines)
	}
}

// wantCounts wants what was done to be counted.
func (a *aviary) wantCounts(metrics string) {
	a.t.Helper()
	for _, line := range []string{
		`doorward_sign_ins_total{way="pwd+otp+mfa"} 1`,
		`doorward_sign_in_tries_total{kind="sign_in.refused",result="password_wrong"}`,
		`doorward_sign_in_tries_total{kind="sign_in.code_right",result="ok"} 1`,
		`doorward_tokens_total{grant="authorization_code"} 1`,
		`doorward_tokens_total{grant="refresh_token"} 1`,
		`doorward_tokens_total{grant="client_credentials"} 1`,
		`doorward_http_requests_total{class="2xx",method="POST",route="/introspect"}`,
		`doorward_http_requests_total{class="4xx",method="GET",route="none"}`,
		`doorward_http_request_seconds_bucket{class="2xx",route="/token",le="10"}`,
		`doorward_signing_key_rotation_seconds{alg="ES256"} 2.59`,
		`doorward_database_connections{state="most"}`,
		`doorward_commit_works_bucket{le="128"}`,
		`doorward_passwords_in_queue 0`,
		`doorward_passwords_refused_total 0`,
		`doorward_build_info{go="go1.`,
		`go_goroutines `,
		`process_open_fds `,
	} {
		if !strings.Contains(metrics, "\n"+line) {
			a.t.Errorf("the metrics lack %s", line)
		}
	}
	if series := strings.Count(metrics, "\ndoorward_http_requests_total{"); series > 1000 { // a few of each route
		a.t.Errorf("%d series of requests: visitors decide how many there are", series)
	}
}

// routes are all paths of the router, with something in place of variables, and one that does not exist.
func (a *aviary) routes() []string {
	routes := []string{"/nowhere"}
	err := a.router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		template, err := route.GetPathTemplate()
		routes = append(routes, strings.NewReplacer("{", "", "}", "").Replace(template))
		return err
	})
	if err != nil {
		a.t.Fatal(err)
	}
	return routes
}

var methods = []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodOptions}

// fields are all parameters that any endpoint reads, and one that none does.
var fields = []string{
	"username", "password", "code", "attempt", "resend", "allow", "token", "refresh_token",
	"code_verifier", "id_token_hint", "login_hint", "state", "nonce", "request", "resume", "csrf", "form", "scope", "prompt", "resource", "lang", "unheard-of",
}

// flood sends a route canaries in every place: query, form, headers, cookies, alone and together.
func (a *aviary) flood(route string) {
	a.t.Helper()
	form, query := url.Values{}, url.Values{}
	for _, field := range fields {
		form.Set(field, a.canary(field+" in a form"))
		query.Set(field, a.canary(field+" in a query"))
	}
	form.Set("client_id", a.client)
	query.Set("client_id", a.client)
	good := url.Values{"client_id": {a.client}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "response_type": {"code"},
		"state": {a.canary("state")}, "nonce": {a.canary("nonce")}, "request": {a.canary("request object")}, "id_token_hint": {a.canary("hint")}}
	strange := url.Values{"client_id": {a.canary("client id")}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "response_type": {"code"}}
	elsewhere := url.Values{"client_id": {a.client}, "response_type": {"code"},
		"redirect_uri": {"http://u:" + a.canary("user of a redirect URI") + "@127.0.0.1:9/x?token=" + a.canary("query of a redirect URI")}}
	for _, b := range a.attempts {
		under := url.Values{"attempt": {b.Value("attempt")}}
		for _, field := range []string{"username", "password", "code"} {
			under.Set(field, a.canary(field+" in a form"))
		}
		b.Tab().Post(a.issuer+route, under)
	}
	for _, method := range methods {
		if known := a.send(method, route+"?"+query.Encode(), "", ""); !known && os.Getenv("DOORWARD_ATTACK") == "" { // nothing behind the router sees it
			continue
		}
		a.send(method, route+"?"+good.Encode(), "", "")
		a.send(method, route+"?"+strange.Encode(), "", "")
		a.send(method, route+"?"+elsewhere.Encode(), "", "")
		a.send(method, route, strange.Encode(), "application/x-www-form-urlencoded")
		a.send(method, route, form.Encode(), "application/x-www-form-urlencoded")
		for _, grant := range []string{"authorization_code", "refresh_token", "client_credentials", a.canary("grant type")} {
			body := form.Encode() + "&grant_type=" + grant
			a.send(method, route, body, "application/x-www-form-urlencoded")
		}
		for _, proof := range []string{"client_secret", "client_assertion", "access_token"} {
			a.send(method, route, form.Encode()+"&"+proof+"="+a.canary(proof), "application/x-www-form-urlencoded")
		}
		a.send(method, route, `{"password":"`+a.canary("JSON")+`"}`, "application/json")
		a.send(method, route, "%"+a.canary("malformed form"), "application/x-www-form-urlencoded")
	}
}

// send makes requests from one of our own pages, with canaries in their headers, and says whether the route knows the method.
func (a *aviary) send(method, target, body, kind string) bool {
	a.t.Helper()
	known := false
	for name, authorization := range map[string]string{
		"right":  "Basic " + base64.StdEncoding.EncodeToString([]byte(a.client+":"+a.canary("client secret"))),
		"basic":  "Basic " + base64.StdEncoding.EncodeToString([]byte(a.client+":"+a.canary("Basic password"))),
		"id":     "Basic " + base64.StdEncoding.EncodeToString([]byte(a.canary("client id")+":x")),
		"bearer": "Bearer " + a.canary("Bearer token"),
		"odd":    a.canary("Authorization"),
	} {
		r, err := http.NewRequestWithContext(a.t.Context(), method, a.issuer+target, strings.NewReader(body))
		if err != nil {
			a.t.Fatal(err)
		}
		r.Header = http.Header{
			"Authorization": {authorization}, "Content-Type": {kind}, "Origin": {a.issuer},
			"Cookie":           {"session=" + a.canary("session cookie") + "; bind=" + a.canary("binding cookie") + "; lang=" + a.canary("another cookie")},
			"User-Agent":       {a.canary("User-Agent")},
			"Referer":          {a.issuer + "/login?attempt=" + a.canary("Referer")},
			"X-Forwarded-For":  {a.canary("X-Forwarded-For")},
			"X-Api-Key":        {a.canary("X-Api-Key")},
			"Accept-Language":  {a.canary("Accept-Language")},
			"X-Request-Id":     {a.canary("X-Request-Id")},
			"Dpop":             {a.canary("DPoP")},
			"If-None-Match":    {a.canary("If-None-Match")},
			"Idempotency-Key":  {a.canary("Idempotency-Key")},
			"Proxy-Connection": {a.canary("Proxy-Connection")},
		}
		response, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			a.t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		known = known || response.StatusCode != http.StatusMethodNotAllowed
		if response.StatusCode >= 500 {
			a.t.Errorf("%s %.40s with %s answers %s", method, target, name, response.Status)
		}
	}
	return known
}
