package keys

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// Foreign are the public keys by which somebody else signs: another issuer, or a client. They are fetched when they are first
// needed, and again every hour, so that a key that is withdrawn is not believed for long. Safe for concurrent use.
type Foreign struct {
	Fetch func(ctx context.Context) ([]byte, error) // the JWKS (RFC 7517 §5), bounded in size and time
	Now   func() time.Time

	// Nameless: a signature may leave its key unnamed where one key alone fits (OIDC Core §10.1), as clients do.
	Nameless bool

	mutex   sync.Mutex
	keys    []jose.JSONWebKey
	fetched time.Time     // when they came
	asked   time.Time     // when they were asked for the last time
	failure error         // why they did not come then
	flight  chan struct{} // closed once the question under way is answered; nil: none is under way
	waiting int           // for that answer
}

// ForeignAlgorithms are those by which another issuer may sign. None is symmetric: our client secret, or a public key,
// would else be a key to sign with.
var ForeignAlgorithms = []string{string(jose.RS256), string(jose.ES256)}

const (
	foreignGood  = time.Hour        // how long keys are believed without asking again
	foreignEnd   = 24 * time.Hour   // how long while the issuer gives no new ones
	foreignApart = time.Minute      // between two questions, whatever kids come
	foreignRetry = 10 * time.Second // after one that failed
	foreignQueue = 100              // who may wait for an answer at the same time: strangers decide how many ask
	minModulus   = 2048             // bits
	maxModulus   = 8192             // a longer one takes long to verify by, and its owner chose it
	maxSet       = 64 << 10         // bytes of a key set, its certificates included
	maxSetKeys   = 50               // each takes time to read and memory to keep, and their owner chooses how many there are
)

var errForeignKey = errors.New("the signature names no key that its owner has")

// VerifySignature gives what a JWS of one signature signs, and demands that its header names the key (kid). A name that is
// unknown has the keys fetched anew, once a minute at most, whoever invents how many.
func (f *Foreign) VerifySignature(ctx context.Context, jws *jose.JSONWebSignature) ([]byte, error) {
	if len(jws.Signatures) != 1 {
		return nil, errForeignKey
	}
	head := jws.Signatures[0].Protected
	key, err := f.key(ctx, head.KeyID, head.Algorithm)
	if err != nil {
		return nil, err
	}
	return jws.Verify(key)
}

// key finds a key that is known at once, whatever is being fetched. Who needs another one fetches, or waits for whoever does; whoever
// finds too many waiting goes by what is known.
func (f *Foreign) key(ctx context.Context, kid, alg string) (any, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if key := f.pick(kid, alg); key != nil && f.age() < foreignGood {
		return key, nil
	}
	if f.flight != nil {
		f.await(ctx)
	} else if f.Now().Sub(f.asked).Abs() >= f.pause() {
		f.renew(ctx)
	}
	key := f.pick(kid, alg)
	switch {
	case key != nil && f.age() < foreignEnd:
		return key, nil
	case key == nil && f.failure != nil:
		return nil, f.failure
	}
	return nil, errForeignKey
}

func (f *Foreign) age() time.Duration { return f.Now().Sub(f.fetched).Abs() }

// pause is how long the last question keeps the next one back.
func (f *Foreign) pause() time.Duration {
	if f.failure != nil {
		return foreignRetry
	}
	return foreignApart
}

// await lets go of the mutex until the question under way is answered, or ctx ends.
func (f *Foreign) await(ctx context.Context) {
	if f.waiting == foreignQueue {
		return
	}
	flight := f.flight
	f.waiting++
	f.mutex.Unlock()
	select {
	case <-flight:
	case <-ctx.Done():
	}
	f.mutex.Lock()
	f.waiting--
}

// renew lets go of the mutex while it fetches. A fetch that panics has failed, and holds nobody up.
func (f *Foreign) renew(ctx context.Context) {
	now := f.Now()
	flight := make(chan struct{})
	f.asked, f.flight = now, flight
	var keys []jose.JSONWebKey
	err := errors.New("the keys were not read to their end")
	f.mutex.Unlock()
	defer func() {
		f.mutex.Lock()
		if f.failure = err; err == nil {
			f.keys, f.fetched = keys, now
		}
		f.flight = nil
		close(flight)
	}()
	keys, err = f.fetch(ctx)
}

// pick is the one key of this name, for this algorithm; nil where there is none, or more than one.
func (f *Foreign) pick(kid, alg string) any {
	var found any
	for _, k := range f.keys {
		if k.KeyID != kid && (kid != "" || !f.Nameless) || !serves(k, alg) {
			continue
		}
		if found != nil {
			return nil
		}
		found = k.Key
	}
	return found
}

// serves says whether a key may verify signatures of the algorithm.
func serves(k jose.JSONWebKey, alg string) bool {
	return (k.Algorithm == "" || k.Algorithm == alg) && (k.Use == "" || k.Use == "sig") && fits(k.Key, alg)
}

// fits says whether a key is a public one for the algorithm (RFC 7518 §3.3, §3.4).
func fits(key any, alg string) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return (alg == string(jose.RS256) || alg == string(jose.PS256)) && key.N.BitLen() >= minModulus && key.N.BitLen() <= maxModulus
	case *ecdsa.PublicKey:
		return alg == string(jose.ES256) && key.Curve == elliptic.P256()
	case ed25519.PublicKey:
		return alg == string(jose.EdDSA)
	}
	return false
}

func (f *Foreign) fetch(ctx context.Context) ([]jose.JSONWebKey, error) {
	data, err := f.Fetch(context.WithoutCancel(ctx)) // others wait for it too: whoever leaves must not end it
	if err != nil {
		return nil, fmt.Errorf("fetch the keys: %w", err)
	}
	return parseSet(data)
}

// parseSet leaves out keys of kinds that it does not know, as RFC 7517 §5 wants it. A set that is larger than anybody needs is none.
func parseSet(data []byte) ([]jose.JSONWebKey, error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if len(data) > maxSet {
		return nil, errors.New("the keys are more than 64 KiB")
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, errors.New("the keys are not a JSON Web Key Set")
	}
	if len(set.Keys) > maxSetKeys {
		return nil, errors.New("the key set holds more than 50 keys")
	}
	var keys []jose.JSONWebKey
	for _, text := range set.Keys {
		if key, err := parseKey(text); err == nil && key.IsPublic() {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errors.New("the key set holds no public key")
	}
	return keys, nil
}

// parseKey reads a key without its certificates (RFC 7517 §4.6 to §4.9), which nothing here goes by: a chain takes longer to read and
// more memory to keep than all keys of a set.
func parseKey(text []byte) (jose.JSONWebKey, error) {
	var key jose.JSONWebKey
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return key, err
	}
	for _, name := range []string{"x5c", "x5t", "x5t#S256", "x5u"} {
		delete(members, name)
	}
	text, err := json.Marshal(members)
	if err == nil {
		err = key.UnmarshalJSON(text)
	}
	return key, err
}
