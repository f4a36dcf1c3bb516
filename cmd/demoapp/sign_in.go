package demoapp

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// scopes are all that the provider knows of a person.
var scopes = []string{oidc.ScopeOpenID, "profile", "email", "address", "phone", "groups"}

// tokens are what the provider gave, verified.
type tokens struct {
	oauth    *oauth2.Token
	scope    string
	header   json.RawMessage
	claims   map[string]any // of the ID token
	userinfo map[string]any
	subject  string
	idToken  string // as it came
	config   *oauth2.Config
}

// leave sends the browser to the provider with what the answer must match: state, nonce and PKCE (RFC 9700 §2.1.1).
// ?offline asks to stay connected (OIDC Core §11 wants consent then); ?again asks for the password anew.
func (a *app) leave(w http.ResponseWriter, r *http.Request) {
	found, err := a.provider.get()
	if err != nil {
		a.Log.Error("sign in", "error", err)
		a.fail(w, r, http.StatusBadGateway, fault{Title: "Doorward does not answer", Text: "Is the provider running at " + a.Issuer + "? Try again in a moment."})
		return
	}
	v := a.visits.of(r)
	if v == nil {
		v = a.visits.begin(w, r)
	}
	state := rand.Text()
	p := pending{nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), redirect: a.origin(r) + "/callback", since: a.Now()}
	v.remember(state, p)
	asked, options := scopes, []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(p.verifier), oidc.Nonce(p.nonce)}
	switch query := r.URL.Query(); {
	case query.Has("offline"):
		asked = append(asked[:len(asked):len(asked)], oidc.ScopeOfflineAccess)
		options = append(options, oauth2.SetAuthURLParam("prompt", "consent"))
	case query.Has("again"):
		options = append(options, oauth2.SetAuthURLParam("prompt", "login"))
	}
	http.Redirect(w, r, a.config(found, p.redirect, asked...).AuthCodeURL(state, options...), http.StatusSeeOther)
}

// callback takes the provider's answer (RFC 6749 §4.1.2).
func (a *app) callback(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	v := a.visits.of(r)
	if v == nil {
		a.fail(w, r, http.StatusBadRequest, stray(query, fault{Title: "This sign-in did not begin here", Text: "Your browser sent no cookie of this app. Start again."}))
		return
	}
	p, ok := v.recall(query.Get("state"), a.Now())
	if !ok && v.signedIn() { // the Back button, or a tab that another has overtaken: nothing is taken from this answer
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	if !ok {
		a.fail(w, r, http.StatusBadRequest, stray(query, fault{Title: "This sign-in is over", Text: "The answer's state belongs to no sign-in of this browser, or it was used before. Start again."}))
		return
	}
	if err := a.checkIss(query); err != nil {
		a.fail(w, r, http.StatusBadRequest, fault{Title: "This answer came from somebody else", Text: err.Error()})
		return
	}
	if code := query.Get("error"); code != "" {
		a.fail(w, r, http.StatusBadRequest, fault{Title: "Doorward did not sign you in", Code: code, Text: query.Get("error_description")})
		return
	}
	got, err := a.redeem(r.Context(), query.Get("code"), p)
	if err != nil {
		a.Log.Error("redeem the code", "error", err)
		a.fail(w, r, http.StatusBadGateway, refusal("The tokens were not accepted", err))
		return
	}
	a.enter(w, r, got)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// stray tells of an answer that belongs to no sign-in here. An error that it carries is shown all the same: whoever tries things out
// sends requests by hand. Nothing is taken from it.
func stray(query url.Values, f fault) fault {
	if code := query.Get("error"); code != "" {
		f.Code, f.Text = code, strings.TrimSpace(query.Get("error_description")+" "+f.Text)
	}
	return f
}

// enter signs the browser in under a fresh cookie. Sign-ins that are open in its other tabs move along, each still good once.
func (a *app) enter(w http.ResponseWriter, r *http.Request, got *tokens) {
	former := a.visits.of(r)
	fresh := a.visits.begin(w, r)
	fresh.mu.Lock()
	defer fresh.mu.Unlock()
	fresh.tokens = got
	if former != nil { // nil: another tab came first, or the person signed out meanwhile
		fresh.pending = former.handOver()
	}
}

// checkIss refuses an answer that another provider mixed in (RFC 9207 §2.4).
func (a *app) checkIss(query map[string][]string) error {
	if _, err := a.provider.get(); err != nil {
		return err
	}
	iss, present := query["iss"]
	switch {
	case !present && !a.provider.sayIss:
		return nil
	case len(iss) != 1 || iss[0] != a.Issuer:
		return errors.New("the answer's iss is not " + a.Issuer)
	}
	return nil
}

// redeem turns the code into tokens and verifies all of them.
func (a *app) redeem(ctx context.Context, code string, p pending) (*tokens, error) {
	found, err := a.provider.get()
	if err != nil {
		return nil, err
	}
	config := a.config(found, p.redirect)
	ctx = oidc.ClientContext(ctx, client)
	token, err := config.Exchange(ctx, code, oauth2.VerifierOption(p.verifier))
	if err != nil {
		return nil, err
	}
	t := &tokens{oauth: token, config: config}
	if err := a.verify(ctx, t); err != nil {
		return nil, err
	}
	if t.nonce() != p.nonce {
		return nil, errors.New("the ID token's nonce is not the one that was sent")
	}
	return t, a.askUserinfo(ctx, found, t)
}

// nonce is what the ID token repeats of the request.
func (t *tokens) nonce() string {
	nonce, _ := t.claims["nonce"].(string)
	return nonce
}

// verify judges the ID token (OIDC Core §3.1.3.7): signature by the provider's published keys, iss, aud, exp, and that
// it belongs to the access token (at_hash, §3.1.3.8). The nonce is left to the caller, who knows what was sent.
func (a *app) verify(ctx context.Context, t *tokens) error {
	raw, ok := t.oauth.Extra("id_token").(string)
	if !ok {
		return errors.New("the answer holds no ID token")
	}
	found, err := a.provider.get()
	if err != nil {
		return err
	}
	idToken, err := found.VerifierContext(oidc.ClientContext(ctx, client), &oidc.Config{ClientID: a.ClientID, Now: a.Now}).Verify(ctx, raw)
	if err != nil {
		return err
	}
	if idToken.AccessTokenHash == "" {
		return errors.New("the ID token names no access token")
	}
	if err := idToken.VerifyAccessToken(t.oauth.AccessToken); err != nil {
		return err
	}
	t.subject, t.idToken, t.claims = idToken.Subject, raw, nil
	if scope, ok := t.oauth.Extra("scope").(string); ok {
		t.scope = scope
	}
	header, _, _ := strings.Cut(raw, ".")
	if t.header, err = base64.RawURLEncoding.DecodeString(header); err != nil {
		return fmt.Errorf("read the ID token's header: %w", err)
	}
	return idToken.Claims(&t.claims)
}

// askUserinfo reads the person's claims; they count only for the same person (OIDC Core §5.3.2).
func (a *app) askUserinfo(ctx context.Context, found *oidc.Provider, t *tokens) error {
	info, err := found.UserInfo(ctx, oauth2.StaticTokenSource(t.oauth))
	if err != nil {
		return err
	}
	if info.Subject != t.subject {
		return errors.New("userinfo speaks of another person than the ID token")
	}
	return info.Claims(&t.userinfo)
}
