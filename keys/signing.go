package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/go-jose/go-jose/v4"
)

// algorithms are what we sign with: RS256 since every relying party knows it (OIDC Core §15.1), PS256 for those who demand it, ES256 for
// new clients, EdDSA with Ed25519 as the quickest. Each has a key of its own (RFC 8725 §3.1).
var algorithms = []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA}

// signingKey is an open private key. The key itself is only within sign, where no formatting finds it.
type signingKey struct {
	public jose.JSONWebKey // with kid, alg and use
	sign   func(input []byte) ([]byte, error)
}

// published is a signing key with its times: it stands in the JWKS until gone, and signs from use until retire.
type published struct {
	*signingKey
	serial            int64
	use, retire, gone time.Time
}

// skew is how far the clocks of two nodes may differ.
const skew = 5 * time.Second

// signs says whether the key signs, or has signed, on any node. One that is only announced verifies nothing.
func (p *published) signs(now time.Time) bool {
	return !now.Add(skew).Before(p.use) && !ended(p.gone, now)
}

// ended says whether a time that may not be decided yet has come.
func ended(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

// newPrivate makes a private key for alg.
func newPrivate(alg string) (crypto.Signer, error) {
	switch jose.SignatureAlgorithm(alg) {
	case jose.RS256, jose.PS256:
		return rsa.GenerateKey(rand.Reader, 2048)
	case jose.ES256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case jose.EdDSA:
		_, private, err := ed25519.GenerateKey(rand.Reader)
		return private, err
	}
	return nil, fmt.Errorf("no keys are made for %q", alg)
}

// newSigningKey makes a key of alg, sealed under the working key.
func newSigningKey(alg string, under *workingKey) (storage.SigningKey, error) {
	private, err := newPrivate(alg)
	if err != nil {
		return storage.SigningKey{}, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return storage.SigningKey{}, err
	}
	key, err := openPrivate(alg, der)
	if err != nil {
		return storage.SigningKey{}, err
	}
	public, err := key.public.MarshalJSON()
	if err != nil {
		return storage.SigningKey{}, err
	}
	row := storage.SigningKey{ID: key.public.KeyID, Alg: alg, Public: public}
	row.Sealed = append(row.Sealed, under.id[:]...)
	row.Sealed = append(row.Sealed, sealRow(under.row, signingPlace(row), der)...)
	return row, nil
}

// signingPlace is where a private key rests.
func signingPlace(row storage.SigningKey) string {
	return "signing_key:sealed:" + row.Alg + "/" + row.ID
}

// openSigningKey takes the public key from the private one: whoever can write to the database but has no master key
// cannot make us publish or trust a key.
func openSigningKey(row storage.SigningKey, under *drawer) (*signingKey, error) {
	if len(row.Sealed) < len(keyID{}) {
		return nil, fmt.Errorf("signing key %s is cut off", row.ID)
	}
	id, sealed := keyID(row.Sealed), row.Sealed[len(keyID{}):]
	working := under.find(id)
	if working == nil {
		return nil, fmt.Errorf("signing key %s is sealed under working key %s, which is gone", row.ID, id)
	}
	der, err := openRow(working.row, signingPlace(row), sealed)
	if err != nil {
		return nil, fmt.Errorf("signing key %s does not open: %w", row.ID, err)
	}
	key, err := openPrivate(row.Alg, der)
	if err != nil {
		return nil, fmt.Errorf("signing key %s: %w", row.ID, err)
	}
	if key.public.KeyID != row.ID {
		return nil, fmt.Errorf("signing key %s is another one: %s", row.ID, key.public.KeyID)
	}
	return key, nil
}

// openPrivate parses a private key and names it by its thumbprint (RFC 7638).
func openPrivate(alg string, der []byte) (*signingKey, error) {
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, errors.New("it is no private key")
	}
	var key signingKey
	switch private := parsed.(type) {
	case *rsa.PrivateKey:
		private.Precompute()
		key = signingKey{publicKey(jose.RS256, private.Public()), signRS256(private)}
		if alg == string(jose.PS256) {
			key = signingKey{publicKey(jose.PS256, private.Public()), signPS256(private)}
		}
	case *ecdsa.PrivateKey:
		key = signingKey{publicKey(jose.ES256, private.Public()), signES256(private)}
	case ed25519.PrivateKey:
		key = signingKey{publicKey(jose.EdDSA, private.Public()), signEdDSA(private)}
	}
	if key.sign == nil || key.public.Algorithm != alg {
		return nil, fmt.Errorf("it is no key for %q", alg)
	}
	thumbprint, err := key.public.Thumbprint(crypto.SHA256)
	if err != nil {
		return nil, err
	}
	key.public.KeyID = base64.RawURLEncoding.EncodeToString(thumbprint)
	return &key, nil
}

func publicKey(alg jose.SignatureAlgorithm, key crypto.PublicKey) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key, Algorithm: string(alg), Use: "sig"}
}

// The four signatures of RFC 7518 §3.3, §3.4, §3.5 and RFC 8037 §3.1.

func signRS256(private *rsa.PrivateKey) func([]byte) ([]byte, error) {
	return func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		return rsa.SignPKCS1v15(nil, private, crypto.SHA256, digest[:])
	}
}

func signPS256(private *rsa.PrivateKey) func([]byte) ([]byte, error) {
	return func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		return rsa.SignPSS(rand.Reader, private, crypto.SHA256, digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	}
}

func signES256(private *ecdsa.PrivateKey) func([]byte) ([]byte, error) {
	return func(input []byte) ([]byte, error) {
		digest := sha256.Sum256(input)
		r, s, err := ecdsa.Sign(rand.Reader, private, digest[:])
		if err != nil {
			return nil, err
		}
		out := make([]byte, 64)
		r.FillBytes(out[:32])
		s.FillBytes(out[32:])
		return out, nil
	}
}

func signEdDSA(private ed25519.PrivateKey) func([]byte) ([]byte, error) {
	return func(input []byte) ([]byte, error) { return ed25519.Sign(private, input), nil }
}

// header is what stands before a token of ours, and all that may stand there.
type header struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ,omitempty"`
}

// jws is the compact serialisation (RFC 7515 §7.1). It is written here, since go-jose's writer adds a quarter to the time of
// an ES256 signature and doubles its allocations; what comes in from outside go-jose reads.
func (k *signingKey) jws(typ string, payload []byte) (string, error) {
	head, err := json.Marshal(header{k.public.Algorithm, k.public.KeyID, typ})
	if err != nil {
		return "", err
	}
	size := text64.EncodedLen(len(head)) + 1 + text64.EncodedLen(len(payload))
	token := text64.AppendEncode(make([]byte, 0, size+1+text64.EncodedLen(256)), head)
	token = text64.AppendEncode(append(token, '.'), payload)
	signature, err := k.sign(token)
	if err != nil {
		return "", err
	}
	token = text64.AppendEncode(append(token, '.'), signature)
	return string(token), nil
}
