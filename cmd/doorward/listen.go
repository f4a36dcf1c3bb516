package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// maxHeaders holds the longest URL that we make ourselves (a sealed attempt, 12 KiB) beside cookies and the rest. The
// 16 KiB that the rules name are for the headers besides the URL.
const maxHeaders = 32 << 10

// listen opens a listener of plain TCP: what turnAway does works on no other (Go would take Multipath TCP).
func listen(ctx context.Context, address string) (net.Listener, error) {
	var plain net.ListenConfig
	plain.SetMultipathTCP(false)
	return plain.Listen(ctx, "tcp", address)
}

// newServer is an HTTP server whose slow visitors do not hold it up (security: HTTP).
func newServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    maxHeaders,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug), // visitors' broken connections and handshakes
	}
}
