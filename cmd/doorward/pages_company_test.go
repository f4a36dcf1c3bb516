package main_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	doorward "github.com/doorward/doorward/cmd/doorward"
)

// Who lives at the company: two people with a password, and one who is invited.
const (
	anna  = "anna@acme.example"
	ben   = "ben@acme.example"
	carla = "carla@acme.example"
)

// company is a house in this process that speaks one language, with three applications, a mail server, a Google that does not answer, and
// three people.
type company struct {
	*doorward.Inside
	t            *testing.T
	lang, issuer string
	post         post
	portal       string    // where the application of this name takes answers: with 204, so that the page before it stays
	google       *upstream // nil: it does not answer
	nobody       bool      // lives here yet
}

// trait is what a company has otherwise than others.
type trait func(t *testing.T, c *company, s settings)

func newCompany(t *testing.T, lang string, special trait) *company {
	t.Helper()
	p, mail := newPost(t)
	stays := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(stays.Close)
	c := &company{t: t, lang: lang, post: p, portal: stays.URL + "/callback"}
	wiki, grafana, portal := application(t, "wiki", "client_secret_basic"), application(t, "grafana", "client_secret_basic"), application(t, "portal", "client_secret_basic")
	wiki["name"], wiki["consent"], grafana["name"] = "Wiki", true, "Grafana"
	portal["name"], portal["redirect_uris"] = "Portal", []string{c.portal}
	s := settings{
		"database": "sqlite:" + filepath.Join(t.TempDir(), "doorward.db"), "mail": mail, "company": "Acme", "contact": "help@acme.example",
		"time_zone": "Europe/Berlin", "language": lang, "clients": []settings{wiki, grafana, portal},
		"login":  settings{"argon2": settings{"memory_kib": 8, "time": 1, "threads": 1}},
		"google": settings{"client_id": "nobody", "client_secret_file": wiki["secret_file"], "issuer": "http://localhost:" + freePort(t)},
	}
	if special != nil {
		special(t, c, s)
	}
	v := newServer(t, s)
	if s["tls"] != nil {
		v.issuer = "https" + strings.TrimPrefix(v.issuer, "http")
		s["issuer"] = v.issuer
		s.write(t, v.file)
	}
	c.issuer = v.issuer
	c.Inside = doorward.OpenInside(t, v.file)
	if c.nobody {
		return c
	}
	c.Lives(anna, "Anna Berg", annaPassword)
	c.Lives(ben, "Ben Kaya", annaPassword)
	if s["mail"] != nil {
		c.Invited(carla, "Carla Lund")
	}
	if c.google != nil {
		c.google.house = c.issuer
		c.google.opens(accounts)
		for _, email := range []string{gina, gesa} {
			c.Invited(email, "Gina Lane")
		}
	}
	return c
}

// until asks every few milliseconds, for twenty seconds.
func (c *company) until(what string, f func() bool) {
	c.t.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			c.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func withoutMail(_ *testing.T, _ *company, s settings) { delete(s, "mail") }

// withTLS is a house as it stands on the internet: whoever sees an error there may be anybody.
func withTLS(t *testing.T, _ *company, s settings) {
	cert, key := filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	certText, keyText := doorward.SelfSigned(t)
	for file, text := range map[string]string{cert: certText, key: keyText} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s["tls"] = settings{"cert_file": cert, "key_file": key}
}

// withSlowHashes lets people queue.
func withSlowHashes(_ *testing.T, _ *company, s settings) {
	s["login"] = settings{"argon2": settings{"memory_kib": 32768, "time": 8, "threads": 1}}
}

// Accounts at a provider that answers in the place of Google.
const (
	gina = "gina@gmail.com" // 1001, invited
	gesa = "gesa@gmail.com" // 1002, invited
)

var accounts = map[string]string{"1001": gina, "1002": gesa, "2002": "nobody@gmail.com", "3003": "carl@corp.test"}

// withProvider has a Google that answers.
func withProvider(t *testing.T, c *company, s settings) {
	needsNode(t, filepath.Join("testdata", "google"), "oidc-provider")
	c.google = &upstream{t: t, origin: "http://127.0.0.1:" + freePort(t)}
	secret := filepath.Join(t.TempDir(), "google.secret")
	if err := os.WriteFile(secret, []byte(strings.ReplaceAll(upstreamSecret, " ", "-")), 0o600); err != nil {
		t.Fatal(err)
	}
	s["google"] = settings{"client_id": upstreamClient, "client_secret_file": secret, "issuer": c.google.origin}
}

// withDomain takes only accounts of one organisation.
func withDomain(t *testing.T, c *company, s settings) {
	withProvider(t, c, s)
	s["google"].(settings)["hosted_domain"] = "acme.example"
}

// withBrand wears the colours of a company. The logo is the one other thing that a page may fetch.
func withBrand(t *testing.T, _ *company, s settings) {
	drawing := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 220 44"><style>.t{font:700 30px sans-serif;fill:#1b2a41}</style>` +
		`<path d="M4 40 22 4l18 36z" fill="#0b7a75"/><text class="t" x="52" y="33">Nordwind</text></svg>`
	logo := filepath.Join(t.TempDir(), "logo.svg")
	if err := os.WriteFile(logo, []byte(drawing), 0o600); err != nil {
		t.Fatal(err)
	}
	s["company"], s["contact"] = "Nordwind", "help@nordwind.example"
	s["brand"] = settings{"logo_file": logo, "accent": "#0b7a75", "links": []settings{
		{"name": "Imprint", "url": "https://www.nordwind.example/imprint"}, {"name": "Privacy", "url": "https://www.nordwind.example/privacy"},
	}}
}
