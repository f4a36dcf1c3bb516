// RFC 9101 §6.2, §10; RFC 8725: who has signed a request object.
package op_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

func TestAnObjectThatTheClientHasNotSignedIsRefused(t *testing.T) { // JW-01 and CA-16, CA-17 for request objects
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	payload, err := json.Marshal(a.claims(nil))
	must(t, err)
	for name, text := range a.forged(t, payload) {
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
		h.code(anna.authorize(byObject(a.pen.write(t, payload, map[string]any{"typ": typ}))))
	}
}

// forged are objects with this payload that are not signed as they should be, or sign what is no set of claims.
func (a *rp) forged(t *testing.T, payload []byte) map[string]string {
	t.Helper()
	stranger, good := newEC("k"), a.pen.write(t, payload, nil)
	parts := strings.Split(good, ".")
	ours, err := a.keys.Ring.Sign("ES256", "JWT", a.claims(nil))
	must(t, err)
	header := func(members string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(members)) + "." + parts[1] + "." + parts[2]
	}
	plus := func(member string) string {
		return a.pen.write(t, []byte(string(payload[:len(payload)-1])+","+member+"}"), nil)
	}
	return map[string]string{
		"a stranger's key":            stranger.write(t, payload, nil),
		"our own key":                 ours,
		"the public key as a secret":  pen{"HS256", "", []byte(keySet(t, a.pen)), nil}.write(t, payload, nil),
		"no signature":                parts[0] + "." + parts[1] + ".",
		"another payload":             parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{}`)) + "." + parts[2],
		"zeroes":                      parts[0] + "." + parts[1] + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 64)),
		"alg None":                    header(`{"alg":"None"}`),
		"two algs":                    header(`{"alg":"none","alg":"ES256"}`),
		"RS256 with an EC key":        header(`{"alg":"RS256","kid":"k"}`),
		"a key in the header":         stranger.write(t, payload, map[string]any{"jwk": map[string]string{"kty": "EC"}}),
		"an address of keys":          a.pen.write(t, payload, map[string]any{"jku": a.address}),
		"crit":                        a.pen.write(t, payload, map[string]any{"crit": []string{"exp"}}),
		"b64":                         a.pen.write(t, payload, map[string]any{"b64": true}),
		"an access token's typ":       a.pen.write(t, payload, map[string]any{"typ": "at+jwt"}),
		"a logout token's typ":        a.pen.write(t, payload, map[string]any{"typ": "logout+jwt"}),
		"an assertion's typ":          a.pen.write(t, payload, map[string]any{"typ": "client-authentication+jwt"}),
		"a typ that is a number":      a.pen.write(t, payload, map[string]any{"typ": 7}),
		"the JSON serialisation":      `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"encrypted":                   parts[0] + "." + parts[1] + "." + parts[2] + ".x.y", // JW-04
		"words":                       "words",
		"dots":                        "..",
		"a line break":                good[:9] + "\n" + good[9:],
		"padding":                     good + "=",
		"not JSON":                    a.pen.write(t, []byte("words"), nil),
		"a list":                      a.pen.write(t, []byte("["+string(payload)+"]"), nil),
		"null":                        a.pen.write(t, []byte("null"), nil),
		"two objects":                 a.pen.write(t, append(payload, payload...), nil),
		"a name twice":                plus(`"state":"other"`),
		"a name twice by its escapes": plus(`"st\u0061te":"other"`),
		"a name twice inside":         plus(`"claims":{"userinfo":{"name":null,"name":null}}`),
		"nested deep":                 plus(`"x":` + strings.Repeat("[", 400) + strings.Repeat("]", 400)),
		"invalid UTF-8":               plus("\"x\":\"\xff\""),
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
	c.ID, c.JWKS, c.RequestAlg = "strict-alg", keySet(t, a.pen), "PS256"
	must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
	text := a.object(t, map[string]any{"iss": c.ID, "client_id": c.ID})
	anna.authorize(with("client_id", c.ID), with("request", text)).refused("invalid_request_object")
}

// FAPI 2.0 §5.4.1: RS256 is not good enough, for whatever the client signs.
func TestAnObjectOfAFAPIClientIsNotSignedByRS256(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		a, anna := newRP(t, h), h.signedIn(t, "anna")
		for id, registered := range map[string]string{"bank": "", "bank-rs": "RS256"} {
			c := clients()[0]
			c.ID, c.Profile, c.JWKS, c.RequestAlg = id, "fapi2", setOf("ec", "rs", "ps"), registered
			must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
			payload, err := json.Marshal(a.claims(map[string]any{"iss": c.ID, "client_id": c.ID}))
			must(t, err)
			sends := func(name string) reply {
				return anna.authorize(with("client_id", c.ID), with("request", pens()[name].write(t, payload, nil)))
			}
			sends("rs").refused("invalid_request_object")
			if registered == "" {
				h.code(sends("ps"))
			}
		}
	})
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
