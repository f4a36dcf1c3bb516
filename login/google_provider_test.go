package login_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
)

func TestABadDocumentNeverTakesThePlaceOfAGoodOne(t *testing.T) { // MX-12
	t.Parallel()
	h, g, _ := ginas(t)
	elsewhere := newGoogle(t)
	bad := map[string]func(claims){
		"another issuer":         func(d claims) { d["issuer"] = "https://evil.test" },
		"no issuer":              func(d claims) { delete(d, "issuer") },
		"token on another host":  func(d claims) { d["token_endpoint"] = elsewhere.server.URL + "/token" },
		"keys on another host":   func(d claims) { d["jwks_uri"] = elsewhere.server.URL + "/jwks" },
		"people to another host": func(d claims) { d["authorization_endpoint"] = "http://evil.test/authorize" },
		"another scheme":         func(d claims) { d["token_endpoint"] = strings.Replace(g.server.URL, "http:", "ftp:", 1) + "/token" },
		"a user in the address": func(d claims) {
			d["token_endpoint"] = strings.Replace(g.server.URL, "http://", "http://u:p@", 1) + "/token"
		},
		"a relative address":       func(d claims) { d["token_endpoint"] = "/token" },
		"no token endpoint":        func(d claims) { delete(d, "token_endpoint") },
		"an endpoint that is none": func(d claims) { d["jwks_uri"] = 7 },
	}
	for what, doc := range bad {
		g.doc = doc
		byGoogle(h.browser()).Status(http.StatusServiceUnavailable).Sees("Google does not answer")
		h.later(11 * time.Second)
		t.Log(what)
	}
	g.doc = nil
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	for what, doc := range bad {
		g.doc = doc
		h.later(time.Hour)
		asked := g.count("/.well-known/openid-configuration")
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
		eventually(t, what, func() bool { return g.count("/.well-known/openid-configuration") > asked })
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
	}
	if elsewhere.count("/token")+elsewhere.count("/jwks") != 0 {
		t.Error("something was asked elsewhere")
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 500 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(what + ": it never came")
}

func TestWhatTheProviderAnswersIsBoundedAndFollowedNowhere(t *testing.T) { // SR-06
	t.Parallel()
	h, g, gina := ginas(t)
	elsewhere := newGoogle(t)
	byGoogle(h.browser().StayOn(issuer)) // the document is known now
	for what, broken := range map[string]func(w http.ResponseWriter, path string) bool{
		"a redirect": func(w http.ResponseWriter, path string) bool {
			w.Header().Set("Location", elsewhere.server.URL+path)
			w.WriteHeader(307)
			return true
		},
		"an endless body": func(w http.ResponseWriter, path string) bool {
			_, _ = w.Write([]byte(`{"id_token":"` + strings.Repeat("x", 2<<20)))
			return true
		},
		"a page": func(w http.ResponseWriter, path string) bool { _, _ = w.Write([]byte("<html>")); return true },
	} {
		g.broken = func(w http.ResponseWriter, path string) bool { return path == "/token" && broken(w, path) }
		b := h.browser()
		b.Go(h.returning(g, b)).SeesNot("app got").Sees("Google")
		if h.linked(gina) != 0 {
			t.Errorf("%s: the account is linked", what)
		}
	}
	if elsewhere.count("/token") != 0 {
		t.Error("the code was sent on")
	}
}

func TestNoSecretOfTheErrandStandsInTheLog(t *testing.T) { // LG-01
	t.Parallel()
	h, g, _ := ginas(t)
	byGoogle(h.browser()).Sees("app got")
	good := g.minted
	g.lie = func(c claims) { c["aud"] = "other" }
	b := h.browser()
	back := h.returning(g, b)
	b.Go(back)
	g.broken = func(w http.ResponseWriter, path string) bool {
		if path == "/token" {
			writeJSON(w, 400, claims{"error": "invalid_grant", "error_description": good})
		}
		return path == "/token"
	}
	byGoogle(h.browser())
	u, err := url.Parse(back)
	h.must(err)
	for _, secret := range []string{googleSecret, good, g.minted, u.Query().Get("code"), u.Query().Get("state"), g.last.Get("nonce"), g.last.Get("code_challenge"), "ya29.opaque", "gina@gmail.com"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, word := range []string{`"google":"aud"`, `"google":"invalid_grant"`} {
		if !strings.Contains(h.log.String(), word) {
			t.Errorf("the log does not say %s", word)
		}
	}
	if text := fmt.Sprintf("%v %+v %s", login.ClientSecret("x-y-z"), login.Google{ClientSecret: "x-y-z"}, login.ClientSecret("x-y-z")); strings.Contains(text, "x-y-z") {
		t.Error("the secret can be printed")
	}
}
