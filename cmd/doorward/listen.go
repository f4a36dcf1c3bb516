package main

import (
	"crypto/tls"
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

// tlsConfig is nil where something in front ends TLS. TLS 1.3 is taken by all who have it; 1.2 only with forward secrecy
// and GCM (BCP 195).
func (c TLSConfig) config() (*tls.Config, error) {
	if c.CertFile == "" {
		return nil, nil
	}
	certificate, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		MinVersion:   tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		},
		NextProtos: []string{"h2", "http/1.1"},
	}, nil
}
