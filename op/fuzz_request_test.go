package op

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web"
	"github.com/go-jose/go-jose/v4"
)

// fixed knows some clients and nothing else, so that a target asks no database: what its background does would look like
// coverage.
type fixed struct {
	Store
	clients map[string]storage.Client
}

func (s fixed) Client(_ context.Context, id string) (storage.Client, error) {
	c, ok := s.clients[id]
	if !ok {
		return c, storage.ErrNotFound
	}
	return c, nil
}

func (fixed) Spend(context.Context, string, storage.Rate) (time.Duration, error) {
	return time.Second, nil // too often: nothing is fetched
}

func (fixed) Clients(context.Context) ([]storage.Client, error) { return nil, nil }

func (fixed) ClientChanges(context.Context) (int64, error) { return 0, nil }

// judge is a provider that judges requests of these clients: "web" and "nat", both with a key of theirs.
type judge struct {
	*Provider
	private ed25519.PrivateKey
}

func newJudge(f *testing.F) judge {
	f.Helper()
	must := func(err error) {
		if err != nil {
			f.Fatal(err)
		}
	}
	public, private, err := ed25519.GenerateKey(nil)
	must(err)
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: public}}})
	must(err)
	web1 := storage.Client{ID: "web", Type: "web", RedirectURIs: []string{"https://rp.test/cb", "https://rp.test/cb?a=b"}, GrantTypes: []string{"authorization_code"},
		JWKS: set, RequestURIs: []string{"https://rp.test/object"}, Resources: []string{"https://api.test/"}}
	nat := web1
	nat.ID, nat.Type, nat.AuthMethod, nat.RedirectURIs = "nat", "native", "none", []string{"http://127.0.0.1/cb", "com.example.app:/cb"}
	texts, err := web.LoadTexts()
	must(err)
	quiet := slog.New(slog.DiscardHandler)
	p, err := New(Options{
		Store: fixed{clients: map[string]storage.Client{"web": web1, "nat": nat}}, Now: time.Now,
		Keys: keystest.Open(f, storagetest.New(f, nil), keys.Options{Log: quiet, Now: time.Now}),
		Site: &web.Site{Issuer: "https://op.test", Company: "Acme", Log: quiet, Now: time.Now, Texts: texts},
	})
	must(err)
	return judge{p, private}
}

// object signs a payload.
func (j judge) object(t testing.TB, payload []byte) string {
	t.Helper()
	return keystest.JWS(t, "EdDSA", jose.JSONWebKey{Key: j.private}, payload, nil)
}

var description = regexp.MustCompile(`^[\x20-\x21\x23-\x5b\x5d-\x7e]+$`)

// judges holds a request that was read to what must be true of every one, and says whether it is a good one.
func (j judge) judges(t *testing.T, q request) bool {
	t.Helper()
	q, to, err := j.destination(t.Context(), q)
	if refused := (*refusal)(nil); errors.As(err, &refused) {
		return false
	}
	if err != nil || !to.client.RedirectAllowed(to.redirect) {
		t.Fatalf("the destination is %+v, %v", to, err)
	}
	c, err := j.check(q, to)
	if refused := (*Error)(nil); errors.As(err, &refused) {
		if !description.MatchString(refused.Description) {
			t.Errorf("the description is %q", refused.Description)
		}
		return false
	}
	if err != nil || len(c.scopes) == 0 || len(c.challenge) != 43 && to.client.Public() || q.params["request"] != "" || q.params["request_uri"] != "" {
		t.Fatalf("it is taken as %+v, %v", c, err)
	}
	j.travels(t, q)
	return true
}

// travels wants a request to come back as it went.
func (j judge) travels(t *testing.T, q request) {
	t.Helper()
	back, err := j.back(q)
	if refused := (*web.Refused)(nil); errors.As(err, &refused) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	came, err := j.byQuery(httptest.NewRequest(http.MethodGet, "https://op.test"+back, nil))
	if err != nil || !maps.Equal(came.params, q.params) {
		t.Errorf("%v came back as %v, %v", q.params, came.params, err)
	}
}

func goodRequest(changes ...string) url.Values {
	v := url.Values{
		"client_id": {"web"}, "redirect_uri": {"https://rp.test/cb"}, "response_type": {"code"}, "scope": {"openid email"}, "state": {"st"}, "nonce": {"no"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, "code_challenge_method": {"S256"},
	}
	for pair := range slices.Chunk(changes, 2) {
		v.Set(pair[0], pair[1])
	}
	return v
}

func FuzzAuthorizationRequest(f *testing.F) {
	j := newJudge(f)
	for _, seed := range []url.Values{
		goodRequest(), goodRequest("client_id", "nat", "redirect_uri", "http://127.0.0.1:7777/cb"), goodRequest("client_id", "nat", "redirect_uri", "com.example.app:/cb"),
		goodRequest("response_mode", "form_post", "prompt", "login consent", "max_age", "1", "acr_values", "urn:doorward:2fa", "ui_locales", "de", "login_hint", "anna"),
		goodRequest("claims", `{"userinfo":{"name":{"values":["x"]}},"id_token":{"acr":{"essential":true,"value":"urn:doorward:2fa"},"sub":{"value":"x"}}}`),
		goodRequest("resource", "https://api.test/", "display", "page", "id_token_hint", "x.y.z"), goodRequest("request", "eyJhbGciOiJub25lIn0.e30."),
		goodRequest("request_uri", "https://rp.test/object#x"), goodRequest("redirect_uri", "https://rp.test@evil.test/cb"), {"resume": {"dwq_x"}, "error": {"access_denied"}},
	} {
		f.Add(seed.Encode())
	}
	f.Add("client_id=web&client_id=web2")
	f.Add("client_id=%00&redirect_uri=https%3A%2F%2Frp.test%40evil.test%2Fcb;state=%zz")
	f.Fuzz(func(t *testing.T, raw string) {
		r := httptest.NewRequest(http.MethodGet, "https://op.test/authorize", nil)
		r.URL.RawQuery = raw
		q, err := j.byQuery(r)
		if err != nil {
			return
		}
		j.judges(t, q)
	})
}

// FuzzRequestObject signs what it is given, and also sends it as it is: what the client has not signed is not taken.
func FuzzRequestObject(f *testing.F) {
	j := newJudge(f)
	exp := time.Now().Add(30 * time.Minute).Unix()
	for _, changes := range []map[string]any{
		nil, {"iss": "nat"}, {"aud": []string{"https://op.test"}}, {"exp": 1}, {"exp": nil}, {"max_age": 3}, {"claims": map[string]any{"userinfo": map[string]any{"name": nil}}},
		{"resource": []string{"https://api.test/"}}, {"request": "x"}, {"redirect_uri": "https://evil.test/cb"}, {"ISS": "web"}, {"nbf": 1e300}, {"sub": "web"},
	} {
		claims := map[string]any{"iss": "web", "aud": "https://op.test", "exp": exp}
		for name, values := range goodRequest() {
			claims[name] = values[0]
		}
		maps.Copy(claims, changes)
		payload, err := json.Marshal(claims)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(payload)
		f.Add([]byte(j.object(f, payload)[1:]))
	}
	for _, text := range []string{`null`, `{}{}`, `{"iss":"web","iss":"web"}`, `[[[[[[[[[[`, "{\"a\":\"\xff\"}", `eyJhbGciOiJub25lIn0.e30.`, `..`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		q := request{params: map[string]string{"client_id": "web", "redirect_uri": "https://rp.test/cb", "request": j.object(t, payload)}, start: time.Now()}
		var claims map[string]any
		if j.judges(t, q) && (json.Unmarshal(payload, &claims) != nil || claims["iss"] != "web" || claims["client_id"] != "web" || claims["redirect_uri"] == nil) {
			t.Errorf("%s is taken", payload)
		}
		q.params["request"] = string(payload)
		if len(payload) > 0 && j.judges(t, q) {
			t.Errorf("%s is taken, and nobody has signed it", payload)
		}
	})
}
