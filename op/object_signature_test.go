// RFC 9101 §6.2, §10; RFC 8725: who has signed a request object.
package op_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/go-jose/go-jose/v4"
)

func TestAnObjectThatTheClientHasNotSignedIsRefused(t *testing.T) {
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	payload, err := json.Marshal(a.claims(nil))
	must(t, err)
	good := a.object(t, nil)
	parts := strings.Split(good, ".")
	hmac, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: []byte(keySet(t, a.key))}, nil)
	must(t, err)
	mac, err := hmac.Sign(payload)
	must(t, err)
	symmetric, err := mac.CompactSerialize()
	must(t, err)
	ours, err := h.keys.Ring.Sign("ES256", "JWT", a.claims(nil))
	must(t, err)
	header := func(members string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(members)) + "." + parts[1] + "." + parts[2]
	}
	for name, text := range map[string]string{ // JW-01 and CA-16, CA-17 for request objects
		"a stranger's key":            signed(t, stranger, payload, nil),
		"our own key":                 ours,
		"the public key as a secret":  symmetric,
		"no signature":                parts[0] + "." + parts[1] + ".",
		"another payload":             parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{}`)) + "." + parts[2],
		"zeroes":                      parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"alg None":                    header(`{"alg":"None"}`),
		"two algs":                    header(`{"alg":"none","alg":"ES256"}`),
		"RS256 with an EC key":        header(`{"alg":"RS256","kid":"k"}`),
		"a key in the header":         signed(t, stranger, payload, map[jose.HeaderKey]any{"jwk": map[string]string{"kty": "EC"}}),
		"an address of keys":          signed(t, a.key, payload, map[jose.HeaderKey]any{"jku": a.address}),
		"crit":                        signed(t, a.key, payload, map[jose.HeaderKey]any{"crit": []string{"exp"}}),
		"b64":                         signed(t, a.key, payload, map[jose.HeaderKey]any{"b64": true}),
		"an access token's typ":       signed(t, a.key, payload, map[jose.HeaderKey]any{"typ": "at+jwt"}),
		"a logout token's typ":        signed(t, a.key, payload, map[jose.HeaderKey]any{"typ": "logout+jwt"}),
		"an assertion's typ":          signed(t, a.key, payload, map[jose.HeaderKey]any{"typ": "client-authentication+jwt"}),
		"a typ that is a number":      signed(t, a.key, payload, map[jose.HeaderKey]any{"typ": 7}),
		"the JSON serialisation":      `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"encrypted":                   parts[0] + "." + parts[1] + "." + parts[2] + ".x.y", // JW-04
		"words":                       "words",
		"dots":                        "..",
		"a line break":                good[:9] + "\n" + good[9:],
		"padding":                     good + "=",
		"not JSON":                    signed(t, a.key, []byte("words"), nil),
		"a list":                      signed(t, a.key, []byte("["+string(payload)+"]"), nil),
		"null":                        signed(t, a.key, []byte("null"), nil),
		"two objects":                 signed(t, a.key, append(payload, payload...), nil),
		"a name twice":                signed(t, a.key, []byte(string(payload[:len(payload)-1])+`,"state":"other"}`), nil),
		"a name twice by its escapes": signed(t, a.key, []byte(string(payload[:len(payload)-1])+`,"st\u0061te":"other"}`), nil),
		"a name twice inside":         signed(t, a.key, []byte(string(payload[:len(payload)-1])+`,"claims":{"userinfo":{"name":null,"name":null}}}`), nil),
		"nested deep":                 signed(t, a.key, []byte(string(payload[:len(payload)-1])+`,"x":`+strings.Repeat("[", 400)+strings.Repeat("]", 400)+`}`), nil),
		"invalid UTF-8":               signed(t, a.key, []byte(string(payload[:len(payload)-1])+",\"x\":\"\xff\"}"), nil),
	} {
		t.Run(name, func(t *testing.T) {
			anna.t = t
			request := []change{byObject(text), with("state", "beside")}
			anna.authorize(request...).page(http.StatusBadRequest) // no redirect URI is proved
			if body := anna.authorize(request...).body; !strings.Contains(body, "invalid_request_object") {
				t.Errorf("the page does not tell what is wrong: %.500s", body)
			}
			anna.authorize(append(request, with("redirect_uri", "https://evil.test/cb"))...).page(http.StatusBadRequest)
			r := anna.authorize(append(request, with("redirect_uri", "https://rp.test/cb"))...)
			r.refused("invalid_request_object")
			if got := r.sent().Get("state"); got != "beside" {
				t.Errorf("the state is %q", got)
			}
		})
	}
	if a.asked.Load() != 0 {
		t.Error("an address in a header was asked")
	}
	for _, typ := range []string{"JWT", "oauth-authz-req+jwt"} {
		h.code(anna.authorize(byObject(signed(t, a.key, payload, map[jose.HeaderKey]any{"typ": typ}))))
	}
}

func TestAnUnsignedObjectIsNotSupported(t *testing.T) { // C.2 item 23; oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	text := bare(t, a.claims(nil))
	anna.authorize(with("request", text)).refused("request_not_supported") // of a client without keys too
	anna.authorize(of("jar", "https://rp.test/cb"), with("request", text)).refused("request_not_supported")
	anna.authorize(of("jar", "https://evil.test/cb"), with("request", text)).page(http.StatusBadRequest)
	anna.post(good(of("jar", "https://rp.test/cb"), with("request", text))).refused("request_not_supported")
}

func TestAClientWithoutKeysCanSignNothing(t *testing.T) {
	h := newHouse(t)
	a := newRP(t, h)
	text := a.object(t, map[string]any{"iss": "web", "client_id": "web"})
	r := h.signedIn(t, "anna").authorize(with("request", text))
	r.refused("invalid_request_object")
	if why := r.sent().Get("error_description"); !strings.Contains(why, "has registered no keys") {
		t.Errorf("its developer is told %q", why)
	}
}

func TestAnObjectOfOneClientIsNoneOfAnotherWithTheSameKeys(t *testing.T) {
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	anna.authorize(byObject(a.object(t, nil)), with("client_id", "jar2")).page(http.StatusBadRequest) // its redirect URI is not jar2's
	text := a.object(t, map[string]any{"redirect_uri": "https://rp2.test/cb"})
	anna.authorize(byObject(text), with("client_id", "jar2")).refused("invalid_request_object")
	anna.authorize(byObject(text)).page(http.StatusBadRequest)
}

func TestAnObjectIsSignedByTheAlgorithmThatTheClientHasRegistered(t *testing.T) {
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	c := clients()[0]
	c.ID, c.JWKS, c.RequestAlg = "strict-alg", keySet(t, a.key), "PS256"
	must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
	text := a.object(t, map[string]any{"iss": c.ID, "client_id": c.ID})
	anna.authorize(with("client_id", c.ID), with("request", text)).refused("invalid_request_object")
}

func TestAnObjectMayBeSignedByEachAlgorithmThatDiscoveryLists(t *testing.T) { // C.1 item 4
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	c := clients()[0]
	c.ID, c.JWKS = "four", setOf("ec", "rs", "ps", "ed")
	must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
	payload, err := json.Marshal(a.claims(map[string]any{"iss": c.ID, "client_id": c.ID}))
	must(t, err)
	var listed struct {
		Algs []string `json:"request_object_signing_alg_values_supported"`
	}
	must(t, json.Unmarshal([]byte(h.browser(t).get("/.well-known/openid-configuration").body), &listed))
	if len(listed.Algs) != 4 || slices.Contains(listed.Algs, "none") {
		t.Errorf("discovery lists %v", listed.Algs)
	}
	for _, name := range []string{"ec", "rs", "ps", "ed"} {
		p := pens()[name]
		if !slices.Contains(listed.Algs, p.alg) {
			t.Errorf("%s is not listed", p.alg)
		}
		if code := h.code(anna.authorize(byObject(p.write(t, payload, nil)), with("client_id", c.ID))); code.Client != c.ID {
			t.Errorf("%s: the code carries %+v", p.alg, code)
		}
	}
}
