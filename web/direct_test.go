package web_test

import (
	"net/http"
	"testing"

	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

func TestAPathHasOneSpelling(t *testing.T) {
	p := newPlace(t)
	p.handle("/token", web.Methods{"GET": answers("first")})
	p.handle("/token", web.Methods{"GET": answers("second")})
	p.handle("/a%20b", web.Methods{"GET": answers("escaped")})
	p.handle("/of/{name}", web.Methods{"GET": func(w http.ResponseWriter, r *http.Request) error {
		_, err := w.Write([]byte("of " + mux.Vars(r)["name"]))
		return err
	}})
	for path, want := range map[string]string{"/token": "first", "/a%20b": "escaped", "/of/anna": "of anna", "/of/a%2Fb": "of a%2Fb"} {
		if got := p.ask("GET", path, "").Body.String(); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
	for _, path := range []string{
		"/token/", "//token", "/./token", "/x/../token", "/%74oken", "/token%2F", "/token%00", "/TOKEN", "/token;x", "/tokens", "/of/", "/of/a/b",
	} {
		wantStatus(t, p.ask("GET", path, ""), http.StatusNotFound)
	}
}

func answers(text string) web.Handler {
	return func(w http.ResponseWriter, _ *http.Request) error {
		_, err := w.Write([]byte(text))
		return err
	}
}
