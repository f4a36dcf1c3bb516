package main

import (
	"context"
	"crypto/tls"
	"fmt"
)

// consoleDoor is console.listen. It ends as the visitors' listener does: what its people do is answered.
type consoleDoor struct {
	operators
	gate    *gate
	traffic traffic
	served  chan struct{} // closed when nobody is let in any more
}

// listenForConsole opens console.listen; where we end TLS, we do so there too.
func (h *house) listenForConsole(ctx context.Context, address string) (*consoleDoor, error) {
	listener, err := listen(ctx, address)
	if err != nil {
		return nil, fmt.Errorf("console.listen: %w", err)
	}
	d := &consoleDoor{gate: &gate{Listener: listener}, served: make(chan struct{})}
	d.operators = operators{"console.listen", d.gate, newServer(h.closing(h.forConsole()), h.log)}
	d.server.ConnState = d.traffic.note
	if h.certificates != nil {
		d.listener = tls.NewListener(d.listener, h.certificates.config())
	}
	return d, nil
}

func (d *consoleDoor) serve(failed chan<- error) {
	defer close(d.served)
	d.operators.serve(failed)
}

// shut lets nobody new in. It may be called without a listener, as the two below.
func (d *consoleDoor) shut() {
	if d != nil {
		d.gate.shut()
	}
}

// answer ends the listener when every request under way is answered, or ctx ends.
func (d *consoleDoor) answer(ctx context.Context) error {
	if d == nil {
		return nil
	}
	<-d.served
	return d.traffic.answer(ctx, d.server)
}

// close ends a listener that nobody was let in by.
func (d *consoleDoor) close(ctx context.Context) error {
	if d == nil {
		return nil
	}
	return d.operators.close(ctx)
}
