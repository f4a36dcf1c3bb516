package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
	"github.com/gorilla/mux"
)

// aviary is a house on a folder of its own, and the canaries that were sent to it.
type aviary struct {
	*house
	t        *testing.T
	log      *logged
	router   *mux.Router
	box      mail.Mailbox
	folder   string
	issuer   string
	client   string
	canaries map[string]string  // value -> its place
	attempts []*webtest.Browser // browsers that have one under way, each at another step
}

const canaryConfig = `issuer: %s
database: sqlite:doorward.db
metrics: {listen: "127.0.0.1:0"}
log: {level: debug}
clients:
  - {id: %[2]s, secret_file: a.secret, redirect_uris: ["http://127.0.0.1:9/callback"], introspect: true,
     post_logout_redirect_uris: ["http://127.0.0.1:9/"], grant_types: [authorization_code, refresh_token, client_credentials]}
`

func newAviary(t *testing.T) *aviary {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	a := &aviary{t: t, issuer: "http://localhost:" + portOf(listener), client: "grafana", canaries: map[string]string{}}
	file := write(t, fmt.Sprintf(canaryConfig, a.issuer, a.client), map[string]string{"a.secret": a.canary("client secret")})
	a.folder = filepath.Dir(file)
	former := slog.Default()
	a.t.Cleanup(func() { slog.SetDefault(former) })
	a.house, a.log = openHouse(t, file, parts{Listener: listener, Mail: &a.box, Fill: a.people, Extra: func(_ *rooms, r *mux.Router) error {
		a.router = r
		return nil
	}})
	muteLibraries(a.house.log)
	return a
}

// people lets Anna in.
func (a *aviary) people(ctx context.Context, f *foundation) error {
	hash, err := f.keys.Passwords.Hash(ctx, a.canary("password"))
	if err != nil {
		return err
	}
	anna := storage.User{ID: storage.NewID(), Email: "anna@example.com", Claims: map[string]any{"name": "Anna Berg"}, State: "active", Version: 1}
	return f.db.AddUser(ctx, anna, hash, storage.Event{Actor: "test"})
}

// canary makes a secret for a place; the same for the same place.
func (a *aviary) canary(place string) string {
	for value, at := range a.canaries {
		if at == place {
			return value
		}
	}
	value := "canary" + strings.ToLower(rand.Text()) + rand.Text()
	a.guard(place, value)
	return value
}

// guard remembers a secret that must be found nowhere.
func (a *aviary) guard(place, value string) {
	if value != "" {
		a.canaries[value] = place
	}
}

// search looks for every canary, as it is, in the encodings that a request gives it, and in hex.
func (a *aviary) search(where string, data []byte) {
	a.t.Helper()
	for value, place := range a.canaries {
		spellings := []string{value, url.QueryEscape(value), hex.EncodeToString([]byte(value))}
		if len(value) > 16 { // within any base64 its middle has one of three spellings
			for shift := range 3 {
				spelling := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat("x", shift) + value))
				spellings = append(spellings, spelling[4:len(spelling)-4])
			}
		}
		if i := slices.IndexFunc(spellings, func(s string) bool { return bytes.Contains(data, []byte(s)) }); i >= 0 {
			a.t.Errorf("%s hold the %s as %.12s…", where, place, spellings[i])
		}
	}
}

// searchFiles reads everything in the house's folder but what an operator put there, and the master key.
func (a *aviary) searchFiles() {
	a.t.Helper()
	files, err := os.ReadDir(a.folder)
	if err != nil {
		a.t.Fatal(err)
	}
	for _, f := range files {
		if name := f.Name(); strings.HasPrefix(name, "doorward.db") {
			data, err := os.ReadFile(filepath.Join(a.folder, name))
			if err != nil {
				a.t.Fatal(err)
			}
			a.search("the bytes of "+name, data)
		}
	}
}

// live is one life of a session and of what hangs on it: sign-on, tokens, refresh, introspection, revocation, sign-out.
func (a *aviary) live() {
	t, b := a.t, webtest.New(a.t, nil).StayOn(a.issuer)
	verifier := a.canary("PKCE verifier")
	sum := sha256.Sum256([]byte(verifier))
	request := url.Values{
		"client_id": {a.client}, "response_type": {"code"}, "redirect_uri": {"http://127.0.0.1:9/callback"}, "scope": {"openid email offline_access"},
		"state": {a.canary("state")}, "nonce": {a.canary("nonce")},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(sum[:])}, "code_challenge_method": {"S256"},
	}
	b.Go(a.issuer + "/authorize?" + request.Encode())
	a.guard("attempt", b.Value("attempt"))
	b.Fill("username", a.canary("password")).Press("submit").Status(http.StatusUnprocessableEntity) // people type passwords into the wrong field
	b.Fill("username", "anna@example.com").Press("submit")
	b.Fill("password", a.canary("wrong password")).Press("submit")
	b.Fill("password", a.canary("password")).Press("submit")
	code := mailed.FindString(a.box.Letters()[0].Subject)
	a.guard("mailed code", code)
	a.guard("mailed code", strings.ReplaceAll(code, " ", ""))
	b.Fill("code", "000000").Press("submit")
	a.guard("attempt", b.Value("attempt"))
	b.Fill("code", code).Press("submit")
	a.guard("attempt", b.Value("attempt"))
	b.Press("trust-yes")
	for _, cookie := range b.Cookies(a.issuer) {
		a.guard("cookie "+cookie.Name, cookie.Value)
	}
	answer, err := url.Parse(b.Location())
	if err != nil || answer.Query().Get("code") == "" {
		t.Fatalf("the browser is sent to %q:\n%s", b.Location(), b.Body())
	}
	a.guard("authorization code", answer.Query().Get("code"))

	redemption := url.Values{"grant_type": {"authorization_code"}, "code": {answer.Query().Get("code")}, "redirect_uri": request["redirect_uri"], "code_verifier": {verifier}}
	first := a.tokens(redemption, http.StatusOK)
	second := a.tokens(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {first["refresh_token"]}}, http.StatusOK)
	own := a.tokens(url.Values{"grant_type": {"client_credentials"}}, http.StatusOK)
	for _, token := range []string{second["access_token"], own["access_token"], second["refresh_token"]} {
		a.post("/introspect", url.Values{"token": {token}}, http.StatusOK)
	}
	a.post("/revoke", url.Values{"token": {own["access_token"]}}, http.StatusOK)
	a.tokens(redemption, http.StatusBadRequest)
	b.Go(a.issuer + "/account").Sees("Anna")
	b.Go(a.issuer + "/end_session?id_token_hint=" + url.QueryEscape(second["id_token"]) + "&state=" + a.canary("state at sign-out"))
}

// begin leaves attempts under way, at the first step and at the password, so that a flood gets past "start again".
func (a *aviary) begin() {
	for range 2 {
		b := webtest.New(a.t, nil).StayOn(a.issuer)
		b.Go(a.issuer + "/authorize?client_id=" + a.client + "&response_type=code&redirect_uri=http://127.0.0.1:9/callback&scope=openid&code_challenge_method=S256&code_challenge=" +
			base64.RawURLEncoding.EncodeToString(make([]byte, 32)))
		a.attempts = append(a.attempts, b)
	}
	a.attempts[1].Fill("username", "anna@example.com").Press("submit")
	for _, b := range a.attempts {
		a.guard("attempt under way", b.Value("attempt"))
	}
}

// tokens asks the token endpoint; what it gives are canaries too.
func (a *aviary) tokens(form url.Values, want int) map[string]string {
	a.t.Helper()
	var all map[string]any
	if err := json.Unmarshal(a.post("/token", form, want), &all); err != nil {
		a.t.Fatal(err)
	}
	tokens := map[string]string{}
	for _, kind := range []string{"access_token", "refresh_token", "id_token"} {
		tokens[kind], _ = all[kind].(string)
		a.guard(kind, tokens[kind])
	}
	return tokens
}

// post sends a form as the client.
func (a *aviary) post(path string, form url.Values, want int) []byte {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodPost, a.issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(a.client, a.canary("client secret"))
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != want {
		a.t.Errorf("%s answers %s, %v, not %d: %.300s", path, response.Status, err, want, body)
	}
	return body
}

func (a *aviary) get(address, path string) string {
	a.t.Helper()
	response, err := http.Get("http://" + address + path)
	if err != nil {
		a.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		a.t.Errorf("%s answers %s, %v", path, response.Status, err)
	}
	return string(body)
}
