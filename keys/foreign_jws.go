package keys

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Signed is what a JWS of somebody else says, after its signature was verified.
type Signed struct {
	Alg     string
	Type    string // typ; "" not said
	Payload []byte
}

// Given are keys that were handed over by value (jwks of RFC 7591 §2), in place of an address.
func Given(jwks json.RawMessage, now func() time.Time) *Foreign {
	return &Foreign{Nameless: true, Now: now, Fetch: func(context.Context) ([]byte, error) { return jwks, nil }}
}

// Verify checks a compact JWS by these keys. Its algorithm must be one of algs, all of them asymmetric ones of ours (Ring.Algorithms), and
// its header must hold nothing but alg, kid and typ: a key of its own, a link to one, or crit would ask for another way of verifying
// (RFC 8725 §3.10). Times, audience and issuer the caller judges. ErrRefused; another error where the keys could not be fetched.
func (f *Foreign) Verify(ctx context.Context, token string, algs []string) (Signed, error) {
	if len(token) > MaxForeign || !compact(token) {
		return Signed{}, ErrRefused
	}
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil || len(jws.Signatures) != 1 {
		return Signed{}, ErrRefused
	}
	head := jws.Signatures[0].Protected
	typ, known := plainHeader(head)
	if !known || !slices.Contains(algs, head.Algorithm) {
		return Signed{}, ErrRefused
	}
	key, err := f.key(ctx, head.KeyID, head.Algorithm)
	switch {
	case err == errForeignKey:
		return Signed{}, ErrRefused
	case err != nil:
		return Signed{}, err
	}
	payload, err := jws.Verify(key)
	if err != nil {
		return Signed{}, ErrRefused
	}
	return Signed{Alg: head.Algorithm, Type: typ, Payload: payload}, nil
}

// MaxForeign is the most characters of a token of somebody else.
const MaxForeign = 16 << 10

// plainHeader gives typ, and says whether nothing besides alg, kid and typ stands in a header.
func plainHeader(head jose.Header) (string, bool) {
	if head.JSONWebKey != nil || head.Nonce != "" {
		return "", false
	}
	typ, has := head.ExtraHeaders[jose.HeaderType]
	if !has {
		return "", len(head.ExtraHeaders) == 0
	}
	text, isText := typ.(string)
	return text, isText && len(head.ExtraHeaders) == 1
}
