package keystest

import (
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// JWS is a compact one that somebody else signs with a key of their own: a client, or who pretends to be one. Its header has these
// members besides alg, and kid where the key has an id.
func JWS(t testing.TB, alg string, key jose.JSONWebKey, payload []byte, header map[string]any) string {
	t.Helper()
	options := &jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{}}
	for name, value := range header {
		options.ExtraHeaders[jose.HeaderKey(name)] = value
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(alg), Key: key}, options)
	must(t, err)
	jws, err := signer.Sign(payload)
	must(t, err)
	text, err := jws.CompactSerialize()
	must(t, err)
	return text
}
