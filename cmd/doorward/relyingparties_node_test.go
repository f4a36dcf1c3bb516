package main_test

import (
	"encoding/json"
	"net/http"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

// TestOauth4webapiProvesItselfByAKeyAndIsAnsweredByForm: private_key_jwt with keys that are fetched, form_post, and a whole visit.
func TestOauth4webapiProvesItselfByAKeyAndIsAnsweredByForm(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("testdata", "relying", "oauth4webapi")
	needsNode(t, folder, "oauth4webapi")
	c := devFor(t, append([]string{"--auth-method", "private_key_jwt", "--jwks-uri", "ORIGIN/jwks"}, webApplication...)...)
	c.program("node", filepath.Join(folder, "app.mjs"))
	c.posted = true
	c.wholeVisit(t)
}

// TestExpressOpenIDConnectHearsOfASignOutElsewhere: form_post, and back-channel logout. The application stands behind a proxy that ends
// TLS, as its cookie for the posted answer wants https.
func TestExpressOpenIDConnectHearsOfASignOutElsewhere(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("testdata", "relying", "express-openid-connect")
	needsNode(t, folder, "express-openid-connect")
	const shown = "https://app.example"
	c := devFor(t, "--redirect-uri", shown+"/callback", "--post-logout-redirect-uri", shown,
		"--backchannel-logout-uri", "ORIGIN/backchannel-logout")
	c.posted = true
	c.program("node", filepath.Join(folder, "app.mjs"), shown)
	behind := c.origin
	c.origin = shown
	b := webtest.New(t, c.behindProxies(behind))
	b.Go(shown + "/login")
	c.signIn(b, c.People[0].Email, c.People[0].Password)
	wantAbout(t, c.says(t, b, ""), c.Issuer, c.People[0].Email)

	b.Tab().Go(c.Issuer + "/account").Press("Sign out")
	c.until("the application to hear of it", func() bool {
		var says map[string]any
		return json.Unmarshal([]byte(b.Go(shown).Body()), &says) == nil && says["signed_in"] == false
	})
}

// behindProxies is the network as a browser meets it: the application at https://app.example, the provider at its own address.
func (c *customer) behindProxies(app string) http.Handler {
	to := func(address string) *httputil.ReverseProxy {
		target, err := url.Parse(address)
		if err != nil {
			c.t.Fatal(err)
		}
		return &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.SetXForwarded()
			r.Out.Host = r.In.Host
			r.Out.Header.Set("X-Forwarded-Proto", "https")
		}}
	}
	provider, application := to(c.Issuer), to(app)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == "app.example" {
			application.ServeHTTP(w, r)
			return
		}
		provider.ServeHTTP(w, r)
	})
}

// TestPassportSignsPeopleOnWithoutPKCE is what an application that is no more than OpenID Connect Core needs.
func TestPassportSignsPeopleOnWithoutPKCE(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("testdata", "relying", "passport-openidconnect")
	needsNode(t, folder, "passport-openidconnect")
	c := devFor(t, "--redirect-uri", "ORIGIN/callback", "--auth-method", "client_secret_post", "--pkce-optional")
	c.program("node", filepath.Join(folder, "app.mjs"))
	b := webtest.New(t, nil)
	b.Go(c.origin + "/sign-in")
	c.signIn(b, c.People[0].Email, c.People[0].Password)
	says := c.says(t, b, "/")
	person, _ := says["person"].(map[string]any)
	emails, _ := person["emails"].([]any)
	if says["issuer"] != c.Issuer || person["id"] == "" || len(emails) != 1 {
		t.Errorf("Passport says %v", says)
	}
}
