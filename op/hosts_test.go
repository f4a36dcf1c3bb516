package op_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The issuer is what the configuration says: whatever host somebody writes, nothing that leaves this house names it.
func TestNoHeaderSaysWhoWeAre(t *testing.T) { // HH-01, HH-06
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		asked := func(method, path string, change func(*http.Request)) (int, http.Header, string) {
			r := httptest.NewRequest(method, issuer+path, nil)
			r.AddCookie(&http.Cookie{Name: "session", Value: anna.cookie})
			change(r)
			w := httptest.NewRecorder()
			h.router.ServeHTTP(w, r)
			return w.Code, w.Header(), w.Body.String()
		}
		for _, path := range []string{
			"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/jwks", "/authorize?" + good().Encode(), "/authorize?client_id=nobody",
			"/end_session", "/end_session?" + anna.leaving().Encode(), "/userinfo", "/nowhere",
		} {
			status, _, _ := asked(http.MethodGet, path, nothing)
			for name, change := range map[string]func(*http.Request){
				"Host":             func(r *http.Request) { r.Host = "evil.test" },
				"Host with a port": func(r *http.Request) { r.Host = "op.test:1@evil.test" },
				"X-Forwarded-Host": header("X-Forwarded-Host", "evil.test"),
				"X_Forwarded_Host": func(r *http.Request) { r.Header["X_Forwarded_Host"] = []string{"evil.test"} },
				"Forwarded":        header("Forwarded", "host=evil.test;proto=http"),
				"X-Forwarded-Port": func(r *http.Request) {
					r.Header["X-Forwarded-Port"], r.Header["X-Forwarded-Proto"] = []string{"8080"}, []string{"http"}
				},
				"X-Original-URL": header("X-Original-URL", "https://evil.test/token"),
			} {
				got, header, body := asked(http.MethodGet, path, change)
				if got != status {
					t.Errorf("%s: %.40s answers %d, else %d", name, path, got, status)
				}
				if strings.Contains(body, "evil.test") || strings.Contains(header.Get("Location"), "evil.test") || strings.Contains(body, "http://op.test") {
					t.Errorf("%s: %.40s leads to %q, %.300s", name, path, header.Get("Location"), body)
				}
				if to := header.Get("Location"); strings.Contains(to, "code=") && !strings.Contains(to, "iss=https%3A%2F%2Fop.test") {
					t.Errorf("%s: the answer's issuer is in %s", name, to)
				}
			}
		}
	})
}
