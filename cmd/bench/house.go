package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

const (
	people      = 16 // who sign in at the same time, each under limits of their own
	password    = "a person of the benchmark"
	redirectURI = "http://127.0.0.1:9/callback" // never opened
)

func email(person int) string { return fmt.Sprintf("anna%d@example.com", person%people) }

// client is one of the applications that the benchmark registers.
type client struct {
	id       string
	settings map[string]any
}

var (
	plain    = client{id: "bench"}
	renewing = client{id: "bench-renewing", settings: map[string]any{"id_token_on_refresh": true}}
	robot    = client{id: "bench-robot", settings: map[string]any{"type": "service", "scopes": []string{"read"}}}
	signing  = client{id: "bench-signing", settings: map[string]any{"type": "service", "scopes": []string{"read"}, "access_token": "jwt"}}
	asking   = client{id: "bench-asking", settings: map[string]any{"type": "service", "introspect": true}}

	clients = []client{plain, renewing, robot, signing, asking}
)

// What a password hash costs: as the server is delivered, and next to nothing, to see what is around it.
var (
	usualHash = keys.PasswordOptions{MemoryKiB: 19456, Time: 2, Threads: 1}
	cheapHash = keys.PasswordOptions{MemoryKiB: 8, Time: 1, Threads: 1}
)

// place is where a run keeps its files, and the built binary.
type place struct{ dir, binary, profiles string }

// masterKey is the master key file of the database at url.
func (p place) masterKey(url string) string {
	return filepath.Join(p.dir, fmt.Sprintf("%x.key", sha256.Sum256([]byte(url))))
}

// house is the built server with its people and its clients.
type house struct {
	at       place
	database string // its address
	hash     keys.PasswordOptions
	issuer   string
	address  string // of the node that is asked
	config   string // file
	metrics  string // where its profiles are; "": nowhere
	server   *process
	secrets  map[string]string // of clients, by id
	base     float64           // MiB that the server took before it was asked anything
	cookie   string            // of the session that a person signed in to
	access   string            // an access token for userinfo
}

func (h *house) stop() { h.server.stop() }

// house starts one on an empty database of its own.
func (d *database) house(ctx context.Context, at place, hash keys.PasswordOptions) (*house, error) {
	address, err := d.make(ctx, "house_"+storage.NewID())
	if err != nil {
		return nil, err
	}
	return startHouse(ctx, at, address, hash)
}

// startHouse configures and starts the server on an empty database, adds the people and signs one of them in.
func startHouse(ctx context.Context, at place, database string, hash keys.PasswordOptions) (*house, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	h := &house{at: at, database: database, hash: hash, issuer: fmt.Sprintf("http://127.0.0.1:%d", port), secrets: map[string]string{}}
	h.address = h.issuer
	if at.profiles != "" {
		if port, err = freePort(); err != nil {
			return nil, err
		}
		h.metrics = fmt.Sprintf("127.0.0.1:%d", port)
	}
	for _, c := range clients {
		h.secrets[c.id] = storage.NewID() + storage.NewID()
	}
	if err := h.configure(); err != nil {
		return nil, err
	}
	if err := h.addPeople(ctx); err != nil {
		return nil, fmt.Errorf("add people: %w", err)
	}
	if h.server, err = startServer(ctx, at, h.config, h.address); err != nil {
		return nil, err
	}
	if h.base, err = memory(h.server.pid(), "VmRSS"); err != nil {
		h.stop()
		return nil, err
	}
	if err := h.signIn(ctx); err != nil {
		h.stop()
		return nil, fmt.Errorf("sign-in: %w", err)
	}
	t, err := h.grant(ctx, newWorker(), plain, "openid email")
	if err != nil {
		h.stop()
		return nil, fmt.Errorf("sign-on: %w", err)
	}
	h.access = t.Access
	return h, nil
}

// secondNode starts another process on the same database, and gives the house as it is reached there.
func (h *house) secondNode(ctx context.Context) (*house, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	other := *h
	other.address = fmt.Sprintf("http://127.0.0.1:%d", port)
	other.server, err = startServer(ctx, h.at, h.config, other.address)
	return &other, err
}

// startServer starts the binary and waits until it is ready at address.
func startServer(ctx context.Context, at place, config, address string) (*process, error) {
	log, err := os.Create(filepath.Join(at.dir, "house.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := serve(ctx, at, config, address)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	server := &process{cmd: cmd, address: address}
	worker := newWorker()
	if err := retry(ctx, 10*time.Second, func() error { return get(address+"/readyz")(ctx, worker) }); err != nil {
		server.stop()
		said, _ := os.ReadFile(log.Name())
		return nil, fmt.Errorf("the server is not ready: %w\n%s", err, said)
	}
	return server, nil
}

// serve is the server's command, listening at address.
func serve(ctx context.Context, at place, config, address string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, at.binary, "serve", "--config", config)
	cmd.Env = append(environment(), "DOORWARD_LISTEN="+strings.TrimPrefix(address, "http://"))
	return cmd
}

// configure writes the configuration. It is JSON, which is YAML too.
func (h *house) configure() error {
	name := fmt.Sprintf("%x", sha256.Sum256([]byte(h.database)))[:8]
	var declared []map[string]any
	for _, c := range clients {
		file := filepath.Join(h.at.dir, name+"-"+c.id+".secret")
		if err := os.WriteFile(file, []byte(h.secrets[c.id]), 0o600); err != nil {
			return err
		}
		entry := map[string]any{"id": c.id, "secret_file": file}
		for setting, value := range c.settings {
			entry[setting] = value
		}
		if entry["type"] == nil {
			entry["redirect_uris"], entry["id_token_alg"] = []string{redirectURI}, "ES256"
		}
		declared = append(declared, entry)
	}
	text, err := json.MarshalIndent(map[string]any{
		"issuer": h.issuer, "database": h.database, "master_key_file": h.at.masterKey(h.database), "clients": declared,
		"metrics":         map[string]any{"listen": h.metrics},
		"trusted_proxies": []string{"127.0.0.1"}, // so that load may come from other addresses
		"login": map[string]any{"email_code": "never", "argon2": map[string]any{
			"memory_kib": h.hash.MemoryKiB, "time": h.hash.Time, "threads": h.hash.Threads,
		}},
	}, "", "  ")
	if err != nil {
		return err
	}
	h.config = filepath.Join(h.at.dir, name+".yaml")
	return os.WriteFile(h.config, text, 0o600)
}

// addPeople stores the people before the server starts, since a SQLite file belongs to one process.
func (h *house) addPeople(ctx context.Context) error {
	db, err := storage.Open(ctx, h.database, storage.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer db.Close()
	opened, err := openKeys(ctx, db, h.at.masterKey(h.database), h.hash)
	if err != nil {
		return err
	}
	for i := range people {
		hash, err := opened.Passwords.Hash(ctx, password)
		if err != nil {
			return err
		}
		person := storage.User{ID: storage.NewID(), Email: email(i), State: "active", Claims: map[string]any{"name": "Anna"}, EmailVerified: true}
		if err := db.AddUser(ctx, person, hash, storage.Event{Actor: "bench"}); err != nil {
			return err
		}
	}
	return nil
}

// signIn is the one sign-in with a password that all sign-ons with a session live on.
func (h *house) signIn(ctx context.Context) error {
	v, err := newVisitor(newWorker(), map[string]string{"username": email(0), "password": password})
	if err != nil {
		return err
	}
	if _, err := v.arrive(ctx, h.authorizeURL(plain, "openid email"), redirectURI); err != nil {
		return err
	}
	issuer, err := url.Parse(h.issuer)
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
