package main_test

import (
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// settings is a configuration file, written as JSON, which is YAML too.
type settings map[string]any

// server is `doorward serve` on one configuration, which may be started again and again on the same data.
type server struct {
	*process
	t      testing.TB
	file   string
	issuer string
}

// newServer writes the configuration; issuer, listen and master key are filled in, and hashes of passwords that cost little. It is
// started by start, since with SQLite people are added before.
func newServer(t testing.TB, s settings) *server {
	t.Helper()
	v := &server{t: t, file: filepath.Join(t.TempDir(), "doorward.yaml")}
	v.issuer = "http://localhost:" + freePort(t)
	s["issuer"], s["listen"] = v.issuer, strings.TrimPrefix(v.issuer, "http://")
	s["master_key_file"] = "master.key"
	s.cheapen()
	s.write(t, v.file)
	return v
}

// cheapen lets a hash of a password cost little, unless the test says what it costs. An issuer on this machine may.
func (s settings) cheapen() {
	login := settings{"argon2": settings{"memory_kib": 64, "time": 1}}
	if said, ok := s["login"].(settings); ok {
		maps.Copy(login, said)
	}
	s["login"] = login
}

func (s settings) write(t testing.TB, file string) {
	t.Helper()
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// start starts the server, again after a kill, and waits until it is ready.
func (v *server) start() {
	v.t.Helper()
	v.launch()
	v.until("the server to be ready", v.ready)
}

// launch starts the server and does not wait.
func (v *server) launch() {
	v.t.Helper()
	v.process = start(v.t, "serve", "--config", v.file)
}

// ready says whether the server says that it is.
func (v *server) ready() bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, v.issuer+"/readyz", nil)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return false
	}
	response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// addUser adds a person as an operator does.
func (v *server) addUser(email, password string) {
	v.t.Helper()
	cmd := command(v.t, "user", "add", "--config", v.file, "--email", email, "--name", "Anna Berg", "--password-file", "-")
	cmd.Stdin = strings.NewReader(password + "\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		v.t.Fatalf("user add: %v\n%s", err, out)
	}
}

// freePort gives a port below those that the kernel hands to outgoing connections, so that none of them takes it before the server
// listens, or between a kill and the next start.
func freePort(t testing.TB) string {
	t.Helper()
	for range 100 {
		port := strconv.Itoa(20_000 + rand.IntN(12_000))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close() // only to see whether it is free
			return port
		}
	}
	t.Fatal("a hundred ports are taken")
	return ""
}
