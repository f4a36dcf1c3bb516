package op

// RFC 9101 §5.2.1: whoever sends requests in a client's name floods it by us.

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web"
)

func TestSoManyObjectsOfAClientAreFetchedAtOnceAndNoMore(t *testing.T) { // SR-09
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "an object") }))
	defer server.Close()
	outbound, err := web.NewOutbound(web.OutboundOptions{Allow: []string{server.URL}})
	if err != nil {
		t.Fatal(err)
	}
	p := &Provider{now: time.Now, store: storagetest.New(t, time.Now), outbound: outbound}
	wants := func(client, want string) {
		t.Helper()
		text, err := p.fetchObject(t.Context(), storage.Client{ID: client, RequestURIs: []string{server.URL}}, server.URL)
		var refused *Error
		if errors.As(err, &refused) {
			text = refused.Code
		}
		if text != want {
			t.Errorf("%s gets %q, %v; want %q", client, text, err, want)
		}
	}
	for range maxFetching {
		if !p.objects.begin("jar") {
			t.Fatal("there are fewer places than there should be")
		}
	}
	wants("jar", temporarilyUnavailable)
	wants("jar2", "an object")
	p.objects.end("jar")
	wants("jar", "an object")
	wants("jar", "an object") // each gives its place back
	for range maxFetching - 1 {
		p.objects.end("jar")
	}
	if len(p.objects.fetching) != 0 {
		t.Errorf("of clients of which nothing is fetched there stays %v", p.objects.fetching)
	}
}
