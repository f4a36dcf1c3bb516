package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
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

// aviary is a house on a folder of its own, and the canaries that were sent to it.
type aviary struct {
	*house
	t        *testing.T
	log      *logged
	router   *mux.Router
	box      mail.Mailbox
	folder   string
	issuer   string
	client   string
	canaries map[string]string  // value -> its place
	attempts []*webtest.Browser // browsers that have one under way, each at another step
}

const canaryConfig = `issuer: %s
database: sqlite:doorward.db
metrics: {listen: "127.0.0.1:0"}
log: {level: debug}
clients:
  - {id: %[2]s, secret_file: a.secret, redirect_uris: ["http://127.0.0.1:9/callback"], introspect: true,
     post_logout_redirect_uris: ["http://127.0.0.1:9/"], grant_types: [authorization_code, refresh_token, client_credentials]}
`

func newAviary(t *testing.T) *aviary {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &aviary{t: t, issuer: "http://localhost:" + portOf(listener), client: "grafana", canaries: map[string]string{}}
	file := write(t, fmt.Sprintf(canaryConfig, a.issuer, a.client), map[string]string{"a.secret": a.canary("client secret")})
	a.folder = filepath.Dir(file)
	former := slog.Default()
	a.t.Cleanup(func() { slog.SetDefault(former) })
	a.house, a.log = openHouse(t, file, parts{Listener: listener, Mail: &a.box, Fill: a.people, Extra: func(_ *house, r *mux.Router) error {
		a.router = r
		return nil
	}})
	muteLibraries(a.house.log)
	return a
}

// people lets Anna in.
func (a *aviary) people(ctx context.Context, f *foundation) error {
	hash, err := f.keys.Passwords.Hash(ctx, a.canary("password"))
	if err != nil {
		return err
	}
	anna := storage.User{ID: storage.NewID(), Email: "anna@example.com", Claims: map[string]any{"name": "Anna Berg"}, State: "active", Version: 1}
	return f.db.AddUser(ctx, anna, hash, storage.Event{Actor: "test"})
}

// canary makes a secret for a place; the same for the same place.
func (a *aviary) canary(place string) string {
	for value, at := range a.canaries {
		if at == place {
			return value
		}
	}
	value := "canary" + strings.ToLower(rand.Text()) + rand.Text()
	a.guard(place, value)
	return value
}

// guard remembers a secret that must be found nowhere.
func (a *aviary) guard(place, value string) {
	if value != "" {
		a.canaries[value] = place
	}
}

// search looks for every canary, as it is, in the encodings that a request gives it, and in hex.
func (a *aviary) search(where string, data []byte) {
	a.t.Helper()
	for value, place := range a.canaries {
		spellings := []string{value, url.QueryEscape(value), hex.EncodeToString([]byte(value))}
		if len(value) > 16 { // within any base64 its middle has one of three spellings
			for shift := range 3 {
				spelling := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + value))
				spellings = append(spellings, spelling[4:len(spelling)-4])
			}
		}
		if i := slices.IndexFunc(spellings, func(s string) bool { return bytes.Contains(data, []byte(s)) }); i >= 0 {
			a.t.Errorf("%s hold the %s as %.12s…", where, place, spellings[i])
		}
	}
}

// searchFiles reads everything in the house's folder but what an operator put there, and the master key.
func (a *aviary) searchFiles() {
	a.t.Helper()
	files, err := os.ReadDir(a.folder)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, f := range files {
		if name := f.Name(); strings.HasPrefix(name, "doorward.db") {
			data, err := os.ReadFile(filepath.Join(a.folder, name))
			if err != nil {
				a.t.Fatal(err)
			}
			a.search("the bytes of "+name, data)
		}
	}
}

// live is one life of a session and of what hangs on it: sign-on, tokens, refresh, introspection, revocation, sign-out.
func (a *aviary) live() {
	t, b := a.t, webtest.New(a.t, nil).StayOn(a.issuer)
	verifier := a.canary("PKCE verifier")
	sum := sha256.Sum256([]byte(verifier))
	request := url.Values{
		"client_id": {a.client}, "response_type": {"code"}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "scope": {"openid email offline_access"},
		"state": {a.canary("state")}, "nonce": {a.canary("nonce")},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	b.Go(a.issuer + "/authorize?" + request.Encode())
	a.guard("attempt", b.Value("attempt"))
	b.Fill("username", a.canary("password")).Press("submit").Status(http.StatusUnprocessableEntity) // people type passwords into the wrong field
	b.Fill("username", "anna@example.com").Press("submit")
	b.Fill("password", a.canary("wrong password")).Press("submit")
	b.Fill("password", a.canary("password")).Press("submit")
	code := mailed.FindString(a.box.Letters()[0].Subject)
	a.guard("mailed code", code)
	a.guard("mailed code", strings.ReplaceAll(code, " ", ""))
	b.Fill("code", "000000").Press("submit")
	a.guard("attempt", b.Value("attempt"))
	b.Fill("code", code).Press("submit")
	for _, cookie := range b.Cookies(a.issuer) {
		a.guard("cookie "+cookie.Name, cookie.Value)
	}
	answer, err := url.Parse(b.Location())
	if err != nil || answer.Query().Get("code") == "" {
		t.Fatalf("the browser is sent to %q:\n%s", b.Location(), b.Body())
	}
	a.guard("authorization code", answer.Query().Get("code"))

	redemption := url.Values{"grant_type": {"authorization_code"}, "code": {answer.Query().Get("code")}, "redirect_uri": request["redirect_uri"], "code_verifier": {verifier}}
	first := a.tokens(redemption, http.StatusOK)
	second := a.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first["refresh_token"]}}, http.StatusOK)
	own := a.tokens(url.Values{"grant_type": {"client_credentials"}}, http.StatusOK)
	for _, token := range []string{second["access_token"], own["access_token"], second["refresh_token"]} {
		a.post("/introspect", url.Values{"token": {token}}, http.StatusOK)
	}
	a.post("/revoke", url.Values{"token": {own["access_token"]}}, http.StatusOK)
	a.tokens(redemption, http.StatusBadRequest)
	b.Go(a.issuer + "/account").Sees("Anna")
	b.Go(a.issuer + "/end_session?id_token_hint=" + url.QueryEscape(second["id_token"]) + "&state=" + a.canary("state at sign-out"))
}

// begin leaves attempts under way, at the first step and at the password, so that a flood gets past "start again".
func (a *aviary) begin() {
	for range 2 {
		b := webtest.New(a.t, nil).StayOn(a.issuer)
		b.Go(a.issuer + "/authorize?client_id=" + a.client + "&response_type=code&redirect_uri=http://127.0.0.1:9/callback&scope=openid&code_challenge_method=S256&code_challenge=" +
			base64.RawURLEncoding.EncodeToString(make([]byte, 32)))
		a.attempts = append(a.attempts, b)
	}
	a.attempts[1].Fill("username", "anna@example.com").Press("submit")
	for _, b := range a.attempts {
		a.guard("attempt under way", b.Value("attempt"))
	}
}

// tokens asks the token endpoint; what it gives are canaries too.
func (a *aviary) tokens(form url.Values, want int) map[string]string {
	a.t.Helper()
	var all map[string]any
	if err := json.Unmarshal(a.post("/token", form, want), &all); err != nil {
		a.t.Fatal(err)
	}
	tokens := map[string]string{}
	for _, kind := range []string{"access_token", "refresh_token", "id_token"} {
		tokens[kind], _ = all[kind].(string)
		a.guard(kind, tokens[kind])
	}
	return tokens
}

// post sends a form as the client.
func (a *aviary) post(path string, form url.Values, want int) []byte {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(a.client, a.canary("client secret"))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		a.t.Errorf("%s answers %s, %v, not %d: %.300s", path, response.Status, err, want, body)
	}
	return body
}

func (a *aviary) get(address, path string) string {
	a.t.Helper()
	response, err := http.Get("http://" + address + path)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		a.t.Errorf("%s answers %s, %v", path, response.Status, err)
	}
	return string(body)
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
	for _, b := range a.attempts {
		under := url.Values{"attempt": {b.Value("attempt")}}
		for _, field := range []string{"username", "password", "code"} {
			under.Set(field, a.canary(field+" in a form"))
		}
		b.Tab().Post(a.issuer+route, under)
	}
	for _, method := range methods {
		a.send(method, route+"?"+query.Encode(), "", "")
		a.send(method, route+"?"+good.Encode(), "", "")
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

// send makes one request from one of our own pages, with canaries in its headers.
func (a *aviary) send(method, target, body, kind string) {
	a.t.Helper()
	for name, authorization := range map[string]string{
		"right":  "Basic " + base64.StdEncoding.EncodeToString([]byte(a.client+":"+a.canary("client secret"))),
		"basic":  "Basic " + base64.StdEncoding.EncodeToString([]byte(a.client+":"+a.canary("Basic password"))),
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
		if response.StatusCode >= 500 {
			a.t.Errorf("%s %.40s with %s answers %s", method, target, name, response.Status)
		}
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
	if series := strings.Count(metrics, "\ndoorward_http_requests_total{"); series > 400 {
		a.t.Errorf("%d series of requests: visitors decide how many there are", series)
	}
}
