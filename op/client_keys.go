package op

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"sync"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

const (
	maxShelf = 1000           // clients whose keys are kept parsed; one more takes the place of the one that was not asked for the longest
	shelfAge = 24 * time.Hour // how long those are kept that nobody asks for: as long as they are believed while they cannot be fetched
)

// keyShelf keeps the public keys of clients, so that they are parsed and fetched once and not at each request. The zero value is empty.
type keyShelf struct {
	mutex sync.Mutex
	of    map[string]*shelved // by client_id
	tidy  time.Time           // when it was looked through for the last time
}

// shelved are keys with where they came from: a client that is changed gets new ones.
type shelved struct {
	jwks json.RawMessage
	uri  string
	keys *keys.Foreign
	used time.Time
}

// clientKeys are the keys by which a client signs: those of its jwks, or those that lie at its jwks_uri (OIDC Core §10.1). A client
// without either has none, and nothing is signed by it. What lies elsewhere is fetched once for all who wait, never for one client
// while another waits, and no oftener than once a minute, whatever names of keys are invented.
func (p *Provider) clientKeys(client storage.Client) *keys.Foreign {
	p.shelf.mutex.Lock()
	defer p.shelf.mutex.Unlock()
	now := p.now()
	p.shelf.drop(now)
	s, ok := p.shelf.of[client.ID]
	if !ok || s.uri != client.JWKSURI || !bytes.Equal(s.jwks, client.JWKS) {
		s = &shelved{jwks: client.JWKS, uri: client.JWKSURI, keys: p.keysOf(client)}
		p.shelf.put(client.ID, s)
	}
	s.used = now
	return s.keys
}

// drop takes away what nobody has asked for in a day; it looks a few times a day.
func (k *keyShelf) drop(now time.Time) {
	if now.Sub(k.tidy).Abs() < shelfAge/6 {
		return
	}
	k.tidy = now
	maps.DeleteFunc(k.of, func(_ string, s *shelved) bool { return now.Sub(s.used).Abs() >= shelfAge })
}

// put keeps a client's keys. Where there are too many those go that were not asked for the longest: strangers may have many read, but
// not those read again that are in use.
func (k *keyShelf) put(id string, s *shelved) {
	if k.of == nil {
		k.of = map[string]*shelved{}
	}
	if _, had := k.of[id]; !had && len(k.of) >= maxShelf {
		oldest := ""
		for other, o := range k.of {
			if oldest == "" || o.used.Before(k.of[oldest].used) {
				oldest = other
			}
		}
		delete(k.of, oldest)
	}
	k.of[id] = s
}

// jwksTypes are the media types of a key set (RFC 7517 §8.5); most servers send it as plain JSON.
var jwksTypes = []string{"application/json", "application/jwk-set+json"}

func (p *Provider) keysOf(client storage.Client) *keys.Foreign {
	if client.JWKSURI == "" {
		return keys.Given(client.JWKS, p.now)
	}
	return &keys.Foreign{Nameless: true, Now: p.now, Fetch: func(ctx context.Context) ([]byte, error) {
		return p.fetcher(client).Get(ctx, client.JWKSURI, jwksTypes...)
	}}
}
