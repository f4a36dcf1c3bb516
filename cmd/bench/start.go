package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

const (
	starts    = 5
	idleAfter = 5 * time.Second
)

// start measures the time from starting the program until it is ready, on an empty database and on one that it knows; its
// memory when nobody asks; and its size.
func (p plan) start(ctx context.Context, db *database, at place) error {
	h, err := db.house(ctx, at, usualHash)
	if err != nil {
		return err
	}
	h.stop()
	known, err := startTimes(ctx, func() (*house, error) { return h, nil })
	if err != nil {
		return err
	}
	fresh, err := startTimes(ctx, func() (*house, error) { return emptyHouse(ctx, h, db) })
	if err != nil {
		return err
	}
	server, err := startServer(ctx, at, h.config, h.address)
	if err != nil {
		return err
	}
	defer server.stop()
	time.Sleep(idleAfter)
	idle, err := memory(server.pid(), "VmRSS")
	if err != nil {
		return err
	}
	binary, err := os.Stat(at.binary)
	if err != nil {
		return err
	}
	printFindings(os.Stdout, db.name+", start", []finding{
		{what: "start, the schema in place", figure: known, unit: "ms", goal: 200, note: fmt.Sprintf("median of %d", starts)},
		{what: "start, empty database", figure: fresh, unit: "ms", note: fmt.Sprintf("median of %d; makes the keys", starts)},
		{what: "idle memory", figure: idle, unit: "MiB", goal: 40},
		{what: "binary", figure: float64(binary.Size()) / (1 << 20), unit: "MiB", goal: 40},
	})
	return nil
}

// startTimes is the median of some starts, in milliseconds.
func startTimes(ctx context.Context, next func() (*house, error)) (float64, error) {
	var took []time.Duration
	for range starts {
		h, err := next()
		if err != nil {
			return 0, err
		}
		d, err := startTime(ctx, h)
		if err != nil {
			return 0, err
		}
		took = append(took, d)
	}
	slices.Sort(took)
	return float64(took[len(took)/2].Microseconds()) / 1000, nil
}

func startTime(ctx context.Context, h *house) (time.Duration, error) {
	cmd := serve(ctx, h.at, h.config, h.address)
	ready, began := get(h.address+"/readyz"), time.Now()
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	server := &process{cmd: cmd}
	defer server.stop()
	for time.Since(began) < 10*time.Second {
		if ready(ctx, newWorker()) == nil {
			return time.Since(began), nil
		}
		time.Sleep(time.Millisecond)
	}
	return 0, fmt.Errorf("not ready after %v", time.Since(began))
}

// emptyHouse is h on another database, with nobody in it.
func emptyHouse(ctx context.Context, h *house, db *database) (*house, error) {
	other := *h
	var err error
	if other.database, err = db.make(ctx, "house_"+storage.NewID()); err != nil {
		return nil, err
	}
	text, err := os.ReadFile(h.config)
	if err != nil {
		return nil, err
	}
	moved := strings.NewReplacer(h.database, other.database, h.at.masterKey(h.database), h.at.masterKey(other.database)).Replace(string(text))
	other.config = h.config + ".empty"
	return &other, os.WriteFile(other.config, []byte(moved), 0o600)
}
