package op

import (
	"bytes"
	"context"
	"encoding/json"
	"sync"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// maxShelf is how many clients' keys are kept parsed. One more takes the place of any other, which is read again at its next request.
const maxShelf = 1000

// keyShelf keeps the public keys of clients, so that they are parsed and fetched once and not at each request. The zero value is empty.
type keyShelf struct {
	mutex sync.Mutex
	of    map[string]shelved // by client_id
}

// shelved are keys with where they came from: a client that is changed gets new ones.
type shelved struct {
	jwks json.RawMessage
	uri  string
	keys *keys.Foreign
}

// clientKeys are the keys by which a client signs: those of its jwks, or those that lie at its jwks_uri (OIDC Core §10.1). A client
// without either has none, and nothing is signed by it. What lies elsewhere is fetched once for all who wait, never for one client
// while another waits, and no oftener than once a minute, whatever names of keys are invented.
func (p *Provider) clientKeys(client storage.Client) *keys.Foreign {
	p.shelf.mutex.Lock()
	defer p.shelf.mutex.Unlock()
	if s, ok := p.shelf.of[client.ID]; ok && s.uri == client.JWKSURI && bytes.Equal(s.jwks, client.JWKS) {
		return s.keys
	}
	if p.shelf.of == nil {
		p.shelf.of = map[string]shelved{}
	}
	if _, had := p.shelf.of[client.ID]; !had && len(p.shelf.of) >= maxShelf {
		for id := range p.shelf.of {
			delete(p.shelf.of, id)
			break
		}
	}
	s := shelved{jwks: client.JWKS, uri: client.JWKSURI, keys: p.keysOf(client)}
	p.shelf.of[client.ID] = s
	return s.keys
}

// jwksTypes are the media types of a key set (RFC 7517 §8.5); most servers send it as plain JSON.
var jwksTypes = []string{"application/json", "application/jwk-set+json"}

func (p *Provider) keysOf(client storage.Client) *keys.Foreign {
	if client.JWKSURI == "" {
		return keys.Given(client.JWKS, p.now)
	}
	return &keys.Foreign{Nameless: true, Now: p.now, Fetch: func(ctx context.Context) ([]byte, error) {
		return p.outbound.Get(ctx, client.JWKSURI, jwksTypes...)
	}}
}
