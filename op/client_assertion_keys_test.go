package op_test

// RFC 7515, RFC 8725 §3: by whom, and as what, an assertion is signed.

import (
	"bytes"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"
)

// stand wants what each assertion comes to.
func (s signing) stand(t *testing.T, cases map[string]struct{ assertion, want string }) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s.later(4 * time.Second) // that the limit is not what answers
			status := http.StatusBadRequest
			if c.want == refused {
				status = http.StatusUnauthorized
			}
			got := s.ask(c.assertion)
			got.t = t
			got.denied(status, c.want)
		})
	}
}

func TestAnAssertionHasATypeOfItsOwnOrNone(t *testing.T) { // CA-15
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		for typ, want := range map[any]string{
			"JWT": passes, "jwt": passes, "client-authentication+jwt": passes, "application/client-authentication+jwt": passes, "": passes,
			"at+jwt": refused, "logout+jwt": refused, "oauth-authz-req+jwt": refused, "dpop+jwt": refused, "application/at+jwt": refused, "JOSE": refused, 7: refused,
		} {
			s.later(time.Minute)
			got := s.ask(s.by("ec", "pkj", nil, map[string]any{"typ": typ}))
			if told := got.json()["error"]; told != want {
				t.Errorf("%v: %v", typ, told)
			}
		}
	})
}

func TestAnAssertionIsSignedByAKeyOfTheClientAsItIsRegistered(t *testing.T) { // CA-16; C.3 item 42
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		type cases = map[string]struct{ assertion, want string }
		s.stand(t, cases{
			"ES256":                                 {s.by("ec", "any", nil, nil), passes},
			"RS256":                                 {s.by("rs", "any", nil, nil), passes},
			"PS256":                                 {s.by("ps", "any", nil, nil), passes},
			"EdDSA":                                 {s.by("ed", "any", nil, nil), passes},
			"the registered PS256":                  {s.by("ps", "ps", nil, nil), passes},
			"RS256 by a key for PS256":              {pen{"RS256", "ps", pens()["ps"].private, nil}.write(t, s.payload("ps"), nil), refused},
			"PS256 by a key for RS256":              {pen{"PS256", "rs", pens()["rs"].private, nil}.write(t, s.payload("rs"), nil), refused},
			"RS256 of a client registered ES256":    {s.by("rs", "es-only", nil, nil), refused},
			"ES256 of a client registered ES256":    {s.by("ec", "es-only", nil, nil), passes},
			"RS256 of a FAPI client":                {s.by("rs", "fapi", nil, nil), refused},
			"PS256 of a FAPI client":                {s.by("ps", "fapi", nil, nil), passes},
			"a stranger's key under the same name":  {s.by("stranger", "pkj", nil, nil), refused},
			"another client's key":                  {s.by("rs", "pkj", nil, nil), refused},
			"no signature":                          {unsigned(s, `{"alg":"none"}`, ""), refused},
			"no signature, None":                    {unsigned(s, `{"alg":"None","kid":"ec"}`, ""), refused},
			"a MAC by the public key":               {symmetric(t, s, setOf("ec")), refused},
			"a MAC by an empty key":                 {symmetric(t, s, []byte(" ")), refused},
			"RS1":                                   {unsigned(s, `{"alg":"RS1","kid":"ec"}`, "AAAA"), refused},
			"RS256 by an EC key":                    {unsigned(s, `{"alg":"RS256","kid":"ec"}`, "AAAA"), refused},
			"zeros in the place of both numbers":    {unsigned(s, `{"alg":"ES256","kid":"ec"}`, strings.Repeat("A", 86)), refused}, // CVE-2022-21449
			"a signature of another claims":         {exchanged(s), refused},
			"an encrypted one":                      {"e30.AAAA.AAAA.AAAA.AAAA", refused}, // JW-04
			"JSON of one signature":                 {`{"payload":"e30","protected":"e30","signature":"AA"}`, refused},
			"a claim twice":                         {pens()["ec"].write(t, twice(s), nil), refused},
			"a list in the place of claims":         {pens()["ec"].write(t, []byte(`["pkj"]`), nil), refused},
			"a text behind the claims":              {pens()["ec"].write(t, append(s.payload("pkj"), '1'), nil), refused},
			"words":                                 {"let me in", refused},
			"an assertion of a client with secrets": {s.assert("basic", nil), refused},
			"of a disabled client":                  {s.assert("off-pkj", nil), refused},
			"of an unknown client":                  {s.assert("nobody", nil), refused},
		})
	})
}

func TestOnlyTheClientsOwnKeysAreLookedAt(t *testing.T) { // CA-17
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		stranger := pens()["stranger"]
		type cases = map[string]struct{ assertion, want string }
		named := func(kid string) string {
			p := pens()["ec"]
			p.kid = kid
			return p.write(t, s.payload("pkj"), nil)
		}
		nameless := func(client string) string {
			p := pens()["ec"]
			p.kid = ""
			return p.write(t, s.payload(client), nil)
		}
		s.stand(t, cases{
			"a key in the header":      {stranger.write(t, s.payload("pkj"), map[string]any{"jwk": stranger.jwk()}), refused},
			"a link to a key":          {stranger.write(t, s.payload("pkj"), map[string]any{"jku": "https://evil.test/jwks"}), refused},
			"a link to a certificate":  {stranger.write(t, s.payload("pkj"), map[string]any{"x5u": "https://evil.test/cert"}), refused},
			"a good one with a link":   {s.by("ec", "pkj", nil, map[string]any{"jku": "https://evil.test/jwks"}), refused},
			"a name that is a path":    {named("../../../dev/null"), refused},
			"a name that is SQL":       {named("' OR 1=1"), refused},
			"a name of 12 kB":          {named(strings.Repeat("k", 12<<10)), refused},
			"no name, and one key":     {nameless("pkj"), passes},
			"no name, and two keys":    {nameless("two-keys"), refused},
			"its own crit":             {s.by("ec", "pkj", nil, map[string]any{"crit": []string{"exp"}, "exp": 1}), refused},
			"an unencoded payload":     {s.by("ec", "pkj", nil, map[string]any{"b64": false, "crit": []string{"b64"}}), refused}, // JW-01
			"a header of its own kind": {s.by("ec", "pkj", nil, map[string]any{"x": 1}), refused},
		})
	})
}

var text64 = base64.RawURLEncoding

// unsigned is an assertion with this header and what stands for its signature.
func unsigned(s signing, header, signature string) string {
	return text64.EncodeToString([]byte(header)) + "." + text64.EncodeToString(s.payload("pkj")) + "." + signature
}

// symmetric is one whose MAC is by something that is public.
func symmetric(t *testing.T, s signing, key []byte) string {
	return pen{"HS256", "ec", append(key, bytes.Repeat([]byte("0"), 32)...), nil}.write(t, s.payload("pkj"), nil)
}

// exchanged is one with the signature of another.
func exchanged(s signing) string {
	a, b := strings.Split(s.assert("pkj", nil), "."), strings.Split(s.assert("pkj", nil), ".")
	return a[0] + "." + a[1] + "." + b[2]
}

// twice names sub twice.
func twice(s signing) []byte {
	return bytes.Replace(s.payload("pkj"), []byte(`"sub"`), []byte(`"sub":"pkj2","sub"`), 1)
}
