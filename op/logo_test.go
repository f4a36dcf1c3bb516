package op_test

// OIDC Registration §2, logo_uri: shown from our own origin, or not at all.

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// gallery is an application's server that shows its logo.
type gallery struct {
	*httptest.Server
	kind    string
	body    []byte
	asked   atomic.Int64
	waits   chan struct{} // closed when it may answer; nil: at once
	visitor http.Header
}

func newGallery(t *testing.T, kind string, body []byte) *gallery {
	t.Helper()
	g := &gallery{kind: kind, body: body}
	g.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.asked.Add(1)
		g.visitor = r.Header.Clone()
		if g.waits != nil {
			<-g.waits
		}
		w.Header().Set("Content-Type", g.kind)
		_, _ = w.Write(g.body)
	}))
	t.Cleanup(g.Close)
	return g
}

func drawn(t *testing.T, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))))
	return b.Bytes()
}

// house opens the door with a provider that may fetch from the gallery, and adds an application whose logo hangs there.
func (g *gallery) house(t *testing.T) (*registry, *op.Provider, registered) {
	t.Helper()
	t.Parallel()
	r := register(t, newHouse(t), anybody, g.URL)
	return r, r.door, r.add(data{"logo_uri": g.URL + "/logo"})
}

func TestALogoIsFetchedOnceAndShownFromOurOwnOrigin(t *testing.T) { // C.2 item 31, SR-09
	g := newGallery(t, "image/png", drawn(t, 64, 64))
	r, p, app := g.house(t)
	about := p.About(t.Context(), app.ID)
	if about.Name != "Ledger" || !strings.HasPrefix(about.Logo, "/app-logo/"+app.ID+"/") {
		t.Fatalf("the pages are told %+v", about)
	}
	if about.Width != 44 || about.Height != 44 {
		t.Errorf("64 by 64 pixels are shown as %d by %d", about.Width, about.Height)
	}
	for range 3 {
		shown := r.call("GET", about.Logo, "", nil)
		if shown.status != http.StatusOK || shown.body != string(g.body) || shown.header.Get("Content-Type") != "image/png" {
			t.Fatalf("the logo is answered %d %v", shown.status, shown.header)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin",
		} {
			if shown.header.Get(name) != want {
				t.Errorf("%s is %q", name, shown.header.Get(name))
			}
		}
		p.About(t.Context(), app.ID)
	}
	if g.asked.Load() != 1 || g.visitor.Get("Cookie") != "" || g.visitor.Get("Referer") != "" {
		t.Errorf("fetched %d times, with %v", g.asked.Load(), g.visitor)
	}
	r.later(25 * time.Hour)
	if p.About(t.Context(), app.ID); g.asked.Load() != 2 {
		t.Error("after a day it is not fetched again")
	}
	must(t, r.db.SetClientDisabled(t.Context(), app.ID, true, storage.Event{}))
	if off, shown := p.About(t.Context(), app.ID), r.call("GET", about.Logo, "", nil); off.Logo != "" || shown.status != http.StatusNotFound {
		t.Errorf("of a disabled application %q is shown, and answered %d", off.Logo, shown.status)
	}
	must(t, r.db.SetClientDisabled(t.Context(), app.ID, false, storage.Event{}))
	r.call("PUT", app.path, app.Token, some(data{"client_id": app.ID})).registered(http.StatusOK)
	if about := p.About(t.Context(), app.ID); about.Logo != "" {
		t.Errorf("a logo that was taken away is shown: %+v", about)
	}
	if gone := r.call("GET", about.Logo, "", nil); gone.status != http.StatusNotFound {
		t.Errorf("its address is answered %d", gone.status)
	}
}

func TestWhatIsNoLogoIsNotShown(t *testing.T) {
	t.Parallel()
	large := append(drawn(t, 8, 8), make([]byte, 64<<10)...)
	var photo bytes.Buffer
	must(t, jpeg.Encode(&photo, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	for name, c := range map[string]struct {
		kind string
		body []byte
		why  string // "" where it is shown
	}{
		"a photo":           {"image/jpeg", photo.Bytes(), ""},
		"a drawing":         {"image/svg+xml", []byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "it is none of image/png, image/jpeg"},
		"a drawing in mask": {"image/png", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "it is neither PNG nor JPEG"},
		"a page":            {"image/png", []byte("<html><script>alert(1)</script>"), "it is neither PNG nor JPEG"},
		"a page by name":    {"text/html", drawn(t, 8, 8), "it is none of image/png, image/jpeg"},
		"a broken one":      {"image/png", drawn(t, 8, 8)[:20], "it cannot be read as a picture"},
		"a large one":       {"image/png", large, "it is larger than 64 KiB"},
		"a vast one":        {"image/png", drawn(t, 3000, 3), "it is wider or higher than 2048 pixels"},
		"nothing":           {"image/png", nil, "it is neither PNG nor JPEG"},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGallery(t, c.kind, c.body)
			r, p, app := g.house(t)
			var log bytes.Buffer
			r.site.Log = slog.New(slog.NewTextHandler(&log, nil))
			about := p.About(t.Context(), app.ID)
			if (about.Logo != "") != (c.why == "") {
				t.Errorf("the pages are told %+v", about)
			}
			if p.About(t.Context(), app.ID); g.asked.Load() != 1 {
				t.Error("what is no logo is asked for again at once")
			}
			if said := log.String(); strings.Count(said, "\n") != min(1, len(c.why)) || !strings.Contains(said, c.why) || c.why != "" && !strings.Contains(said, "client="+app.ID) {
				t.Errorf("the log says %q", said)
			}
		})
	}
}

func TestNobodyHasAnotherAddressFetched(t *testing.T) { // SR-01, SR-02, SR-05
	g := newGallery(t, "image/png", drawn(t, 8, 8))
	r, p, app := g.house(t)
	inside := newGallery(t, "image/png", drawn(t, 8, 8)) // its origin is not vouched for
	other := r.add(data{"logo_uri": inside.URL + "/logo"})
	if about := p.About(t.Context(), other.ID); about.Logo != "" || inside.asked.Load() != 0 {
		t.Errorf("a private address is fetched: %+v", about)
	}
	about := p.About(t.Context(), app.ID)
	for _, path := range []string{"/app-logo/" + other.ID + "/0000000000000000", "/app-logo/none/0000000000000000", strings.Replace(about.Logo, app.ID, other.ID, 1), about.Logo + "/x", "/app-logo/web/0000000000000000"} {
		if answer := r.call("GET", path, "", nil); answer.status != http.StatusNotFound {
			t.Errorf("%s is answered %d", path, answer.status)
		}
	}
	if g.asked.Load() != 1 || inside.asked.Load() != 0 {
		t.Errorf("fetched %d and %d times", g.asked.Load(), inside.asked.Load())
	}
}

func TestASlowLogoKeepsNobodyWaitingForLong(t *testing.T) {
	g := newGallery(t, "image/png", drawn(t, 8, 8))
	g.waits = make(chan struct{})
	_, p, app := g.house(t)
	began := time.Now()
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if about := p.About(t.Context(), app.ID); about.Logo != "" {
				t.Errorf("the pages are told %+v", about)
			}
		})
	}
	all.Wait()
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("a page waits for %v", took)
	}
	close(g.waits)
	for end := time.Now().Add(5 * time.Second); p.About(t.Context(), app.ID).Logo == "" && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
	}
	if p.About(t.Context(), app.ID).Logo == "" || g.asked.Load() != 1 {
		t.Errorf("once it is there it is not shown, or it was fetched %d times", g.asked.Load())
	}
}

func TestAnUnknownApplicationSaysNothing(t *testing.T) {
	g := newGallery(t, "image/png", nil)
	_, p, _ := g.house(t)
	if about := p.About(t.Context(), storage.NewID()); about.Described() || about.Name != "" {
		t.Errorf("the pages are told %+v", about)
	}
}
