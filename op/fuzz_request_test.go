package op_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// visit sends a request in a browser where somebody is signed in, whatever its query or form is.
func (b *browser) visit(method, raw string) reply {
	r := httptest.NewRequest(method, issuer+"/authorize", nil)
	if method == http.MethodGet {
		r.URL.RawQuery = raw
	} else {
		r = httptest.NewRequest(method, issuer+"/authorize", strings.NewReader(raw))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.do(r)
}

// staysHome wants an answer that goes to a registered address, to the face, to ourselves, or nowhere.
func (r reply) staysHome(t *testing.T) {
	t.Helper()
	to := r.header.Get("Location")
	own := to == "" || to == "/login" || strings.HasPrefix(to, "/authorize?resume=dwq_")
	registered := slices.ContainsFunc(fuzzed(), func(uri string) bool { return strings.HasPrefix(to, uri+"?") || strings.HasPrefix(to, uri+"&") })
	native := strings.HasPrefix(to, "http://127.0.0.1:") && strings.Contains(to, "/cb?")
	if r.status >= http.StatusInternalServerError || !own && !registered && !native {
		t.Errorf("status %d, Location %q", r.status, to)
	}
}

// fuzzed are the addresses that the clients of a house have registered.
func fuzzed() []string {
	var all []string
	for _, c := range clients() {
		all = append(all, c.RedirectURIs...)
	}
	return all
}

func fuzzHouse(f *testing.F) (*rp, *browser) {
	f.Helper()
	a := newRP(f, newHouse(f))
	return a, &browser{house: a.house}
}

// begins signs somebody in, once, for all that a target tries.
func (b *browser) begins(t *testing.T) {
	t.Helper()
	b.t, b.house.face.asks = t, nil
	if b.cookie == "" {
		b.signIn("anna", storage.NewID())
	}
}

func FuzzAuthorizationRequest(f *testing.F) {
	a, b := fuzzHouse(f)
	for _, seed := range []url.Values{
		good(), good(of("nat", "http://127.0.0.1:7777/cb")), good(of("nat", "com.example.app:/cb")), good(with("response_mode", "form_post")),
		good(with("claims", `{"userinfo":{"name":{"values":["x"]}},"id_token":{"acr":{"essential":true,"value":"urn:doorward:2fa"},"sub":{"value":"x"}}}`)),
		good(with("prompt", "login consent"), with("max_age", "1"), with("acr_values", appFactor), with("ui_locales", "de"), with("login_hint", "anna")),
		good(of("third", "https://rp.test/cb"), with("scope", "openid profile email"), with("resource", "https://api.test/")),
		good(byObject(a.object(f, nil))), good(byAddress(a.address)), good(of("query", "https://rp.test/cb?z=%7e1&a=b+c")),
		{"resume": {"dwq_x"}, "error": {"access_denied"}},
	} {
		f.Add(seed.Encode())
	}
	f.Add("client_id=web&client_id=web2")
	f.Add("client_id=%00&redirect_uri=https%3A%2F%2Frp.test%40evil.test%2Fcb;state=%zz")
	f.Fuzz(func(t *testing.T, raw string) {
		b.begins(t)
		b.visit(http.MethodGet, raw).staysHome(t)
		posted := b.visit(http.MethodPost, raw)
		posted.staysHome(t)
		if sealed, ok := strings.CutPrefix(posted.header.Get("Location"), "/authorize?"); ok {
			b.visit(http.MethodGet, sealed).staysHome(t)
		}
	})
}

// FuzzRequestObject signs what it is given, and also sends it as it is: without a signature of the client nothing is answered.
func FuzzRequestObject(f *testing.F) {
	a, b := fuzzHouse(f)
	for _, changes := range []map[string]any{
		nil, {"iss": "jar2"}, {"aud": []string{issuer}}, {"exp": 1}, {"exp": nil}, {"max_age": 3}, {"claims": map[string]any{"userinfo": map[string]any{"name": nil}}},
		{"resource": []string{"https://api.test/"}}, {"request": "x"}, {"redirect_uri": "https://evil.test/cb"}, {"ISS": "jar"}, {"nbf": 1e300},
	} {
		payload, err := json.Marshal(a.claims(changes))
		must(f, err)
		f.Add(payload)
		f.Add([]byte(a.object(f, changes)[1:]))
	}
	for _, text := range []string{`null`, `{}{}`, `{"iss":"jar","iss":"jar"}`, `[[[[[[[[[[`, "{\"a\":\"\xff\"}", `eyJhbGciOiJub25lIn0.e30.`, `..`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		b.begins(t)
		r := b.authorize(byObject(signed(t, a.key, payload, nil)), with("redirect_uri", "https://rp.test/cb"))
		r.staysHome(t)
		if strings.Contains(r.header.Get("Location"), "code=dwc_") {
			var claims struct {
				Issuer   string `json:"iss"`
				Client   string `json:"client_id"`
				Redirect string `json:"redirect_uri"`
			}
			if err := json.Unmarshal(payload, &claims); err != nil || claims.Issuer != "jar" || claims.Client != "jar" || claims.Redirect != "https://rp.test/cb" {
				t.Errorf("%s is answered with a code: %v", payload, err)
			}
		}
		bare := b.authorize(byObject(string(payload)), with("redirect_uri", "https://rp.test/cb"))
		bare.staysHome(t)
		if strings.Contains(bare.header.Get("Location"), "code=dwc_") {
			t.Errorf("%s is answered with a code, and nobody has signed it", payload)
		}
	})
}
