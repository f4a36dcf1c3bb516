package keys

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/go-jose/go-jose/v4"
)

// Ring holds the signing keys. Safe for concurrent use; private keys are parsed once.
type Ring struct{ keeper *keeper }

// Algorithms lists what Sign can sign with.
func (r *Ring) Algorithms() []string {
	list := make([]string, len(algorithms))
	for i, alg := range algorithms {
		list[i] = string(alg)
	}
	return list
}

// Sign makes a compact JWS of claims (as JSON) by the present key of alg, with kid and typ in its header.
func (r *Ring) Sign(alg, typ string, claims any) (string, error) {
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	key := r.keeper.snapshot.Load().signing.present(alg, r.keeper.now())
	if key == nil {
		return "", fmt.Errorf("sign: there is no key for %q", alg)
	}
	token, err := key.jws(typ, payload)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", alg, err)
	}
	return token, nil
}

const maxToken = 8 << 10 // characters

// Verify checks a compact JWS of ours of this typ (an absent one passes for "JWT") by the published keys that sign or
// have signed, and gives its payload. It does not judge times or audience. ErrRefused.
func (r *Ring) Verify(token, typ string) ([]byte, error) {
	if len(token) > maxToken || !compact(token) {
		return nil, ErrRefused
	}
	jws, err := jose.ParseSignedCompact(token, algorithms)
	if err != nil || len(jws.Signatures) != 1 {
		return nil, ErrRefused
	}
	head := jws.Signatures[0].Protected
	if !ours(head, typ) {
		return nil, ErrRefused
	}
	key := r.keeper.verifier(head.KeyID)
	if key == nil || key.public.Algorithm != head.Algorithm || !key.signs(r.keeper.now()) {
		return nil, ErrRefused
	}
	payload, err := jws.Verify(key.public.Key)
	if err != nil {
		return nil, ErrRefused
	}
	return payload, nil
}

// compact says whether token is three parts of base64url in their one spelling: go-jose skips line breaks and
// does not mind the spare bits of a part's last character.
func compact(token string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	for _, part := range parts {
		if _, err := decode(nil, part); err != nil || part == "" {
			return false
		}
	}
	return true
}

// ours says whether a header is one that Sign writes: alg, kid and typ. A key, a link to a key, crit, b64, anything
// that would ask for another way of verifying is not there (RFC 8725 §3.10).
func ours(head jose.Header, typ string) bool {
	said, plain := plainHeader(head)
	if !plain || len(head.KeyID) != text64.EncodedLen(sha256.Size) {
		return false
	}
	return said == typ || said == "" && typ == "JWT"
}

// verifier finds a published key, after one look at what other nodes have published when this node knows none.
func (k *keeper) verifier(kid string) *published {
	if key := k.snapshot.Load().signing.byKid[kid]; key != nil {
		return key
	}
	if !k.reload() {
		return nil
	}
	return k.snapshot.Load().signing.byKid[kid]
}

// JWKS is the public set as JSON (kid, alg, use on each) and the value of its strong ETag, without quotes. Cached.
func (r *Ring) JWKS() ([]byte, string) {
	set := r.keeper.snapshot.Load().signing
	return set.jwks, set.etag
}

// signingSet is all published keys at one moment.
type signingSet struct {
	byKid map[string]*published
	byAlg map[string][]*published // newest first
	jwks  []byte
	etag  string
}

// open opens the rows that are not gone; keys that are open already are taken over.
func (s signingSet) open(rows []storage.SigningKey, under *drawer, now time.Time) (signingSet, error) {
	next := signingSet{byKid: map[string]*published{}, byAlg: map[string][]*published{}}
	for _, row := range rows {
		if ended(row.Gone, now) || !slices.Contains(algorithms, jose.SignatureAlgorithm(row.Alg)) {
			continue
		}
		entry := &published{serial: row.Serial, use: row.Use, retire: row.Retire, gone: row.Gone}
		if former := s.byKid[row.ID]; former != nil {
			entry.signingKey = former.signingKey
		} else {
			key, err := openSigningKey(row, under)
			if err != nil {
				return signingSet{}, err
			}
			entry.signingKey = key
		}
		next.byKid[row.ID] = entry
		next.byAlg[row.Alg] = append(next.byAlg[row.Alg], entry)
	}
	for _, list := range next.byAlg {
		slices.SortFunc(list, func(a, b *published) int { return int(b.serial - a.serial) })
	}
	return next, next.publish()
}

// publish writes the JWKS, in a fixed order so that all nodes show the same bytes and ETag.
func (s *signingSet) publish() error {
	var set jose.JSONWebKeySet
	for _, alg := range algorithms {
		for _, key := range slices.Backward(s.byAlg[string(alg)]) {
			set.Keys = append(set.Keys, key.public)
		}
	}
	body, err := json.Marshal(set)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	s.jwks, s.etag = body, base64.RawURLEncoding.EncodeToString(sum[:16])
	return nil
}

// present is the newest key of alg that is in use. Where none is (the clock runs behind that of the node which made the first)
// the oldest that is not retired signs: it is published, and no answer is worse.
func (s *signingSet) present(alg string, now time.Time) *published {
	var oldest *published
	for _, key := range s.byAlg[alg] {
		if ended(key.retire, now) {
			continue
		}
		if !now.Before(key.use) {
			return key
		}
		oldest = key
	}
	return oldest
}
