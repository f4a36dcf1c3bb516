package web_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"github.com/doorward/doorward/web"
)

// BenchmarkRequest is what stands around every request: record, reference, bounds, routing beside twenty other paths, headers,
// the log line.
func BenchmarkRequest(b *testing.B) {
	texts, err := web.LoadTexts()
	if err != nil {
		b.Fatal(err)
	}
	s := &web.Site{Issuer: "https://login.example.com", Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Now: time.Now, Texts: texts}
	pages, err := web.NewPages(s, nil)
	if err != nil {
		b.Fatal(err)
	}
	router := s.NewRouter(pages)
	door := &web.Door{Site: s, Fail: pages.Fail}
	for range 20 {
		door.Handle(router, "/login/somewhere", web.Methods{"GET": nothing})
	}
	door.Handle(router, "/bytes", web.Methods{"GET": web.CachedBytes("text/plain", time.Hour, func() ([]byte, string) { return []byte("hello"), "tag" })})
	door.Handle(router, "/json", web.Methods{"GET": func(w http.ResponseWriter, _ *http.Request) error {
		return web.WriteJSON(w, http.StatusOK, map[string]any{"sub": "abcdefghijklmnopqrstuvwxyz", "email": "anna@example.com", "email_verified": true})
	}})
	handler := s.Wrap(router)
	for _, path := range []string{"/bytes", "/json"} {
		b.Run(path[1:], func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.RemoteAddr = "192.0.2.1:1234"
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				handler.ServeHTTP(&discard{header: http.Header{}}, r)
			}
			b.ReportMetric(float64((processorTime(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
		})
	}
}

// processorTime is what this process has used: the figure to compare, since the other wanders with what else the machine does.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func nothing(http.ResponseWriter, *http.Request) error { return nil }

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
