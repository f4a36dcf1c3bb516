package main_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// client is a browser and an application in one, with its page of the ledger.
type client struct {
	ledger
	http    *http.Client
	issuer  string // where it sends its requests
	origin  string // of the pages
	address string // that a proxy would name; "" none does
	email   string
	session string // value of the cookie; "" when not signed in
	bind    string
	err     error

	grants  []*ledgerGrant
	signIns []*ledgerSignIn
}

// ledgerGrant is a code and what came of it.
type ledgerGrant struct {
	code, verifier string
	redeemed       bool // acknowledged
	access, id     string
	refresh        []string // every token that was acknowledged, oldest first
}

// ledgerSignIn is an attempt that was sent to its end.
type ledgerSignIn struct {
	bind         string
	form         url.Values
	path         string
	acknowledged bool
}

func newClient(issuer, email string) *client {
	return &client{issuer: issuer, origin: issuer, email: email, http: &http.Client{
		Transport:     &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       15 * time.Second,
	}}
}

// authorize gives where the browser is sent.
func (c *client) authorize(prompt, verifier string) (*url.URL, error) {
	q := url.Values{
		"client_id": {"app"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email offline_access"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	if prompt != "" {
		q.Set("prompt", prompt)
	}
	r, _ := http.NewRequest(http.MethodGet, c.issuer+"/authorize?"+q.Encode(), nil)
	response, body, err := c.do(r)
	if err != nil {
		return nil, err
	}
	to, err := response.Location()
	if err != nil {
		return nil, fmt.Errorf("/authorize answered %s without Location: %.300s", response.Status, body)
	}
	return to, nil
}

type tokenAnswer struct {
	Access  string `json:"access_token"`
	Refresh string `json:"refresh_token"`
	ID      string `json:"id_token"`
	Error   string `json:"error"`
}

// token gives the tokens, or refused when the answer is invalid_grant.
func (c *client) token(form url.Values) (tokenAnswer, error) { return c.tokenFor("app", form) }

func (c *client) tokenFor(app string, form url.Values) (tokenAnswer, error) {
	r, _ := http.NewRequest(http.MethodPost, c.issuer+"/token", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(app, appSecret)
	response, body, err := c.do(r)
	if err != nil {
		return tokenAnswer{}, err
	}
	var t tokenAnswer
	err = json.Unmarshal(body, &t)
	switch {
	case err != nil:
		return t, fmt.Errorf("/token answered %s: %w", response.Status, err)
	case t.Error == "invalid_grant":
		return t, errRefused
	case response.StatusCode != http.StatusOK || t.Access == "" || t.Refresh == "":
		return t, fmt.Errorf("/token answered %s %s", response.Status, t.Error)
	}
	return t, nil
}

var errRefused = errors.New("invalid_grant")

// do sends the browser's two cookies and keeps what comes back. A status from 500 on is an error of its own.
func (c *client) do(r *http.Request) (*http.Response, []byte, error) {
	for name, value := range map[string]string{"session": c.session, "bind": c.bind} {
		if value != "" {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	if c.address != "" {
		r.Header.Set("X-Forwarded-For", c.address)
	}
	response, err := c.http.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, nil, &url.Error{Op: "read", URL: r.URL.Path, Err: err}
	}
	for _, cookie := range response.Cookies() {
		switch cookie.Name {
		case "session":
			c.session = cookie.Value
		case "bind":
			c.bind = cookie.Value
		}
	}
	if response.StatusCode >= http.StatusInternalServerError {
		return nil, nil, &faulty{r.URL.Path, response.StatusCode, response.Header, body}
	}
	return response, body, nil
}

// faulty is an answer that says that something is broken.
type faulty struct {
	path   string
	status int
	header http.Header
	body   []byte
}

func (e *faulty) Error() string { return fmt.Sprintf("%s answered %d", e.path, e.status) }

// claims asks for a person's claims, and gives the status.
func (c *client) claims(access string) (int, error) {
	r, _ := http.NewRequest(http.MethodGet, c.issuer+"/userinfo", nil)
	r.Header.Set("Authorization", "Bearer "+access)
	response, _, err := c.do(r)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, nil
}
