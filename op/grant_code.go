package op

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// Lifetimes of a grant that can be refreshed.
const (
	refreshIdle = 30 * 24 * time.Hour // since the last refresh
	refreshMost = 90 * 24 * time.Hour // since the code was redeemed
)

// codeDoubt is how long after its end a code may still pass somewhere, by clocks that differ.
const codeDoubt = time.Minute

// redeemCode turns an authorization code into a grant (RFC 6749 §4.1.3). Whoever presents a genuine code that is then
// refused has burnt it: it passes for nobody any more, and what was granted for it is revoked.
func (p *Provider) redeemCode(ctx context.Context, client storage.Client, form url.Values) (granted, error) {
	var c code
	if err := p.keys.Box.Open(keys.ForCode, form.Get("code"), &c); err != nil {
		return granted{}, &Error{Code: invalidGrant, Description: "the code is unknown or damaged"}
	}
	now := p.now()
	if err := judgeCode(c, client, form, now); err != nil { // it stands though burning should fail; the log tells of both
		return granted{}, errors.Join(p.burn(ctx, c, now), err)
	}
	out := p.grantOf(c, client, now)
	out.grant.Tell = telling(client)
	out.resource, _ = narrowResource(client, c.Resource, resources(form["resource"])) // judgeCode knows that they are granted
	// Before the code is spent, which is once: with a database that does not say what the house demands, the client tries again.
	must, err := p.signIn.AppPolicy(ctx)
	if err != nil {
		return granted{}, fmt.Errorf("what people must prove: %w", err)
	}
	// The grant takes the present epoch. The code was opened, so its own is that, or was until a moment ago: then its
	// session has ended too.
	person, err := p.redeem(ctx, out.grant)
	if err != nil {
		return granted{}, err
	}
	judged := judgePerson(client, person, out.grant.ACR, func() (bool, error) { return must(person), nil })
	return out, p.endRefused(ctx, out.grant, judged)
}

// redeem stores the grant of a code, and tells whose it is; of those who try, one succeeds.
func (p *Provider) redeem(ctx context.Context, g storage.Grant) (storage.User, error) {
	switch person, err := p.store.RedeemCode(ctx, g); {
	case errors.Is(err, storage.ErrConflict):
		return person, &Error{Code: invalidGrant, Description: "the code was used before; what was granted for it is revoked"}
	case errors.Is(err, storage.ErrNotFound):
		return person, &Error{Code: invalidGrant, Description: "the sign-in that the code stands for has ended"}
	case err != nil:
		return person, fmt.Errorf("redeem code: %w", err)
	default:
		return person, nil
	}
}

// judgeCode compares a genuine code with the request that presents it.
func judgeCode(c code, client storage.Client, form url.Values, now time.Time) error {
	redirect := sha256.Sum256([]byte(form.Get("redirect_uri")))
	switch {
	case c.Client != client.ID:
		return &Error{Code: invalidGrant, Description: "the code was issued to another client"}
	case now.Unix() >= c.Expires:
		return &Error{Code: invalidGrant, Description: "the code has expired"}
	case form.Get("redirect_uri") == "" || subtle.ConstantTimeCompare(redirect[:], c.Redirect) == 0:
		return &Error{Code: invalidGrant, Description: "redirect_uri is not the one that the code was sent to"}
	case !client.RedirectAllowed(form.Get("redirect_uri")): // it was taken away since
		return &Error{Code: invalidGrant, Description: "redirect_uri is not registered any more"}
	case c.PKCE == "" && (client.Public() || client.RequirePKCE):
		return &Error{Code: invalidGrant, Description: "the code was asked for without code_challenge"}
	}
	if _, err := narrowResource(client, c.Resource, resources(form["resource"])); err != nil {
		return err
	}
	return judgeVerifier(c.PKCE, form.Get("code_verifier"))
}

// judgeVerifier checks PKCE (RFC 7636 §4.6): whenever there is a challenge, and a verifier without one is refused
// too, since it tells of a code that was asked for by somebody else (RFC 9700 §4.8.2).
func judgeVerifier(challenge, verifier string) error {
	if challenge == "" && verifier == "" {
		return nil
	}
	sum := sha256.Sum256([]byte(verifier))
	made := base64.RawURLEncoding.EncodeToString(sum[:])
	switch {
	case verifier == "":
		return &Error{Code: invalidGrant, Description: "code_verifier is missing"}
	case !isVerifier(verifier):
		return &Error{Code: invalidGrant, Description: "code_verifier is not 43 to 128 unreserved characters"}
	case subtle.ConstantTimeCompare([]byte(made), []byte(challenge)) == 0:
		return &Error{Code: invalidGrant, Description: "code_verifier does not fit code_challenge"}
	}
	return nil
}

// isVerifier says whether s has the form of a code_verifier (RFC 7636 §4.1).
func isVerifier(s string) bool {
	if len(s) < 43 || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return true
}

// burn makes a code worthless for everybody.
func (p *Provider) burn(ctx context.Context, c code, now time.Time) error {
	g := newGrant(c, now)
	g.Expires = endWithoutRefresh(c, now)
	g.IdleUntil = g.Expires
	if err := p.store.BurnCode(ctx, g); err != nil {
		return fmt.Errorf("burn code: %w", err)
	}
	return nil
}

// grantOf is what a code grants its client. Without a refresh token the grant lives as long as its access token.
func (p *Provider) grantOf(c code, client storage.Client, now time.Time) granted {
	g := newGrant(c, now)
	refresh := mayRefresh(client, c.Scopes)
	g.Offline = refresh && slices.Contains(c.Scopes, scopeOffline)
	if !g.Offline { // OIDC Core §11: a wish that is not granted is ignored
		g.Scopes = slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return s == scopeOffline })
	}
	g.Expires = endWithoutRefresh(c, now)
	g.IdleUntil = g.Expires
	if refresh {
		g.Expires, g.IdleUntil = now.Add(refreshMost), now.Add(refreshIdle)
	}
	return granted{
		grant: g, scopes: g.Scopes, nonce: c.Nonce, refresh: refresh,
		idToken: slices.Contains(g.Scopes, scopeOpenID),
	}
}

// mayRefresh says whether a client gets a refresh token: with offline_access, or always when it is marked so; then the
// grant ends with the session. Never where it may change the console: that is for minutes, as long as an access token lives.
func mayRefresh(client storage.Client, scopes []string) bool {
	if !slices.Contains(client.GrantTypes, grantRefresh) || client.Refresh == "never" || slices.Contains(scopes, ScopeWrite) {
		return false
	}
	return client.Refresh == "session" || slices.Contains(scopes, scopeOffline)
}

// endWithoutRefresh is the end of a grant that is not refreshed: with its access token, but never before its code
// has surely expired, so that a second use of the code still finds it.
func endWithoutRefresh(c code, now time.Time) time.Time {
	end := now.Add(accessLife)
	if sure := time.Unix(c.Expires, 0).Add(codeDoubt); sure.After(end) {
		return sure
	}
	return end
}

// telling says who tells a client that the session has ended.
func telling(client storage.Client) storage.Telling {
	switch {
	case client.BackchannelURI != "":
		return storage.TellByUs
	case client.FrontchannelURI != "":
		return storage.TellByBrowser
	}
	return storage.TellNobody
}

// newGrant is the row that a code becomes; its ends are still to be set.
func newGrant(c code, now time.Time) storage.Grant {
	return storage.Grant{
		ID: storage.NewID(), Kind: "code", ClientID: c.Client, UserID: c.User, SessionID: c.Session,
		CodeID: c.ID, CodeIssued: time.UnixMicro(c.Issued), Scopes: c.Scopes, Claims: c.Claims, Resource: c.Resource,
		ACR: c.ACR, AMR: c.AMR, AuthTime: time.Unix(c.AuthTime, 0), Created: now,
	}
}
