package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

const (
	email       = "anna@example.com"
	password    = "a person of the benchmark"
	redirectURI = "http://127.0.0.1:9/callback" // never opened
)

// client is one of the applications that the benchmark registers.
type client struct {
	id               string
	idTokenOnRefresh bool
}

var (
	plain    = client{id: "bench"}
	renewing = client{id: "bench-renewing", idTokenOnRefresh: true}
)

// place is where a run keeps its files, and the built binary.
type place struct{ dir, binary string }

// masterKey is the master key file of the database at url.
func (p place) masterKey(url string) string {
	return filepath.Join(p.dir, fmt.Sprintf("%x.key", sha256.Sum256([]byte(url))))
}

// house is the built server with its person and its clients.
type house struct {
	address string
	server  *process
	secrets map[string]string // of clients, by id
	cookie  string            // of the session that the person signed in to
	access  string            // an access token for userinfo
}

func (h *house) stop() { h.server.stop() }

// startHouse configures and starts the server, adds the person and signs them in.
func startHouse(ctx context.Context, at place, db *database) (*house, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	h := &house{address: fmt.Sprintf("http://127.0.0.1:%d", port), secrets: map[string]string{}}
	for _, c := range []client{plain, renewing} {
		h.secrets[c.id] = storage.NewID() + storage.NewID()
	}
	config, err := h.configure(at, db)
	if err != nil {
		return nil, err
	}
	if err := h.addPerson(ctx, at, config); err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(at.dir, "house.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.CommandContext(ctx, at.binary, "serve", "--config", config)
	cmd.Env, cmd.Stdout, cmd.Stderr = environment(), log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	h.server = &process{cmd: cmd, address: h.address}
	ready := func() error { return get(h.address+"/readyz")(ctx, newWorker()) }
	if err := retry(ctx, 10*time.Second, ready); err != nil {
		h.stop()
		said, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("the server is not ready: %w\n%s", err, said)
	}
	if err := h.signIn(ctx); err != nil {
		h.stop()
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	return h, nil
}

// configure writes the configuration. It is JSON, which is YAML too.
func (h *house) configure(at place, db *database) (string, error) {
	var clients []map[string]any
	for _, c := range []client{plain, renewing} {
		file := filepath.Join(at.dir, c.id+".secret")
		if err := os.WriteFile(file, []byte(h.secrets[c.id]), 0o600); err != nil {
			return "", err
		}
		clients = append(clients, map[string]any{
			"id": c.id, "secret_file": file, "redirect_uris": []string{redirectURI}, "id_token_alg": "ES256",
			"id_token_on_refresh": c.idTokenOnRefresh,
		})
	}
	text, err := json.MarshalIndent(map[string]any{
		"issuer": h.address, "listen": strings.TrimPrefix(h.address, "http://"), "database": db.house,
		"master_key_file": at.masterKey(db.house), "login": map[string]any{"email_code": "never"}, "clients": clients,
	}, "", "  ")
	if err != nil {
		return "", err
	}
	file := filepath.Join(at.dir, "doorward.yaml")
	return file, os.WriteFile(file, text, 0o600)
}

func (h *house) addPerson(ctx context.Context, at place, config string) error {
	cmd := exec.CommandContext(ctx, at.binary, "user", "add", "--config", config, "--email", email, "--name", "Anna", "--password-file", "-")
	cmd.Env, cmd.Stdin = environment(), strings.NewReader(password+"\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("user add: %w\n%s", err, out)
	}
	return nil
}

// signIn is the one sign-in with a password; what follows lives on its session.
func (h *house) signIn(ctx context.Context) error {
	v, err := newVisitor(map[string]string{"username": email, "password": password})
	if err != nil {
		return err
	}
	if _, err := v.arrive(ctx, h.authorizeURL(plain, "openid email"), redirectURI); err != nil {
		return err
	}
	issuer, err := url.Parse(h.address)
	if err != nil {
		return err
	}
	var pairs []string
	for _, c := range v.client.Jar.Cookies(issuer) {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	h.cookie = strings.Join(pairs, "; ")
	return nil
}

// environment is this process's own, without settings of a server that is configured by file here.
func environment() []string {
	return slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "DOORWARD_") })
}
