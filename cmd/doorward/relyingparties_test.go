package main_test

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/web/webtest"
)

// What nobody here wrote signs people in at the built program: openid-client, Authlib (here), Apache's mod_auth_openidc
// (relyingparties_apache_test.go), oidc-client-ts in Chromium (relyingparties_browser_test.go). Their settings, tested so, stand in
// docs/relying-parties.md.

// customer is `doorward dev` with one more application, which was added as an operator adds it.
type customer struct {
	*demo
	origin     string // of the application, on 127.0.0.1
	id, secret string // the secret is "" where it is public
	posted     bool   // answers come by form_post: where no script runs, a person sends the form
}

// devFor declares an application of this origin, by flags of `doorward client add` in which ORIGIN stands for it, and starts the demo.
func devFor(t testing.TB, flags ...string) *customer {
	t.Helper()
	c := &customer{origin: "http://127.0.0.1:" + freePort(t)}
	data := t.TempDir()
	file := filepath.Join(data, "doorward.yaml")
	if err := os.WriteFile(file, []byte("issuer: http://localhost\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append([]string{"client", "add", "--config", file, "--id", "app", "--name", "The application"}, flags...)
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "ORIGIN", c.origin)
	}
	out, err := command(t, args...).Output()
	if err != nil {
		t.Fatalf("client add: %v\n%s", err, out)
	}
	for line := range strings.Lines(string(out)) {
		switch name, value, _ := strings.Cut(line, ":"); name {
		case "client_id":
			c.id = strings.TrimSpace(value)
		case "client_secret":
			c.secret = strings.TrimSpace(value)
		}
	}
	c.demo = startDevOn(t, data)
	return c
}

// program starts an application that finds all that it needs in its environment, and waits until it listens.
func (c *customer) program(name string, args ...string) {
	c.t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "ISSUER="+c.Issuer, "CLIENT_ID="+c.id, "CLIENT_SECRET="+c.secret, "ORIGIN="+c.origin)
	p := launch(c.t, cmd)
	p.until(name+" to listen", func() bool { return listens(c.origin) })
}

func listens(origin string) bool {
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(origin, "http://"), time.Second)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}

// needs skips at home where a program or file of others is missing, and fails where CI is set.
func needs(t testing.TB, missing bool, what string) {
	t.Helper()
	switch {
	case missing && os.Getenv("CI") != "":
		t.Fatal("CI without " + what)
	case missing:
		t.Skip("there is no " + what)
	}
}

// needsNode wants Node and what npm ci brings into a folder of testdata.
func needsNode(t testing.TB, folder, module string) {
	t.Helper()
	_, node := exec.LookPath("node")
	_, installed := os.Stat(filepath.Join(folder, "node_modules", module))
	needs(t, node != nil || installed != nil, "Node with "+module+": run npm ci in cmd/doorward/"+folder)
}

func TestOpenIDClientSignsPeopleOn(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("testdata", "relying", "openid-client")
	needsNode(t, folder, "openid-client")
	c := devFor(t, webApplication...)
	c.program("node", filepath.Join(folder, "app.mjs"))
	first := c.wholeVisit(t)
	if first["foreign_issuer"] != "OAUTH_INVALID_RESPONSE" {
		t.Errorf("an answer that names a foreign issuer (RFC 9207): %v", first["foreign_issuer"])
	}
}

func TestAuthlibSignsPeopleOn(t *testing.T) {
	t.Parallel()
	const python = "/usr/bin/python3" // Debian's, which alone knows Debian's modules
	needs(t, exec.Command(python, "-c", "import authlib, requests").Run() != nil, "Authlib: install python3-authlib and python3-requests")
	c := devFor(t, webApplication...)
	c.program(python, filepath.Join("testdata", "relying", "authlib", "app.py"))
	c.wholeVisit(t)
}

// webApplication declares what app.mjs and app.py expect.
var webApplication = []string{
	"--redirect-uri", "ORIGIN/callback", "--post-logout-redirect-uri", "ORIGIN/signed-out",
	"--refresh", "session", "--id-token-on-refresh", "--introspect",
}

// wholeVisit is what an application does with a person, from the first sign-on to signing out: app.mjs and app.py have the
// same addresses. It returns what the application knew after the sign-on.
func (c *customer) wholeVisit(t *testing.T) map[string]any {
	t.Helper()
	person := c.People[0]
	b := webtest.New(t, nil)
	b.Go(c.origin + "/sign-in")
	c.signIn(b, person.Email, person.Password)
	first := c.says(t, b, "/callback")
	wantAbout(t, first, c.Issuer, person.Email)

	second := c.says(t, b.Go(c.origin+"/refresh"), "/refresh")
	wantAbout(t, second, c.Issuer, person.Email)
	if second["rotated"] != true {
		t.Error("the refresh brought no new tokens")
	}
	if state := c.says(t, b.Go(c.origin+"/introspect"), "/introspect"); state["active"] != true || state["username"] != person.Email {
		t.Errorf("introspection says %v", state)
	}

	out := c.says(t, b.Go(c.origin+"/sign-out"), "/signed-out")
	if out["state"] != `kept & "whole"` {
		t.Errorf("signing out returned the state %q", out["state"])
	}
	c.refuses(t, b, "what hung on the session ends with it")

	b.Go(c.origin + "/sign-in")
	c.signIn(b, person.Email, person.Password) // asked again: the session has ended
	c.says(t, b, "/callback")
	c.says(t, b.Go(c.origin+"/revoke"), "/revoke")
	c.refuses(t, b, "revoked")
	return first
}

// signIn fills in the provider's forms, the code from the mailbox included.
func (c *customer) signIn(b *webtest.Browser, email, password string) {
	c.t.Helper()
	b.Fill("username", email).Press("submit").Fill("password", password).Press("submit")
	b.Sees("Check your email").Fill("code", mailedCode(c.t, c.demo, email)).Press("submit").Press("trust-no")
	if c.posted {
		b.Press("confirm")
	}
}

// says is what the application answers at one of its addresses.
func (c *customer) says(t *testing.T, b *webtest.Browser, path string) map[string]any {
	t.Helper()
	if !strings.HasPrefix(b.URL(), c.origin+path) {
		t.Fatalf("the browser is at %s, not at the application's %s:\n%.2000s", b.URL(), path, b.Body())
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(b.Body()), &m); err != nil {
		t.Fatalf("%s: %v in %.2000s", path, err, b.Body())
	}
	if m["error"] != nil {
		t.Fatalf("%s: the application says %v: %v", path, m["error"], m["why"])
	}
	return m
}

// refuses wants the refresh token to be dead.
func (c *customer) refuses(t *testing.T, b *webtest.Browser, why string) {
	t.Helper()
	if b.Go(c.origin + "/refresh"); !strings.Contains(b.Body(), "invalid_grant") {
		t.Errorf("a refresh (%s) is answered %.2000s", why, b.Body())
	}
}

// wantAbout wants verified tokens about a person who gave a password and a code.
func wantAbout(t *testing.T, says map[string]any, issuer, email string) {
	t.Helper()
	claims, _ := says["claims"].(map[string]any)
	info, _ := says["userinfo"].(map[string]any)
	if claims["iss"] != issuer || claims["aud"] != "app" || claims["acr"] != "urn:doorward:2fa" || claims["auth_time"] == nil {
		t.Errorf("the ID token says %v", claims)
	}
	if info["email"] != email || info["email_verified"] != true || info["sub"] != claims["sub"] {
		t.Errorf("userinfo says %v", info)
	}
}
