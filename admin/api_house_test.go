package admin_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// tokens stands for the protocol: "Bearer read", "Bearer write" and so on are the access tokens of the test.
type tokens map[string]admin.Caller

// unfit is what the protocol says of a token that is none.
type unfit struct{}

func (unfit) Error() string     { return "no token" }
func (unfit) Status() int       { return http.StatusUnauthorized }
func (unfit) Challenge() string { return `Bearer realm="` + issuer + `"` }
func (unfit) Detail() string    { return "an access token is wanted" }

func (t *tokens) Bearer(r *http.Request) (admin.Caller, error) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	c, ok := (*t)[token]
	if !ok {
		return admin.Caller{}, unfit{}
	}
	if token == "broken" {
		return admin.Caller{}, errors.New("dial tcp 10.0.0.1:5432: connection refused")
	}
	return c, nil
}

func machines() tokens {
	return tokens{"read": {Client: "reader", Scopes: []string{"doorward:read"}}, "write": {Client: "writer", Scopes: []string{"doorward:write"}}, "broken": {}}
}

// reply is an answer of the API.
type reply struct {
	t      *testing.T
	code   int
	header http.Header
	body   []byte
}

// calls sends a call to the API; headers are pairs.
func (h *house) calls(token, method, path, body string, headers ...string) reply {
	h.t.Helper()
	r := httptest.NewRequest(method, issuer+"/admin/api/v1"+path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	before := h.newest()
	w := httptest.NewRecorder()
	h.router.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	h.must(err)
	a := reply{h.t, w.Code, w.Result().Header, text}
	h.fits(method, path, a)
	// LG-05: whatever changes something is in the log. Looking at the log changes nothing, and what is sent again neither.
	if w.Code < 300 && method != http.MethodGet && path != "/log-verification" && r.Header.Get("Idempotency-Key") == "" && h.newest() == before {
		h.t.Errorf("%s %s is done, and the log does not tell it", method, path)
	}
	return a
}

// newest is the id of the last event.
func (h *house) newest() string {
	h.t.Helper()
	page, err := h.db.Log(h.t.Context(), storage.LogFilter{}, "", 1)
	h.must(err)
	if len(page.Events) == 0 {
		return ""
	}
	return page.Events[0].ID
}

// is wants a status, and no more of ours in an error than a problem says.
func (a reply) is(status int) reply {
	a.t.Helper()
	if a.code != status {
		a.t.Fatalf("status %d, want %d: %s", a.code, status, a.body)
	}
	if want := "application/problem+json"; status >= 400 && a.header.Get("Content-Type") != want {
		a.t.Errorf("an error of the type %q", a.header.Get("Content-Type"))
	}
	if a.header.Get("Cache-Control") != "no-store" {
		a.t.Errorf("status %d may be kept", status)
	}
	return a
}

// as reads an answer.
func as[T any](a reply) T {
	a.t.Helper()
	var to T
	if err := json.Unmarshal(a.body, &to); err != nil {
		a.t.Fatalf("%s: %v", a.body, err)
	}
	return to
}

// tokens replaces those of the test.
func (h *house) tokens(all tokens) { h.callers = all }
