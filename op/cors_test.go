package op_test

// Fetch standard, CORS protocol: which scripts may read our answers.

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
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
	for path, methods := range map[string]string{"/token": "POST", "/userinfo": "GET, POST"} {
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

func TestAPreflightOfTenThousandHeaderNamesIsCheap(t *testing.T) {
	a := newApps(t)
	names := strings.Repeat("x-a,", 10000)
	start := time.Now()
	a.raw(http.MethodOptions, "/userinfo", "", nil, origin("https://spa.test"), header("Access-Control-Request-Headers", names))
	if took := time.Since(start); took > 100*time.Millisecond { // some milliseconds, on a busy machine too
		t.Errorf("it took %v", took)
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
