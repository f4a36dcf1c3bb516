package main_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// authorizeCases: until client and redirect URI are proved the error is a page; then it is the application's (RFC 6749 §4.1.2.1).
var authorizeCases = []sentence{
	{"unknown parameters are ignored", func(t *testing.T, h *intruder) {
		got := h.get(t, "app", func(q url.Values) { q.Set("colour", "blue"); q.Set("display", "popup") })
		if got.status != http.StatusSeeOther || !strings.HasPrefix(got.header.Get("Location"), "/login") {
			t.Errorf("answers %d, Location %q", got.status, got.header.Get("Location"))
		}
	}},
	{"a parameter twice is a page, even with the same value", func(t *testing.T, h *intruder) {
		for _, name := range []string{"client_id", "redirect_uri", "state", "nonce", "scope", "response_type", "code_challenge"} {
			h.get(t, "app", func(q url.Values) { q.Add(name, q.Get(name)) }).wantPage(http.StatusBadRequest)
		}
	}},
	{"a request over 4 KiB is a page", func(t *testing.T, h *intruder) {
		h.get(t, "app", func(q url.Values) { q.Set("state", strings.Repeat("s", 4<<10)) }).wantPage(http.StatusRequestURITooLong)
	}},
	{"a posted request over 4 KiB is a page", func(t *testing.T, h *intruder) {
		u, _ := url.Parse(h.authorizeURL("app", func(q url.Values) { q.Set("state", strings.Repeat("s", 4<<10)) }))
		h.send(t, http.MethodPost, "/authorize", u.RawQuery, formHeader()).wantPage(http.StatusRequestEntityTooLarge)
	}},
	{"a query and a body together are a page", func(t *testing.T, h *intruder) {
		u, _ := url.Parse(h.authorizeURL("app", nil))
		h.send(t, http.MethodPost, "/authorize?state=x", u.RawQuery, formHeader()).wantPage(http.StatusBadRequest)
	}},
	{"an unknown client is a page", func(t *testing.T, h *intruder) {
		for _, id := range []string{"nobody", "", "app\n", strings.Repeat("a", 3000)} {
			h.get(t, id, nil).wantPage(http.StatusBadRequest)
		}
		h.get(t, "app\x00", nil).wantPage(http.StatusBadRequest)
	}},
	{"another redirect URI is a page, whatever else is wrong", func(t *testing.T, h *intruder) {
		for _, uri := range []string{
			"", "https://evil.example/", callback + "/", callback + "?x=1", callback + "#x", "http://127.0.0.1:10/callback",
			"http://127.0.0.1:9@evil.example/callback", strings.ToUpper(callback), "http://localhost:9/callback", "//127.0.0.1:9/callback",
		} {
			h.get(t, "app", func(q url.Values) { q.Set("redirect_uri", uri); q.Del("code_challenge") }).wantPage(http.StatusBadRequest)
		}
	}},
	{"no code challenge, or a plain one, is told to the application", func(t *testing.T, h *intruder) {
		for _, client := range []string{"app", "spa"} {
			h.get(t, client, func(q url.Values) { q.Del("code_challenge"); q.Del("code_challenge_method") }).wantToApp(h.issuer, "invalid_request")
			h.get(t, client, func(q url.Values) { q.Set("code_challenge_method", "plain") }).wantToApp(h.issuer, "invalid_request")
			h.get(t, client, func(q url.Values) { q.Del("code_challenge_method") }).wantToApp(h.issuer, "invalid_request")
		}
	}},
	{"another response type is told to the application", func(t *testing.T, h *intruder) {
		h.get(t, "app", func(q url.Values) { q.Set("response_type", "token") }).wantToApp(h.issuer, "unsupported_response_type")
		h.get(t, "app", func(q url.Values) { q.Del("response_type") }).wantToApp(h.issuer, "invalid_request")
	}},
	{"prompt=none without a session is told to the application", func(t *testing.T, h *intruder) {
		h.get(t, "app", func(q url.Values) { q.Set("prompt", "none") }).wantToApp(h.issuer, "login_required")
	}},
	{"request objects are told to the application and fetched from nowhere", func(t *testing.T, h *intruder) {
		h.get(t, "app", func(q url.Values) { q.Set("request", "e30.e30.") }).wantToApp(h.issuer, "invalid_request_object")
		h.get(t, "app", func(q url.Values) { q.Set("request_uri", "http://127.0.0.1:1/") }).wantToApp(h.issuer, "invalid_request_uri")
	}},
	{"in form_post the error comes by form_post", func(t *testing.T, h *intruder) {
		got := h.get(t, "app", func(q url.Values) { q.Set("prompt", "none"); q.Set("response_mode", "form_post") })
		if got.status != http.StatusOK || !strings.Contains(got.body, `action="`+callback+`"`) || !strings.Contains(got.body, "login_required") {
			t.Errorf("answers %d %.600s", got.status, got.body)
		}
	}},
}

// framingCases: what is wrong as HTTP is refused before anybody looks at its meaning.
var framingCases = []sentence{
	{"a body over 64 KiB is refused", func(t *testing.T, h *intruder) {
		big := "grant_type=authorization_code&code=" + strings.Repeat("c", 64<<10)
		h.send(t, http.MethodPost, "/token", big, formHeader()).wantError(http.StatusRequestEntityTooLarge, "invalid_request")
		h.send(t, http.MethodPost, "/authorize", big, formHeader()).wantPage(http.StatusRequestEntityTooLarge)
		h.send(t, http.MethodPost, "/login/username", big, with(formHeader(), "Origin", h.issuer)).wantPage(http.StatusRequestEntityTooLarge)
	}},
	{"a wrong method is refused and told which are right", func(t *testing.T, h *intruder) {
		for path, allow := range map[string]string{
			"/token": "POST", "/authorize": "GET", "/userinfo": "GET", "/jwks": "GET", "/.well-known/openid-configuration": "GET", "/login/username": "POST",
		} {
			for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
				got := h.send(t, method, path, "", nil)
				if got.status != http.StatusMethodNotAllowed || !strings.Contains(got.header.Get("Allow"), allow) {
					t.Errorf("%s %s answers %d, Allow %q", method, path, got.status, got.header.Get("Allow"))
				}
			}
		}
		if got := h.send(t, http.MethodGet, "/token", "", nil); got.status != http.StatusMethodNotAllowed {
			t.Errorf("GET /token answers %d", got.status)
		}
	}},
	{"a wrong content type is refused", func(t *testing.T, h *intruder) {
		for _, kind := range []string{"application/json", "multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded; charset=utf-16", ""} {
			header := http.Header{}
			if kind != "" {
				header.Set("Content-Type", kind)
			}
			h.send(t, http.MethodPost, "/token", redemption("c").Encode(), header).wantError(http.StatusUnsupportedMediaType, "invalid_request")
			h.send(t, http.MethodPost, "/authorize", "client_id=app", header).wantPage(http.StatusUnsupportedMediaType)
		}
	}},
	{"a parameter in the query of /token is refused", func(t *testing.T, h *intruder) {
		h.form(t, "/token?grant_type=authorization_code", "app", redemption(h.code(t, "app"))).wantError(http.StatusBadRequest, "invalid_request")
	}},
	{"bytes that are no text are refused", func(t *testing.T, h *intruder) {
		for _, bad := range []string{"%ff%fe", "%00", "%zz", "%"} {
			h.send(t, http.MethodPost, "/token", "grant_type="+bad, formHeader()).wantError(http.StatusBadRequest, "invalid_request")
			h.send(t, http.MethodGet, "/authorize?client_id="+bad, "", nil).wantPage(http.StatusBadRequest)
		}
	}},
	{"paths have one spelling", func(t *testing.T, h *intruder) {
		for _, path := range []string{"/authorize/", "//authorize", "/AUTHORIZE", "/./authorize", "/login/../authorize", "/authorize%2f", "/nowhere"} {
			if got := h.send(t, http.MethodGet, path, "", nil); got.status != http.StatusNotFound {
				t.Errorf("%s answers %d, Location %q", path, got.status, got.header.Get("Location"))
			}
		}
	}},
}

// get opens a changed authorization request in a browser without cookies.
func (h *intruder) get(t *testing.T, client string, change func(q url.Values)) reply {
	t.Helper()
	return h.send(t, http.MethodGet, h.authorizeURL(client, change), "", http.Header{"Accept": {"text/html"}})
}

func with(header http.Header, name, value string) http.Header {
	header.Set(name, value)
	return header
}
