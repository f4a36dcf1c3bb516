package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"
)

const (
	lookEvery   = 10 * time.Second // at the certificate's files
	remindEvery = 24 * time.Hour   // of a certificate that ends soon, or has ended
)

// certificates shows visitors the certificate that stands in the files. Renewing it is replacing the files: a new pair is
// taken for the next handshake, and connections that stand notice nothing. What stands in the files counts, not when they were
// changed: a copied file may keep its old time.
type certificates struct {
	TLSConfig
	log *slog.Logger
	now func() time.Time

	present  atomic.Pointer[tls.Certificate]
	seen     pair   // what the files held when they were last judged
	fault    string // of the pair that was last refused; "" when it was taken
	reminded time.Time
}

// pair is what stands in the two files.
type pair struct{ certificate, key []byte }

func (p pair) equal(o pair) bool {
	return bytes.Equal(p.certificate, o.certificate) && bytes.Equal(p.key, o.key)
}

// openCertificates reads the files a first time; nil where something in front of Doorward ends TLS.
func openCertificates(c TLSConfig, log *slog.Logger, now func() time.Time) (*certificates, error) {
	if c.CertFile == "" {
		return nil, nil
	}
	s := &certificates{TLSConfig: c, log: log, now: now}
	var err error
	if s.seen, err = s.read(); err != nil {
		return nil, err
	}
	first, err := parsePair(s.seen)
	if err != nil {
		return nil, err
	}
	s.present.Store(first)
	return s, nil
}

// config is TLS as we offer it: 1.3 is taken by all who have it; 1.2 only with forward secrecy and GCM (BCP 195).
func (s *certificates) config() *tls.Config {
	return &tls.Config{
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return s.present.Load(), nil },
		MinVersion:     tls.VersionTLS12,
		CipherSuites: []uint16{
			tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
			tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
		},
		NextProtos: []string{"h2", "http/1.1"},
	}
}

// watch looks at the files every ten seconds, and at once when reload says so, until ctx ends.
func (s *certificates) watch(ctx context.Context, reload <-chan os.Signal) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s.look()
		s.remind()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-reload:
		}
	}
}

// look takes a new pair over. One that cannot be used (half-written, or of two kinds while both files are being replaced)
// is logged once and tried again when the files change; the present one stays.
func (s *certificates) look() {
	found, err := s.read()
	if err == nil && found.equal(s.seen) {
		return
	}
	var next *tls.Certificate
	if err == nil {
		s.seen = found
		next, err = parsePair(found)
	}
	if err == nil && ended(next, s.now()) && !ended(s.present.Load(), s.now()) {
		err = errors.New("it has ended")
	}
	if err != nil {
		s.refuse(err)
		return
	}
	s.present.Store(next)
	s.fault, s.reminded = "", time.Time{}
	s.log.Info("a new certificate is in use", "until", next.Leaf.NotAfter.Format(time.DateOnly))
}

func (s *certificates) refuse(err error) {
	if s.fault != err.Error() {
		s.fault = err.Error()
		s.log.Error("the certificate in the files cannot be used, the present one stays: replace both files", "certificate", s.CertFile, "key", s.KeyFile, "error", err)
	}
}

// remind tells every day of a certificate that nobody replaces.
func (s *certificates) remind() {
	now, end := s.now(), s.present.Load().Leaf.NotAfter
	if now.Sub(s.reminded) < remindEvery || end.Sub(now) >= soon {
		return
	}
	s.reminded = now
	if now.After(end) {
		s.log.Error("the certificate has ended, and browsers turn people away: replace both files", "certificate", s.CertFile, "ended", end.Format(time.DateOnly))
		return
	}
	s.log.Warn("the certificate ends soon: replace both files", "certificate", s.CertFile, "ends", end.Format(time.DateOnly))
}

// left is how long the present certificate is good.
func (s *certificates) left() time.Duration { return s.present.Load().Leaf.NotAfter.Sub(s.now()) }

func ended(c *tls.Certificate, now time.Time) bool { return now.After(c.Leaf.NotAfter) }

func (s *certificates) read() (pair, error) {
	var p pair
	var err error
	if p.certificate, err = os.ReadFile(s.CertFile); err != nil {
		return pair{}, fmt.Errorf("%s: %s", s.CertFile, plain(err))
	}
	if p.key, err = os.ReadFile(s.KeyFile); err != nil {
		return pair{}, fmt.Errorf("%s: %s", s.KeyFile, plain(err))
	}
	return p, nil
}

// parsePair reads a certificate with its chain, and its key. A chain that breaks off in the middle of a certificate would be
// taken without its rest.
func parsePair(p pair) (*tls.Certificate, error) {
	if bytes.Count(p.certificate, []byte("-----BEGIN ")) != bytes.Count(p.certificate, []byte("-----END ")) {
		return nil, errors.New("the certificate's file breaks off")
	}
	c, err := tls.X509KeyPair(p.certificate, p.key)
	return &c, err
}
