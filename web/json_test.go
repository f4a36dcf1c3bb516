package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/doorward/doorward/web"
)

func TestJSONIsNotKeptAndNotEscapedForHTML(t *testing.T) {
	w := httptest.NewRecorder()
	if err := web.WriteJSON(w, 201, map[string]string{"uri": "https://rp.test/?a=1&b=<2>"}); err != nil {
		t.Fatal(err)
	}
	wantStatus(t, w, 201)
	if got := w.Body.String(); got != `{"uri":"https://rp.test/?a=1&b=<2>"}`+"\n" {
		t.Errorf("%q", got)
	}
	for name, want := range map[string]string{"Content-Type": "application/json", "Cache-Control": "no-store", "Pragma": "no-cache", "Content-Length": "37"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
}

func TestWhatCannotBeEncodedWritesNothing(t *testing.T) {
	w := httptest.NewRecorder()
	if err := web.WriteJSON(w, 200, map[string]any{"a": "b", "c": make(chan int)}); err == nil || w.Body.Len() > 0 || len(w.Header()) > 0 {
		t.Errorf("%v %v %q", err, w.Header(), w.Body)
	}
}

func TestCachedBytesAreSentOnce(t *testing.T) {
	body, etag := []byte(`{"issuer":"x"}`), "v1"
	p := newPlace(t)
	p.handle("/jwks", web.Methods{"GET": web.CachedBytes("application/json", 5*time.Minute, func() ([]byte, string) { return body, etag })})
	w := p.ask("GET", "/jwks", "")
	wantStatus(t, w, 200)
	for name, want := range map[string]string{"Etag": `"v1"`, "Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*",
		"Content-Type": "application/json", "Content-Length": "14", "Access-Control-Allow-Credentials": ""} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	for match, status := range map[string]int{`"v1"`: 304, `W/"v1"`: 304, `"v0", "v1"`: 304, `*`: 304, `"v0"`: 200, `v1`: 200, ``: 200, `"v1`: 200} {
		w := p.ask("GET", "/jwks", "", "If-None-Match", match)
		if w.Code != status || w.Header().Get("Etag") != `"v1"` || w.Header().Get("Access-Control-Allow-Origin") != "*" {
			t.Errorf("If-None-Match %s: %d %v", match, w.Code, w.Header())
		}
		if status == 304 && (w.Body.Len() > 0 || w.Header().Get("Content-Length") != "") {
			t.Errorf("304 with a body")
		}
	}
	w = p.ask("HEAD", "/jwks", "")
	if w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("Content-Length") != "14" {
		t.Errorf("HEAD: %d %q %v", w.Code, w.Body, w.Header())
	}
	body, etag = []byte(`{}`), "v2"
	w = p.ask("GET", "/jwks", "", "If-None-Match", `"v1"`)
	if w.Code != 200 || w.Header().Get("Etag") != `"v2"` || w.Header().Get("Content-Length") != "2" || w.Body.String() != "{}" {
		t.Errorf("after a change: %d %v %q", w.Code, w.Header(), w.Body)
	}
}

// nobody is a client that throws the answer away.
type nobody struct{ header http.Header }

func (n nobody) Header() http.Header         { return n.header }
func (n nobody) WriteHeader(int)             {}
func (n nobody) Write(p []byte) (int, error) { return len(p), nil }

func TestCachedBytesAllocateNothing(t *testing.T) {
	body := make([]byte, 2000)
	h := web.CachedBytes("application/json", time.Minute, func() ([]byte, string) { return body, "v1" })
	r := httptest.NewRequest("GET", "/jwks", nil)
	w := nobody{http.Header{}}
	if n := testing.AllocsPerRun(100, func() { _ = h(w, r) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCachedBytes(b *testing.B) {
	body := make([]byte, 2000)
	h := web.CachedBytes("application/json", time.Minute, func() ([]byte, string) { return body, "v1" })
	r := httptest.NewRequest("GET", "/jwks", nil)
	w := nobody{http.Header{}}
	for b.Loop() {
		_ = h(w, r)
	}
}

// BenchmarkWrap is what stands around every request: record, log line, router, door.
func BenchmarkWrap(b *testing.B) {
	p := newPlace(b)
	for _, path := range []string{"/authorize", "/token", "/userinfo", "/login", "/login/password", "/login/email_code", "/account", "/healthz", "/readyz"} {
		p.handle(path, web.Methods{"GET": ok})
	}
	p.handle("/jwks", web.Methods{"GET": ok})
	p.site.Log = nil
	h := p.site.Wrap(p.router)
	r := httptest.NewRequest("GET", issuer+"/jwks", nil)
	w := nobody{http.Header{}}
	for b.Loop() {
		h.ServeHTTP(w, r)
	}
}

func BenchmarkPage(b *testing.B) {
	p := newPlace(b)
	r := httptest.NewRequest("GET", "/form", nil)
	for b.Loop() {
		_ = p.pages.Write(nobody{http.Header{}}, r, formView("en"))
	}
}
