package op

// RFC 7517 §5, OIDC Core §10.1: the keys by which clients sign.

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

func TestAClientsKeysAreKeptUntilItsRecordSaysOthers(t *testing.T) {
	p := &Provider{now: time.Now}
	client := storage.Client{ID: "a", JWKS: json.RawMessage(`{"keys":[]}`)}
	first := p.clientKeys(client)
	client.Name = "another name"
	if p.clientKeys(client) != first {
		t.Error("the keys are parsed again for the same record")
	}
	for what, change := range map[string]func(*storage.Client){
		"jwks":           func(c *storage.Client) { c.JWKS = json.RawMessage(`{"keys":[ ]}`) },
		"jwks_uri":       func(c *storage.Client) { c.JWKS, c.JWKSURI = nil, "https://rp.test/jwks" },
		"another client": func(c *storage.Client) { c.ID = "b" },
	} {
		changed := client
		change(&changed)
		if p.clientKeys(changed) == first {
			t.Errorf("%s: the keys stay", what)
		}
		first = p.clientKeys(client)
	}
	if p.clientKeys(client) != first {
		t.Error("the keys of one client went when another came")
	}
}

func TestKeysAreKeptOfSoManyClientsAndNoMore(t *testing.T) {
	p := &Provider{now: time.Now}
	for i := range maxShelf + 50 {
		if p.clientKeys(storage.Client{ID: fmt.Sprint(i)}) == nil {
			t.Fatal("a client has no keys")
		}
	}
	if n := len(p.shelf.of); n != maxShelf {
		t.Errorf("%d are kept", n)
	}
}

func TestStrangersPushNobodysKeysOutThatAreInUse(t *testing.T) {
	now := time.Now()
	p := &Provider{now: func() time.Time { now = now.Add(time.Millisecond); return now }}
	used := storage.Client{ID: "used"}
	first := p.clientKeys(used)
	for i := range 3 * maxShelf {
		p.clientKeys(storage.Client{ID: fmt.Sprint(i)})
		if i%(maxShelf/2) == 0 && p.clientKeys(used) != first {
			t.Fatal("keys in use were pushed out")
		}
	}
}

func TestKeysThatNobodyAsksForAreKeptForADay(t *testing.T) {
	now := time.Now()
	p := &Provider{now: func() time.Time { return now }}
	used, left := storage.Client{ID: "used"}, storage.Client{ID: "left"}
	first := p.clientKeys(used)
	p.clientKeys(left)
	for range 12 {
		now = now.Add(4 * time.Hour)
		if p.clientKeys(used) != first {
			t.Fatal("keys in use were dropped")
		}
	}
	if _, kept := p.shelf.of["left"]; kept || len(p.shelf.of) != 1 {
		t.Errorf("%d are kept", len(p.shelf.of))
	}
}

func TestKeysAtAnAddressAreFetchedAsAKeySetAndNothingElse(t *testing.T) {
	var asked atomic.Int32
	const set = `{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"k","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`
	for media, taken := range map[string]bool{
		"application/json": true, "application/jwk-set+json": true, "application/json; charset=utf-8": true,
		"text/html": false, "text/plain": false, "application/jose": false,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.Header().Set("Content-Type", media)
			fmt.Fprint(w, set)
		}))
		outbound, err := web.NewOutbound(web.OutboundOptions{Allow: []string{server.URL}})
		if err != nil {
			t.Fatal(err)
		}
		p := &Provider{now: time.Now, outbound: outbound}
		before := asked.Load()
		body, err := p.clientKeys(storage.Client{ID: "a", JWKSURI: server.URL + "/jwks"}).Fetch(t.Context())
		if (err == nil) != taken || taken && string(body) != set || asked.Load() != before+1 {
			t.Errorf("%s: %q, %v", media, body, err)
		}
		server.Close()
	}
}
