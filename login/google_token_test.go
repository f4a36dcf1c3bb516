package login_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/go-jose/go-jose/v4"
)

func TestAnIDTokenOfAnotherErrandIsRefused(t *testing.T) { // MX-05
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		for what, lie := range map[string]func(claims){
			"no nonce":      func(c claims) { delete(c, "nonce") },
			"empty nonce":   func(c claims) { c["nonce"] = "" },
			"another nonce": func(c claims) { c["nonce"] = "n-0S6_WzA2Mj" },
		} {
			g.lie = lie
			refusesToken(t, what, h, h.browser(), gina)
		}
		g.lie = nil
		h.browser().Go(h.returning(g, h.browser())) // its token is never asked for
		byGoogle(h.browser()).Sees("app got")
		old := g.minted
		g.forge = func(claims) string { return old }
		byGoogle(h.browser()).Status(http.StatusBadRequest).Sees("Signing in with Google did not work")
	})
}

func TestAnIDTokenIsOfTheConfiguredIssuerAndForUsAlone(t *testing.T) { // MX-06, FD-12
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		for what, lie := range map[string]func(claims){
			"iss without https":       func(c claims) { c["iss"] = strings.TrimPrefix(g.server.URL, "http://") },
			"iss with a slash":        func(c claims) { c["iss"] = g.server.URL + "/" },
			"legacy iss":              func(c claims) { c["iss"] = "accounts.google.com" },
			"another iss":             func(c claims) { c["iss"] = "https://accounts.google.com" },
			"no iss":                  func(c claims) { delete(c, "iss") },
			"another aud":             func(c claims) { c["aud"] = "other" },
			"aud of two":              func(c claims) { c["aud"] = []string{googleClient, "other"} },
			"aud in a list of others": func(c claims) { c["aud"] = []string{"other"} },
			"no aud":                  func(c claims) { delete(c, "aud") },
			"another azp":             func(c claims) { c["azp"] = "other" },
			"no sub":                  func(c claims) { delete(c, "sub") },
			"long sub":                func(c claims) { c["sub"] = strings.Repeat("1", 256) },
			"sub with NUL":            func(c claims) { c["sub"] = "1001\x00" },
			"sub as a number":         func(c claims) { c["sub"] = 1001 },
			"at_hash of another":      func(c claims) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
		} {
			g.lie = lie
			refusesToken(t, what, h, h.browser().From(newPeer()), gina)
		}
		g.lie = func(c claims) { delete(c, "azp") }
		byGoogle(h.browser()).Sees("app got")
	})
}

var peers atomic.Int64

// newPeer is an address block from which nobody has come yet.
func newPeer() string {
	n := peers.Add(1)
	return fmt.Sprintf("10.%d.%d.1:1234", n/200, n%200)
}

func TestTheTimesOfAnIDTokenMustFit(t *testing.T) { // MX-08
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		in := func(d time.Duration) int64 { return h.now().Add(d).Unix() }
		for what, lie := range map[string]func(claims){
			"exp past":     func(c claims) { c["exp"] = in(-2 * time.Second) },
			"no exp":       func(c claims) { delete(c, "exp") },
			"no iat":       func(c claims) { delete(c, "iat") },
			"iat too old":  func(c claims) { c["iat"] = in(-10*time.Minute - 2*time.Second) },
			"iat too new":  func(c claims) { c["iat"] = in(5*time.Minute + 5*time.Second) },
			"nbf ahead":    func(c claims) { c["nbf"] = in(5*time.Minute + 5*time.Second) },
			"exp in words": func(c claims) { c["exp"] = "tomorrow" },
		} {
			g.lie = lie
			refusesToken(t, what, h, h.browser(), gina)
		}
		for _, lie := range []func(claims){
			func(c claims) { c["iat"] = in(-9 * time.Minute) },
			func(c claims) { c["iat"] = in(4 * time.Minute) }, // our clock is behind
			func(c claims) { c["exp"] = in(time.Minute) },
		} {
			g.lie = lie
			byGoogle(h.browser()).Sees("app got gina@gmail.com")
		}
	})
}

func TestOnlyAKeyOfTheProviderSigns(t *testing.T) { // MX-09
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		stranger := ecKey(t)
		raw, err := json.Marshal(jose.JSONWebKey{Key: public(g.key)})
		h.must(err)
		unsigned := func(said claims) string {
			text, _ := json.Marshal(said)
			return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(text) + "."
		}
		for what, forge := range map[string]func(claims) string{
			"none": unsigned,
			"none, with its kid": func(c claims) string {
				return strings.Replace(unsigned(c), "eyJhbGciOiJub25lIn0", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"k1"}`)), 1)
			},
			"HS256 by our secret":       func(c claims) string { return sign(t, jose.HS256, []byte(googleSecret+googleSecret), "k1", c) },
			"HS256 by the public key":   func(c claims) string { return sign(t, jose.HS256, raw, "k1", c) },
			"a stranger under this kid": func(c claims) string { return sign(t, jose.ES256, stranger, "k1", c) },
			"a stranger under his kid":  func(c claims) string { return sign(t, jose.ES256, stranger, "k2", c) },
			"no kid":                    func(c claims) string { return sign(t, jose.ES256, g.key, "", c) },
			"the signature cut off": func(c claims) string {
				s := sign(t, jose.ES256, g.key, "k1", c)
				return s[:strings.LastIndex(s, ".")+1]
			},
			"another payload": func(c claims) string { return swapped(sign(t, jose.ES256, g.key, "k1", c), c) },
			"no token":        func(claims) string { return "" },
			"null":            func(claims) string { return "bnVsbA.bnVsbA.bnVsbA" },
			"words":           func(claims) string { return "not.a.token" },
		} {
			g.forge = forge
			refusesToken(t, what, h, h.browser().From(newPeer()), gina)
		}
	})
}

// swapped is a token with a payload that was not signed.
func swapped(token string, said claims) string {
	parts := strings.Split(token, ".")
	said["email"] = "root@gmail.com"
	text, _ := json.Marshal(said)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(text) + "." + parts[2]
}

func TestKeysAreFetchedAnewForAnUnknownNameOnceAMinuteAtMost(t *testing.T) { // MX-09, BF-13
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		for i := range 20 {
			g.forge = func(c claims) string { return sign(t, jose.ES256, g.key, fmt.Sprintf("k-%d", i), c) }
			refusesToken(t, "unknown kid", h, h.browser(), gina)
		}
		if n := g.count("/jwks"); n != 1 {
			t.Errorf("the keys were fetched %d times", n)
		}
		g.forge = nil
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
		g.kid, g.key = "k9", ecKey(t) // Google has rotated
		byGoogle(h.browser()).Status(http.StatusBadRequest)
		h.later(time.Minute)
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
		if n := g.count("/jwks"); n != 2 {
			t.Errorf("the keys were fetched %d times", n)
		}
	})
}

func TestAKeyThatTheProviderWithdrawsSignsNobodyInAnHourLater(t *testing.T) { // MX-09
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
		stolen := g.key
		g.kid, g.key = "k2", ecKey(t)
		g.forge = func(c claims) string { return sign(t, jose.ES256, stolen, "k1", c) }
		h.later(time.Hour)
		byGoogle(h.browser()).Status(http.StatusBadRequest).SeesNot("app got")
	})
}

func TestOfTwoKeysThatBearOneNameNeitherCounts(t *testing.T) { // MX-09
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		right, other := jose.JSONWebKey{Key: public(g.key), KeyID: "k1"}, jose.JSONWebKey{Key: public(ecKey(t)), KeyID: "k1"}
		for _, g.shown = range [][]jose.JSONWebKey{{right, other}, {other, right}} {
			refusesToken(t, "two keys of one name", h, h.browser(), gina)
			h.later(time.Minute)
		}
		for what, key := range map[string]jose.JSONWebKey{
			"a key to encrypt":      {Key: public(g.key), KeyID: "k1", Use: "enc"},
			"a key for another alg": {Key: public(g.key), KeyID: "k1", Algorithm: "ES384"},
			"a private key":         {Key: g.key, KeyID: "k1"},
			"a symmetric key":       {Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "k1"},
		} {
			g.shown = []jose.JSONWebKey{key}
			h.later(time.Minute)
			refusesToken(t, what, h, h.browser(), gina)
		}
	})
}

func TestAnRSAKeySignsTooUnlessItIsShort(t *testing.T) { // MX-09
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		g.alg = jose.RS256
		short, err := rsa.GenerateKey(rand.Reader, 1024)
		h.must(err)
		g.key = short
		refusesToken(t, "1024 bits", h, h.browser(), gina)
		long, err := rsa.GenerateKey(rand.Reader, 2048)
		h.must(err)
		g.key = long
		h.later(time.Minute)
		g.forge = func(c claims) string { return sign(t, jose.PS256, long, "k1", c) }
		refusesToken(t, "PS256", h, h.browser(), gina)
		g.forge = nil
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
	})
}

func TestUserinfoIsNotAsked(t *testing.T) { // MX-11
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
		if g.count("/userinfo") != 0 || g.count("/token") != 1 {
			t.Errorf("the provider was asked %v", g.asked)
		}
	})
}
