package op_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// FuzzBearer: whatever stands in the Authorization header and in a body, only the living token in its one place is answered, by
// userinfo and by introspection; all else is refused in words that can stand in a header.
func FuzzBearer(f *testing.F) {
	a := furnish(f, newHouse(f))
	granted := func(client string) issued {
		var tokens issued
		answer := a.redeem(client, a.code(client))
		if err := json.Unmarshal([]byte(answer.body), &tokens); err != nil || answer.status != http.StatusOK {
			f.Fatal(answer.status, answer.body)
		}
		return tokens
	}
	opaque, signed := granted("basic"), granted("signed")
	for _, token := range []string{opaque.AccessToken, signed.AccessToken, opaque.IDToken, opaque.RefreshToken, a.code("basic"), "", "x", "dwa_", "eyJ", "e30.e30.e30"} {
		f.Add("Bearer "+token, "")
		f.Add("", token)
		f.Add("bearer  "+token, token)
		f.Add("Bearer "+token+"=", token+" ")
		f.Add("DPoP "+token, "\x00")
	}
	alive := map[string]bool{opaque.AccessToken: true, signed.AccessToken: true}
	f.Fuzz(func(t *testing.T, header, body string) {
		r := httptest.NewRequest(http.MethodPost, issuer+"/userinfo", strings.NewReader(url.Values{"access_token": {body}}.Encode()))
		r.Header.Set("Content-Type", formType)
		if body == "" {
			r = httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
		}
		if header != "" {
			r.Header["Authorization"] = []string{header}
		}
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, r)
		scheme, token, _ := strings.Cut(header, " ")
		good := header == "" && alive[body] || body == "" && strings.EqualFold(scheme, "Bearer") && alive[token]
		if (w.Code == http.StatusOK) != good || w.Code >= http.StatusInternalServerError {
			t.Errorf("%q and %q: %d %s", header, body, w.Code, w.Body)
		}
		challenge := w.Header().Get("WWW-Authenticate")
		if !good && challenge == "" || strings.ContainsFunc(challenge, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Errorf("%q and %q: %d, challenge %q", header, body, w.Code, challenge)
		}
		asked := httptest.NewRecorder()
		a.router.ServeHTTP(asked, formRequest("/introspect", url.Values{"token": {body}}, "api:secret"))
		if active := strings.Contains(asked.Body.String(), `"active":true`); active != alive[body] || asked.Code >= http.StatusInternalServerError {
			t.Errorf("introspection of %q: %d %s", body, asked.Code, asked.Body)
		}
	})
}
