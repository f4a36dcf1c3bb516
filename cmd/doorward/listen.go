package main

import (
	"log/slog"
	"net/http"
	"time"
)

// maxHeaders holds the longest URL that we make ourselves (a sealed attempt, 12 KiB) beside cookies and the rest. The
// 16 KiB that the rules name are for the headers besides the URL.
const maxHeaders = 32 << 10

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
