package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/gorilla/mux"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// operators is the listener of those who run the house: metrics, profiles and health. It asks nobody who they are, so it
// has an address of its own, which visitors do not reach.
type operators struct {
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
	return &operators{listener, server}, nil
}

func (o *operators) serve(failed chan<- error) {
	if err := o.server.Serve(o.listener); !errors.Is(err, http.ErrServerClosed) {
		failed <- fmt.Errorf("metrics.listen: %w", err)
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
	if h.outbox != nil {
		h.metrics.readMail(h.outbox)
	}
	if h.certificates != nil {
		h.metrics.readCertificate(h.certificates)
	}
	paths := http.NewServeMux()
	paths.Handle("GET /metrics", promhttp.HandlerFor(h.metrics.registry, promhttp.HandlerOpts{}))
	health := mux.NewRouter()
	h.health(health)
	logged := h.site.Wrap(health) // so that the cause of a no is in the log
	paths.Handle("/healthz", logged)
	paths.Handle("/readyz", logged)
	paths.HandleFunc("GET /debug/pprof/", pprof.Index)
	paths.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	paths.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	paths.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	paths.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return paths
}
