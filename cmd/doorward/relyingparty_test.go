package main_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web/webtest"
)

const (
	annaEmail    = "anna@example.com"
	annaPassword = "seven brown horses"
	callback     = "http://127.0.0.1:9/callback" // never opened: the browser stays on the issuer
	appSecret    = "dws_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"
)

// onEach runs the same sentences with the address of an empty database of each kind.
func onEach(t *testing.T, f func(t *testing.T, database string)) {
	t.Run("sqlite", func(t *testing.T) { f(t, "sqlite:"+filepath.Join(t.TempDir(), "doorward.db")) })
	t.Run("postgres", func(t *testing.T) { f(t, storagetest.PostgresURL(t)) })
}

// serveOn runs the server on each database with two applications and people who need no code: Anna, and who is named besides.
func serveOn(t *testing.T, f func(t *testing.T, v *server), people ...string) {
	onEach(t, func(t *testing.T, database string) {
		v := newServer(t, settings{
			"database": database,
			"login":    settings{"email_code": "never"},
			"clients": []settings{
				application(t, "app", "client_secret_basic"), application(t, "other", "client_secret_basic"), application(t, "app-post", "client_secret_post"),
				{"id": "spa", "type": "browser", "redirect_uris": []string{callback}},
			},
		})
		for _, email := range append(people, annaEmail) {
			v.addUser(email, annaPassword)
		}
		v.start()
		f(t, v)
	})
}

// application declares a confidential client that gets ES256 ID tokens, at refresh as well.
func application(t *testing.T, id, method string) settings {
	t.Helper()
	secret := filepath.Join(t.TempDir(), id+".secret")
	if err := os.WriteFile(secret, []byte(appSecret), 0o600); err != nil {
		t.Fatal(err)
	}
	return settings{
		"id": id, "name": "App " + id, "secret_file": secret, "redirect_uris": []string{callback},
		"auth_method": method, "id_token_alg": "ES256", "id_token_on_refresh": true,
	}
}

// issued is what a relying party got and has verified.
type issued struct {
	access, refresh string
	subject, email  string // of ID token and userinfo
	authTime        time.Time
}

// relyingParty is a library that nobody here wrote, doing what it does for every application.
type relyingParty interface {
	authURL(state, nonce, verifier string) string
	exchange(ctx context.Context, code, nonce, verifier string) (issued, error)
	refresh(ctx context.Context, refresh string) (issued, error)
	userinfo(ctx context.Context, access, subject string) (email string, err error)
}

func TestRelyingPartiesSignPeopleOn(t *testing.T) {
	t.Parallel()
	serveOn(t, func(t *testing.T, v *server) {
		for name, connect := range map[string]func(context.Context, string) (relyingParty, error){
			"coreos go-oidc": connectCoreos, "zitadel rp": connectZitadel,
		} {
			t.Run(name, func(t *testing.T) {
				party, err := connect(t.Context(), v.issuer)
				if err != nil {
					t.Fatalf("discovery: %v", err)
				}
				signOnRefreshReplay(t, v, party)
			})
		}
	})
}

// signOnRefreshReplay is the whole life of a grant: redeemed, refreshed, and dead as soon as its code comes a second time.
func signOnRefreshReplay(t *testing.T, v *server, party relyingParty) {
	verifier, state, nonce := oauth2.GenerateVerifier(), "state-"+oauth2.GenerateVerifier(), "nonce-"+oauth2.GenerateVerifier()
	b := webtest.New(t, nil).StayOn(v.issuer)
	b.Go(party.authURL(state, nonce, verifier))
	signIn(b)
	answer := location(t, b)
	if got := answer.Get("state"); got != state {
		t.Errorf("state came back as %q", got)
	}
	if got := answer.Get("iss"); got != v.issuer {
		t.Errorf("iss (RFC 9207) is %q, not %q", got, v.issuer)
	}

	first, err := party.exchange(t.Context(), answer.Get("code"), nonce, verifier)
	if err != nil {
		t.Fatalf("exchange: %v", err)
	}
	if first.email != annaEmail {
		t.Errorf("the tokens are about %q", first.email)
	}
	second, err := party.refresh(t.Context(), first.refresh)
	if err != nil {
		t.Fatalf("refresh: %v", err)
	}
	if second.refresh == "" || second.refresh == first.refresh || second.access == first.access {
		t.Error("the refresh did not rotate the tokens")
	}
	if second.subject != first.subject || !second.authTime.Equal(first.authTime) {
		t.Errorf("after the refresh: subject %q, signed in at %v; before: %q, %v", second.subject, second.authTime, first.subject, first.authTime)
	}
	if email, err := party.userinfo(t.Context(), second.access, first.subject); err != nil || email != annaEmail {
		t.Errorf("userinfo after the refresh: %q, %v", email, err)
	}

	_, err = party.exchange(t.Context(), answer.Get("code"), nonce, verifier)
	wantOAuthError(t, "the code's second use", err, "invalid_grant")
	_, err = party.refresh(t.Context(), second.refresh)
	wantOAuthError(t, "a refresh after the code's second use", err, "invalid_grant")
	for _, access := range []string{first.access, second.access} {
		if email, err := party.userinfo(t.Context(), access, first.subject); err == nil {
			t.Errorf("after the code's second use userinfo still names %q", email)
		}
	}
}

// signIn fills in the two pages of a person who needs no code.
func signIn(b *webtest.Browser) {
	b.Fill("username", annaEmail).Press("submit").Fill("password", annaPassword).Press("submit")
}

// location is the query that the browser would carry to the application.
func location(t testing.TB, b *webtest.Browser) url.Values {
	t.Helper()
	to, err := url.Parse(b.Location())
	if err != nil || to.Scheme+"://"+to.Host+to.Path != callback {
		t.Fatalf("the browser is sent to %q instead of the application; the page is\n%.2000s", b.Location(), b.Body())
	}
	return to.Query()
}

func wantOAuthError(t *testing.T, what string, err error, code string) {
	t.Helper()
	var ours *oauth2.RetrieveError
	var theirs *zitadel.Error
	switch {
	case errors.As(err, &ours) && ours.ErrorCode == code:
	case errors.As(err, &theirs) && string(theirs.ErrorType) == code:
	default:
		t.Errorf("%s: %v, not %s", what, err, code)
	}
}

var askedScopes = []string{"openid", "email", "offline_access"}

type coreosParty struct {
	provider *oidc.Provider
	config   oauth2.Config
}

func connectCoreos(ctx context.Context, issuer string) (relyingParty, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, err
	}
	return &coreosParty{provider, oauth2.Config{
		ClientID: "app", ClientSecret: appSecret, Endpoint: provider.Endpoint(), RedirectURL: callback, Scopes: askedScopes,
	}}, nil
}

func (p *coreosParty) authURL(state, nonce, verifier string) string {
	return p.config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.S256ChallengeOption(verifier))
}

func (p *coreosParty) exchange(ctx context.Context, code, nonce, verifier string) (issued, error) {
	token, err := p.config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return issued{}, err
	}
	return p.verify(ctx, token, nonce)
}

func (p *coreosParty) refresh(ctx context.Context, refresh string) (issued, error) {
	token, err := p.config.TokenSource(ctx, &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		return issued{}, err
	}
	return p.verify(ctx, token, "")
}

func (p *coreosParty) verify(ctx context.Context, token *oauth2.Token, nonce string) (issued, error) {
	raw, _ := token.Extra("id_token").(string)
	id, err := p.provider.Verifier(&oidc.Config{ClientID: p.config.ClientID}).Verify(ctx, raw)
	if err != nil {
		return issued{}, err
	}
	if id.Nonce != nonce {
		return issued{}, errors.New("the ID token has the nonce " + id.Nonce)
	}
	var claims struct {
		AuthTime int64 `json:"auth_time"`
	}
	if err := id.Claims(&claims); err != nil {
		return issued{}, err
	}
	email, err := p.userinfo(ctx, token.AccessToken, id.Subject)
	return issued{token.AccessToken, token.RefreshToken, id.Subject, email, time.Unix(claims.AuthTime, 0)}, err
}

func (p *coreosParty) userinfo(ctx context.Context, access, subject string) (string, error) {
	info, err := p.provider.UserInfo(ctx, oauth2.StaticTokenSource(&oauth2.Token{AccessToken: access}))
	if err != nil {
		return "", err
	}
	if info.Subject != subject {
		return "", errors.New("userinfo is about " + info.Subject)
	}
	return info.Email, nil
}

type zitadelParty struct{ rp.RelyingParty }

func connectZitadel(ctx context.Context, issuer string) (relyingParty, error) {
	// This library refreshes with client_secret_post, whatever the client is registered for.
	party, err := rp.NewRelyingPartyOIDC(ctx, issuer, "app-post", appSecret, callback, askedScopes, rp.WithAuthStyle(oauth2.AuthStyleInParams),
		rp.WithSigningAlgsFromDiscovery(), rp.WithHTTPClient(&http.Client{Timeout: 10 * time.Second}),
		rp.WithVerifierOpts(rp.WithNonce(func(ctx context.Context) string { return ctx.Value(nonceKey{}).(string) })))
	return zitadelParty{party}, err
}

// nonceKey is where the nonce that a sign-on expects stands in its context.
type nonceKey struct{}

func (p zitadelParty) authURL(state, nonce, verifier string) string {
	withNonce := func() []oauth2.AuthCodeOption { return []oauth2.AuthCodeOption{oauth2.SetAuthURLParam("nonce", nonce)} }
	return rp.AuthURL(state, p, rp.WithCodeChallenge(oauth2.S256ChallengeFromVerifier(verifier)), withNonce)
}

func (p zitadelParty) exchange(ctx context.Context, code, nonce, verifier string) (issued, error) {
	ctx = context.WithValue(ctx, nonceKey{}, nonce)
	got, err := rp.CodeExchange[*zitadel.IDTokenClaims](ctx, code, p, rp.WithCodeVerifier(verifier))
	if err != nil {
		return issued{}, err
	}
	return p.verified(ctx, got)
}

func (p zitadelParty) refresh(ctx context.Context, refresh string) (issued, error) {
	// OIDC Core §12.2: a refreshed ID token carries no nonce, or the first one; ours carries none.
	ctx = context.WithValue(ctx, nonceKey{}, "")
	got, err := rp.RefreshTokens[*zitadel.IDTokenClaims](ctx, p, refresh, "", "")
	if err != nil {
		return issued{}, err
	}
	return p.verified(ctx, got)
}

func (p zitadelParty) verified(ctx context.Context, got *zitadel.Tokens[*zitadel.IDTokenClaims]) (issued, error) {
	claims := got.IDTokenClaims
	email, err := p.userinfo(ctx, got.AccessToken, claims.Subject)
	return issued{got.AccessToken, got.RefreshToken, claims.Subject, email, claims.AuthTime.AsTime()}, err
}

func (p zitadelParty) userinfo(ctx context.Context, access, subject string) (string, error) {
	info, err := rp.Userinfo[*zitadel.UserInfo](ctx, access, zitadel.BearerToken, subject, p)
	if err != nil {
		return "", err
	}
	return info.Email, nil
}
