package main

import (
	"errors"
	"net/http"

	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// health adds what a load balancer asks: /healthz, whether the process answers, and /readyz, whether to send people here.
func (h *house) health(router *mux.Router) {
	door := web.Door{Site: h.site, Fail: func(w http.ResponseWriter, _ *http.Request, err error) {
		h.log.Warn("not ready", "error", err)
		plainText(w, http.StatusServiceUnavailable, "not ready\n")
	}}
	door.Handle(router, "/healthz", web.Methods{http.MethodGet: func(w http.ResponseWriter, _ *http.Request) error {
		plainText(w, http.StatusOK, "ok\n")
		return nil
	}})
	door.Handle(router, "/readyz", web.Methods{http.MethodGet: func(w http.ResponseWriter, r *http.Request) error {
		if h.draining.Load() {
			return errors.New("closing")
		}
		if err := h.db.Ready(r.Context()); err != nil {
			return err
		}
		plainText(w, http.StatusOK, "ready\n")
		return nil
	}})
}

func plainText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text)) // the visitor may have gone
}
