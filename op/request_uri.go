package op

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

const (
	objectKept = time.Minute // how long an object is kept that its address names by its hash
	maxKept    = 256         // objects

	maxRequestObject = 16 << 10 // bytes of one; package keys takes no longer ones

	// maxFetching is how many objects of one client each node fetches at the same time: whoever sends requests in its name must not
	// flood it by us. No number in a minute bounds it, since strangers would use that up; and what one address block may ask for at
	// once fills about half of these places, even where the client is slow.
	maxFetching = 128
)

// objectFetches is how often one address block has objects of one client fetched: an office stands behind one address.
var objectFetches = storage.Rate{Burst: 60, Per: time.Minute}

// fetchObject gets the request object that lies at a registered address (OIDC Core §6.2; RFC 9101 §5.2). Before the client
// is known and the address is one that it has registered nothing is fetched. A registered address with a fragment is good
// with that fragment alone, one without with any.
//
// The fragment may be the hash of what lies there. Then it is kept for a minute, under that hash; anything else is fetched
// each time, since it may hold another state for each request. A fragment that is no such hash refuses nothing: what counts
// is the signature.
func (p *Provider) fetchObject(ctx context.Context, client storage.Client, uri string) (string, error) {
	address, fragment, _ := strings.Cut(uri, "#")
	if !slices.Contains(client.RequestURIs, uri) && !slices.Contains(client.RequestURIs, address) {
		return "", &Error{Code: invalidRequestURI, Description: "request_uri is not one that this client has registered (OIDC Core section 6.2)"}
	}
	if text := p.objects.find(uri, p.now()); text != "" {
		return text, nil
	}
	wait, err := p.store.Spend(ctx, "request-object:"+client.ID+":"+web.AddressBlock(ctx), objectFetches)
	if err != nil {
		return "", fmt.Errorf("limit of fetched request objects: %w", err)
	}
	if wait > 0 || !p.objects.begin(client.ID) {
		return "", &Error{Code: temporarilyUnavailable, Description: "too many request objects of this client are fetched: try again in a minute"}
	}
	defer p.objects.end(client.ID)
	body, err := p.fetcher(client).Get(ctx, address)
	if err != nil {
		return "", &Error{Code: invalidRequestURI, Description: "nothing could be fetched from request_uri (OIDC Core section 6.2)", Cause: err}
	}
	text := strings.TrimSpace(string(body))
	if text == "" {
		return "", &Error{Code: invalidRequestURI, Description: "nothing lies at request_uri (OIDC Core section 6.2)"}
	}
	if sum := sha256.Sum256(body); fragment == base64.RawURLEncoding.EncodeToString(sum[:]) {
		p.objects.keep(uri, text, p.now())
	}
	return text, nil
}

// objects are those that were fetched under the hash of what they are, and how many are being fetched. The zero value is empty.
type objects struct {
	mutex    sync.Mutex
	kept     map[string]keptObject // by request_uri
	fetching map[string]int        // by client_id; none is 0
}

type keptObject struct {
	text  string
	until time.Time
}

// begin takes one of a client's places; false where all are taken. What has begun must end.
func (o *objects) begin(client string) bool {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.fetching[client] >= maxFetching {
		return false
	}
	if o.fetching == nil {
		o.fetching = map[string]int{}
	}
	o.fetching[client]++
	return true
}

func (o *objects) end(client string) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.fetching[client]--; o.fetching[client] == 0 {
		delete(o.fetching, client)
	}
}

// find gives an object that is kept; "" where none is.
func (o *objects) find(uri string, now time.Time) string {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if k := o.kept[uri]; now.Before(k.until) {
		return k.text
	}
	return ""
}

// keep adds an object. When there are too many all go: none costs more than a fetch.
func (o *objects) keep(uri, text string, now time.Time) {
	if len(text) > maxRequestObject {
		return
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	if o.kept == nil || len(o.kept) >= maxKept {
		o.kept = map[string]keptObject{}
	}
	o.kept[uri] = keptObject{text, now.Add(objectKept)}
}
