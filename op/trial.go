package op

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// trialLife is how long an administrator may take from the console to the end of a test sign-in, a step-up included.
const trialLife = 5 * time.Minute

// Test is a sign-in to a client that an administrator runs from the console, to see what the client would be told. It passes the checks
// and rules of every sign-in to that client, but its answer comes to the console and not to the client: so it needs no redirect URI of
// the client's, and no secret. What it ends with in the place of a code opens nothing at /token, and no token leaves this process.
type Test struct {
	Client        string
	User, Session string   // of the administrator; nobody else, and no other session, can go on with it
	Scopes        []string // nil: openid, profile, email and groups; what the client may not have is left out
	Address       string   // for the event
	Reference     string
}

// trial is a test under way, sealed; it is never a row. Expires is Unix seconds.
type trial struct {
	ID       string `json:"i"` // once, as that of a code
	Client   string `json:"c"`
	User     string `json:"u"`
	Session  string `json:"s"`
	Scope    string `json:"o"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"` // of PKCE
	Expires  int64  `json:"e"`
}

// BeginTest gives the path on the issuer's origin by which the administrator's browser begins a test. storage.ErrNotFound where the client
// is not there or disabled; an *Error where nobody can sign in to it.
func (p *Provider) BeginTest(ctx context.Context, t Test) (string, error) {
	client, err := p.store.Client(ctx, t.Client)
	if err == nil && client.Disabled {
		err = storage.ErrNotFound
	}
	if err != nil {
		return "", fmt.Errorf("client to test: %w", err)
	}
	if !slices.Contains(client.GrantTypes, grantCode) {
		return "", &Error{Code: unauthorizedClient, Description: "nobody signs in to this client: it has no grant type authorization_code"}
	}
	if t.Scopes == nil {
		t.Scopes = []string{scopeOpenID, "profile", "email", "groups"}
	}
	may := slices.DeleteFunc(slices.Clone(t.Scopes), func(name string) bool {
		return name == scopeOffline || ofConsole(name) || !mayHave(client, name)
	})
	nonce, _ := keys.NewSecret("")
	verifier, _ := keys.NewSecret("")
	sealed, err := p.keys.Box.Seal(keys.ForTest, trial{
		ID: storage.NewID(), Client: client.ID, User: t.User, Session: t.Session, Scope: strings.Join(may, " "),
		Nonce: nonce, Verifier: verifier, Expires: p.now().Add(trialLife).Unix(),
	})
	if err != nil {
		return "", fmt.Errorf("seal test: %w", err)
	}
	return "/authorize?test=" + sealed, nil
}

// byTest is the request of a test, as the client could have sent it. Nothing may stand beside it that could change it.
func (p *Provider) byTest(query url.Values) (request, error) {
	for name := range query {
		if name != "test" && name != "lang" {
			return request{}, notTested("test stands with other parameters")
		}
	}
	var t trial
	if err := p.keys.Box.Open(keys.ForTest, query.Get("test"), &t); err != nil {
		return request{}, notTested("test is not one that we sealed")
	}
	q := request{start: p.now(), test: &t, params: map[string]string{
		"client_id": t.Client, "redirect_uri": p.testedAt(t.Client), "response_type": "code", "nonce": t.Nonce,
		"code_challenge": challengeOf(t.Verifier), "code_challenge_method": "S256",
	}}
	if t.Scope != "" {
		q.params["scope"] = t.Scope
	}
	return q, nil
}

// testedAt is where the answer to a test goes.
func (p *Provider) testedAt(client string) string {
	return p.consoleAt("/admin/apps/" + client + "/test")
}

// notTested is the page for a test that is not, or not any more, that of who is signed in. It is answered nowhere else.
func notTested(detail string) *refusal {
	return &refusal{Status: http.StatusForbidden, Text: "error.test", Code: accessDenied, Detail: detail}
}

// whereTo proves where the answer to a request goes: to the client, or of a test, to the console.
func (p *Provider) whereTo(ctx context.Context, client storage.Client, q request) (Destination, error) {
	switch t := q.test; {
	case t == nil:
		return q.destination(ctx, client)
	case t.Client != client.ID || p.now().Unix() >= t.Expires:
		return Destination{}, notTested("the test began more than 5 minutes ago")
	}
	return Destination{client: client, redirect: p.testedAt(client.ID), mode: modeQuery, test: q.test}, nil
}

// judgeTester lets nobody go on with a test but the administrator who began it, in the session in which they did.
func (p *Provider) judgeTester(r *http.Request, t *trial) error {
	if t == nil {
		return nil
	}
	session, user, err := p.signIn.Session(r)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("session of the browser: %w", err)
	}
	if err != nil || session.ID != t.Session || user.ID != t.User || user.Role != "admin" || !p.insider(r) {
		return notTested("the test was begun in another session, or by somebody who is no administrator any more")
	}
	return nil
}

// trialCode is what a test ends with in the place of a code.
type trialCode struct {
	Code code  `json:"c"`
	Test trial `json:"t"`
}

// sealCode seals what was granted: for the client, or for who tests it.
func (p *Provider) sealCode(c code, t *trial) (string, error) {
	if t == nil {
		return p.keys.Box.Seal(keys.ForCode, c)
	}
	c.ID = t.ID // however often the test is opened, it ends once
	return p.keys.Box.Seal(keys.ForTestCode, trialCode{c, *t})
}
