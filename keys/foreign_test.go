package keys

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// issuer is another one that signs; its keys can be fetched while it is up.
type issuer struct {
	t       *testing.T
	clock   *clock
	keys    *Foreign
	mutex   sync.Mutex
	shown   any
	down    bool
	fetched int
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{t: t, clock: newClock()}
	i.keys = &Foreign{Now: i.clock.Now, Fetch: func(context.Context) ([]byte, error) {
		i.mutex.Lock()
		defer i.mutex.Unlock()
		i.fetched++
		if i.down {
			return nil, errors.New("it is down")
		}
		return json.Marshal(i.shown)
	}}
	return i
}

// shows makes a key of this name the only one, and gives it.
func (i *issuer) shows(kid string) *ecdsa.PrivateKey {
	i.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		i.t.Fatal(err)
	}
	i.shown = jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: &key.PublicKey, KeyID: kid}}}
	return key
}

// believes says whether a signature by this key under this name is taken.
func (i *issuer) believes(kid string, key *ecdsa.PrivateKey) bool {
	i.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		i.t.Fatal(err)
	}
	signed, err := signer.Sign([]byte("said"))
	if err != nil {
		i.t.Fatal(err)
	}
	text, _ := signed.CompactSerialize()
	parsed, err := jose.ParseSignedCompact(text, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		i.t.Fatal(err)
	}
	said, err := i.keys.VerifySignature(i.t.Context(), parsed)
	return err == nil && string(said) == "said"
}

func (i *issuer) wants(what string, ok bool, fetched int) {
	i.t.Helper()
	if !ok || i.fetched != fetched {
		i.t.Fatalf("%s: %v, with %d fetches, not %d", what, ok, i.fetched, fetched)
	}
}

func TestForeignKeysAreFetchedOnceHoweverManyWait(t *testing.T) {
	i := newIssuer(t)
	key := i.shows("a")
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if !i.believes("a", key) {
				t.Error("a key of the issuer is not believed")
			}
		})
	}
	all.Wait()
	i.wants("fifty at once", true, 1)
}

func TestForeignKeysAreFetchedAnewByNeedAndByAge(t *testing.T) { // MX-09, BF-13
	i := newIssuer(t)
	old := i.shows("a")
	i.wants("the first", i.believes("a", old), 1)
	i.wants("a stranger's", !i.believes("b", old), 1)
	fresh := i.shows("b")
	i.wants("a new one within the minute", !i.believes("b", fresh), 1)
	i.clock.Forward(foreignApart)
	i.wants("a new one", i.believes("b", fresh), 2)
	i.wants("the withdrawn one", !i.believes("a", old), 2)
	i.clock.Forward(foreignGood - time.Second)
	i.wants("within the hour", i.believes("b", fresh), 2)
	i.clock.Forward(time.Second)
	i.wants("after it", i.believes("b", fresh), 3)
	i.clock.Forward(-2 * time.Hour) // a clock that is set back stops nothing
	i.wants("earlier", i.believes("b", fresh), 4)
}

func TestForeignKeysStayADayWhileTheIssuerIsDown(t *testing.T) {
	i := newIssuer(t)
	key := i.shows("a")
	i.down = true
	i.wants("down from the start", !i.believes("a", key), 1)
	i.clock.Forward(foreignRetry - time.Second)
	i.wants("asked again too soon", !i.believes("a", key), 1)
	i.down = false
	i.clock.Forward(time.Second)
	i.wants("up again", i.believes("a", key), 2)
	i.down = true
	i.clock.Forward(foreignGood)
	i.wants("down for an hour", i.believes("a", key), 3)
	i.clock.Forward(foreignEnd)
	i.wants("down for a day", !i.believes("a", key), 4)
}

func TestASetWithoutAUsefulKeyIsNone(t *testing.T) {
	for what, shown := range map[string]any{
		"words":      "words",
		"no keys":    jose.JSONWebKeySet{},
		"symmetric":  map[string]any{"keys": []any{map[string]string{"kty": "oct", "kid": "a", "k": "AAAA"}}},
		"of a shape": map[string]any{"keys": []any{map[string]string{"kty": "new", "kid": "a"}}},
	} {
		i := newIssuer(t)
		key := i.shows("a")
		i.shown = shown
		i.wants(what, !i.believes("a", key), 1)
	}
}
