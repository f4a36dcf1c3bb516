package op_test

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// verifier belongs to challenge.
const verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

// back is the redirect URI of every client here that has no other.
const back = "https://rp.test/cb"

// apps is a house as its clients know it: one person is signed in, and codes are made without the browser's half.
type apps struct {
	*house
	t       testing.TB
	person  storage.User
	session storage.Session
	clients map[string]storage.Client
}

func newApps(t *testing.T) *apps {
	t.Helper()
	t.Parallel()
	return furnish(t, newHouse(t))
}

// appsOn is the same on a given database, by the real clock.
func appsOn(t *testing.T, db *storage.DB) *apps {
	t.Helper()
	h := &house{db: db, people: map[string]storage.User{}}
	h.keys = keystest.Open(t, h.db, keys.Options{Log: quiet(), Now: h.now})
	texts, err := web.LoadTexts()
	must(t, err)
	h.site = &web.Site{Issuer: issuer, Company: "Acme", Log: quiet(), Now: h.now, Texts: texts}
	h.router = doorOn(t, h, h.db)
	return furnish(t, h)
}

// doorOn is the protocol's door of a house on a store, which may be a failing one.
func doorOn(t *testing.T, h *house, store op.Store) http.Handler {
	t.Helper()
	provider, err := op.New(op.Options{Store: store, Keys: h.keys, Site: h.site, SignIn: &face{db: h.db}, Now: h.now})
	must(t, err)
	pages, err := web.NewPages(h.site, nil)
	must(t, err)
	router := h.site.NewRouter(pages)
	provider.Register(router)
	return h.site.Wrap(router)
}

func furnish(t testing.TB, h *house) *apps {
	t.Helper()
	a := &apps{house: h, t: t, clients: map[string]storage.Client{}}
	for _, c := range relyingParties() {
		must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
		a.clients[c.ID] = c
	}
	must(t, h.db.SetClientDisabled(t.Context(), "off", true, storage.Event{Actor: "test"}))
	a.person = carla()
	must(t, h.db.AddUser(t.Context(), a.person, "", storage.Event{Actor: "test"}))
	h.people["carla"] = a.person
	a.session = a.signIn()
	return a
}

// carla has every claim that there is (OIDC Core §5.1).
func carla() storage.User {
	claims := map[string]any{
		"name": "Carla Coe", "given_name": "Carla", "family_name": "Coe", "middle_name": "M", "nickname": "cc",
		"preferred_username": "carla", "profile": "https://carla.example/", "picture": "https://carla.example/p.png",
		"website": "https://carla.example/w", "gender": "female", "birthdate": "1980-02-29", "zoneinfo": "Europe/Berlin",
		"locale": "de-DE", "phone_number": "+49 30 1234567", "address": map[string]any{"formatted": "Am Tor 1, Berlin", "country": "DE"},
	}
	return storage.User{
		ID: "carla-id", Email: "carla@example.com", Claims: claims, Groups: []string{"crew", "admins"},
		State: "active", Version: 1, EmailVerified: true,
	}
}

func relyingParties() []storage.Client {
	app := storage.Client{
		Name: "App", Type: "web", AuthMethod: "client_secret_basic", RedirectURIs: []string{back},
		Secrets: [2][]byte{keys.HashSecret("secret")}, GrantTypes: []string{"authorization_code", "refresh_token"},
		IDTokenAlg: "ES256", Refresh: "offline", TokenFormat: "opaque",
	}
	variant := func(id string, change func(*storage.Client)) storage.Client {
		c := app
		c.ID = id
		change(&c)
		return c
	}
	return []storage.Client{
		variant("basic", func(*storage.Client) {}),
		variant("other", func(*storage.Client) {}),
		variant("strict", func(c *storage.Client) { c.RequirePKCE = true }),
		variant("two", func(c *storage.Client) { c.Secrets[1] = keys.HashSecret("second") }),
		variant("odd", func(c *storage.Client) { c.Secrets[0] = keys.HashSecret("a%2B+:%zz") }),
		variant("post", func(c *storage.Client) { c.AuthMethod = "client_secret_post" }),
		variant("off", func(*storage.Client) {}),
		variant("spa", func(c *storage.Client) {
			c.Type, c.AuthMethod, c.Secrets = "browser", "none", [2][]byte{}
			c.RedirectURIs, c.Refresh, c.RequirePKCE = []string{"https://spa.test/cb"}, "session", true
		}),
		variant("once", func(c *storage.Client) { c.Refresh = "never" }),
		variant("short-lived", func(c *storage.Client) { c.GrantTypes = []string{"authorization_code"} }),
		variant("rsa", func(c *storage.Client) { c.IDTokenAlg = "RS256" }),
		variant("edwards", func(c *storage.Client) { c.IDTokenAlg = "EdDSA" }),
		variant("pss", func(c *storage.Client) { c.IDTokenAlg = "PS256" }),
		variant("signed", func(c *storage.Client) { c.TokenFormat, c.Resources = "jwt", resources() }),
		variant("far", func(c *storage.Client) { c.Resources = resources() }),
		variant("paired", func(c *storage.Client) { c.Sector, c.IDTokenOnRefresh = "rp.test", true }),
		variant("paired-too", func(c *storage.Client) { c.Sector, c.TokenFormat, c.Introspect = "rp.test", "jwt", true }),
		variant("apart", func(c *storage.Client) { c.Sector = "elsewhere.test" }),
		variant("wordy", func(c *storage.Client) { c.IDTokenClaims, c.IDTokenOnRefresh = true, true }),
		variant("third-party", func(c *storage.Client) { c.Consent = true }),
		variant("narrow", func(c *storage.Client) { c.Scopes = []string{"openid", "email"} }),
		variant("bank", func(c *storage.Client) { c.Profile = "fapi2" }),
		variant("online", func(c *storage.Client) { c.Refresh = "session" }),
		variant("nosy", func(c *storage.Client) { c.Introspect, c.Resources = true, resources() }),
		variant("api", func(c *storage.Client) { service(c); c.Resources = resources()[:1] }),
		variant("api2", func(c *storage.Client) { service(c); c.Resources = resources()[1:2] }),
		variant("robot", func(c *storage.Client) { service(c); c.Introspect, c.Resources = false, resources() }),
		variant("signed-robot", func(c *storage.Client) { service(c); c.TokenFormat = "jwt" }),
	}
}

// service makes a client a resource server that has access of its own.
func service(c *storage.Client) {
	c.Type, c.GrantTypes, c.Refresh, c.RedirectURIs = "service", []string{"client_credentials"}, "never", nil
	c.Scopes, c.Introspect = []string{"read", "write", "email", "openid"}, true
}

// signIn gives the person a session.
func (a *apps) signIn() storage.Session {
	a.t.Helper()
	now := a.now()
	_, hash := keys.NewSecret("dws_")
	session, err := a.db.Finish(a.t.Context(), storage.SignIn{UserVersion: a.person.Version, Until: now.Add(time.Hour), Session: storage.Session{
		Cookie: hash, UserID: a.person.ID, Attempt: storage.NewID(), AuthTime: now.Add(-time.Minute), ACR: "urn:doorward:2fa",
		AMR: []string{"pwd", "otp"}, Created: now, Seen: now, IdleUntil: now.Add(200 * 24 * time.Hour), Expires: now.Add(200 * 24 * time.Hour),
	}}, storage.Event{Actor: a.person.ID, User: a.person.ID})
	if err != nil {
		a.t.Fatal(err)
	}
	return session
}

// code seals what /authorize would have sent to a client.
func (a *apps) code(client string, changes ...func(*sealed)) string {
	a.t.Helper()
	redirect := sha256.Sum256([]byte(a.clients[client].RedirectURIs[0]))
	c := sealed{opened: opened{
		ID: storage.NewID(), Client: client, User: a.person.ID, Session: a.session.ID, Scopes: []string{"openid", "offline_access"},
		Nonce: "n-0S6_WzA2Mj", PKCE: challenge, Redirect: redirect[:], AuthTime: a.session.AuthTime.Unix(),
		ACR: a.session.ACR, AMR: a.session.AMR, Issued: a.now().UnixMicro(), Expires: a.now().Add(time.Minute).Unix(),
	}}
	for _, change := range changes {
		change(&c)
	}
	text, err := a.keys.Box.Seal(keys.ForCode, c)
	if err != nil {
		a.t.Fatal(err)
	}
	return text
}

// sealed is what a code carries, as a test makes it.
type sealed struct{ opened }

func scoped(scope string) func(*sealed) {
	return func(c *sealed) { c.Scopes = strings.Fields(scope) }
}

// as lets a request come from a client that proves itself in its own way.
func (a *apps) as(client string, form url.Values) func(*http.Request) {
	c := a.clients[client]
	if c.AuthMethod == "client_secret_basic" {
		secret := "secret"
		if client == "odd" {
			secret = "a%2B+:%zz"
		}
		return func(r *http.Request) { r.SetBasicAuth(url.QueryEscape(client), url.QueryEscape(secret)) }
	}
	form.Set("client_id", client)
	if c.AuthMethod == "client_secret_post" {
		form.Set("client_secret", "secret")
	}
	return func(*http.Request) {}
}

// redeem presents a code as its client would.
func (a *apps) redeem(client, code string, changes ...change) reply {
	a.t.Helper()
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier},
		"redirect_uri": {a.clients[client].RedirectURIs[0]},
	}
	prove := a.as(client, form)
	for _, c := range changes {
		c(form)
	}
	return a.post("/token", form, prove)
}

// refresh presents a refresh token.
func (a *apps) refresh(client, token string, changes ...change) reply {
	a.t.Helper()
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
	prove := a.as(client, form)
	for _, c := range changes {
		c(form)
	}
	return a.post("/token", form, prove)
}

// userinfo asks with a token in the header.
func (a *apps) userinfo(token string) reply {
	a.t.Helper()
	r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return a.send(r)
}

func (a *apps) post(path string, form url.Values, changes ...func(*http.Request)) reply {
	a.t.Helper()
	r := httptest.NewRequest(http.MethodPost, issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for _, change := range changes {
		change(r)
	}
	return a.send(r)
}

var (
	// descriptionText is what an error_description may be of (RFC 6749 App. A.8).
	descriptionText = regexp.MustCompile(`^[\x20-\x21\x23-\x5b\x5d-\x7e]*$`)
	errorMembers    = []string{"error", "error_description"}
)

// send asks, and holds every answer to what no answer may break.
func (a *apps) send(r *http.Request) reply {
	a.t.Helper()
	w := httptest.NewRecorder()
	a.router.ServeHTTP(w, r)
	got := reply{status: w.Code, header: w.Header(), body: w.Body.String()}
	if t, ok := a.t.(*testing.T); ok {
		got.t = t
	}
	if got.status >= 500 {
		a.t.Errorf("%s %s answered %d: %s", r.Method, r.URL.Path, got.status, got.body)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return got
	}
	if got.header.Get("Cache-Control") != "no-store" || got.header.Get("Pragma") != "no-cache" {
		a.t.Errorf("%s may be stored: %v", r.URL.Path, got.header)
	}
	if len(got.body) > 0 && got.header.Get("Content-Type") != formatOf(got) {
		a.t.Errorf("%s answered %s: %s", r.URL.Path, got.header.Get("Content-Type"), got.body)
	}
	if got.status == http.StatusUnauthorized && got.header.Get("WWW-Authenticate") == "" {
		a.t.Error("a 401 without WWW-Authenticate (RFC 9110 §15.5.2)")
	}
	if got.status >= 400 && len(got.body) > 0 {
		for name, value := range got.json() {
			text, isText := value.(string)
			if !isText || !slices.Contains(errorMembers, name) || !descriptionText.MatchString(text) {
				a.t.Errorf("an error holds %q: %v", name, value)
			}
		}
	}
	return got
}
