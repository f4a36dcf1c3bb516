package op_test

// Fetch standard, CORS protocol: which scripts may read our answers.

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

func origin(value string) func(*http.Request) { return header("Origin", value) }

func TestAScriptReadsOnlyWhatItsOwnClientIsTold(t *testing.T) {
	a := newApps(t)
	token := a.granted("spa").AccessToken
	foreign := a.granted("basic").AccessToken
	for name, c := range map[string]struct {
		form    url.Values
		origin  string
		allowed bool
	}{
		"its own":            {attempt(with("client_id", "spa")), "https://spa.test", true},
		"another site":       {attempt(with("client_id", "spa")), "https://evil.test", false},
		"null":               {attempt(with("client_id", "spa")), "null", false},
		"a longer name":      {attempt(with("client_id", "spa")), "https://spa.test.evil.test", false},
		"plain http":         {attempt(with("client_id", "spa")), "http://spa.test", false},
		"another port":       {attempt(with("client_id", "spa")), "https://spa.test:8443", false},
		"a confidential one": {attempt(with("client_id", "post"), with("client_secret", "secret")), "https://rp.test", false},
		"an unknown client":  {attempt(with("client_id", "nobody")), "https://spa.test", false},
	} {
		t.Run(name, func(t *testing.T) {
			got := a.post("/token", c.form, origin(c.origin))
			speaks(t, got.header, c.origin, c.allowed)
		})
	}
	ask := func(token, from string) http.Header {
		r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Origin", from)
		return a.send(r).header
	}
	speaks(t, ask(token, "https://spa.test"), "https://spa.test", true)
	speaks(t, ask(token, "https://evil.test"), "https://evil.test", false)
	speaks(t, ask(foreign, "https://spa.test"), "https://spa.test", false)
	a.later(time.Hour)
	speaks(t, ask(token, "https://spa.test"), "https://spa.test", true) // it must learn that its token has expired
}

func speaks(t *testing.T, h http.Header, origin string, allowed bool) {
	t.Helper()
	want := ""
	if allowed {
		want = origin
	}
	if h.Get("Access-Control-Allow-Origin") != want || h.Get("Access-Control-Allow-Credentials") != "" || !strings.Contains(h.Get("Vary"), "Origin") {
		t.Errorf("for %s: %v", origin, h)
	}
}

func TestAPreflightIsAnsweredForOriginsOfBrowserApplications(t *testing.T) {
	a := newApps(t)
	for path, methods := range map[string]string{"/token": "POST", "/revoke": "POST", "/userinfo": "GET, POST"} {
		ask := func(from string) reply {
			return a.raw(http.MethodOptions, path, "", nil, origin(from), header("Access-Control-Request-Method", "POST"),
				header("Access-Control-Request-Headers", "authorization"))
		}
		yes, no := ask("https://spa.test"), ask("https://evil.test")
		if yes.status != http.StatusNoContent || no.status != http.StatusNoContent {
			t.Errorf("%s: %d, %d", path, yes.status, no.status)
		}
		speaks(t, yes.header, "https://spa.test", true)
		speaks(t, no.header, "https://evil.test", false)
		if yes.header.Get("Access-Control-Allow-Methods") != methods || no.header.Get("Access-Control-Allow-Methods") != "" {
			t.Errorf("%s: %q, %q", path, yes.header.Get("Access-Control-Allow-Methods"), no.header.Get("Access-Control-Allow-Methods"))
		}
	}
}

// counted is a store that counts who asks for all clients.
type counted struct {
	op.Store
	asked atomic.Int64
}

func (c *counted) Clients(ctx context.Context) ([]storage.Client, error) {
	c.asked.Add(1)
	return c.Store.Clients(ctx)
}

// Anybody may send preflights, so they must not cost a look at every client.
func TestPreflightsReadTheClientsOnlyWhenOneHasChanged(t *testing.T) {
	a := newApps(t)
	store := &counted{Store: a.db}
	a.router = doorOn(t, a.house, store)
	allows := func(from string) bool {
		got := a.raw(http.MethodOptions, "/token", "", nil, origin(from), header("Access-Control-Request-Method", "POST"))
		return got.header.Get("Access-Control-Allow-Origin") == from
	}
	var flood sync.WaitGroup
	for i := range 8 {
		flood.Go(func() {
			for n := range 50 {
				if !allows("https://spa.test") {
					t.Error("its own origin is refused")
				}
				if allows(fmt.Sprintf("https://evil%d-%d.test", i, n)) {
					t.Error("a foreign origin is allowed")
				}
			}
		})
	}
	flood.Wait()
	time.Sleep(1100 * time.Millisecond)
	if !allows("https://spa.test") {
		t.Error("a second later its own origin is refused")
	}
	if n := store.asked.Load(); n != 1 {
		t.Errorf("%d preflights read the clients %d times, and none has changed", 801, n)
	}
	must(t, a.db.SetClientDisabled(t.Context(), "spa", true, storage.Event{Actor: "test"}))
	time.Sleep(1100 * time.Millisecond)
	if allows("https://spa.test") {
		t.Error("a second after its client was disabled the origin is allowed")
	}
	if n := store.asked.Load(); n != 2 {
		t.Errorf("after one change the clients were read %d times in all", n)
	}
}

func TestAPreflightOfTenThousandHeaderNamesIsCheap(t *testing.T) { // HD-12
	a := newApps(t)
	names := strings.Repeat("x-a,", 10000)
	least := time.Hour
	for range 5 { // a busy machine may hold up any one of them
		start := time.Now()
		a.raw(http.MethodOptions, "/userinfo", "", nil, origin("https://spa.test"), header("Access-Control-Request-Headers", names))
		least = min(least, time.Since(start))
	}
	if least > 10*time.Millisecond {
		t.Errorf("it took %v", least)
	}
}

// HD-12: every endpoint by itself. "own" is the origin of a public browser application.
func TestEachEndpointSpeaksToTheScriptsThatItIsFor(t *testing.T) {
	a := newApps(t)
	token := a.granted("spa").AccessToken
	ours := url.Values{"client_id": {"spa"}, "token": {token}, "grant_type": {"refresh_token"}, "refresh_token": {"x"}}
	for path, c := range map[string]struct {
		own, foreign string // whom Access-Control-Allow-Origin names
		preflight    int
	}{
		"POST /token":      {"https://spa.test", "", http.StatusNoContent},
		"POST /revoke":     {"https://spa.test", "", http.StatusNoContent},
		"GET /userinfo":    {"https://spa.test", "", http.StatusNoContent},
		"POST /introspect": {"", "", http.StatusMethodNotAllowed},

		"GET /.well-known/openid-configuration":       {"*", "*", http.StatusMethodNotAllowed},
		"GET /.well-known/oauth-authorization-server": {"*", "*", http.StatusMethodNotAllowed},
		"GET /jwks": {"*", "*", http.StatusMethodNotAllowed},

		"GET /authorize":            {"", "", http.StatusMethodNotAllowed},
		"POST /authorize":           {"", "", http.StatusMethodNotAllowed},
		"GET /end_session":          {"", "", http.StatusMethodNotAllowed},
		"POST /end_session":         {"", "", http.StatusMethodNotAllowed},
		"POST /end_session/confirm": {"", "", http.StatusMethodNotAllowed},
	} {
		t.Run(path, func(t *testing.T) {
			method, target, _ := strings.Cut(path, " ")
			ask := func(method, from string) *httptest.ResponseRecorder {
				var body io.Reader
				if method == http.MethodPost {
					body = strings.NewReader(ours.Encode())
				}
				r := httptest.NewRequest(method, issuer+target, body)
				r.Header.Set("Origin", from)
				if method == http.MethodPost {
					r.Header.Set("Content-Type", formType)
				}
				if target == "/userinfo" && method == http.MethodGet {
					r.Header.Set("Authorization", "Bearer "+token)
				}
				if method == http.MethodOptions {
					r.Header.Set("Access-Control-Request-Method", "POST")
				}
				w := httptest.NewRecorder()
				a.router.ServeHTTP(w, r)
				return w
			}
			for from, want := range map[string]string{"https://spa.test": c.own, "https://evil.test": c.foreign, "null": c.foreign} {
				h := ask(method, from).Header()
				if h.Get("Access-Control-Allow-Origin") != want || h.Get("Access-Control-Allow-Credentials") != "" {
					t.Errorf("%s from %s: %v", path, from, h)
				}
			}
			if got := ask(http.MethodOptions, "https://spa.test"); got.Code != c.preflight {
				t.Errorf("the preflight got %d", got.Code)
			} else if allowed := got.Header().Get("Access-Control-Allow-Origin"); (allowed != "") != (got.Code == http.StatusNoContent) {
				t.Errorf("the preflight allows %q", allowed)
			}
		})
	}
}

func TestDiscoveryAndKeysAreReadByEveryScript(t *testing.T) {
	a := newApps(t)
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks"} {
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, issuer+path, nil))
		if w.Code != http.StatusOK || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
		}
	}
}
