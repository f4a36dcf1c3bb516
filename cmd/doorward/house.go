package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

const sweepEvery = time.Minute

// parts are what a house is given besides its configuration.
type parts struct {
	Listener net.Listener // open already; nil: listen where the configuration says
	Log      *slog.Logger
	Now      func() time.Time // nil: this machine's clock
	Mail     mail.Mailer      // nil: an outbox, where mail is configured
	Dev      bool
	Reload   <-chan os.Signal                               // look at the certificate's files now
	Fill     func(ctx context.Context, f *foundation) error // before the first visitor
	Extra    func(h *house, router *mux.Router) error       // adds paths
}

// house is the whole provider, running. Tests start it as the commands do.
type house struct {
	*foundation
	site         *web.Site
	face         *login.Server
	protocol     *op.Provider
	log          *slog.Logger
	gate         *gate
	listener     net.Listener // the gate, or TLS on it
	server       *http.Server
	traffic      traffic
	certificates *certificates // nil: something in front ends TLS
	metrics      *metrics      // nil: nobody asks
	operators    *operators    // nil: nobody asks
	outbox       *mail.Outbox  // nil: mail is not configured, or is not ours to send
	draining     atomic.Bool
	failed       chan error    // from each server, one at most
	served       chan struct{} // closed when nobody is let in any more
	stop         context.CancelFunc
	end          func() error   // shutdown, once
	behind       sync.WaitGroup // what runs in the background
}

// newHouse opens the rooms and serves until Close. It is ready when it returns; ctx bounds only the opening.
func newHouse(ctx context.Context, c Config, p parts) (*house, error) {
	base, err := lay(ctx, c, storage.Options{Log: p.Log, Now: p.Now})
	if err != nil {
		return nil, err
	}
	h := &house{foundation: base, log: p.Log, listener: p.Listener, failed: make(chan error, 3), served: make(chan struct{})}
	if err := h.open(ctx, c, p); err != nil {
		return nil, errors.Join(err, base.close())
	}
	h.start(p.Reload)
	return h, nil
}

// open builds everything that can fail, and listens last.
func (h *house) open(ctx context.Context, c Config, p parts) error {
	if err := h.declare(ctx, c); err != nil {
		return err
	}
	if p.Fill != nil {
		if err := p.Fill(ctx, h.foundation); err != nil {
			return err
		}
	}
	var err error
	if h.certificates, err = openCertificates(c.TLS, h.log, h.db.Now); err != nil {
		return fmt.Errorf("open the certificate: %w", err)
	}
	if c.Metrics.Listen != "" {
		h.metrics = newMetrics()
	}
	handler, err := h.rooms(p)
	if err != nil {
		return err
	}
	h.server = newServer(h.closing(handler), h.log)
	h.server.ConnState = h.traffic.note
	return h.listen(ctx, c)
}

// listen opens the listeners; when one fails, none stays open.
func (h *house) listen(ctx context.Context, c Config) error {
	var err error
	if c.Metrics.Listen != "" {
		if h.operators, err = h.listenForOperators(ctx, c.Metrics.Listen); err != nil {
			return err
		}
	}
	if h.listener == nil {
		if h.listener, err = listen(ctx, c.Listen); err != nil {
			return errors.Join(err, h.operators.close(ctx))
		}
	}
	h.gate = &gate{Listener: h.listener}
	h.listener = h.gate
	if h.certificates != nil {
		h.listener = tls.NewListener(h.listener, h.certificates.config())
	}
	return nil
}

// declare makes the applications of the configuration those of the database.
func (h *house) declare(ctx context.Context, c Config) error {
	list := make([]storage.Client, 0, len(c.Clients))
	for _, entry := range c.Clients {
		record, err := entry.declared()
		if err != nil {
			return fmt.Errorf("client %s: %w", entry.ID, err)
		}
		list = append(list, record)
	}
	err := h.db.DeclareClients(ctx, list, storage.Event{Actor: "operator"})
	if errors.Is(err, storage.ErrConflict) {
		return errors.New("a declared client has the id of one that was added by hand: rename one of the two")
	}
	return err
}

// rooms joins the doors on one router.
func (h *house) rooms(p parts) (http.Handler, error) {
	var err error
	if h.site, err = h.newSite(h.log); err != nil {
		return nil, err
	}
	h.site.Dev, h.site.Observe = p.Dev, h.metrics.observer()
	pages, err := web.NewPages(h.site, nil)
	if err != nil {
		return nil, err
	}
	letters, err := h.mailer(p)
	if err != nil {
		return nil, err
	}
	if h.face, err = h.newFace(h.site, letters); err != nil {
		return nil, err
	}
	h.face.Observe = h.metrics.tried
	outbound, err := h.config.Outbound.fetcher(p.Dev)
	if err != nil {
		return nil, err
	}
	registration, err := h.config.Registration.options(h.config.Outbound, p.Dev)
	if err != nil {
		return nil, err
	}
	h.protocol, err = op.New(op.Options{
		Store: h.db, Keys: h.keys, Site: h.site, SignIn: signIn{h.face}, Registration: registration, Outbound: outbound, Now: h.db.Now, Minted: h.metrics.minted, Told: h.metrics.told,
	})
	if err != nil {
		return nil, err
	}
	h.face.Told = h.told
	h.face.App = h.protocol.About
	router := h.site.NewRouter(pages)
	h.protocol.Register(router)
	h.face.Register(router)
	h.health(router)
	if p.Extra != nil {
		if err := p.Extra(h, router); err != nil {
			return nil, err
		}
	}
	return h.site.Wrap(router), nil
}

// mailer is who takes letters: the one that was given, else an outbox where mail is configured, else nobody.
func (h *house) mailer(p parts) (mail.Mailer, error) {
	if p.Mail != nil {
		return p.Mail, nil
	}
	var err error
	if h.outbox, err = h.newOutbox(h.log); h.outbox == nil {
		return nil, err // not a mailer that holds no outbox
	}
	return h.outbox, nil
}

// signIn lends the face to the protocol: neither door knows the other.
type signIn struct{ *login.Server }

func (s signIn) Begin(w http.ResponseWriter, r *http.Request, ask op.Ask) error {
	return s.Server.Begin(w, r, login.Ask(ask))
}

func (s signIn) SignedOut(w http.ResponseWriter, r *http.Request, out op.SignedOut) error {
	return s.Server.SignedOut(w, r, login.SignedOut(out))
}

// told lends the protocol to the face: only it knows how applications are told of a sign-out.
func (h *house) told(ctx context.Context, session storage.Session) ([]login.App, error) {
	list, err := h.protocol.Told(ctx, session)
	apps := make([]login.App, len(list))
	for i, t := range list {
		apps[i] = login.App(t)
	}
	return apps, err
}

// start serves, and runs what works in the background.
func (h *house) start(reload <-chan os.Signal) {
	ctx, stop := context.WithCancel(context.Background())
	h.stop, h.end = stop, sync.OnceValue(h.shutdown)
	h.behind.Go(func() { h.keys.Run(ctx) })
	h.behind.Go(func() { h.sweep(ctx) })
	if h.certificates != nil {
		h.behind.Go(func() { h.certificates.watch(ctx, reload) })
	}
	if h.operators != nil {
		h.behind.Go(func() { h.operators.serve(h.failed) })
	}
	if h.outbox != nil {
		h.behind.Go(func() { h.outbox.Run(ctx) })
	}
	h.behind.Go(func() { h.face.Run(ctx) })
	h.behind.Go(func() { h.protocol.Run(ctx) })
	h.behind.Go(func() {
		defer close(h.served)
		if err := h.server.Serve(h.listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
			h.failed <- err
		}
	})
}

// sweep removes what has expired, a little at a time. Nodes that were started together sweep apart.
func (h *house) sweep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(sweepEvery/2 + rand.N(sweepEvery)):
		}
		if n, err := h.db.Sweep(ctx); err != nil && ctx.Err() == nil {
			h.log.Error("sweep", "error", err)
		} else if n > 0 {
			h.log.Debug("swept", "rows", n)
		}
	}
}

// Addr is where the house listens.
func (h *house) Addr() string { return h.listener.Addr().String() }

// proxies are trusted_proxies; check has seen that each is a network.
func (c Config) proxies() []netip.Prefix {
	var list []netip.Prefix
	for _, text := range c.TrustedProxies {
		if prefix, err := network(text); err == nil {
			list = append(list, prefix)
		}
	}
	return list
}
