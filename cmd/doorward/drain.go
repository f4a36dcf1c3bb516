package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// How the house ends, so that nobody sees it:
//
//	told to end     /readyz says no, every answer closes its connection; for the time of shutdown.delay all goes on
//	the gates shut  nobody new is let in, here and at console.listen; whoever has knocked is
//	quiet           every request under way is answered
//	the end         what runs in the background stops, the operators' listener and the database close
const (
	grace    = 20 * time.Second       // how long the middle may take
	lastCall = 100 * time.Millisecond // for connections that are being made when the gate shuts
)

// Wait serves until ctx ends, or until serving fails. Then visitors are told to open their next connection elsewhere,
// for the time of drain, before Close.
func (h *house) Wait(ctx context.Context, drain time.Duration) error {
	select {
	case err := <-h.failed:
		return errors.Join(err, h.Close())
	case <-ctx.Done():
	}
	h.draining.Store(true)
	time.Sleep(drain)
	return h.Close()
}

// Close answers the requests under way, then ends everything. A second call waits for the first.
func (h *house) Close() error { return h.end() }

func (h *house) shutdown() error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	h.building.Lock() // who opens other rooms now is done first, and nobody does later
	h.draining.Store(true)
	h.building.Unlock()
	h.gate.shut()
	h.console.shut()
	<-h.served
	err := errors.Join(h.traffic.answer(ctx, h.server), h.console.answer(ctx))
	h.stop()
	err = errors.Join(err, h.operators.close(ctx))
	h.behind.Wait()
	h.open.close()
	return errors.Join(err, h.close())
}

// closing asks for no further request on a connection while the house is about to close: closing it under a request that
// is on its way would fail that request.
func (h *house) closing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

// gate is a listener of visitors, or of the console. A listener that is simply closed breaks the connections that the kernel has made and
// nobody has accepted yet; this one accepts them first.
type gate struct {
	net.Listener
	shutting atomic.Bool
}

// Accept implements net.Listener.
func (g *gate) Accept() (net.Conn, error) {
	conn, err := g.Listener.Accept()
	if err != nil && g.shutting.Load() {
		return nil, net.ErrClosed // all are in
	}
	return conn, err
}

// shut lets in who has knocked; then Accept ends, and the server closes the listener.
func (g *gate) shut() {
	g.shutting.Store(true)
	door, ok := g.Listener.(*net.TCPListener)
	if !ok {
		_ = g.Close() // Accept tells
		return
	}
	turnAway(door)
	_ = door.SetDeadline(time.Now().Add(lastCall)) // fails when it is closed already
}

// traffic knows which connections have a request under way, or may be sending their first: http.Server.Shutdown drops a
// request that it reads after it was called.
type traffic struct {
	mu   sync.Mutex
	busy map[net.Conn]bool
}

// note is told of each change of a connection (http.Server.ConnState).
func (t *traffic) note(conn net.Conn, state http.ConnState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy == nil {
		t.busy = map[net.Conn]bool{}
	}
	if state == http.StateNew || state == http.StateActive {
		t.busy[conn] = true
	} else {
		delete(t.busy, conn)
	}
}

// answer ends a server that lets nobody in any more, when every request under way is answered, or ctx ends.
func (t *traffic) answer(ctx context.Context, server *http.Server) error {
	server.SetKeepAlivesEnabled(false) // answers that began before say so too
	t.settle(ctx)
	return server.Shutdown(ctx)
}

// settle returns when no connection is busy, or ctx ends. One that was opened and says nothing is closed after the five seconds
// that a request's header may take.
func (t *traffic) settle(ctx context.Context) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for t.under() > 0 {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (t *traffic) under() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.busy)
}
