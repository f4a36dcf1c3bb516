package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ask posts what a client asks, with its secret, and decodes the answer into v.
func (h *house) ask(ctx context.Context, w *worker, c client, path string, form url.Values, v any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.address+path, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(c.id, url.QueryEscape(h.secrets[c.id]))
	return w.send(r, http.StatusOK, v)
}

func (h *house) token(ctx context.Context, w *worker, c client, form url.Values) (tokens, error) {
	var t tokens
	err := h.ask(ctx, w, c, "/token", form, &t)
	return t, err
}

// own gets a client access on its own behalf.
func (h *house) own(c client) func(context.Context, *worker) error {
	return func(ctx context.Context, w *worker) error {
		t, err := h.token(ctx, w, c, url.Values{"grant_type": {"client_credentials"}})
		if err == nil && t.Access == "" {
			err = errors.New("no access token")
		}
		return err
	}
}

// introspect asks about the access token that userinfo is asked with.
func (h *house) introspect(ctx context.Context, w *worker) error {
	var state struct{ Active bool }
	err := h.ask(ctx, w, asking, "/introspect", url.Values{"token": {h.access}}, &state)
	if err == nil && !state.Active {
		err = errors.New("the access token is not active")
	}
	return err
}

// refresh spends the worker's refresh token and keeps the next one.
func (h *house) refresh(c client) func(context.Context, *worker) error {
	return func(ctx context.Context, w *worker) error {
		t, err := h.token(ctx, w, c, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {w.refresh}})
		if err != nil {
			return err
		}
		if (t.ID != "") != (c.settings["id_token_on_refresh"] == true) || t.Refresh == "" || t.Refresh == w.refresh {
			return errors.New("the refresh brought other tokens than it should")
		}
		w.refresh = t.Refresh
		return nil
	}
}

func (h *house) userinfo(ctx context.Context, w *worker) error {
	return h.askUserinfo(ctx, w, h.access, email(0))
}

func (h *house) askUserinfo(ctx context.Context, w *worker, access, address string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.address+"/userinfo", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+access)
	var claims struct{ Sub, Email string }
	if err := w.send(r, http.StatusOK, &claims); err != nil {
		return err
	}
	if claims.Email != address {
		return fmt.Errorf("userinfo names %q", claims.Email)
	}
	return nil
}
