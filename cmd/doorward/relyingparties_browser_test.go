package main_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// TestOIDCClientTSSignsPeopleOnInChromium: a page without a server behind it, at 127.0.0.1, signs people in at localhost: by
// redirect, by refresh token, and in a window of its own. Chromium holds our answers against CORS, CSP and COOP.
func TestOIDCClientTSSignsPeopleOnInChromium(t *testing.T) {
	t.Parallel()
	folder := filepath.Join("testdata", "relying", "oidc-client-ts")
	needsNode(t, folder, "oidc-client-ts")
	browser := startChromium(t)
	c := devFor(t, "--type", "browser", "--redirect-uri", "ORIGIN/callback", "--redirect-uri", "ORIGIN/popup",
		"--post-logout-redirect-uri", "ORIGIN/signed-out", "--refresh", "session")
	c.servePage(t, folder)
	person := c.People[0]
	v := visit(t, browser)

	v.do(chromedp.Navigate(c.origin + "/"))
	v.step("ready")
	v.do(chromedp.Click(chromedp.CSS("#sign-in")))
	v.signIn(c, person.Email, person.Password)
	first := v.step("signed-in")
	profile, _ := first["profile"].(map[string]any)
	state, _ := first["state"].(map[string]any)
	v.wants("who signed in, as userinfo tells", profile["email"] == person.Email && profile["sub"] != "" && profile["name"] == "Anna Berg")
	v.wants("the page's own state", state["from"] == "here")

	v.do(chromedp.Click(chromedp.CSS("#refresh")))
	second := v.step("refreshed")
	v.wants("new tokens", second["access_token"] != first["access_token"] && second["refresh_token"] != first["refresh_token"] && second["refresh_token"] != "")

	v.do(chromedp.Click(chromedp.CSS("#sign-out")))
	v.wants("nobody to be signed in", v.step("signed-out")["user"] == nil)
	wantRevoked(t, c, second)

	v.do(chromedp.Click(chromedp.CSS("#popup")))
	v.window(c).signIn(c, person.Email, person.Password)
	third, _ := v.step("popup")["profile"].(map[string]any)
	v.wants("the same person, signed in through the window", third["sub"] == profile["sub"])
	v.wants("nobody to complain", len(v.console()) == 0)
}

// servePage serves the page, with the provider's address in it, at the application's origin.
func (c *customer) servePage(t *testing.T, folder string) {
	t.Helper()
	listener, err := net.Listen("tcp", strings.TrimPrefix(c.origin, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	script := example(t, filepath.Join(folder, "app.js"), map[string]string{"https://login.example.com": c.Issuer})
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(folder, "index.html"))
	})
	mux.HandleFunc("/oidc-client-ts.min.js", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFile(w, r, filepath.Join(folder, "node_modules", "oidc-client-ts", "dist", "browser", "oidc-client-ts.min.js"))
	})
	mux.HandleFunc("/app.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = io.WriteString(w, script)
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(listener) }() // until Close
	t.Cleanup(func() { _ = server.Close() })
}

// step waits for what the page shows after a step, and fails with what it shows instead.
func (v *visitor) step(name string) map[string]any {
	v.t.Helper()
	v.page("", "#state[data-step='"+name+"'], #state[data-step=failed]")
	shows := v.json("#state")
	if shows["error"] != nil {
		v.t.Fatalf("waiting for %q: the page says %v", name, shows["error"])
	}
	return shows
}

// signIn fills in the provider's forms.
func (v *visitor) signIn(c *customer, email, password string) {
	v.t.Helper()
	v.page("", "#username")
	v.do(chromedp.SendKeys(chromedp.CSS("#username"), email), chromedp.Click(chromedp.CSS("#submit")))
	v.page("", "#password[autofocus], #password:not([tabindex])")
	v.do(chromedp.SendKeys(chromedp.CSS("#password"), password), chromedp.Click(chromedp.CSS("#submit")))
	v.page("", "#code")
	v.enters(mailedCode(v.t, c.demo, email))
	v.page("", "#trust-yes")
	v.do(chromedp.Click(chromedp.CSS("#trust-no")))
}

// window is the window that the page has opened for the provider.
func (v *visitor) window(c *customer) *visitor {
	v.t.Helper()
	for range 200 {
		list, err := chromedp.Targets(v.ctx)
		if err != nil {
			v.t.Fatal(err)
		}
		for _, info := range list {
			if info.Type == "page" && strings.HasPrefix(info.URL, c.Issuer) {
				return v.attach(info.TargetID)
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	v.t.Fatal("no window has opened")
	return nil
}

func (v *visitor) attach(id target.ID) *visitor {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, time.Minute)
	v.t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithTargetID(id))
	v.t.Cleanup(cancel)
	// A page behind another one is not drawn, and takes no keys.
	if _, err := chromedp.Call(ctx, page.BringToFront, cdp.Empty{}); err != nil {
		v.t.Fatal(err)
	}
	return &visitor{t: v.t, ctx: ctx}
}

// wantRevoked wants the refresh token that the page held, and its access token, to be dead.
func wantRevoked(t *testing.T, c *customer, held map[string]any) {
	t.Helper()
	refresh, _ := held["refresh_token"].(string)
	access, _ := held["access_token"].(string)
	response, err := http.PostForm(c.Issuer+"/token", url.Values{"grant_type": {"refresh_token"}, "client_id": {"app"}, "refresh_token": {refresh}})
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("after signing out the refresh token is answered %s", response.Status)
	}
	r, err := http.NewRequest(http.MethodGet, c.Issuer+"/userinfo", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header = bearer(access)
	if response, err = http.DefaultClient.Do(r); err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusUnauthorized {
		t.Errorf("after signing out the access token is answered %s", response.Status)
	}
}
