package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/doorward/doorward/login/mail"
	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// operators is the listener of those who run the house: metrics, profiles and health. It asks nobody who they are, so it
// has an address of its own, which visitors do not reach.
type operators struct {
	setting  string // that names the address
	listener net.Listener
	server   *http.Server
}

// profileTime is more than a profile may take.
const profileTime = 3 * time.Minute

func (h *house) listenForOperators(ctx context.Context, address string) (*operators, error) {
	listener, err := listen(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("metrics.listen: %w", err)
	}
	server := newServer(h.forOperators(), h.log)
	server.WriteTimeout = profileTime
	return &operators{"metrics.listen", listener, server}, nil
}

func (o *operators) serve(failed chan<- error) {
	if err := o.server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, net.ErrClosed) {
		failed <- fmt.Errorf("%s: %w", o.setting, err)
	}
}

// close answers what is under way, but waits for no profile. It may be called without a listener.
func (o *operators) close(ctx context.Context) error {
	if o == nil {
		return nil
	}
	brief, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if o.server.Shutdown(brief) != nil {
		return o.server.Close()
	}
	_ = o.listener.Close() // is closed already, unless the house never opened
	return nil
}

// forOperators are the paths of that listener.
func (h *house) forOperators() http.Handler {
	h.metrics.readDatabase(h.db)
	h.metrics.readKeys(h.keys)
	h.metrics.readMail(func() *mail.Outbox { return h.present().outbox })
	if h.certificates != nil {
		h.metrics.readCertificate(h.certificates)
	}
	paths := http.NewServeMux()
	paths.Handle("GET /metrics", promhttp.HandlerFor(h.metrics.registry, promhttp.HandlerOpts{}))
	health := mux.NewRouter()
	site := h.present().site
	h.health(site, health)
	logged := site.Wrap(health) // so that the cause of a no is in the log
	paths.Handle("/healthz", logged)
	paths.Handle("/readyz", logged)
	paths.HandleFunc("GET /debug/pprof/", pprof.Index)
	paths.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	paths.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	paths.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	paths.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return paths
}
