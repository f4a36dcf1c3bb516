package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// logged is a log that a test reads while it is written.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// openHouse serves a configuration in this process; what it logs, down to debug, is in the log.
func openHouse(t *testing.T, file string, p parts) (*house, *logged) {
	t.Helper()
	c, err := loadConfig(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	log := &logged{}
	p.Log = slog.New(slog.NewJSONHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	h, err := newHouse(t.Context(), c, p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h, log
}

// eventually wants something to hold within a few seconds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within ten seconds: %s", what)
}

// replace writes a file of a configuration's folder anew, not at once: as a careless copy does.
func replace(t *testing.T, folder, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestANewCertificateIsTakenOverWithoutAFailedConnection(t *testing.T) {
	t.Parallel()
	oldCert, oldKey := certificate(t, time.Now().Add(time.Hour))
	newCert, newKey := certificate(t, time.Now().Add(80*24*time.Hour))
	file := write(t, secured, map[string]string{"cert.pem": oldCert, "key.pem": oldKey})
	reload := make(chan os.Signal, 1)
	h, log := openHouse(t, file, parts{Reload: reload})
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(oldCert + newCert))
	trusting := &tls.Config{RootCAs: roots, ServerName: "localhost"}
	kept := http.Client{Transport: &http.Transport{TLSClientConfig: trusting.Clone(), MaxConnsPerHost: 1}}
	ask := func() {
		response, err := kept.Get("https://" + h.Addr() + "/healthz")
		if err != nil {
			t.Error(err)
			return
		}
		response.Body.Close()
	}
	ask()
	var ended, renewed atomic.Bool
	var visitors sync.WaitGroup
	for range 4 {
		visitors.Go(func() {
			for !ended.Load() {
				conn, err := tls.Dial("tcp", h.Addr(), trusting)
				if err != nil {
					t.Error(err)
					return
				}
				if time.Until(conn.ConnectionState().PeerCertificates[0].NotAfter) > 24*time.Hour {
					renewed.Store(true)
				}
				conn.Close()
			}
		})
	}
	replace(t, filepath.Dir(file), "cert.pem", newCert)
	reload <- syscall.SIGHUP
	eventually(t, "the pair that does not match is logged", func() bool { return strings.Contains(log.String(), "the present one stays") })
	ask()
	replace(t, filepath.Dir(file), "key.pem", newKey)
	reload <- syscall.SIGHUP
	eventually(t, "the new certificate is shown", renewed.Load)
	ask()
	ended.Store(true)
	visitors.Wait()
	if text := log.String(); !strings.Contains(text, "a new certificate is in use") || strings.Contains(text, "PRIVATE") {
		t.Errorf("the log: %s", text)
	}
}

// lone are certificates without a house around them, in the folder of the files.
func lone(t *testing.T, cert, key string, now func() time.Time) (*certificates, string, *logged) {
	t.Helper()
	folder, log := t.TempDir(), &logged{}
	replace(t, folder, "cert.pem", cert)
	replace(t, folder, "key.pem", key)
	c, err := openCertificates(TLSConfig{filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")}, slog.New(slog.NewTextHandler(log, nil)), now)
	if err != nil {
		t.Fatal(err)
	}
	return c, folder, log
}

func TestAPairThatCannotBeUsedKeepsTheFormerOneAndIsLoggedOnce(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, time.Now().Add(time.Hour))
	other, otherKey := certificate(t, time.Now().Add(2*time.Hour))
	past, pastKey := certificate(t, time.Now().Add(-time.Hour))
	for name, files := range map[string][2]string{
		"a key of another certificate":  {cert, otherKey},
		"half a certificate":            {other[:len(other)/2], otherKey},
		"a chain that breaks off":       {other + cert[:len(cert)/2], otherKey},
		"half a key":                    {other, otherKey[:len(otherKey)/2]},
		"empty files":                   {"", ""},
		"a certificate that has ended":  {past, pastKey},
		"a key where nothing should be": {other + otherKey, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, folder, log := lone(t, cert, key, time.Now)
			first := c.present.Load()
			replace(t, folder, "cert.pem", files[0])
			replace(t, folder, "key.pem", files[1])
			for range 3 {
				c.look()
			}
			if c.present.Load() != first {
				t.Error("the certificate was taken")
			}
			if lines := strings.Count(log.String(), "\n"); lines != 1 {
				t.Errorf("%d lines instead of one:\n%s", lines, log)
			}
			replace(t, folder, "cert.pem", other)
			replace(t, folder, "key.pem", otherKey)
			c.look()
			if c.present.Load() == first || !strings.Contains(log.String(), "a new certificate is in use") {
				t.Errorf("the good pair after it is not taken:\n%s", log)
			}
		})
	}
}

func TestFilesThatAreGoneKeepTheCertificate(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, time.Now().Add(time.Hour))
	c, folder, log := lone(t, cert, key, time.Now)
	if err := os.Remove(filepath.Join(folder, "key.pem")); err != nil {
		t.Fatal(err)
	}
	c.look()
	if c.present.Load() == nil || !strings.Contains(log.String(), "no such file") {
		t.Errorf("the log: %s", log)
	}
}

func TestACertificateThatEndsIsToldOnceADay(t *testing.T) {
	t.Parallel()
	begin := time.Now()
	now := begin
	cert, key := certificate(t, begin.Add(15*24*time.Hour+time.Hour))
	c, folder, log := lone(t, cert, key, func() time.Time { return now })
	for range 24 * 18 {
		c.look()
		c.remind()
		now = now.Add(time.Hour)
	}
	if soon, over := strings.Count(log.String(), "ends soon"), strings.Count(log.String(), "has ended"); soon != 14 || over < 2 || over > 3 {
		t.Errorf("told %d times that it ends, %d times that it has ended:\n%s", soon, over, log)
	}
	if left := c.left(); left > 0 {
		t.Errorf("%v are left", left)
	}
	cert, key = certificate(t, now.Add(90*24*time.Hour))
	replace(t, folder, "cert.pem", cert)
	replace(t, folder, "key.pem", key)
	c.look()
	before := log.String()
	c.remind()
	if log.String() != before || c.left() < 89*24*time.Hour {
		t.Errorf("%v are left, and the log says:\n%s", c.left(), log)
	}
}
