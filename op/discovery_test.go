package op_test

// OIDC Discovery §4, RFC 8414 §3, RFC 7517: what we say of ourselves.

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"
)

func (a *apps) public(path string, changes ...func(*http.Request)) reply {
	a.t.Helper()
	r := httptest.NewRequest(http.MethodGet, issuer+path, nil)
	for _, change := range changes {
		change(r)
	}
	w := httptest.NewRecorder()
	a.router.ServeHTTP(w, r)
	return reply{t: a.t.(*testing.T), status: w.Code, header: w.Header(), body: w.Body.String()}
}

func TestDiscoveryListsWhatWorks(t *testing.T) { // C.1 items 1, 2, 3, 4, 9
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.public("/.well-known/openid-configuration")
		if got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
			t.Fatalf("%d %v", got.status, got.header)
		}
		matchesGolden(t, "testdata/discovery.json", got.json())
		if again := a.public("/.well-known/oauth-authorization-server"); again.body != got.body {
			t.Error("the two well-known paths differ")
		}
	})
}

var entityTag = regexp.MustCompile(`^"[^"]+"$`) // RFC 9110 §8.8.3

func TestDiscoveryAndKeysAreCachedBytes(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		for _, path := range []string{"/.well-known/openid-configuration", "/jwks"} {
			first := a.public(path)
			tag := first.header.Get("ETag")
			if !entityTag.MatchString(tag) || first.header.Get("Cache-Control") == "" {
				t.Errorf("%s: %v", path, first.header)
			}
			if again := a.public(path, header("If-None-Match", tag)); again.status != http.StatusNotModified || again.body != "" {
				t.Errorf("%s with its ETag: %d", path, again.status)
			}
		}
	})
}

func TestTheKeySetIsPublicAndEachKeyIsNamed(t *testing.T) { // C.1 item 10
	eachApps(t, func(t *testing.T, a *apps) {
		var set struct {
			Keys []map[string]any `json:"keys"`
		}
		must(t, json.Unmarshal([]byte(a.public("/jwks").body), &set))
		var ids, algs []string
		for _, key := range set.Keys {
			for _, secret := range []string{"d", "p", "q", "dp", "dq", "qi", "k"} {
				if key[secret] != nil {
					t.Errorf("the set holds the private member %s", secret)
				}
			}
			id, _ := key["kid"].(string)
			alg, _ := key["alg"].(string)
			if id == "" || slices.Contains(ids, id) || key["use"] != "sig" {
				t.Errorf("key %v", key)
			}
			ids, algs = append(ids, id), append(algs, alg)
		}
		for _, alg := range []string{"RS256", "PS256", "ES256", "EdDSA"} {
			if !slices.Contains(algs, alg) {
				t.Errorf("no key for %s among %v", alg, algs)
			}
		}
	})
}

func TestEveryKeyThatSignsIsInTheSet(t *testing.T) { // C.1 item 10
	eachApps(t, func(t *testing.T, a *apps) {
		for _, client := range []string{"basic", "rsa", "pss", "edwards"} {
			header, _ := a.claimsIn(a.granted(client).IDToken, "JWT")
			var set struct {
				Keys []struct{ Kid, Alg string }
			}
			must(t, json.Unmarshal([]byte(a.public("/jwks").body), &set))
			if !slices.ContainsFunc(set.Keys, func(k struct{ Kid, Alg string }) bool { return k.Kid == header["kid"] && k.Alg == header["alg"] }) {
				t.Errorf("%v signs and is not published", header)
			}
		}
	})
}
