package op_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// FuzzRegistration registers whatever is sent: the answer is 201 with a client that keeps the rules for strangers, or 400 with an error
// of RFC 7591 §3.2.2.
func FuzzRegistration(f *testing.F) {
	whole, err := json.Marshal(some(everything))
	must(f, err)
	for _, seed := range []string{
		string(whole), `{}`, `[]`, `{"redirect_uris":["https://app.example/cb"]}`, `{"redirect_uris":["https://app.example/cb"],"redirect_uris":[]}`,
		`{"redirect_uris":["com.example.app:/cb","http://127.0.0.1/cb"],"application_type":"native"}`, `{"redirect_uris":["http://localhost/#"],"client_name":"\u202e"}`,
		`{"redirect_uris":["https://app.example/cb"],"jwks":{"keys":[{"kty":"RSA","d":"x"}]},"token_endpoint_auth_method":"private_key_jwt"}`,
		`{"redirect_uris":["https://app.example/cb"],"subject_type":"pairwise","grant_types":["authorization_code","implicit"],"scope":"openid x"}`,
		`{"redirect_uris":["https://app.example/cb"],"software_statement":"e.e.e"}`, `{"redirect_uris":[null],"client_name":7,"default_max_age":1e99}`,
	} {
		f.Add([]byte(seed))
	}
	h := newHouse(f)
	h.serve(f, op.Options{Registration: op.Registration{Mode: "open", Hourly: 1 << 30}})
	f.Fuzz(func(t *testing.T, body []byte) {
		q := httptest.NewRequest(http.MethodPost, issuer+"/register", strings.NewReader(string(body)))
		q.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.router.ServeHTTP(w, q)
		answer := reply{t: t, status: w.Code, header: w.Header(), body: w.Body.String()}
		if w.Code != http.StatusCreated {
			fault, _ := answer.json()["error"].(string)
			codes := map[int][]string{
				400: {"invalid_redirect_uri", "invalid_client_metadata", "invalid_software_statement"}, 413: {"invalid_request"}, 503: {"temporarily_unavailable"},
			}
			if why, _ := answer.json()["error_description"].(string); !slices.Contains(codes[w.Code], fault) || !descriptionText.MatchString(why) {
				t.Fatalf("%q is answered %d %s", body, w.Code, w.Body)
			}
			return
		}
		got := answer.registered(http.StatusCreated)
		c, err := h.db.RegisteredClient(t.Context(), got.ID)
		must(t, err)
		if !c.Consent || c.Introspect || c.Owner != "dynamic" || c.Check() != nil || !c.RequirePKCE {
			t.Fatalf("%q has become %+v", body, c)
		}
		for _, uri := range c.RedirectURIs {
			if u, err := url.Parse(uri); err != nil || u.Fragment != "" || u.Scheme == "javascript" || u.Scheme == "data" {
				t.Fatalf("%q has the redirect URI %q", body, uri)
			}
		}
		must(t, h.db.RemoveClient(t.Context(), got.ID, storage.Event{Actor: "test"}))
	})
}
