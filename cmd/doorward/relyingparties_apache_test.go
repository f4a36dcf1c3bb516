package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

// TestModAuthOpenIDCSignsPeopleOn runs Apache with the settings of docs/relying-parties.md before an application that knows
// nothing of OpenID Connect.
func TestModAuthOpenIDCSignsPeopleOn(t *testing.T) {
	t.Parallel()
	_, module := os.Stat(filepath.Join(apacheModules, "mod_auth_openidc.so"))
	needs(t, module != nil, "mod_auth_openidc: install apache2 and libapache2-mod-auth-openidc")
	c := devFor(t, "--redirect-uri", "ORIGIN/oidc/callback", "--post-logout-redirect-uri", "ORIGIN/signed-out", "--refresh", "session",
		"--backchannel-logout-uri", "ORIGIN/oidc/callback?logout=backchannel")
	app := httptest.NewServer(http.HandlerFunc(showHeaders))
	t.Cleanup(app.Close)
	bye := filepath.Join(readable(t), "signed-out.html")
	if err := os.WriteFile(bye, []byte("<!doctype html><title>Bye</title>You are signed out."), 0o644); err != nil { //nolint:gosec // Apache reads it
		t.Fatal(err)
	}
	startApache(t, c.origin, "alias authz_user authn_core auth_openidc proxy proxy_http", example(t, "testdata/relying/mod_auth_openidc/app.conf", map[string]string{
		"https://login.example.com": c.Issuer, "https://app.example.com": c.origin, "http://127.0.0.1:3000": app.URL,
		"the secret that client add printed": c.secret, "/var/www/html/signed-out.html": bye,
	}))

	person := c.People[0]
	b := webtest.New(t, nil)
	b.Set("OIDC_CLAIM_email", "mallory@example.com") // must not reach the application
	b.Go(c.origin + "/some/page?of=it")
	c.signIn(b, person.Email, person.Password)
	if b.URL() != c.origin+"/some/page?of=it" {
		t.Errorf("the browser came back to %s", b.URL())
	}
	b.Sees(`email ["` + person.Email + `"]`).Sees(`name ["Anna Berg"]`).Sees(`acr ["urn:doorward:2fa"]`)
	first := shownToken(t, b)

	// The module's own page for applications that want a fresh access token now.
	b.Go(c.origin + "/oidc/callback?refresh=" + url.QueryEscape(c.origin+"/") + "&access_token=" + url.QueryEscape(first))
	b.Sees(`email ["` + person.Email + `"]`).SeesNot("error_code")
	if shownToken(t, b) == first {
		t.Error("the refresh brought no new access token")
	}

	b.Go(c.origin + "/oidc/callback?logout=" + url.QueryEscape(c.origin+"/signed-out"))
	if b.Sees("You are signed out"); b.URL() != c.origin+"/signed-out" {
		t.Errorf("signing out led to %s", b.URL())
	}
	b.Go(c.origin + "/")
	if !strings.HasPrefix(b.URL(), c.Issuer+"/login") {
		t.Errorf("after signing out the browser is at %s without a question", b.URL())
	}

	// Whoever signs out elsewhere is signed out here too (OIDC Back-Channel Logout §2.8).
	c.signIn(b, person.Email, person.Password)
	b.Sees(`email ["` + person.Email + `"]`)
	b.Tab().Go(c.Issuer + "/account").Press("Sign out")
	c.until("Apache to hear of the sign-out", func() bool { return strings.HasPrefix(b.Go(c.origin+"/").URL(), c.Issuer) })
}

// showHeaders is the application: it shows what Apache says of the visitor.
func showHeaders(w http.ResponseWriter, r *http.Request) {
	for _, claim := range []string{"email", "name", "acr"} {
		fmt.Fprintf(w, "%s %q\n", claim, r.Header.Values("OIDC_CLAIM_"+claim))
	}
	fmt.Fprintf(w, "token %q\n", r.Header.Values("OIDC_access_token"))
}

func shownToken(t *testing.T, b *webtest.Browser) string {
	t.Helper()
	_, after, _ := strings.Cut(b.Body(), `token ["`)
	token, _, ok := strings.Cut(after, `"]`)
	if !ok || token == "" {
		t.Fatalf("the application got no access token: %s", b.Body())
	}
	return token
}

const apacheModules = "/usr/lib/apache2/modules"

// startApache runs one Apache process at an origin of 127.0.0.1, with the modules that are named and this configuration.
func startApache(t testing.TB, origin, modules, configuration string) *process {
	t.Helper()
	dir := readable(t)
	address, err := url.Parse(origin)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	fmt.Fprintf(&text, "ServerRoot %q\nDefaultRuntimeDir %q\nPidFile httpd.pid\nServerName 127.0.0.1\nListen 127.0.0.1:%s\n", dir, dir, address.Port())
	text.WriteString("ErrorLog /dev/stderr\nUser www-data\nGroup www-data\n") // it does not serve as root
	for _, name := range strings.Fields("mpm_event authz_core " + modules) {
		fmt.Fprintf(&text, "LoadModule %s_module %s/mod_%s.so\n", name, apacheModules, name)
	}
	text.WriteString(configuration)
	file := filepath.Join(dir, "httpd.conf")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	p := launch(t, exec.Command("/usr/sbin/apache2", "-X", "-f", file)) // -X: one process, in the foreground
	p.until("Apache to listen", func() bool { return listens("http://127.0.0.1:" + address.Port()) })
	return p
}

// readable is a temporary folder that other users may enter, as its parent.
func readable(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(folder, 0o755); err != nil { //nolint:gosec // files in it have modes of their own
			t.Fatal(err)
		}
	}
	return dir
}

// example is a file as it is published, with the names of the example replaced. Each must stand in it.
func example(t testing.TB, file string, replace map[string]string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	for published, here := range replace {
		if !strings.Contains(text, published) {
			t.Fatalf("%s has no %q", file, published)
		}
		text = strings.ReplaceAll(text, published, here)
	}
	return text
}
