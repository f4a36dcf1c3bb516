package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// scenario is one kind of request, driven by all workers at once.
type scenario struct {
	name    string
	limit   []string   // the limits that it is made of, their costs added up; none for a limit itself
	goal    [2]float64 // most CPU ms of server and database for one: on SQLite, on PostgreSQL; 0: no goal
	pid     int        // of the process that answers
	workers []*worker
	do      func(ctx context.Context, w *worker) error
}

// verifier and challenge are one PKCE pair for all sign-ons (the example of RFC 7636 Appendix B): making one costs the client, not the server.
const (
	verifier  = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
)

// The limits.
const (
	bare      = "limit: bare answer"
	read      = "limit: one row read"
	signed    = "limit: one ES256 signature"
	row       = "limit: one durable row"
	signedRow = "limit: signature and row"
)

// scenarios lists what is driven: the limits first, then what relying parties ask, cheapest first.
func scenarios(ctx context.Context, h *house, l *process, workers int) ([]scenario, error) {
	list := []scenario{
		{name: bare, do: get(l.address + "/bare")},
		{name: read, do: get(l.address + "/read")},
		{name: signed, do: get(l.address + "/signed")},
		{name: row, do: get(l.address + "/row")},
		{name: signedRow, do: get(l.address + "/signed-row")},
	}
	for i := range list {
		list[i].pid = l.pid()
	}
	for _, s := range []scenario{
		{name: "discovery", limit: []string{bare}, goal: [2]float64{0.030, 0.030}, do: get(h.address + "/.well-known/openid-configuration")},
		{name: "jwks", limit: []string{bare}, goal: [2]float64{0.030, 0.030}, do: get(h.address + "/jwks")},
		{name: "userinfo", limit: []string{read}, goal: [2]float64{0.06, 0.12}, do: h.userinfo},
		{name: "refresh without ID token", limit: []string{row}, goal: [2]float64{0.18, 0.30}, do: h.refresh(plain)},
		{name: "refresh with ID token", limit: []string{signedRow}, goal: [2]float64{0.28, 0.42}, do: h.refresh(renewing)},
		{name: "sign-on with a session", limit: []string{read, signedRow, read}, goal: [2]float64{0.45, 0.65}, do: h.signOn},
	} {
		s.pid = h.server.pid()
		list = append(list, s)
	}
	for i := range list {
		for range workers {
			list[i].workers = append(list[i].workers, newWorker())
		}
	}
	return list, h.prepare(ctx, list)
}

// prepare gives the workers of the refresh scenarios a grant each.
func (h *house) prepare(ctx context.Context, list []scenario) error {
	for _, s := range list {
		c, ok := map[string]client{"refresh without ID token": plain, "refresh with ID token": renewing}[s.name]
		if !ok {
			continue
		}
		for _, w := range s.workers {
			t, err := h.grant(ctx, w, c, "openid email offline_access")
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if w.refresh = t.Refresh; w.refresh == "" {
				return fmt.Errorf("%s: the sign-on brought no refresh token", s.name)
			}
		}
	}
	t, err := h.grant(ctx, newWorker(), plain, "openid email")
	h.access = t.Access
	return err
}

func get(address string) func(context.Context, *worker) error {
	return func(ctx context.Context, w *worker) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return err
		}
		return w.send(r, http.StatusOK, nil)
	}
}

// send wants this status and decodes JSON into v; nil reads the body and drops it.
func (w *worker) send(r *http.Request, status int, v any) error {
	response, err := w.client.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != status {
		return fmt.Errorf("%s answered %s: %.200s", r.URL.Path, response.Status, body)
	}
	if v == nil {
		return nil
	}
	return json.Unmarshal(body, v)
}

// tokens is what is read of a token response (RFC 6749 §5.1).
type tokens struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
}

// signOn is what an application asks of a person who is signed in already: authorize, code, tokens, userinfo.
func (h *house) signOn(ctx context.Context, w *worker) error {
	t, err := h.grant(ctx, w, plain, "openid email")
	if err != nil {
		return err
	}
	if t.ID == "" {
		return errors.New("no ID token")
	}
	return h.askUserinfo(ctx, w, t.Access)
}

// grant is the first two requests of a sign-on.
func (h *house) grant(ctx context.Context, w *worker, c client, scope string) (tokens, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.authorizeURL(c, scope), nil)
	if err != nil {
		return tokens{}, err
	}
	r.Header.Set("Cookie", h.cookie)
	response, err := w.client.Do(r)
	if err != nil {
		return tokens{}, err
	}
	body, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return tokens{}, err
	}
	to, err := response.Location()
	if err != nil || to.Query().Get("code") == "" {
		return tokens{}, fmt.Errorf("/authorize answered %s, to %q: %.200s", response.Status, response.Header.Get("Location"), body)
	}
	return h.token(ctx, w, c, url.Values{
		"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")},
		"redirect_uri": {redirectURI}, "code_verifier": {verifier},
	})
}

func (h *house) authorizeURL(c client, scope string) string {
	return h.address + "/authorize?" + url.Values{
		"client_id": {c.id}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {scope},
		"state": {"abcdefghijklmnopqrstuvwxyz"}, "nonce": {"abcdefghijklmnopqrstuvwxyz"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode()
}

func (h *house) token(ctx context.Context, w *worker, c client, form url.Values) (tokens, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, h.address+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return tokens{}, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(c.id, url.QueryEscape(h.secrets[c.id]))
	var t tokens
	return t, w.send(r, http.StatusOK, &t)
}

// refresh spends the worker's refresh token and keeps the next one.
func (h *house) refresh(c client) func(context.Context, *worker) error {
	return func(ctx context.Context, w *worker) error {
		t, err := h.token(ctx, w, c, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {w.refresh}})
		if err != nil {
			return err
		}
		if (t.ID != "") != c.idTokenOnRefresh || t.Refresh == "" || t.Refresh == w.refresh {
			return errors.New("the refresh brought other tokens than it should")
		}
		w.refresh = t.Refresh
		return nil
	}
}

func (h *house) userinfo(ctx context.Context, w *worker) error {
	return h.askUserinfo(ctx, w, h.access)
}

func (h *house) askUserinfo(ctx context.Context, w *worker, access string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, h.address+"/userinfo", nil)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+access)
	var claims struct{ Sub, Email string }
	if err := w.send(r, http.StatusOK, &claims); err != nil {
		return err
	}
	if claims.Email != email {
		return fmt.Errorf("userinfo names %q", claims.Email)
	}
	return nil
}
