package op

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// authMethod is a way in which a client proves itself (OIDC Core §9).
type authMethod struct {
	name string // token_endpoint_auth_method, as registered and as discovery lists it
	// proves gives nil, or unproved; another error where it cannot be known. A client that is unknown has no id.
	proves func(ctx context.Context, p *Provider, c storage.Client, pr proof) error
}

// authMethods are the ways that we take. A client has one of them, and no other one passes for it.
var authMethods = []authMethod{
	{"client_secret_basic", hasSecret},
	{"client_secret_post", hasSecret},
	{"private_key_jwt", signsItself},
	{"none", hasNoSecret},
}

// unproved is why a client is not authenticated, for the log alone.
type unproved string

func (u unproved) Error() string { return string(u) }

func hasSecret(_ context.Context, _ *Provider, c storage.Client, pr proof) error {
	if !keys.SameSecret(pr.secret, c.Secrets[:]...) {
		return unproved("secret does not match")
	}
	return nil
}

func hasNoSecret(_ context.Context, _ *Provider, _ storage.Client, pr proof) error {
	if pr.secret != "" {
		return unproved("secret does not match")
	}
	return nil
}

// proof is what a request carries to prove which client sent it.
type proof struct {
	method, id string
	secret     string // or the assertion
	outer      string // client_id beside an assertion
}

// readProof finds the one way of client authentication in a request. More than one is an error (RFC 6749 §2.3), none
// at all too, since the error must not depend on what else the form holds. Parameters without a value count as
// omitted (RFC 6749 §3.2).
func readProof(r *http.Request, form url.Values) (proof, *Error) {
	header := r.Header.Values("Authorization")
	id, secret := form.Get("client_id"), form.Get("client_secret")
	assertion := form.Get("client_assertion") != "" || form.Get("client_assertion_type") != ""

	ways := len(header)
	if secret != "" {
		ways++
	}
	if assertion {
		ways++
	}
	switch {
	case ways > 1:
		return proof{}, &Error{Code: invalidRequest, Description: "more than one way of client authentication"}
	case len(header) == 1:
		return readBasic(header[0], id)
	case assertion:
		return readAssertion(form)
	case id == "":
		return proof{}, &Error{Code: invalidClient, Description: "no client authentication"}
	case secret != "":
		return proof{method: "client_secret_post", id: id, secret: secret}, nil
	default:
		return proof{method: "none", id: id}, nil
	}
}

// readBasic reads id and secret from a Basic header. Both are form-encoded inside of it (RFC 6749 §2.3.1, App. B) and
// are decoded once. A client_id in the body must name the same client.
func readBasic(header, bodyID string) (proof, *Error) {
	malformed := &Error{Code: invalidClient, Description: "the Authorization header is not valid Basic authentication"}
	scheme, encoded, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Basic") {
		return proof{}, malformed
	}
	text, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if err != nil || strings.ContainsAny(encoded, "\r\n") { // the decoder skips line breaks
		return proof{}, malformed
	}
	rawID, rawSecret, found := strings.Cut(string(text), ":")
	id, badID := url.QueryUnescape(rawID)
	secret, badSecret := url.QueryUnescape(rawSecret)
	if !found || badID != nil || badSecret != nil || !visible(id) || !visible(secret) || id == "" {
		return proof{}, malformed
	}
	if bodyID != "" && bodyID != id {
		return proof{}, &Error{Code: invalidRequest, Description: "client_id names another client than the Authorization header"}
	}
	return proof{method: "client_secret_basic", id: id, secret: secret}, nil
}

// visible says whether s is of *VSCHAR, the characters of client_id and client_secret (RFC 6749 App. A.1, A.2).
func visible(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7e {
			return false
		}
	}
	return true
}

// failures is how often client authentication may fail for an address block.
var failures = storage.Rate{Burst: 20, Per: time.Minute}

// authenticate finds the client that a request comes from. An unknown or disabled client, another method than the
// registered one and a wrong secret answer alike: invalid_client. Only a failure is charged to the visitor's
// address, so a client in good order costs no query and is never in the way of its neighbours' failures: over the limit
// the answer to a failure is throttled, while a right secret still passes. Guessing gains nothing by that, a
// secret has 256 bits. The log names a client that is known, and why it failed; an unknown id may be anything, even a
// secret in the wrong place, and is not written down.
func (p *Provider) authenticate(ctx context.Context, pr proof) (storage.Client, error) {
	client, err := p.store.Client(ctx, pr.id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return storage.Client{}, fmt.Errorf("authenticate client: %w", err)
	}
	known := err == nil
	if known {
		web.Note(ctx, slog.String("client", client.ID))
	}
	why := p.proves(ctx, client, pr) // an unknown client takes the same path with no secrets
	if why == nil && known && !client.Disabled && client.AuthMethod == pr.method {
		return client, nil
	}
	if _, failed := why.(unproved); why != nil && !failed {
		return storage.Client{}, why
	}
	result, why := whyNot(client, known, pr, why)
	p.tally.count(p.now(), storage.Event{Kind: storage.ClientRefused, Client: client.ID, Result: result, // it is not proved that the client did it
		Address: web.Address(ctx).String(), Reference: web.Reference(ctx), Data: map[string]string{"method": pr.method}})
	return storage.Client{}, p.fails(ctx, why.Error())
}

// fails charges a failure to the visitor's address, and gives its answer.
func (p *Provider) fails(ctx context.Context, why string) error {
	web.Note(ctx, slog.String("why", why))
	wait, err := p.store.Spend(ctx, "client-auth:"+web.AddressBlock(ctx), failures)
	if err != nil {
		return fmt.Errorf("limit of client authentication: %w", err)
	}
	refused := &Error{Code: invalidClient, Description: "client authentication failed"}
	if wait > 0 {
		return &throttled{refused, wait}
	}
	return refused
}

// whyNot says for the log alone why a client is not authenticated: in one word, and in more.
func whyNot(c storage.Client, known bool, pr proof, why error) (string, error) {
	switch {
	case !known:
		return "unknown_client", unproved("unknown client")
	case c.Disabled:
		return "disabled", unproved("client is disabled")
	case c.AuthMethod != pr.method:
		return "wrong_method", unproved("sent " + pr.method + ", registered " + c.AuthMethod)
	case c.AuthMethod == "private_key_jwt":
		return "bad_assertion", why
	default:
		return "wrong_secret", why
	}
}

// proves judges by the method that was used.
func (p *Provider) proves(ctx context.Context, c storage.Client, pr proof) error {
	for _, m := range authMethods {
		if m.name == pr.method {
			return m.proves(ctx, p, c, pr)
		}
	}
	return unproved("no such method")
}

// throttled is an Error that is answered with 429 and the time to wait (RFC 6585 §4).
type throttled struct {
	refused *Error
	wait    time.Duration
}

func (t *throttled) Error() string { return t.refused.Error() }
func (t *throttled) Unwrap() error { return t.refused }

// retryAfter is the wait in whole seconds, rounded up.
func (t *throttled) retryAfter() string {
	return strconv.FormatInt(int64((t.wait+time.Second-1)/time.Second), 10)
}
