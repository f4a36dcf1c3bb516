package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// person signs in at the house; claims are all that the suite asks about.
const (
	person = "anna@example.com"
	claims = `{"given_name": "Anna", "family_name": "Berg", "middle_name": "Maria", "nickname": "Anni", "preferred_username": "anna",
		"profile": "https://example.com/anna", "picture": "https://example.com/anna.png", "website": "https://anna.example.com",
		"gender": "female", "birthdate": "1984-02-29", "zoneinfo": "Europe/Berlin", "phone_number": "+4930123456",
		"phone_number_verified": true, "address": {"formatted": "Lindenweg 3, 10115 Berlin", "street_address": "Lindenweg 3",
		"locality": "Berlin", "postal_code": "10115", "country": "Germany"}}`
)

// house is Doorward as the suite meets it: the built binary, TLS of its own, a new database, on a loopback address.
type house struct {
	folder   string
	binary   string
	issuer   string
	listen   string
	suite    *suite
	password string
	secrets  map[string]string // client_id -> secret
	server   *exec.Cmd
}

// openHouse builds the binary, and starts it with the suite's clients and one person.
func openHouse(ctx context.Context, s *suite) (*house, error) {
	folder, err := os.MkdirTemp("", "doorward-conformance-")
	if err != nil {
		return nil, err
	}
	h := &house{folder: folder, binary: filepath.Join(folder, "doorward"), suite: s, password: rand.Text(), secrets: map[string]string{}}
	for _, step := range []func(context.Context) error{h.write, h.build, h.people, h.start} {
		if err := step(ctx); err != nil {
			h.close()
			return nil, err
		}
	}
	return h, nil
}

// close ends the server and removes what it has stored.
func (h *house) close() {
	h.stop()
	_ = os.RemoveAll(h.folder)
}

// write makes the configuration and all that it names.
func (h *house) write(context.Context) error {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h.listen = free.Addr().String()
	_, port, err := net.SplitHostPort(h.listen)
	h.issuer = "https://localhost:" + port
	if err := errors.Join(err, free.Close()); err != nil {
		return err
	}
	files := map[string]string{"claims.json": claims, "password": h.password, "suite.pem": h.suite.chain}
	for _, c := range staticClients {
		h.secrets[c.id] = rand.Text() + rand.Text()
		files[c.id+".secret"] = h.secrets[c.id]
	}
	files["doorward.yaml"] = h.configuration()
	certificate, key, err := selfSigned()
	files["cert.pem"], files["key.pem"] = certificate, key
	for name, text := range files {
		err = errors.Join(err, os.WriteFile(h.path(name), []byte(text), 0o600))
	}
	return err
}

func (h *house) path(name string) string { return filepath.Join(h.folder, name) }

// build makes the binary as the release is made.
func (h *house) build(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "no_otel", "-ldflags", "-s -w", "-o", h.binary,
		"github.com/doorward/doorward/cmd/doorward")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	return h.say(cmd)
}

func (h *house) people(ctx context.Context) error {
	return h.command(ctx, "user", "add", "--email", person, "--name", "Anna Maria Berg", "--language", "en",
		"--claims-file", h.path("claims.json"), "--password-file", h.path("password"))
}

// command runs one of the operator's commands.
func (h *house) command(ctx context.Context, args ...string) error {
	return h.say(exec.CommandContext(ctx, h.binary, append(args, "--config", h.path("doorward.yaml"))...))
}

// say runs a command, and gives what it says only if it fails.
func (h *house) say(cmd *exec.Cmd) error {
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return nil
}

// start serves, and waits until the house answers.
func (h *house) start(ctx context.Context) error {
	log, err := os.OpenFile(h.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	h.server = exec.Command(h.binary, "serve", "--config", h.path("doorward.yaml"))
	h.server.Stderr = log
	if err := h.server.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if h.ready(ctx) {
			return nil
		}
	}
	said, err := os.ReadFile(h.path("log"))
	return errors.Join(fmt.Errorf("the house did not start:\n%s", said), err)
}

func (h *house) ready(ctx context.Context) bool {
	r, err := http.NewRequestWithContext(ctx, "GET", h.issuer+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := h.suite.client.Do(r)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

func (h *house) stop() {
	if h.server == nil || h.server.Process == nil {
		return
	}
	_ = h.server.Process.Signal(syscall.SIGTERM)
	late := time.AfterFunc(10*time.Second, func() { _ = h.server.Process.Kill() })
	_ = h.server.Wait()
	late.Stop()
	h.server = nil
}

// rotate publishes the next signing keys; the server is stopped for it, since with SQLite one process holds the database.
func (h *house) rotate(ctx context.Context) error {
	h.stop()
	if err := h.command(ctx, "keys", "rotate"); err != nil {
		return err
	}
	return h.start(ctx)
}
