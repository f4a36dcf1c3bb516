package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// pen is a key of somebody else that signs.
type pen struct {
	alg, kid string
	key      crypto.Signer
}

func (p pen) write(t testing.TB, payload string, header map[jose.HeaderKey]any) string {
	t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(p.alg), Key: jose.JSONWebKey{Key: p.key, KeyID: p.kid}},
		&jose.SignerOptions{ExtraHeaders: header})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// shown is the key set of public halves; alg stands with each key that has one.
func shown(t testing.TB, pens ...pen) json.RawMessage {
	t.Helper()
	var set jose.JSONWebKeySet
	for _, p := range pens {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: p.key.Public(), KeyID: p.kid, Algorithm: p.alg})
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func newPen(t testing.TB, alg, kid string) pen {
	t.Helper()
	var key crypto.Signer
	var err error
	switch alg {
	case "ES256":
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case "ES384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case "EdDSA":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	default:
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	}
	if err != nil {
		t.Fatal(err)
	}
	return pen{alg, kid, key}
}

var allAlgs = []string{"RS256", "PS256", "ES256", "EdDSA"}

func TestWhatAClientSignsIsVerifiedByEachAlgorithmThatItMayUse(t *testing.T) {
	for _, alg := range allAlgs {
		p := newPen(t, alg, "k")
		keys := Given(shown(t, p), time.Now)
		text := p.write(t, "said", map[jose.HeaderKey]any{"typ": "at+jwt"})
		got, err := keys.Verify(t.Context(), text, allAlgs)
		if err != nil || string(got.Payload) != "said" || got.Type != "at+jwt" || got.Alg != alg {
			t.Errorf("%s: %+v, %v", alg, got, err)
		}
		for _, other := range allAlgs {
			if _, err := keys.Verify(t.Context(), text, []string{other}); (err == nil) != (other == alg) {
				t.Errorf("%s where %s is asked: %v", alg, other, err)
			}
		}
		if _, err := keys.Verify(t.Context(), text, nil); !errors.Is(err, ErrRefused) {
			t.Errorf("%s where none may be used: %v", alg, err)
		}
	}
}

func TestAHeaderAsksForNoOtherWayOfVerifying(t *testing.T) { // CA-17, JW-01
	p := newPen(t, "ES256", "k")
	own := jose.JSONWebKey{Key: p.key.Public(), KeyID: "k"}
	keys := Given(shown(t, p), time.Now)
	for name, header := range map[string]map[jose.HeaderKey]any{
		"jwk": {"jwk": own}, "jku": {"jku": "https://evil.test/"}, "x5u": {"x5u": "https://evil.test/"}, "x5c": {"x5c": []string{"AA"}}, "x5t": {"x5t": "AA"},
		"crit": {"crit": []string{"exp"}, "exp": 1}, "b64": {"b64": false, "crit": []string{"b64"}}, "cty": {"cty": "JWT"}, "zip": {"zip": "DEF"}, "nonce": {"nonce": "n"},
		"any": {"x": 1}, "typ that is no text": {"typ": 1}, "iss": {"iss": "a"},
	} {
		if _, err := keys.Verify(t.Context(), p.write(t, "said", header), allAlgs); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	good := p.write(t, "said", nil)
	parts := strings.Split(good, ".")
	raw := func(header string) string {
		return base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + parts[1] + "." + parts[2]
	}
	for name, text := range map[string]string{
		"none": raw(`{"alg":"none"}`), "None": raw(`{"alg":"None","kid":"k"}`), "no alg": raw(`{"kid":"k"}`), "alg twice": raw(`{"alg":"ES256","alg":"none","kid":"k"}`),
		"a list of algs": raw(`{"alg":["ES256"],"kid":"k"}`), "HS256": raw(`{"alg":"HS256","kid":"k"}`), "ES384": raw(`{"alg":"ES384","kid":"k"}`), "RS1": raw(`{"alg":"RS1","kid":"k"}`),
		"ES256K": raw(`{"alg":"ES256K","kid":"k"}`), "header of two": raw(`{"alg":"ES256","kid":"k"}{}`), "no header": "." + parts[1] + "." + parts[2],
		"two parts": parts[0] + "." + parts[1], "four parts": good + ".", "no signature": parts[0] + "." + parts[1] + ".", "space": good + " ", "line break": parts[0] + ".\n" + parts[1] + "." + parts[2],
		"padding": parts[0] + "." + parts[1] + "=." + parts[2], "no payload": parts[0] + ".." + parts[2], "zeros": parts[0] + "." + parts[1] + "." + strings.Repeat("A", 86),
		"another payload": parts[0] + "." + parts[1] + "A." + parts[2], "spare bits": good[:len(good)-1] + string(good[len(good)-1]+1), "16 KiB": parts[0] + "." + strings.Repeat("A", MaxForeign) + "." + parts[2],
		"JSON": `{"payload":"` + parts[1] + `","signatures":[{"protected":"` + parts[0] + `","signature":"` + parts[2] + `"}]}`,
		"JWE":  "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIiwiemlwIjoiREVGIn0..AAAA.AAAA.AAAA", "": "", "dots": "..",
	} {
		if _, err := keys.Verify(t.Context(), text, allAlgs); !errors.Is(err, ErrRefused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAKeyServesOnlyWhatItIsFor(t *testing.T) { // CA-16
	ec, ec2, rs, wide := newPen(t, "ES256", "k"), newPen(t, "ES256", "l"), newPen(t, "RS256", "r"), newPen(t, "ES384", "w")
	with := func(p pen, change func(*jose.JSONWebKey)) json.RawMessage {
		key := jose.JSONWebKey{Key: p.key.Public(), KeyID: p.kid}
		change(&key)
		text, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}})
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	nameless := func(p pen) pen { p.kid = ""; return p }
	as := func(p pen, alg string) pen { p.alg = alg; return p }
	half, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	short := pen{"RS256", "s", half}
	for name, c := range map[string]struct {
		set  json.RawMessage
		by   pen
		want bool
	}{
		"for signatures":            {with(ec, func(k *jose.JSONWebKey) { k.Use = "sig" }), ec, true},
		"for encryption":            {with(ec, func(k *jose.JSONWebKey) { k.Use = "enc" }), ec, false},
		"RSA for any":               {with(rs, func(*jose.JSONWebKey) {}), as(rs, "PS256"), true},
		"RSA for RS256":             {with(rs, func(k *jose.JSONWebKey) { k.Algorithm = "RS256" }), as(rs, "PS256"), false},
		"another name":              {shown(t, ec), pen{"ES256", "m", ec.key}, false},
		"a name in capitals":        {shown(t, ec), pen{"ES256", "K", ec.key}, false},
		"no name, one key":          {shown(t, ec, rs), nameless(ec), true},
		"no name, two keys":         {shown(t, ec, ec2), nameless(ec), false},
		"one name for two keys":     {shown(t, ec, pen{"ES256", "k", ec2.key}), ec, false},
		"one name for two kinds":    {shown(t, ec, pen{"RS256", "k", rs.key}), ec, true},
		"a key of a thousand bits":  {shown(t, short), short, false},
		"a curve that we know not":  {shown(t, wide), wide, false},
		"another key of that name":  {shown(t, pen{"ES256", "k", ec2.key}), ec, false},
		"a set of nothing":          {json.RawMessage(`{"keys":[]}`), ec, false},
		"nothing":                   {nil, ec, false},
		"words":                     {json.RawMessage(`"words"`), ec, false},
		"a key that is no point":    {json.RawMessage(`{"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"AA","y":"AA"}]}`), ec, false},
		"a symmetric key of a name": {json.RawMessage(`{"keys":[{"kty":"oct","kid":"k","k":"AAAA"}]}`), ec, false},
	} {
		if _, err := Given(c.set, time.Now).Verify(t.Context(), c.by.write(t, "said", nil), allAlgs); (err == nil) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnRSAKeyIsNeitherWeakNorMadeToBeSlow(t *testing.T) {
	for bits, want := range map[uint]bool{1024: false, 2047: false, 2048: true, 4096: true, 8192: true, 8193: false, 16384: false} {
		n := new(big.Int).SetBit(big.NewInt(1), int(bits)-1, 1)
		for _, alg := range []string{"RS256", "PS256"} {
			if fits(&rsa.PublicKey{N: n, E: 1<<16 + 1}, alg) != want {
				t.Errorf("%d bits for %s: %v", bits, alg, !want)
			}
		}
	}
}

func FuzzForeignVerify(f *testing.F) {
	p := newPen(f, "ES256", "k")
	keys := Given(shown(f, p), time.Now)
	good := p.write(f, `{"sub":"a"}`, map[jose.HeaderKey]any{"typ": "JWT"})
	parts := strings.Split(good, ".")
	for _, seed := range []string{good, "", "..", parts[0] + "." + parts[1] + ".", parts[1] + "." + parts[0] + "." + parts[2], "eyJhbGciOiJub25lIn0.e30.", good + ".AA.AA"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := keys.Verify(t.Context(), text, allAlgs); (err == nil) != (text == good) || err == nil && string(got.Payload) != `{"sub":"a"}` {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	})
}
