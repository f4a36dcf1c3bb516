package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// limitCommand is how this program starts itself to serve the limits.
const limitCommand = "serve-limits"

// limits are handlers that do one thing that no provider can do without, and nothing else: what they cost is the floor
// under every scenario.
type limits struct {
	db   *storage.DB
	keys *keys.Keys
}

// serveLimits listens on 127.0.0.1 and prints its address as the first line.
func serveLimits(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet(limitCommand, flag.ContinueOnError)
	url := flags.String("database", "", "address of the database")
	master := flags.String("master-key", "", "master key file, made when absent")
	if err := flags.Parse(args); err != nil {
		return err
	}
	db, err := storage.Open(ctx, *url, storage.Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer db.Close()
	opened, err := openKeys(ctx, db, *master, usualHash)
	if err != nil {
		return err
	}
	l := &limits{db: db, keys: opened}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Println("http://" + listener.Addr().String())
	server := &http.Server{Handler: l.handler(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// openKeys opens the keys of a database; a fresh one gets some.
func openKeys(ctx context.Context, db *storage.DB, file string, hash keys.PasswordOptions) (*keys.Keys, error) {
	master, err := keys.CreateMaster(file)
	if errors.Is(err, fs.ErrExist) {
		master, err = keys.ReadMaster(file)
	}
	if err != nil {
		return nil, err
	}
	return keys.Open(ctx, db, master, keys.Options{Log: slog.New(slog.DiscardHandler), Now: db.Now, Passwords: hash})
}

func (l *limits) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /bare", answer(l.nothing))
	mux.HandleFunc("GET /read", answer(l.read))
	mux.HandleFunc("GET /signed", answer(l.sign))
	mux.HandleFunc("GET /row", answer(l.row))
	mux.HandleFunc("GET /signed-row", answer(l.row, l.sign))
	mux.HandleFunc("GET /hash", answer(l.hash))
	return mux
}

// answer does the tasks and then writes 1 KiB of JSON.
func answer(tasks ...func(context.Context) error) http.HandlerFunc {
	body, _ := json.Marshal(map[string]string{"padding": strings.Repeat("x", 1024-len(`{"padding":""}`))})
	return func(w http.ResponseWriter, r *http.Request) {
		for _, task := range tasks {
			if err := task(r.Context()); err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.Write(body)
	}
}

func (l *limits) nothing(context.Context) error { return nil }

// read reads one row by its key.
func (l *limits) read(ctx context.Context) error {
	_, err := l.db.Epoch(ctx)
	return err
}

// row makes the smallest durable row that storage knows.
func (l *limits) row(ctx context.Context) error {
	return l.db.Once(ctx, "bench", storage.NewID(), l.db.Now().Add(time.Hour))
}

// hash makes one password hash as the server is delivered.
func (l *limits) hash(ctx context.Context) error {
	_, err := l.keys.Passwords.Hash(ctx, password)
	return err
}

// sign makes one ES256 signature over claims of an ID token's size.
func (l *limits) sign(context.Context) error {
	_, err := l.keys.Ring.Sign("ES256", "JWT", map[string]any{
		"iss": "http://127.0.0.1", "sub": "abcdefghijklmnopqrstuvwxyz", "aud": "bench", "exp": 1, "iat": 1, "auth_time": 1,
		"nonce": "abcdefghijklmnopqrstuvwxyz", "sid": "abcdefghijklmnopqrstuvwxyz", "acr": "urn:doorward:1fa", "amr": []string{"pwd"},
	})
	return err
}
