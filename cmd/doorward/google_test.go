package main_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/doorward/doorward/web/webtest"
)

const (
	upstreamClient = "123-abc.apps.example"
	upstreamSecret = "GOCSPX-between the two of us, and long enough to sign"
)

// upstream is an OpenID Provider that nobody here wrote (npm oidc-provider), where people sign in to the built program as they
// would at Google.
type upstream struct {
	t      *testing.T
	origin string
	house  string // the issuer of the program
	file   string // its configuration
}

// withUpstream starts both, with a person for each address.
func withUpstream(t *testing.T, people ...string) *upstream {
	t.Helper()
	folder := filepath.Join("testdata", "google")
	needsNode(t, folder, "oidc-provider")
	u := &upstream{t: t, origin: "http://127.0.0.1:" + freePort(t), house: "http://localhost:" + freePort(t), file: filepath.Join(t.TempDir(), "doorward.yaml")}
	secret := filepath.Join(filepath.Dir(u.file), "google.secret")
	for name, text := range map[string]string{
		secret: strings.ReplaceAll(upstreamSecret, " ", "-") + "\n",
		u.file: "issuer: " + u.house + "\nlisten: 127.0.0.1" + u.house[strings.LastIndexByte(u.house, ':'):] + "\nlogin: {email_code: never}\n" +
			"google: {client_id: " + upstreamClient + ", client_secret_file: google.secret, issuer: \"" + u.origin + "\"}\n",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, email := range people {
		add := command(t, "user", "add", "--config", u.file, "--email", email, "--name", "Gina Lane", "--password-file", "-")
		add.Stdin = strings.NewReader("a long sentence is fine")
		if out, err := add.CombinedOutput(); err != nil {
			t.Fatalf("user add: %v\n%s", err, out)
		}
	}
	p := start(t, "serve", "--config", u.file)
	p.until("the house to listen", func() bool { return listens("http://127.0.0.1" + u.house[strings.LastIndexByte(u.house, ':'):]) })
	return u
}

// opens starts the provider, which knows these accounts by sub.
func (u *upstream) opens(accounts map[string]string) {
	u.t.Helper()
	known, err := json.Marshal(accounts)
	if err != nil {
		u.t.Fatal(err)
	}
	cmd := exec.Command("node", filepath.Join("testdata", "google", "provider.mjs"))
	cmd.Env = append(os.Environ(), "ORIGIN="+u.origin, "CLIENT_ID="+upstreamClient, "CLIENT_SECRET="+strings.ReplaceAll(upstreamSecret, " ", "-"),
		"REDIRECT_URI="+u.house+"/login/google/callback", "ACCOUNTS="+string(known), "NODE_ENV=production")
	launch(u.t, cmd).until("the provider to listen", func() bool { return listens(u.origin) })
}

func (u *upstream) set(path string) {
	u.t.Helper()
	answer, err := http.Post(u.origin+path, "text/plain", nil) //nolint:gosec // of this machine
	if err != nil {
		u.t.Fatal(err)
	}
	_ = answer.Body.Close()
}

// as goes to the account, by Google.
func (u *upstream) as(b *webtest.Browser, sub string) *webtest.Browser {
	u.t.Helper()
	return b.Go(u.house + "/account").Press("google").Press("a" + sub)
}

func TestPeopleSignInByAProviderThatNobodyHereWrote(t *testing.T) { // S-21, S-24, MX
	t.Parallel()
	u := withUpstream(t, "gina@gmail.com", "carl@corp.test")
	b := webtest.New(t, nil)
	b.Go(u.house + "/account").Press("google").Status(http.StatusServiceUnavailable).Sees("Google does not answer") // it is not there yet
	b.Follow("email").Fill("username", "gina@gmail.com").Press("submit").Fill("password", "a long sentence is fine").Press("submit").Sees("Gina Lane")

	u.opens(map[string]string{"1001": "gina@gmail.com", "2002": "nobody@gmail.com", "3003": "carl@corp.test"})
	u.doctorSays(u.origin + " answers; the redirect URI to enter there is " + u.house + "/login/google/callback")

	for _, fault := range []string{"nonce", "no_nonce", "aud", "iss", "expired", "signature", "swapped_key", "unknown_kid", "none", "hs256"} {
		u.set("/fault?name=" + fault)
		b := webtest.New(t, nil)
		u.awake(b)
		t.Log(fault)
		b.Press("a1001").Status(http.StatusBadRequest).Sees("Signing in with Google did not work").SeesNot("Gina Lane")
	}
	u.set("/fault?name=unverified")
	u.as(webtest.New(t, nil), "1001").Status(http.StatusForbidden).Sees("Google has not verified this address yet")
	u.set("/fault?name=")

	gina := u.as(webtest.New(t, nil), "1001").Status(http.StatusOK).Sees("Gina Lane").Sees("gina@gmail.com")
	if gina.URL() != u.house+"/account" {
		t.Errorf("a sign-in lands on %s", gina.URL())
	}
	u.as(webtest.New(t, nil), "3003").Status(http.StatusForbidden).Sees("Google cannot vouch for carl@corp.test")
	u.set("/hd?domain=corp.test")
	u.as(webtest.New(t, nil), "3003").Status(http.StatusOK).Sees("carl@corp.test")

	other := u.as(webtest.New(t, nil), "2002").Status(http.StatusForbidden).Sees("There is no account for nobody@gmail.com")
	other.Press("another").Press("cancel").Status(http.StatusOK).Sees("You cancelled at Google.")
	other.Press("google").Sees("There is no account for nobody@gmail.com") // it has a session there
	other.Press("another").Status(http.StatusOK).Sees("carl@corp.test")    // there, to choose
}

// awake presses the button until the house has seen that the provider is there, which takes it some seconds after it was not.
func (u *upstream) awake(b *webtest.Browser) {
	u.t.Helper()
	for range 100 {
		b.Go(u.house + "/account").Press("google")
		if !strings.Contains(b.Body(), "Google does not answer") {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}

func (u *upstream) doctorSays(want string) {
	u.t.Helper()
	out, _ := command(u.t, "doctor", "--config", u.file).CombinedOutput() // other findings may be wrong
	if !strings.Contains(string(out), want) {
		u.t.Errorf("the doctor does not say %q:\n%s", want, out)
	}
}

func TestInChromiumGoogleIsLeftForAndComesBack(t *testing.T) { // HD-08
	t.Parallel()
	browser := startChromium(t)
	u := withUpstream(t, "gina@gmail.com")
	u.opens(map[string]string{"1001": "gina@gmail.com"})
	v := visit(t, browser)
	v.do(chromedp.Navigate(u.house + "/account"))
	v.page("google", "#google")
	v.do(chromedp.Click(chromedp.CSS("#google")))
	v.page("", "#cancel")
	v.do(chromedp.Click(chromedp.CSS("#cancel")))
	v.page("google-cancelled", ".notice")
	v.do(chromedp.Click(chromedp.CSS("#google")))
	v.page("", "#a1001")
	v.do(chromedp.Click(chromedp.CSS("#a1001")))
	v.page("", "section")
	at, err := url.Parse(v.address())
	v.wants("the account", err == nil && at.Path == "/account" && at.RawQuery == "")
	for _, line := range v.console() {
		v.wants("nobody to complain", strings.HasPrefix(line, "info:"))
	}
}
