package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// strong are the cipher suites of TLS 1.2 that are spoken: forward secrecy and GCM (BCP 195, FAPI 2.0 §5.2.2).
var strong = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
}

// server is a listener with a certificate, ours or a lax one that shows what a client could speak.
type server struct {
	address string
	roots   *x509.CertPool
}

// speaks says whether a client with these settings comes to an agreement, and to which.
func (s server) speaks(c *tls.Config) (tls.ConnectionState, bool) {
	c.RootCAs, c.ServerName = s.roots, "localhost"
	conn, err := tls.Dial("tcp", s.address, c)
	if err != nil {
		return tls.ConnectionState{}, false
	}
	defer conn.Close()
	return conn.ConnectionState(), true
}

// lax takes whatever the library can do.
func lax(t *testing.T, cert, key string, roots *x509.CertPool) server {
	t.Helper()
	pair, err := tls.X509KeyPair([]byte(cert), []byte(key))
	if err != nil {
		t.Fatal(err)
	}
	var suites []uint16
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		suites = append(suites, s.ID)
	}
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS10, CipherSuites: suites})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			go func(c net.Conn) { io.Copy(io.Discard, c); c.Close() }(c)
		}
	}()
	return server{l.Addr().String(), roots}
}

// eachCertificate serves with a key of each kind.
func eachCertificate(t *testing.T, f func(t *testing.T, ours, lax server)) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rs, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	for name, signer := range map[string]crypto.Signer{"ECDSA": ec, "RSA": rs} {
		t.Run(name, func(t *testing.T) {
			cert, key := certificateOf(t, signer, time.Now().Add(time.Hour))
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM([]byte(cert))
			h := testHouse(t, write(t, secured, map[string]string{"cert.pem": cert, "key.pem": key}))
			f(t, server{h.Addr(), roots}, lax(t, cert, key, roots))
		})
	}
}

func TestOfTLS12OnlyForwardSecrecyWithGCMIsSpoken(t *testing.T) { // C.9 item 66
	t.Parallel()
	tried := map[uint16]bool{}
	eachCertificate(t, func(t *testing.T, ours, lax server) {
		for _, suite := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if slices.Contains(suite.SupportedVersions, tls.VersionTLS13) {
				continue
			}
			client := func() *tls.Config {
				return &tls.Config{MinVersion: tls.VersionTLS12, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite.ID}}
			}
			if _, can := lax.speaks(client()); !can {
				continue // of another kind of key, or not in this library any more
			}
			tried[suite.ID] = true
			state, spoken := ours.speaks(client())
			if spoken != slices.Contains(strong, suite.ID) || spoken && (state.CipherSuite != suite.ID || state.Version != tls.VersionTLS12) {
				t.Errorf("%s: %v", suite.Name, spoken)
			}
		}
	})
	for _, suite := range append(strong, tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA, tls.TLS_RSA_WITH_AES_128_GCM_SHA256,
		tls.TLS_RSA_WITH_AES_256_CBC_SHA, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256) {
		if !tried[suite] {
			t.Errorf("%s was not tried", tls.CipherSuiteName(suite))
		}
	}
}

func TestTLS13IsPreferredAndNothingOlderThan12Spoken(t *testing.T) { // C.9 item 66
	t.Parallel()
	eachCertificate(t, func(t *testing.T, ours, lax server) {
		for version, want := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
			client := func() *tls.Config { return &tls.Config{MinVersion: version, MaxVersion: version} }
			if _, can := lax.speaks(client()); !can {
				t.Fatalf("the client does not speak %s", tls.VersionName(version))
			}
			if _, spoken := ours.speaks(client()); spoken != want {
				t.Errorf("%s: %v", tls.VersionName(version), spoken)
			}
		}
		if state, spoken := ours.speaks(&tls.Config{MinVersion: tls.VersionTLS10}); !spoken || state.Version != tls.VersionTLS13 {
			t.Errorf("whoever has all gets %s", tls.VersionName(state.Version))
		}
	})
}

func TestEveryEndpointIsServedOverTheSameTLS(t *testing.T) { // C.9 item 66
	t.Parallel()
	eachCertificate(t, func(t *testing.T, ours, _ server) {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			visitor := http.Client{
				Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: ours.roots, ServerName: "localhost", MinVersion: version, MaxVersion: version}, ForceAttemptHTTP2: true},
				CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
			}
			for _, path := range []string{"/.well-known/openid-configuration", "/jwks", "/authorize", "/userinfo", "/login/username"} {
				answer, err := visitor.Get("https://" + ours.address + path)
				if err != nil {
					t.Fatal(err)
				}
				answer.Body.Close()
				if answer.TLS.Version != version || answer.Header.Get("Strict-Transport-Security") == "" || !strings.HasPrefix(answer.Proto, "HTTP/2") {
					t.Errorf("%s: %s over %s", path, answer.Proto, tls.VersionName(answer.TLS.Version))
				}
			}
			visitor.CloseIdleConnections()
		}
	})
}
