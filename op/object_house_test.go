package op_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/go-jose/go-jose/v4"
)

// rp is a relying party that signs its requests: the client "jar", and "jar2" which has the same keys.
type rp struct {
	*house
	pen pen

	address string       // of what lies there
	lies    atomic.Value // string
	status  atomic.Int32
	asked   atomic.Int32
}

// newRP gives a house these two clients, and a way to what they name.
func newRP(t testing.TB, h *house) *rp {
	t.Helper()
	a := &rp{house: h, pen: newEC("k")}
	a.lies.Store("")
	a.status.Store(http.StatusOK)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		a.asked.Add(1)
		w.WriteHeader(int(a.status.Load()))
		fmt.Fprint(w, a.lies.Load())
	}))
	t.Cleanup(server.Close)
	a.address = server.URL + "/object"
	outbound, err := web.NewOutbound(web.OutboundOptions{Allow: []string{server.URL}})
	must(t, err)
	h.serve(t, op.Options{Outbound: outbound})

	for id, redirect := range map[string]string{"jar": "https://rp.test/cb", "jar2": "https://rp2.test/cb"} {
		c := clients()[0]
		c.ID, c.RedirectURIs, c.PostLogoutRedirectURIs = id, []string{redirect}, nil
		c.JWKS = keySet(t, a.pen)
		c.RequestURIs = []string{a.address, a.address + "/pinned#v1"}
		must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
	}
	return a
}

func keySet(t testing.TB, p pen) json.RawMessage {
	t.Helper()
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{p.jwk()}})
	must(t, err)
	return set
}

// claims are those of a good request object with these changes; nil takes one away.
func (a *rp) claims(changes map[string]any) map[string]any {
	all := map[string]any{
		"iss": "jar", "aud": issuer, "exp": a.now().Add(5 * time.Minute).Unix(), "iat": a.now().Unix(),
		"client_id": "jar", "redirect_uri": "https://rp.test/cb", "response_type": "code", "scope": "openid email", "state": "inside",
		"nonce": "signed", "code_challenge": challenge, "code_challenge_method": "S256",
	}
	maps.Copy(all, changes)
	maps.DeleteFunc(all, func(_ string, v any) bool { return v == nil })
	return all
}

// object is a signed request object.
func (a *rp) object(t testing.TB, changes map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(a.claims(changes))
	if err != nil {
		t.Fatal(err)
	}
	return a.pen.write(t, payload, nil)
}

// without a signature: alg is none.
func bare(t *testing.T, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	must(t, err)
	return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(payload) + "."
}

// byObject is a request that consists of an object and what finds its client.
func byObject(text string) change {
	return func(v url.Values) {
		clear(v)
		v["client_id"], v["request"] = []string{"jar"}, []string{text}
	}
}

// byAddress is one whose object lies elsewhere.
func byAddress(uri string) change {
	return func(v url.Values) {
		clear(v)
		v["client_id"], v["request_uri"] = []string{"jar"}, []string{uri}
	}
}
