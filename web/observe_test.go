package web_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/web"
	"github.com/google/go-cmp/cmp"
)

// TestWhatIsObservedOfARequestIsBounded: whatever a visitor sends, route and method are words of ours.
func TestWhatIsObservedOfARequestIsBounded(t *testing.T) {
	var seen []web.Observation
	p := newPlace(t, func(s *web.Site) {
		s.Observe = func(o web.Observation) {
			if o.Duration <= 0 {
				t.Errorf("%v took no time", o)
			}
			o.Duration = 0
			seen = append(seen, o)
		}
	})
	p.handle("/people/{id}", web.Methods{"GET": ok, "POST": func(w http.ResponseWriter, _ *http.Request) error {
		return io.ErrUnexpectedEOF
	}})
	p.handle("/silent", web.Methods{"GET": func(http.ResponseWriter, *http.Request) error { return nil }})
	p.handle("/panic", web.Methods{"GET": func(http.ResponseWriter, *http.Request) error { panic("at the disco") }})
	p.ask("GET", "/people/anna?x=y", "")
	p.ask("POST", "/people/ben", "a=b")
	p.ask("BREW", "/people/cora", "")
	p.ask("GET", "/silent", "")
	p.ask("GET", "/panic", "")
	p.ask("GET", "/nowhere/"+strings.Repeat("x", 99), "")
	p.ask("GET", "/silent?"+strings.Repeat("x", web.MaxQuery+1), "")
	want := []web.Observation{
		{Route: "/people/{id}", Method: "GET", Status: 200},
		{Route: "/people/{id}", Method: "POST", Status: 500},
		{Route: "/people/{id}", Method: "other", Status: 405},
		{Route: "/silent", Method: "GET", Status: 200},
		{Route: "/panic", Method: "GET", Status: 500},
		{Route: "none", Method: "GET", Status: 404},
		{Route: "none", Method: "GET", Status: 414},
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}
