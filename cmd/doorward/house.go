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

	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
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
	Extra    func(r *rooms, router *mux.Router) error       // adds paths
}

// house is the whole provider, running. Tests start it as the commands do.
type house struct {
	*foundation
	parts        parts
	log          *slog.Logger
	open         *rooms       // see present; moving guards it
	moving       sync.RWMutex // held for a moment
	building     sync.Mutex   // held while rooms are built
	gate         *gate
	listener     net.Listener // the gate, or TLS on it
	server       *http.Server
	traffic      traffic
	certificates *certificates // nil: something in front ends TLS
	metrics      *metrics      // nil: nobody asks
	operators    *operators    // nil: nobody asks
	console      *consoleDoor  // nil: they come where visitors do
	draining     atomic.Bool
	failed       chan error      // from each server, one at most
	served       chan struct{}   // closed when nobody is let in any more
	working      context.Context // of what works in the background
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
	h := &house{foundation: base, parts: p, log: p.Log, listener: p.Listener, failed: make(chan error, 4), served: make(chan struct{})}
	if err := h.prepare(ctx, c, p); err != nil {
		return nil, errors.Join(err, base.close())
	}
	h.start(p.Reload)
	return h, nil
}

// prepare builds everything that can fail, and listens last.
func (h *house) prepare(ctx context.Context, c Config, p parts) error {
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
	if h.open, err = h.newRooms(h.foundation); err != nil {
		return err
	}
	h.server = newServer(h.closing(h.visitors()), h.log)
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
	if c.Console.Listen != "" {
		if h.console, err = h.listenForConsole(ctx, c.Console.Listen); err != nil {
			return errors.Join(err, h.operators.close(ctx))
		}
	}
	if h.listener == nil {
		if h.listener, err = listen(ctx, c.Listen); err != nil {
			return errors.Join(err, h.operators.close(ctx), h.console.close(ctx))
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
		return errors.New("a declared client has the id of one that was added by hand, or applied from a file: rename one of the two")
	}
	return err
}

// start serves, and runs what works in the background.
func (h *house) start(reload <-chan os.Signal) {
	ctx, stop := context.WithCancel(context.Background())
	h.working, h.stop, h.end = ctx, stop, sync.OnceValue(h.shutdown)
	h.behind.Go(func() { h.keys.Run(ctx) })
	h.behind.Go(func() { h.sweep(ctx) })
	h.behind.Go(func() { h.db.KeepChain(ctx, h.keys.Chain()) })
	if h.certificates != nil {
		h.behind.Go(func() { h.certificates.watch(ctx, reload) })
	}
	if h.operators != nil {
		h.behind.Go(func() { h.operators.serve(h.failed) })
	}
	if h.console != nil {
		h.behind.Go(func() { h.console.serve(h.failed) })
	}
	h.open.run(ctx)
	h.behind.Go(func() { h.follow(ctx) })
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
		n, err := h.sweepOnce(ctx)
		if err != nil && ctx.Err() == nil {
			h.log.Error("sweep", "error", err)
		} else if n > 0 {
			h.log.Debug("swept", "rows", n)
		}
	}
}

// sweepOnce says how many rows it has removed. How long the log is kept, it asks each time: the console may have changed it.
func (h *house) sweepOnce(ctx context.Context) (int, error) {
	n, err := h.db.Sweep(ctx)
	if err != nil {
		return n, err
	}
	old, err := h.db.SweepLog(ctx, h.present().config.Audit.keep(), h.keys.Chain())
	return n + old, err
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
