package demoapp

import (
	"context"
	"errors"
	"net/http"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// refresh exchanges the refresh token for new tokens (RFC 6749 §6) and reads the person's claims anew.
func (a *app) refresh(w http.ResponseWriter, r *http.Request) {
	v := a.visits.of(r)
	if v == nil {
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.tokens != nil {
		next, err := a.renew(r.Context(), v.tokens)
		if err != nil {
			a.Log.Error("refresh", "error", err)
			failed := refusal("The tokens could not be refreshed", err)
			v.notice = &failed
			v.tokens.oauth.RefreshToken = "" // it is spent, or its grant has ended
		} else {
			v.tokens, v.notice = next, &fault{Title: "The tokens are fresh", Good: true}
		}
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// renew gets the successor of old. A new ID token, where one comes, must speak of the same person (OIDC Core §12.2).
func (a *app) renew(ctx context.Context, old *tokens) (*tokens, error) {
	if old.oauth.RefreshToken == "" {
		return nil, errors.New("there is no refresh token")
	}
	found, err := a.provider.get()
	if err != nil {
		return nil, err
	}
	ctx = oidc.ClientContext(ctx, client)
	token, err := old.config.TokenSource(ctx, &oauth2.Token{RefreshToken: old.oauth.RefreshToken}).Token()
	if err != nil {
		return nil, err
	}
	next := *old
	next.oauth, next.userinfo = token, nil
	if scope, ok := token.Extra("scope").(string); ok {
		next.scope = scope
	}
	if _, ok := token.Extra("id_token").(string); ok {
		if err := a.verify(ctx, &next); err != nil {
			return nil, err
		}
		if next.subject != old.subject || next.nonce() != "" && next.nonce() != old.nonce() {
			return nil, errors.New("the new ID token speaks of another person or sign-in")
		}
	}
	return &next, a.askUserinfo(ctx, found, &next)
}
