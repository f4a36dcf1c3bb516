package main

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// testHouse serves a configuration in this process on a free port.
func testHouse(t *testing.T, file string) *house {
	t.Helper()
	c, err := loadConfig(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHouse(t.Context(), c, parts{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// freely is a configuration that listens on a free port of this machine.
const freely = "issuer: http://localhost:1\nlisten: 127.0.0.1:0\nlogin: {email_code: never}\n"

func TestTheHouseClosesWithoutAFailedRequest(t *testing.T) {
	t.Parallel()
	h := testHouse(t, write(t, freely, nil))
	address := "http://" + h.Addr() + "/.well-known/openid-configuration"
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var answered atomic.Int64
	var visitors sync.WaitGroup
	for range 8 {
		visitors.Go(func() {
			visitor := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1}}
			for {
				response, err := visitor.Get(address)
				if err != nil {
					t.Error(err)
					return
				}
				_, err = io.Copy(io.Discard, response.Body)
				response.Body.Close()
				if err != nil || response.StatusCode != http.StatusOK {
					t.Errorf("%s, %v", response.Status, err)
				}
				if answered.Add(1) == 500 {
					end()
				}
				if response.Close {
					return // told to come no more
				}
			}
		})
	}
	if err := h.Wait(ctx, 500*time.Millisecond); err != nil {
		t.Error(err)
	}
	visitors.Wait()
	if _, err := http.Get(address); err == nil {
		t.Error("the house answers after it was closed")
	}
}

func TestTheHouseIsReadyUntilItCloses(t *testing.T) {
	t.Parallel()
	h := testHouse(t, write(t, freely, nil))
	wantStatus := func(path string, want int) {
		t.Helper()
		response, err := http.Get("http://" + h.Addr() + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, response.Status, want)
		}
	}
	wantStatus("/healthz", http.StatusOK)
	wantStatus("/readyz", http.StatusOK)
	h.draining.Store(true)
	wantStatus("/healthz", http.StatusOK)
	wantStatus("/readyz", http.StatusServiceUnavailable)
}

func TestALongAttemptFitsIntoAURLAndAFloodDoesNot(t *testing.T) { // RQ-03
	t.Parallel()
	h := testHouse(t, write(t, freely, nil))
	for size, refused := range map[int]bool{12 << 10: false, 64 << 10: true} {
		response, err := http.Get("http://" + h.Addr() + "/" + strings.Repeat("a", size))
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := response.StatusCode == http.StatusRequestHeaderFieldsTooLarge; got != refused {
			t.Errorf("a URL of %d bytes: %s", size, response.Status)
		}
	}
}

// certificate is a certificate of localhost that signs itself, and its key, in PEM.
func certificate(t *testing.T, end time.Time) (string, string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return certificateOf(t, key, end)
}

// certificateOf is the same for a given key.
func certificateOf(t *testing.T, key crypto.Signer, end time.Time) (string, string) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: end.Add(-90 * 24 * time.Hour), NotAfter: end,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secretPart, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secretPart}))
}

const secured = "issuer: https://localhost:8443\nlisten: 127.0.0.1:0\nlogin: {email_code: never}\ntls: {cert_file: cert.pem, key_file: key.pem}\n"

func TestOverTLSBrowsersAreToldToStayThere(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, time.Now().Add(time.Hour))
	h := testHouse(t, write(t, secured, map[string]string{"cert.pem": cert, "key.pem": key}))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(cert))
	visitor := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost"}}}
	response, err := visitor.Get("https://" + h.Addr() + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK || response.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s, %v", response.Status, response.Header)
	}
}
