package login_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/go-jose/go-jose/v4"
)

const (
	googleClient = "123.apps.example"
	googleSecret = "GOCSPX-quite-secret"
)

type claims = map[string]any

// google is an OpenID Provider that keeps to the rules, until a test tells it to lie.
type google struct {
	t      *testing.T
	server *httptest.Server
	now    func() time.Time

	mutex    sync.Mutex
	accounts map[string]claims     // by sub
	chosen   string                // sub of who is signed in there, where the browser does not say it by X-Account
	codes    map[string]url.Values // what the authorization request said
	asked    map[string]int        // how often each path was asked over the network
	last     url.Values            // the last authorization request
	minted   string                // the last ID token

	key    any // signs
	kid    string
	alg    jose.SignatureAlgorithm
	shown  []jose.JSONWebKey                             // the key set; nil: the public half of key
	lie    func(said claims)                             // changes an ID token before it is signed
	forge  func(said claims) string                      // makes the whole token
	answer func(to url.Values, sent url.Values)          // changes the authorization response
	doc    func(document claims)                         // changes the document
	broken func(w http.ResponseWriter, path string) bool // answers in its own way
}

func newGoogle(t *testing.T) *google {
	t.Helper()
	g := &google{t: t, now: time.Now, accounts: map[string]claims{}, codes: map[string]url.Values{}, asked: map[string]int{}, kid: "k1", alg: jose.ES256, key: ecKey(t)}
	g.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mutex.Lock()
		g.asked[r.URL.Path]++
		g.mutex.Unlock()
		g.ServeHTTP(w, r)
	}))
	t.Cleanup(g.server.Close)
	return g
}

func ecKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// settings lets people sign in by it.
func (g *google) settings(o *login.Options) {
	g.now = o.Now
	o.TOTPAfterGoogle = true
	o.Google = &login.Google{Issuer: g.server.URL, ClientID: googleClient, ClientSecret: googleSecret}
}

// account makes one at the provider and chooses it.
func (g *google) account(sub, email string, more claims) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.accounts[sub] = claims{"sub": sub, "email": email, "email_verified": true}
	maps.Copy(g.accounts[sub], more)
	g.chosen = sub
}

func (g *google) count(path string) int {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.asked[path]
}

func (g *google) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.broken != nil && g.broken(w, r.URL.Path) {
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		said := claims{"issuer": g.server.URL, "authorization_endpoint": g.server.URL + "/authorize", "token_endpoint": g.server.URL + "/token",
			"userinfo_endpoint": g.server.URL + "/userinfo", "jwks_uri": g.server.URL + "/jwks"}
		if g.doc != nil {
			g.doc(said)
		}
		writeJSON(w, 200, said)
	case "/jwks":
		keys := g.shown
		if keys == nil {
			keys = []jose.JSONWebKey{{Key: public(g.key), KeyID: g.kid, Use: "sig", Algorithm: string(g.alg)}}
		}
		writeJSON(w, 200, jose.JSONWebKeySet{Keys: keys})
	case "/authorize":
		g.authorize(w, r)
	case "/token":
		g.token(w, r)
	default:
		http.NotFound(w, r)
	}
}

// authorize lets whoever is signed in there through.
func (g *google) authorize(w http.ResponseWriter, r *http.Request) {
	sent := r.URL.Query()
	g.last = sent
	for name, want := range map[string]string{"client_id": googleClient, "redirect_uri": issuer + "/login/google/callback", "response_type": "code",
		"scope": "openid email", "code_challenge_method": "S256"} {
		if sent.Get(name) != want {
			g.t.Errorf("the request says %s=%q, not %q", name, sent.Get(name), want)
		}
	}
	if sent.Get("nonce") == "" || len(sent.Get("code_challenge")) != 43 {
		g.t.Errorf("the request lacks nonce or challenge: %v", sent)
	}
	code := storage.NewID()
	g.codes[code] = sent
	sent.Set("sub", g.chosen)
	if sub := r.Header.Get("X-Account"); sub != "" {
		sent.Set("sub", sub)
	}
	to := url.Values{"state": {sent.Get("state")}, "code": {code}, "scope": {"openid email"}, "authuser": {"0"}}
	if g.answer != nil {
		g.answer(to, sent)
	}
	http.Redirect(w, r, sent.Get("redirect_uri")+"?"+to.Encode(), http.StatusFound)
}

func (g *google) token(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm()
	id, secret, basic := r.BasicAuth()
	sent, ok := g.codes[r.PostForm.Get("code")]
	delete(g.codes, r.PostForm.Get("code"))
	sum := sha256.Sum256([]byte(r.PostForm.Get("code_verifier")))
	switch {
	case !basic || id != googleClient || secret != googleSecret:
		writeJSON(w, 401, claims{"error": "invalid_client"})
	case !ok || base64.RawURLEncoding.EncodeToString(sum[:]) != sent.Get("code_challenge") || r.PostForm.Get("redirect_uri") != sent.Get("redirect_uri"):
		writeJSON(w, 400, claims{"error": "invalid_grant"})
	default:
		g.minted = g.idToken(sent)
		writeJSON(w, 200, claims{"access_token": "ya29.opaque", "token_type": "Bearer", "expires_in": 3599, "scope": "openid email", "id_token": g.minted})
	}
}

func (g *google) idToken(sent url.Values) string {
	now := g.now()
	said := claims{"iss": g.server.URL, "aud": googleClient, "azp": googleClient, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": sent.Get("nonce")}
	maps.Copy(said, g.accounts[sent.Get("sub")])
	if g.lie != nil {
		g.lie(said)
	}
	if g.forge != nil {
		return g.forge(said)
	}
	return sign(g.t, g.alg, g.key, g.kid, said)
}

// forgetful lets it give tokens for the code of this answer again and again.
func (g *google) forgetful(t *testing.T, back string) {
	t.Helper()
	u, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	sent := g.codes[u.Query().Get("code")]
	g.broken = func(w http.ResponseWriter, path string) bool {
		if path == "/token" {
			writeJSON(w, 200, claims{"access_token": "a", "token_type": "Bearer", "id_token": g.idToken(sent)})
		}
		return path == "/token"
	}
}

func sign(t *testing.T, alg jose.SignatureAlgorithm, key any, kid string, said claims) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	text, _ := json.Marshal(said)
	signed, err := signer.Sign(text)
	if err != nil {
		t.Error(err)
		return ""
	}
	out, _ := signed.CompactSerialize()
	return out
}

func public(key any) any {
	k := jose.JSONWebKey{Key: key}
	return k.Public().Key
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}
