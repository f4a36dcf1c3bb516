package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// health adds what a load balancer asks, at the visitors' listener and at the operators': /healthz, whether the process
// lives, and /readyz, whether to send people here.
func (h *house) health(site *web.Site, router *mux.Router) {
	door := web.Door{Site: site, Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
		status := http.StatusInternalServerError
		if refused := (*web.Refused)(nil); errors.As(err, &refused) {
			status = refused.Status
		}
		plainText(w, status, http.StatusText(status)+"\n")
	}}
	for path, answer := range map[string]http.HandlerFunc{"/healthz": h.alive, "/readyz": h.ready} {
		door.Handle(router, path, web.Methods{http.MethodGet: func(w http.ResponseWriter, r *http.Request) error {
			answer(w, r)
			return nil
		}})
	}
}

func (h *house) alive(w http.ResponseWriter, _ *http.Request) { plainText(w, http.StatusOK, "ok\n") }

// ready says in one word which check fails: whoever asks may be anybody, so the cause stands in the log alone.
func (h *house) ready(w http.ResponseWriter, r *http.Request) {
	check, err := h.unready(r.Context())
	if err != nil {
		web.Note(r.Context(), slog.String("not_ready", check), slog.String("cause", err.Error()))
		plainText(w, http.StatusServiceUnavailable, "not ready: "+check+"\n")
		return
	}
	plainText(w, http.StatusOK, "ready\n")
}

// unready is the first check that fails, and why: closing, database, clock, schema or keys.
func (h *house) unready(ctx context.Context) (string, error) {
	if h.draining.Load() {
		return "closing", errors.New("the house was told to end")
	}
	if err := h.db.Ready(ctx); err != nil {
		check := "database"
		if u := (*storage.Unready)(nil); errors.As(err, &u) {
			check = u.Check
		}
		return check, err
	}
	if err := h.keys.Ready(); err != nil {
		return "keys", err
	}
	return "", nil
}

func plainText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the visitor may have gone
}
