package main_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web/webtest"
	"golang.org/x/oauth2"
)

// effective is the time by which every node knows that something has ended.
const effective = time.Second

// TestEachStepOfASignOnMayMeetAnotherNode walks the whole life of a session, each request at the other node than the one before, and then
// once more with the nodes changed over, so that each step has been taken by each of them.
func TestEachStepOfASignOnMayMeetAnotherNode(t *testing.T) {
	t.Parallel()
	post := mailtest.New(t, mailtest.Options{TLS: "none"})
	n := newNodes(t, storagetest.PostgresURL(t), settings{
		"login":   settings{"email_code": "untrusted"},
		"mail":    settings{"from": "login@example.com", "smtp": settings{"host": post.Host, "port": post.Port, "tls": "none"}},
		"clients": appsThatSignOut(t),
	})
	n.start()
	for first, email := range []string{annaEmail, "ben@example.com"} { // two, since nobody gets many letters
		n.each[first].addUser(email, annaPassword)
		s := &splitSignOn{nodes: n, t: t, post: post, browser: webtest.New(t, nil).StayOn(n.issuer), app: newClient(n.issuer, email)}
		s.live(first)
	}
	for _, step := range []string{
		"GET /authorize", "GET /login/username", "POST /login/username", "GET /login/password", "POST /login/password",
		"GET /login/email_code", "POST /login/email_code", "GET /login/trust", "POST /login/trust", "POST /token", "GET /userinfo", "POST /revoke",
		"POST /account/sign-out", "GET /end_session",
	} {
		if took := n.answered[step]; took[0] == 0 || took[1] == 0 {
			t.Errorf("%s was taken %d and %d times by the nodes", step, took[0], took[1])
		}
	}
}

// appsThatSignOut are an application with offline access and one whose access ends with the session.
func appsThatSignOut(t *testing.T) []settings {
	t.Helper()
	apps := twoApps(t)
	for _, app := range apps {
		app["post_logout_redirect_uris"] = []string{signedOut}
	}
	apps[1]["refresh"] = "session"
	return apps
}

const signedOut = "http://127.0.0.1:9/signed-out"

// splitSignOn is a person and an application whose requests alternate between the nodes.
type splitSignOn struct {
	*nodes
	t       *testing.T
	post    *mailtest.Server
	browser *webtest.Browser
	app     *client
}

// live signs on, refreshes and revokes, signs on at a second application without being asked, and signs out, by either way.
func (s *splitSignOn) live(first int) {
	s.begin(first)
	verifier := oauth2.GenerateVerifier()
	s.browser.Go(s.signOn("app", verifier))
	s.signIn()

	s.begin(first)
	tokens := s.redeem("app", verifier)
	if status := s.app.userinfo(s.t, tokens.Access); status != http.StatusOK {
		s.t.Errorf("userinfo at the other node answers %d", status)
	}
	tokens = s.form("app", "/token", refreshForm(tokens.Refresh))
	s.form("app", "/revoke", url.Values{"token": {tokens.Refresh}})
	s.ended(tokens, "app")

	for _, signOut := range []func(idToken string){s.byAccountPage, s.byApplication} {
		s.begin(1 - first) // the browser's first page again
		s.browser.Go(s.signOn("other", verifier))
		if s.browser.Location() == "" { // asked, since the session has ended
			s.signIn()
		}
		tokens, session := s.redeem("other", verifier), s.session()
		s.begin(first)
		signOut(tokens.ID)
		s.ended(tokens, "other")
		s.within(s.t, effective, "the session has ended", func(c *client) bool {
			c.session = session
			to, err := c.authorize("none", oauth2.GenerateVerifier())
			return err == nil && to.Query().Get("error") == "login_required"
		})
	}
}

func (s *splitSignOn) byAccountPage(string) { s.browser.Go(s.issuer + "/account").Press("confirm") }

func (s *splitSignOn) byApplication(idToken string) {
	s.browser.Go(s.issuer + "/end_session?" + url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {signedOut}}.Encode())
	if s.browser.Location() != signedOut {
		s.t.Errorf("signing out leads to %q", s.browser.Location())
	}
}

func (s *splitSignOn) signOn(app, verifier string) string {
	scope := "openid email offline_access"
	if app == "other" {
		scope = "openid email"
	}
	return s.issuer + "/authorize?" + url.Values{
		"client_id": {app}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {scope},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode()
}

func (s *splitSignOn) signIn() {
	s.t.Helper()
	letters := len(s.post.Received())
	s.browser.Fill("username", s.app.email).Press("submit").Fill("password", annaPassword).Press("submit")
	s.browser.Sees("Check your email").Fill("code", s.code(letters)).Press("submit").Press("trust-no")
}

// code waits for the letter after the first ones, whichever node sends it.
func (s *splitSignOn) code(after int) string {
	s.t.Helper()
	var code string
	s.each[0].until("the letter", func() bool {
		for _, letter := range s.post.Received()[after:] {
			if found := sixDigits.FindStringSubmatch(letter.Parse(s.t).Header.Get("Subject")); found != nil {
				code = found[1] + found[2]
			}
		}
		return code != ""
	})
	return code
}

func (s *splitSignOn) redeem(app, verifier string) tokenAnswer {
	s.t.Helper()
	code := location(s.t, s.browser).Get("code")
	tokens := s.form(app, "/token", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}})
	if tokens.Access == "" || tokens.Refresh == "" || tokens.ID == "" {
		s.t.Fatalf("the code of %s brought not all tokens", app)
	}
	return tokens
}

// form is a request of an application, which wants 200.
func (s *splitSignOn) form(app, path string, form url.Values) tokenAnswer {
	s.t.Helper()
	r, _ := http.NewRequest(http.MethodPost, s.issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(app, appSecret)
	response, body, err := s.app.do(r)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %v, %s", path, err, body)
	}
	var tokens tokenAnswer
	if len(body) > 0 {
		if err := json.Unmarshal(body, &tokens); err != nil {
			s.t.Fatalf("%s: %v", path, err)
		}
	}
	return tokens
}

// ended wants tokens dead on both nodes.
func (s *splitSignOn) ended(tokens tokenAnswer, app string) {
	s.t.Helper()
	s.within(s.t, effective, "the access token has ended", func(c *client) bool { return c.userinfo(s.t, tokens.Access) == http.StatusUnauthorized })
	s.within(s.t, effective, "the refresh token has ended", func(c *client) bool {
		_, err := c.tokenFor(app, refreshForm(tokens.Refresh))
		return err == errRefused
	})
}

// session is the value of the browser's cookie.
func (s *splitSignOn) session() string {
	s.t.Helper()
	for _, cookie := range s.browser.Cookies(s.issuer) {
		if cookie.Name == "session" {
			return cookie.Value
		}
	}
	s.t.Fatal("the browser has no session")
	return ""
}
