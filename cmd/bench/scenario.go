package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// scenario is one kind of request, driven by all workers at once.
type scenario struct {
	name    string
	limit   []string   // the limits that it is made of, their costs added up; none for a limit itself
	goal    [2]float64 // most CPU ms of server and database for one: on SQLite, on PostgreSQL; 0: no goal
	times   float64    // instead: most times the cost of the limit; 0: no such goal
	pid     int        // of the process that answers
	second  int        // of another one that answers too; 0: none
	profile *profile   // nil: none is taken
	workers []*worker
	prepare func(ctx context.Context, w *worker) error // once for each worker; nil: nothing
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
	hashed    = "limit: one password hash"
)

// limitsOf are the limits that the process l serves.
func limitsOf(l *process) []scenario {
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
	return list
}

const (
	cheapSignIn = "sign-on without a session, cheap hash"
	usualSignIn = "sign-on with password"
)

// requests are what relying parties ask, cheapest first.
func (h *house) requests() []scenario {
	list := []scenario{
		{name: "discovery", limit: []string{bare}, goal: [2]float64{0.030, 0.030}, do: get(h.address + "/.well-known/openid-configuration")},
		{name: "jwks", limit: []string{bare}, goal: [2]float64{0.030, 0.030}, do: get(h.address + "/jwks")},
		{name: "userinfo", limit: []string{read}, goal: [2]float64{0.06, 0.12}, do: h.userinfo},
		{name: "introspection", limit: []string{read}, goal: [2]float64{0.06, 0.12}, do: h.introspect},
		{name: "client_credentials, opaque", limit: []string{bare}, goal: [2]float64{0.07, 0.07}, do: h.own(robot)},
		{name: "client_credentials, signed", limit: []string{signed}, goal: [2]float64{0.14, 0.14}, do: h.own(signing)},
		{name: "refresh without ID token", limit: []string{row}, goal: [2]float64{0.18, 0.30}, prepare: h.begin(plain), do: h.refresh(plain)},
		{name: "refresh with ID token", limit: []string{signedRow}, goal: [2]float64{0.28, 0.42}, prepare: h.begin(renewing), do: h.refresh(renewing)},
		{name: "sign-on with a session", limit: []string{read, signedRow, read}, goal: [2]float64{0.45, 0.65}, do: h.signOn},
		{name: cheapSignIn, limit: []string{row, signedRow}, goal: [2]float64{1.0, 1.5}, do: h.signInAndOn},
	}
	for i := range list {
		list[i].pid = h.server.pid()
		if h.metrics != "" {
			list[i].profile = &profile{"http://" + h.metrics + "/debug/pprof/profile", h.at.profiles}
		}
	}
	return list
}

// equip gives each scenario its workers, and them what they begin with.
func equip(ctx context.Context, list []scenario, workers int) error {
	for i := range list {
		for number := range workers {
			w := newWorker()
			w.number = number
			list[i].workers = append(list[i].workers, w)
			if list[i].prepare == nil {
				continue
			}
			if err := list[i].prepare(ctx, w); err != nil {
				return fmt.Errorf("%s: %w", list[i].name, err)
			}
		}
	}
	return nil
}

// begin gives a worker a grant whose refresh token it may spend.
func (h *house) begin(c client) func(context.Context, *worker) error {
	return func(ctx context.Context, w *worker) error {
		t, err := h.grant(ctx, w, c, "openid email offline_access")
		if w.refresh = t.Refresh; err == nil && w.refresh == "" {
			err = errors.New("the sign-on brought no refresh token")
		}
		return err
	}
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
	return h.askUserinfo(ctx, w, t.Access, email(0))
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
	return h.redeem(ctx, w, c, to.Query().Get("code"))
}

func (h *house) redeem(ctx context.Context, w *worker, c client, code string) (tokens, error) {
	return h.token(ctx, w, c, url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {redirectURI}, "code_verifier": {verifier},
	})
}

// signInAndOn is a whole sign-on of a person whom the browser does not know: the pages, the password, then the rest.
func (h *house) signInAndOn(ctx context.Context, w *worker) error {
	v, err := newVisitor(w, map[string]string{"username": email(w.number), "password": password})
	if err != nil {
		return err
	}
	to, err := v.arrive(ctx, h.authorizeURL(plain, "openid email"), redirectURI)
	if err != nil {
		return err
	}
	answer, err := url.Parse(to)
	if err != nil {
		return err
	}
	t, err := h.redeem(ctx, w, plain, answer.Query().Get("code"))
	if err != nil {
		return err
	}
	return h.askUserinfo(ctx, w, t.Access, email(w.number))
}

func (h *house) authorizeURL(c client, scope string) string {
	return h.address + "/authorize?" + url.Values{
		"client_id": {c.id}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {scope},
		"state": {"abcdefghijklmnopqrstuvwxyz"}, "nonce": {"abcdefghijklmnopqrstuvwxyz"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}.Encode()
}
