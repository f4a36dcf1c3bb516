package op_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// registry is a house where applications register themselves, and an application's program that does.
type registry struct {
	*house
	t *testing.T
}

// eachRegistry runs the same sentences on every database; others' origins may be fetched from.
func eachRegistry(t *testing.T, o op.Registration, f func(r *registry), origins ...string) {
	t.Helper()
	eachHouse(t, func(t *testing.T, h *house) {
		f(register(t, h, o, origins...))
	})
}

func newRegistry(t *testing.T, o op.Registration, origins ...string) *registry {
	t.Helper()
	t.Parallel()
	return register(t, newHouse(t), o, origins...)
}

func register(t *testing.T, h *house, o op.Registration, origins ...string) *registry {
	t.Helper()
	if o.Hourly == 0 {
		o.Hourly = 1000
	}
	outbound, err := web.NewOutbound(web.OutboundOptions{Allow: origins})
	must(t, err)
	o.Outbound = outbound
	h.serve(t, op.Options{Registration: o})
	return &registry{h, t}
}

var (
	anybody   = op.Registration{Mode: "open"}
	whoIsSent = op.Registration{Mode: "token"}
)

// call sends a request to /register or what lies below, with a bearer token unless it is "".
func (r *registry) call(method, path, token string, body any, changes ...func(*http.Request)) reply {
	r.t.Helper()
	text, raw := body.(string)
	if !raw && body != nil {
		encoded, err := json.Marshal(body)
		must(r.t, err)
		text = string(encoded)
	}
	q := httptest.NewRequest(method, issuer+path, strings.NewReader(text))
	if body != nil {
		q.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		q.Header.Set("Authorization", "Bearer "+token)
	}
	for _, change := range changes {
		change(q)
	}
	w := httptest.NewRecorder()
	r.router.ServeHTTP(w, q)
	return reply{t: r.t, status: w.Code, header: w.Header(), body: w.Body.String()}
}

// data is an application's metadata: a good one with these members besides; nil takes one away.
type data map[string]any

func some(members ...data) data {
	out := data{"redirect_uris": []string{"https://app.example/cb"}, "client_name": "Ledger"}
	for _, m := range members {
		maps.Copy(out, m)
	}
	maps.DeleteFunc(out, func(_ string, v any) bool { return v == nil })
	return out
}

// registered is what an application is told of itself.
type registered struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
	URI    string `json:"registration_client_uri"`
	Token  string `json:"registration_access_token"`
	path   string
	all    map[string]any
}

// add registers an application.
func (r *registry) add(members ...data) registered {
	r.t.Helper()
	return r.call("POST", "/register", "", some(members...)).registered(http.StatusCreated)
}

func (r reply) registered(status int) registered {
	r.t.Helper()
	if r.status != status {
		r.t.Fatalf("status %d, body %s; want %d", r.status, r.body, status)
	}
	var got registered
	must(r.t, json.Unmarshal([]byte(r.body), &got))
	got.all, got.path = r.json(), strings.TrimPrefix(got.URI, issuer)
	return got
}

// unfit wants an error of registration (RFC 7591 §3.2.2) that names the member.
func (r reply) unfit(code, member string) {
	r.t.Helper()
	r.denied(http.StatusBadRequest, code)
	if r.status != http.StatusBadRequest {
		return
	}
	why, _ := r.json()["error_description"].(string)
	if !strings.Contains(why, member) || strings.ContainsFunc(why, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) {
		r.t.Errorf("%q does not name %s, or in other characters than it may", why, member)
	}
	if r.header.Get("Cache-Control") != "no-store" || r.header.Get("Content-Type") != "application/json" {
		r.t.Errorf("the answer is kept, or no JSON: %v", r.header)
	}
}

// unknown wants a request refused for its token.
func (r reply) unknown() {
	r.t.Helper()
	if r.status != http.StatusUnauthorized || !strings.HasPrefix(r.header.Get("WWW-Authenticate"), "Bearer ") {
		r.t.Errorf("status %d, WWW-Authenticate %q, body %s; want 401 for bearers", r.status, r.header.Get("WWW-Authenticate"), r.body)
	}
}

func (r *registry) invitation(uses int, life time.Duration) string {
	r.t.Helper()
	token, err := op.NewInvitation(r.keys.Box, uses, r.now().Add(life))
	must(r.t, err)
	return token
}

// events counts the events of a kind about a client.
func (r *registry) events(kind, client string) int {
	r.t.Helper()
	all, err := r.db.Events(r.t.Context(), 1000)
	must(r.t, err)
	return len(slices.DeleteFunc(all, func(e storage.Event) bool { return e.Kind != kind || e.Client != client }))
}

// stored is the record that an application has become.
func (r *registry) stored(id string) storage.Client {
	r.t.Helper()
	c, err := r.db.RegisteredClient(r.t.Context(), id)
	must(r.t, err)
	return c
}

// redeem exchanges a code as an application that registered itself.
func (r *registry) redeem(code, redirect string, as registered) reply {
	r.t.Helper()
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirect}, "code_verifier": {verifier}}
	a := &apps{house: r.house, t: r.t}
	return a.post("/token", form, func(q *http.Request) { q.SetBasicAuth(as.ID, as.Secret) })
}
