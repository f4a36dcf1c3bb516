package op

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"image"
	_ "image/jpeg" // what a logo may be
	_ "image/png"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
	"golang.org/x/sync/singleflight"
)

// A client's logo is fetched by us, once a day, and shown from our own origin: a page that named its address would tell the client's
// server who is about to sign in, and when.
const (
	largestLogo  = 64 << 10 // bytes
	logoWidth    = 112      // CSS pixels, the most
	logoHeight   = 44
	widestLogo   = 2048 // pixels, of each side: a small file can unfold to much
	logoKept     = 24 * time.Hour
	logoMissed   = 10 * time.Minute // until one that could not be had is asked for again
	logoPatience = time.Second      // that a page waits for one
	maxLogos     = 500              // kept; one more takes the place of any other
	logosAtOnce  = 8                // fetched
)

// logoTypes are what is shown. SVG is not among them: it is a document, which may hold a script.
var logoTypes = []string{"image/png", "image/jpeg"}

// logos keeps what lies at clients' logo_uri. The zero value is empty.
type logos struct {
	mutex  sync.Mutex
	of     map[string]*logo // by address
	under  int              // being fetched
	flight singleflight.Group
}

// logo is a picture, or that there is none.
type logo struct {
	kind          string
	body          []byte // nil: none to be had
	width, height int    // as shown, in CSS pixels
	until         time.Time
}

// About is what a client's sign-in pages say of it: the links that it has registered, and its logo where it can be had. The zero App where
// there is no such client.
func (p *Provider) About(ctx context.Context, clientID string) web.App {
	client, err := p.store.Client(ctx, clientID)
	if err != nil {
		return web.App{}
	}
	about := web.App{Name: client.Name, Home: client.HomeURI, Policy: client.PolicyURI, Terms: client.TermsURI}
	ctx, cancel := context.WithTimeout(ctx, logoPatience)
	defer cancel()
	if client.Disabled || client.LogoURI == "" {
		return about
	}
	if shown := p.logo(ctx, client); shown != nil {
		about.Logo, about.Width, about.Height = logoPath(client), shown.width, shown.height
	}
	return about
}

// logoPath changes with the address, so that nobody keeps the former logo.
func logoPath(client storage.Client) string {
	sum := sha256.Sum256([]byte(client.LogoURI))
	return "/app-logo/" + client.ID + "/" + hex.EncodeToString(sum[:8])
}

// showLogo answers GET /app-logo/{client_id}/{logo}. Only a registered address is ever fetched.
func (p *Provider) showLogo(w http.ResponseWriter, r *http.Request) error {
	none := &web.Refused{Status: http.StatusNotFound, Why: "there is no such logo"}
	client, err := p.store.Client(r.Context(), mux.Vars(r)["client_id"])
	if errors.Is(err, storage.ErrNotFound) || err == nil && (client.Disabled || client.LogoURI == "" || r.URL.Path != logoPath(client)) {
		return none
	}
	if err != nil {
		return err
	}
	shown := p.logo(r.Context(), client)
	if shown == nil {
		return none
	}
	web.WriteImage(w, r, shown.kind, shown.body)
	return nil
}

// logo is the picture at a client's logo_uri, nil where there is none, or where it takes longer than ctx.
func (p *Provider) logo(ctx context.Context, client storage.Client) *logo {
	address := logoKey(client)
	known := p.logos.find(address, p.now())
	if known == nil {
		select {
		case <-ctx.Done():
			return nil
		case done := <-p.logos.flight.DoChan(address, func() (any, error) { return p.fetchLogo(context.WithoutCancel(ctx), client), nil }):
			known, _ = done.Val.(*logo)
		}
	}
	if known == nil || known.body == nil {
		return nil
	}
	return known
}

// logoKey is under what a logo is kept: what was fetched for a client that the operator knows is nothing for one that registered itself.
func logoKey(client storage.Client) string {
	if client.Owner == "dynamic" {
		return "registered " + client.LogoURI
	}
	return client.LogoURI
}

// fetchLogo gives nil, and keeps nothing, where too many are fetched at this moment. The log says why there is no picture, as often as
// one is fetched: every ten minutes at most.
func (p *Provider) fetchLogo(ctx context.Context, client storage.Client) *logo {
	address := logoKey(client)
	if known := p.logos.find(address, p.now()); known != nil { // the flight before this one has just landed
		return known
	}
	if !p.logos.begin() {
		return nil
	}
	body, err := p.fetcher(client).Get(ctx, client.LogoURI, logoTypes...)
	got := &logo{until: p.now().Add(logoMissed)}
	if err == nil {
		err = got.read(body, p.now())
	}
	if err != nil {
		p.site.Log.WarnContext(ctx, "an application's logo is not shown", "client", client.ID, "why", err.Error())
	}
	p.logos.end(address, got)
	return got
}

// read takes what may be shown, whatever its server calls it. The error is for operators.
func (l *logo) read(body []byte, now time.Time) error {
	kind := http.DetectContentType(body)
	switch {
	case len(body) > largestLogo:
		return errors.New("it is larger than 64 KiB")
	case !slices.Contains(logoTypes, kind):
		return errors.New("it is neither PNG nor JPEG")
	}
	size, _, err := image.DecodeConfig(bytes.NewReader(body))
	switch {
	case err != nil:
		return errors.New("it cannot be read as a picture")
	case size.Width < 1 || size.Width > widestLogo || size.Height < 1 || size.Height > widestLogo:
		return errors.New("it is wider or higher than 2048 pixels")
	}
	scale := min(1, logoWidth/float64(size.Width), logoHeight/float64(size.Height))
	*l = logo{
		kind: kind, body: body, until: now.Add(logoKept),
		width: max(1, int(scale*float64(size.Width))), height: max(1, int(scale*float64(size.Height))),
	}
	return nil
}

func (l *logos) find(address string, now time.Time) *logo {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	known := l.of[address]
	if known == nil || !now.Before(known.until) {
		return nil
	}
	return known
}

func (l *logos) begin() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.under == logosAtOnce {
		return false
	}
	l.under++
	return true
}

func (l *logos) end(address string, got *logo) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.under--
	if l.of == nil {
		l.of = map[string]*logo{}
	}
	for other := range l.of {
		if len(l.of) < maxLogos {
			break
		}
		delete(l.of, other)
	}
	l.of[address] = got
}
