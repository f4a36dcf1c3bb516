package keys

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage/storagetest"
	"github.com/go-jose/go-jose/v4"
)

func openPrivateOf(t testing.TB, alg string, private crypto.Signer) *signingKey {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := openPrivate(alg, der)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// relyingParty verifies as a relying party does: by the published set, the kid, and the algorithm of the key.
func relyingParty(jwks []byte, token string) ([]byte, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(jwks, &set); err != nil {
		return nil, err
	}
	jws, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA})
	if err != nil {
		return nil, err
	}
	head := jws.Signatures[0].Protected
	found := set.Key(head.KeyID)
	if len(found) != 1 {
		return nil, fmt.Errorf("%d keys are published as %s", len(found), head.KeyID)
	}
	if found[0].Algorithm != head.Algorithm {
		return nil, fmt.Errorf("%s by a key for %s", head.Algorithm, found[0].Algorithm)
	}
	return jws.Verify(found[0].Key)
}

func TestARelyingPartyVerifiesWhatWeSign(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	jwks, _ := k.Ring.JWKS()
	if algs := strings.Join(k.Ring.Algorithms(), " "); algs != "RS256 PS256 ES256 EdDSA" {
		t.Errorf("algorithms: %s", algs)
	}
	for _, alg := range k.Ring.Algorithms() {
		for range 20 { // ES256: r and s with leading zeros come by chance
			token, err := k.Ring.Sign(alg, "at+jwt", map[string]any{"sub": "<anna> & ü"})
			if err != nil {
				t.Fatal(err)
			}
			payload, err := relyingParty(jwks, token)
			if err != nil || string(payload) != `{"sub":"\u003canna\u003e \u0026 ü"}` {
				t.Fatalf("%s: %s, %v", alg, payload, err)
			}
			ours, err := k.Ring.Verify(token, "at+jwt")
			if err != nil || string(ours) != string(payload) {
				t.Fatalf("%s, by ourselves: %s, %v", alg, ours, err)
			}
		}
		jws, err := jose.ParseSignedCompact(mustSign(t, k, alg, "JWT"), algorithms)
		if err != nil {
			t.Fatal(err)
		}
		head := jws.Signatures[0].Protected
		if head.ExtraHeaders[jose.HeaderType] != "JWT" || head.Algorithm != alg || head.KeyID == "" {
			t.Errorf("%s: header %v", alg, head)
		}
	}
	if _, err := k.Ring.Sign("HS256", "JWT", 1); err == nil {
		t.Error("it was signed with HS256")
	}
	if _, err := k.Ring.Sign("ES256", "JWT", func() {}); err == nil {
		t.Error("what is no JSON was signed")
	}
}

func TestThePublicSetHoldsPublicKeysOnly(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	body, etag := k.Ring.JWKS()
	var set struct {
		Keys []map[string]string `json:"keys"`
	}
	if err := json.Unmarshal(body, &set); err != nil {
		t.Fatal(err)
	}
	allowed := map[string]string{ // RFC 7518 §6.2.1, §6.3.1, RFC 8037 §2
		"RS256": "alg kid kty use n e", "PS256": "alg kid kty use n e", "ES256": "alg kid kty use crv x y", "EdDSA": "alg kid kty use crv x",
	}
	if len(set.Keys) != len(allowed) {
		t.Fatalf("%d keys: %s", len(set.Keys), body)
	}
	for _, key := range set.Keys {
		names := strings.Fields(allowed[key["alg"]])
		if len(names) != len(key) || key["use"] != "sig" {
			t.Errorf("%v", key)
		}
		for _, name := range names {
			if key[name] == "" {
				t.Errorf("%s lacks %s", key["alg"], name)
			}
		}
		var jwk jose.JSONWebKey
		text, _ := json.Marshal(key)
		if err := jwk.UnmarshalJSON(text); err != nil {
			t.Fatal(err)
		}
		if sum, err := jwk.Thumbprint(crypto.SHA256); err != nil || base64.RawURLEncoding.EncodeToString(sum) != key["kid"] {
			t.Errorf("%s: kid is not the thumbprint (RFC 7638)", key["alg"])
		}
		delete(allowed, key["alg"])
	}
	if _, err := base64.RawURLEncoding.DecodeString(etag); err != nil || len(etag) != 22 {
		t.Errorf("ETag %s", etag)
	}
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if again, same := k.Ring.JWKS(); string(again) != string(body) || same != etag {
		t.Error("the same keys are published in other bytes")
	}
}

func TestATokenIsVerifiedForItsTypeOnly(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	for _, c := range []struct {
		signed, asked string
		ok            bool
	}{
		{"JWT", "JWT", true}, {"at+jwt", "at+jwt", true}, {"", "JWT", true},
		{"JWT", "at+jwt", false}, {"at+jwt", "JWT", false}, {"", "at+jwt", false}, {"JWT", "", false}, {"jwt", "JWT", false},
		{"logout+jwt", "JWT", false}, {"application/at+jwt", "at+jwt", false},
	} {
		if _, err := k.Ring.Verify(mustSign(t, k, "ES256", c.signed), c.asked); (err == nil) != c.ok {
			t.Errorf("typ %q asked as %q: %v", c.signed, c.asked, err)
		}
	}
}

func b64(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }

// forge signs any header with a real key of ours, as nobody outside can: what is refused here is refused for its header.
func forge(t testing.TB, key *signingKey, head string) string {
	t.Helper()
	input := b64(head) + "." + b64(`{"sub":"anna"}`)
	signature, err := key.sign([]byte(input))
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// RFC 8725 §2, §3.
func TestForgedTokensAreRefused(t *testing.T) { // JW-01
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	set := k.keeper.snapshot.Load().signing
	key, rsaKey := set.byAlg["ES256"][0], set.byAlg["RS256"][0]
	kid := key.public.KeyID
	good := forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","typ":"JWT"}`)
	if _, err := k.Ring.Verify(good, "JWT"); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	part := strings.Split(good, ".")
	private, err := newPrivate("ES256")
	if err != nil {
		t.Fatal(err)
	}
	foreign := openPrivateOf(t, "ES256", private)
	foreignJWK, _ := foreign.public.MarshalJSON()
	rsaJWK, _ := rsaKey.public.MarshalJSON()
	rsaPEM, _ := x509.MarshalPKIXPublicKey(rsaKey.public.Key)

	forged := map[string]string{
		"alg none":                    b64(`{"alg":"none","kid":"`+kid+`","typ":"JWT"}`) + "." + part[1] + ".",
		"alg none, signed":            forge(t, key.signingKey, `{"alg":"none","kid":"`+kid+`","typ":"JWT"}`),
		"alg nOnE":                    b64(`{"alg":"nOnE","typ":"JWT"}`) + "." + part[1] + "." + part[2],
		"no alg":                      forge(t, key.signingKey, `{"kid":"`+kid+`","typ":"JWT"}`),
		"no kid":                      forge(t, key.signingKey, `{"alg":"ES256","typ":"JWT"}`),
		"alg of another key":          forge(t, key.signingKey, `{"alg":"EdDSA","kid":"`+kid+`","typ":"JWT"}`),
		"kid of another key":          forge(t, key.signingKey, `{"alg":"ES256","kid":"`+rsaKey.public.KeyID+`","typ":"JWT"}`),
		"PS256 by the RSA key":        forge(t, rsaKey.signingKey, `{"alg":"PS256","kid":"`+rsaKey.public.KeyID+`","typ":"JWT"}`),
		"a key of their own":          forge(t, foreign, `{"alg":"ES256","kid":"`+foreign.public.KeyID+`","typ":"JWT"}`),
		"a key of their own, our kid": forge(t, foreign, `{"alg":"ES256","kid":"`+kid+`","typ":"JWT"}`),
		"jwk":                         forge(t, foreign, `{"alg":"ES256","jwk":`+string(foreignJWK)+`,"typ":"JWT"}`),
		"jwk, our kid":                forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","jwk":`+string(foreignJWK)+`,"typ":"JWT"}`),
		"jku":                         forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","jku":"https://evil.test","typ":"JWT"}`),
		"x5u":                         forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","x5u":"https://evil.test","typ":"JWT"}`),
		"x5c":                         forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","x5c":["AAAA"],"typ":"JWT"}`),
		"crit":                        forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","crit":["exp"],"exp":1,"typ":"JWT"}`),
		"b64":                         forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","b64":false,"crit":["b64"],"typ":"JWT"}`),
		"b64 true":                    forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","b64":true,"crit":["b64"],"typ":"JWT"}`),
		"zip":                         forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","zip":"DEF","typ":"JWT"}`),
		"nonce":                       forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","nonce":"n","typ":"JWT"}`),
		"typ as a number":             forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","typ":1}`),
		"typ null":                    forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","typ":{}}`),
		"kid as a list":               forge(t, key.signingKey, `{"alg":"ES256","kid":["`+kid+`"],"typ":"JWT"}`),
		"header no object":            forge(t, key.signingKey, `["ES256"]`),
		"header no JSON":              forge(t, key.signingKey, `alg`),
		"no signature":                part[0] + "." + part[1] + ".",
		"two parts":                   part[0] + "." + part[1],
		"four parts":                  good + "." + part[2],
		"five parts (JWE)":            good + "." + part[2] + "." + part[2],
		"JWE":                         b64(`{"alg":"dir","enc":"A256GCM"}`) + "..AAAA.AAAA.AAAA",
		"JSON, flattened":             `{"payload":"` + part[1] + `","protected":"` + part[0] + `","signature":"` + part[2] + `"}`,
		"JSON, general":               `{"payload":"` + part[1] + `","signatures":[{"protected":"` + part[0] + `","signature":"` + part[2] + `"}]}`,
		"detached":                    part[0] + ".." + part[2],
		"other payload":               part[0] + "." + b64(`{"sub":"root"}`) + "." + part[2],
		"too long":                    forge(t, key.signingKey, `{"alg":"ES256","kid":"`+kid+`","typ":"`+strings.Repeat("x", maxToken)+`"}`),
	}
	for name, secret := range map[string][]byte{"JWK": rsaJWK, "DER": rsaPEM, "kid": []byte(rsaKey.public.KeyID)} {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.HS256, Key: secret},
			(&jose.SignerOptions{}).WithType("JWT").WithHeader("kid", rsaKey.public.KeyID))
		if err != nil {
			t.Fatal(err)
		}
		jws, err := signer.Sign([]byte(`{"sub":"root"}`))
		if err != nil {
			t.Fatal(err)
		}
		forged["HS256 by our public key as "+name], _ = jws.CompactSerialize()
	}
	for name, token := range forged {
		_, err := k.Ring.Verify(token, "JWT")
		mustRefuse(t, name, err)
	}
}

// ES256 and RS256 signatures have spare bits in their last character.
func TestASignedTokenHasOneSpelling(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	for _, alg := range k.Ring.Algorithms() {
		token := mustSign(t, k, alg, "JWT")
		for name, altered := range alterations(token) {
			if name == "no prefix" || name == "prefix only" {
				continue // of sealed text
			}
			_, err := k.Ring.Verify(altered, "JWT")
			mustRefuse(t, alg+" "+name, err)
		}
		for i := range token {
			if token[i] == '.' {
				_, err := k.Ring.Verify(token[:i]+"="+token[i:], "JWT")
				mustRefuse(t, alg+" padded part", err)
			}
		}
	}
}

func TestAFloodOfUnknownKidsAsksTheDatabaseOnce(t *testing.T) { // JW-02
	t.Parallel()
	store := &outage{DB: storagetest.New(t, nil)}
	k := openKeys(t, store, nil)
	key := k.keeper.snapshot.Load().signing.byAlg["EdDSA"][0].signingKey
	begun, asked := time.Now(), store.asked.Load()
	for i := range 200 {
		head := fmt.Sprintf(`{"alg":"EdDSA","kid":"%043d","typ":"JWT"}`, i)
		_, err := k.Ring.Verify(forge(t, key, head), "JWT")
		mustRefuse(t, "unknown kid", err)
		_, err = k.Ring.Verify(forge(t, key, `{"alg":"EdDSA","kid":"short","typ":"JWT"}`), "JWT")
		mustRefuse(t, "garbage", err)
	}
	mustHaveAskedOnceASecond(t, store.asked.Load()-asked, begun)
}
