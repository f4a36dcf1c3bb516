package main

import (
	"bytes"
	"context"
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
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
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
	if err := h.Wait(ctx, drain); err != nil {
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

func TestALongAttemptFitsIntoAURLAndAFloodDoesNot(t *testing.T) {
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
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: end.Add(-90 * 24 * time.Hour), NotAfter: end,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
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

func TestTLSIsNewAndStrong(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, time.Now().Add(time.Hour))
	h := testHouse(t, write(t, secured, map[string]string{"cert.pem": cert, "key.pem": key}))
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM([]byte(cert))
	for name, c := range map[string]struct {
		client *tls.Config
		works  bool
	}{
		"1.3":                {&tls.Config{MinVersion: tls.VersionTLS13}, true},
		"1.2 with ECDHE-GCM": {&tls.Config{MaxVersion: tls.VersionTLS12}, true},
		"1.2 without GCM":    {&tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}}, false},
		"1.1":                {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, false},
	} {
		c.client.RootCAs, c.client.ServerName = roots, "localhost"
		conn, err := tls.Dial("tcp", h.Addr(), c.client)
		if (err == nil) != c.works {
			t.Errorf("%s: %v", name, err)
		}
		if err == nil {
			conn.Close()
		}
	}
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

// command runs a command line in this process and returns its code and what it wrote.
func command(t *testing.T, stdin string, args ...string) (int, string) {
	t.Helper()
	var out bytes.Buffer
	code := run(outside{ctx: t.Context(), stdin: strings.NewReader(stdin), stdout: &out, stderr: &out}, args)
	return code, out.String()
}

func TestCheckWarnsOfACertificateThatEndsSoonOrIsForAnotherName(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, time.Now().Add(24*time.Hour))
	text := strings.Replace(secured, "//localhost", "//login.example.com", 1)
	code, out := command(t, "", "check", "--config", write(t, text, map[string]string{"cert.pem": cert, "key.pem": key}))
	if code != 0 || !strings.Contains(out, "warning  certificate: ends on") || !strings.Contains(out, "not login.example.com") {
		t.Errorf("%d\n%s", code, out)
	}
	_, other := certificate(t, time.Now().Add(time.Hour))
	code, out = command(t, "", "check", "--config", write(t, text, map[string]string{"cert.pem": cert, "key.pem": other}))
	if code != exitUsage || !strings.Contains(out, "config.yaml:4: tls: certificate and key do not go together") {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestDeclaredClientsAreExactlyThoseOfTheFile(t *testing.T) {
	t.Parallel()
	declared := func(id string) string {
		return "clients: [{id: " + id + ", type: browser, redirect_uris: [\"https://" + id + ".example/cb\"]}]\n"
	}
	database := "database: sqlite:" + filepath.Join(t.TempDir(), "d.db") + "\nmaster_key_file: " + filepath.Join(t.TempDir(), "m.key") + "\n"
	ids := func(h *house) string {
		list, err := h.db.Clients(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, c := range list {
			all = append(all, c.ID)
		}
		return strings.Join(all, " ")
	}
	file := write(t, freely+database+declared("first"), nil)
	if code, out := command(t, "", "client", "add", "--config", file, "--id", "by-hand", "--name", "By hand", "--type", "native", "--redirect-uri", "http://127.0.0.1/cb"); code != 0 {
		t.Fatal(out)
	}
	for _, c := range []struct{ text, want string }{{declared("first"), "by-hand first"}, {declared("second"), "by-hand second"}, {"", "by-hand"}} {
		h := testHouse(t, write(t, freely+database+c.text, nil))
		if got := ids(h); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
		if err := h.Close(); err != nil {
			t.Fatal(err)
		}
	}
	code, out := command(t, "", "serve", "--config", write(t, freely+database+declared("by-hand"), nil))
	if code != exitFailed || !strings.Contains(out, "a declared client has the id of one that was added by hand") {
		t.Errorf("%d\n%s", code, out)
	}
}

// On PostgreSQL an operator need not stop the server.
func TestCommandsWorkWhileTheServerRunsOnPostgreSQL(t *testing.T) {
	t.Parallel()
	file := write(t, freely+"database: \""+storagetest.PostgresURL(t)+"\"\n", nil)
	h := testHouse(t, file)
	before, _ := h.keys.Ring.JWKS()
	for _, args := range [][]string{
		{"user", "add", "--email", "anna@example.com", "--name", "Anna Berg", "--password-file", "-"},
		{"client", "add", "--id", "wiki", "--name", "Wiki", "--redirect-uri", "https://wiki.example/cb"},
		{"keys", "rewrap"},
		{"keys", "rotate", "--now"},
		{"check"},
		{"epoch", "raise"},
	} {
		if code, out := command(t, "a sentence is fine\n", append(args, "--config", file)...); code != 0 {
			t.Errorf("%v ends with %d\n%s", args, code, out)
		}
	}
	person, hash, err := h.db.Login(t.Context(), "anna@example.com")
	if err != nil || person.Name() != "Anna Berg" {
		t.Errorf("the server knows %+v, %v", person, err)
	}
	if right, _, err := h.keys.Passwords.Check(t.Context(), hash, "a sentence is fine"); !right || err != nil {
		t.Errorf("the server refuses the password: %v", err)
	}
	if _, err := h.db.Client(t.Context(), "wiki"); err != nil {
		t.Error(err)
	}
	// Within a second or two the server publishes the new signing keys beside the old ones, and serves on.
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if now, _ := h.keys.Ring.JWKS(); len(now) > len(before) {
			break
		}
	}
	after, _ := h.keys.Ring.JWKS()
	if len(after) <= len(before) {
		t.Error("the server does not publish the new signing keys")
	}
	if _, err := h.keys.Ring.Sign("ES256", "JWT", map[string]string{"sub": person.ID}); err != nil {
		t.Error(err)
	}
	if events, err := h.db.Events(t.Context(), 100); err != nil || !actsOf(events, "operator", storage.UserAdded, storage.ClientAdded, storage.KeysRewrapped, storage.KeysChanged, storage.EpochRaised) {
		t.Errorf("the events are %+v, %v", events, err)
	}
}

// actsOf says whether each kind of event was written once at least, by this actor.
func actsOf(events []storage.Event, actor string, kinds ...string) bool {
	missing := map[string]bool{}
	for _, kind := range kinds {
		missing[kind] = true
	}
	for _, e := range events {
		if e.Actor == actor {
			delete(missing, e.Kind)
		}
	}
	return len(missing) == 0
}
