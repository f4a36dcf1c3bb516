package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/oauth2"

	"github.com/doorward/doorward/web/webtest"
)

// TestBadInput walks whatever can be wrong with a request over the whole house, as built: each gets the error that the specification
// names, or a page in plain words with a reference; nothing answers 500, nothing is lost, and no secret gets into the log.
func TestBadInput(t *testing.T) {
	t.Parallel()
	serveOn(t, func(t *testing.T, v *server) {
		h := &intruder{server: v, anna: webtest.New(t, nil).StayOn(v.issuer)}
		h.secret(annaPassword, appSecret)
		h.anna.Go(h.authorizeURL("app", nil))
		signIn(h.anna)
		location(t, h.anna)

		for name, cases := range map[string][]sentence{"authorize": authorizeCases, "framing": framingCases, "token": tokenCases} {
			t.Run(name, func(t *testing.T) {
				for _, c := range cases {
					t.Run(c.says, func(t *testing.T) { c.try(t, h) })
				}
			})
		}
		h.wantDiscreteLog(t)
	})
}

// sentence is one rule, and the request that tries it.
type sentence struct {
	says string
	try  func(t *testing.T, h *intruder)
}

// intruder sends what no honest program sends, beside a person who is signed in.
type intruder struct {
	*server
	anna *webtest.Browser

	mu      sync.Mutex
	secrets []string
}

// verifier is the PKCE verifier of every request here.
var verifier = oauth2.GenerateVerifier()

// secret remembers what must not stand in the log.
func (h *intruder) secret(values ...string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, value := range values {
		if len(value) > 8 {
			h.secrets = append(h.secrets, value)
		}
	}
}

// wantDiscreteLog searches the server's whole output for everything secret that was sent or received.
func (h *intruder) wantDiscreteLog(t *testing.T) {
	t.Helper()
	log := append(h.log.bytes(), h.out.bytes()...)
	if !bytes.Contains(log, []byte("/token")) || !bytes.Contains(log, []byte("/authorize")) {
		t.Error("the log does not tell of requests, so its silence means nothing")
	}
	for _, secret := range h.secrets {
		if bytes.Contains(log, []byte(secret)) || bytes.Contains(log, []byte(url.QueryEscape(secret))) {
			t.Errorf("the log holds a secret that begins with %.12q", secret)
		}
	}
	if len(h.secrets) < 20 {
		t.Errorf("only %d secrets were looked for", len(h.secrets))
	}
}

// authorizeURL is a good request; change makes it a bad one.
func (h *intruder) authorizeURL(client string, change func(q url.Values)) string {
	q := url.Values{
		"client_id": {client}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email offline_access"},
		"state": {"the-state"}, "nonce": {"the-nonce"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	if change != nil {
		change(q)
	}
	return h.issuer + "/authorize?" + q.Encode()
}

// code gets a fresh code for a client, by the session of Anna.
func (h *intruder) code(t *testing.T, client string) string {
	t.Helper()
	h.anna.Go(h.authorizeURL(client, nil))
	code := location(t, h.anna).Get("code")
	if code == "" {
		t.Fatalf("no code: %s", h.anna.Location())
	}
	h.secret(code)
	return code
}

// redemption is the good form for a code.
func redemption(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}}
}

// reply is what came back.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	fields map[string]any // of a JSON body
}

// send makes any request; a header without a value is left out.
func (h *intruder) send(t *testing.T, method, path, body string, header http.Header) reply {
	t.Helper()
	target := path
	if strings.HasPrefix(path, "/") {
		target = h.issuer + path
	}
	r, err := http.NewRequest(method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := reply{t: t, status: response.StatusCode, header: response.Header, body: string(text)}
	_ = json.Unmarshal(text, &got.fields) // left empty where it is no JSON
	h.secret(got.text("access_token"), got.text("refresh_token"), got.text("id_token"))
	if got.status >= http.StatusInternalServerError {
		t.Errorf("%s %s answers %d", method, path, got.status)
	}
	return got
}

// form posts a form, as the client with this id where one is given.
func (h *intruder) form(t *testing.T, path, client string, values url.Values) reply {
	t.Helper()
	header := formHeader()
	if client != "" {
		r := http.Request{Header: header}
		r.SetBasicAuth(client, appSecret)
	}
	return h.send(t, http.MethodPost, path, values.Encode(), header)
}

func formHeader() http.Header {
	return http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
}

func bearer(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }

func (r reply) text(field string) string {
	text, _ := r.fields[field].(string)
	return text
}

// wantTokens wants a good token response.
func (r reply) wantTokens() reply {
	r.t.Helper()
	if r.status != http.StatusOK || r.text("access_token") == "" || r.text("refresh_token") == "" {
		r.t.Fatalf("answers %d %s, no tokens", r.status, r.text("error"))
	}
	return r
}

// wantError wants an error as JSON that nobody keeps (RFC 6749 §5.2).
func (r reply) wantError(status int, code string) {
	r.t.Helper()
	if r.status != status || r.text("error") != code {
		r.t.Errorf("answers %d %q, not %d %q: %.300s", r.status, r.text("error"), status, code, r.body)
	}
	if r.text("access_token") != "" || r.header.Get("Location") != "" {
		r.t.Error("answers more than an error")
	}
	if got := r.header.Get("Cache-Control"); got != "no-store" {
		r.t.Errorf("Cache-Control is %q", got)
	}
	for _, c := range r.text("error_description") {
		if c < 0x20 || c > 0x7e || c == '"' || c == '\\' {
			r.t.Errorf("error_description holds %q (RFC 6749 §5.2)", c)
		}
	}
}

var reference = regexp.MustCompile(`\bE-[0-9A-Z]{4}-[0-9A-Z]{2}\b`)

// wantPage wants an error page of ours that sends nobody anywhere, and that an operator can find again.
func (r reply) wantPage(status int) {
	r.t.Helper()
	if r.status != status || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
		r.t.Errorf("answers %d %s, not a page with %d: %.300s", r.status, r.header.Get("Content-Type"), status, r.body)
	}
	if r.header.Get("Location") != "" || r.header.Get("Refresh") != "" {
		r.t.Error("sends the browser somewhere")
	}
	if !reference.MatchString(r.body) {
		r.t.Errorf("the page has no reference: %.2000s", r.body)
	}
	if r.header.Get("Cache-Control") != "no-store" || !strings.Contains(r.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		r.t.Error("the page lacks the headers of every page")
	}
}

// wantToApp wants the error sent to the proved redirect URI (RFC 6749 §4.1.2.1, RFC 9207).
func (r reply) wantToApp(issuer, code string) {
	r.t.Helper()
	to, err := url.Parse(r.header.Get("Location"))
	if err != nil || to.Scheme+"://"+to.Host+to.Path != callback {
		r.t.Fatalf("answers %d, Location %q: %.300s", r.status, r.header.Get("Location"), r.body)
	}
	q := to.Query()
	if q.Get("error") != code || q.Get("state") != "the-state" || q.Get("iss") != issuer || q.Has("code") {
		r.t.Errorf("the application is told %q", to.RawQuery)
	}
}
