package op_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/storage"
	"github.com/go-jose/go-jose/v4"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	tokenEndpoint = issuer + "/token"
)

// pen is a key by which a client signs.
type pen struct {
	alg, kid string
	private  any
	public   any
}

func (p pen) jwk() jose.JSONWebKey {
	return jose.JSONWebKey{Key: p.public, KeyID: p.kid, Algorithm: p.alg, Use: "sig"}
}

// write makes a compact JWS with these members of its header besides alg and kid.
func (p pen) write(t testing.TB, payload []byte, header map[string]any) string {
	t.Helper()
	return keystest.JWS(t, p.alg, jose.JSONWebKey{Key: p.private, KeyID: p.kid}, payload, header)
}

func newEC(kid string) pen {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return pen{"ES256", kid, key, &key.PublicKey}
}

// pens are one of each kind, and one of a stranger; RSA keys take long to make.
var pens = sync.OnceValue(func() map[string]pen {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	public, edwards, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		panic(err)
	}
	return map[string]pen{
		"ec": newEC("ec"), "ec2": newEC("ec2"), "stranger": newEC("ec"),
		"rs": {"RS256", "rs", private, &private.PublicKey}, "ps": {"PS256", "ps", private, &private.PublicKey},
		"ed": {"EdDSA", "ed", edwards, public},
	}
})

func setOf(names ...string) json.RawMessage {
	var set jose.JSONWebKeySet
	for _, name := range names {
		set.Keys = append(set.Keys, pens()[name].jwk())
	}
	text, err := json.Marshal(set)
	if err != nil {
		panic(err)
	}
	return text
}

// signing are apps with clients that sign.
type signing struct{ *apps }

func newSigning(t testing.TB, h *house) signing {
	t.Helper()
	s := signing{furnish(t, h)}
	for id, change := range map[string]func(*storage.Client){
		"pkj":      func(*storage.Client) {},
		"pkj2":     func(*storage.Client) {},
		"any":      func(c *storage.Client) { c.JWKS = setOf("ec", "rs", "ps", "ed") },
		"rs":       func(c *storage.Client) { c.JWKS = setOf("rs") },
		"ps":       func(c *storage.Client) { c.JWKS, c.AuthAlg = setOf("ps"), "PS256" },
		"two-keys": func(c *storage.Client) { c.JWKS = setOf("ec", "ec2") },
		"es-only":  func(c *storage.Client) { c.JWKS, c.AuthAlg = setOf("ec", "rs", "ps", "ed"), "ES256" },
		"fapi":     func(c *storage.Client) { c.JWKS, c.Profile = setOf("ec", "rs", "ps"), "fapi2" },
		"off-pkj":  func(*storage.Client) {},
		"worker":   service,
	} {
		c := s.clients["basic"]
		c.ID, c.AuthMethod, c.Secrets, c.JWKS = id, "private_key_jwt", [2][]byte{}, setOf("ec")
		change(&c)
		must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
		s.clients[id] = c
	}
	must(t, h.db.SetClientDisabled(t.Context(), "off-pkj", true, storage.Event{Actor: "test"}))
	return s
}

// claims are those of a good assertion of a client with these changes; nil takes one away.
func (s signing) claims(client string, changes map[string]any) map[string]any {
	all := map[string]any{
		"iss": client, "sub": client, "aud": issuer, "jti": storage.NewID(), "iat": s.now().Unix(), "exp": s.now().Add(4 * time.Minute).Unix(),
	}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// assert is a good assertion with these changes.
func (s signing) assert(client string, changes map[string]any) string {
	return s.by("ec", client, changes, nil)
}

// by is one by another pen, or with another header.
func (s signing) by(name, client string, changes, header map[string]any) string {
	s.t.Helper()
	payload, err := json.Marshal(s.claims(client, changes))
	if err != nil {
		s.t.Fatal(err)
	}
	return pens()[name].write(s.t, payload, header)
}

// shown adds an assertion to a request.
func shown(assertion string) change {
	return func(form url.Values) {
		form.Set("client_assertion_type", assertionType)
		form.Set("client_assertion", assertion)
	}
}

// ask is a token request that such a client makes; one that passes gets invalid_grant, since its code is none.
func (s signing) ask(assertion string, changes ...change) reply {
	s.t.Helper()
	return s.post("/token", attempt(append([]change{shown(assertion)}, changes...)...), nothing)
}

// sendTo asks one node.
func (s signing) sendTo(node http.Handler, path string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", formType)
	w := httptest.NewRecorder()
	node.ServeHTTP(w, r)
	return w
}
