package main

import (
	"context"
	"errors"
	"net/url"
)

// lookAtGoogle asks Google who it is, as the house does when somebody signs in with it.
func lookAtGoogle(ctx context.Context, d *doctor) []remark {
	if !d.config.Google.on() {
		return nil
	}
	google, _ := d.config.google() // config was checked
	err := google.Reach(ctx)
	network := (*url.Error)(nil)
	switch {
	case errors.As(err, &network):
		return bad(wrong, "let this machine reach it over https, without a proxy; others sign in meanwhile", "cannot reach %s: %v; the redirect URI to enter there is %s", google.Issuer, plainly(err), d.config.googleRedirect())
	case err != nil:
		return bad(wrong, "let google.issuer name Google, or another OpenID Provider exactly as it names itself", "%s: %v", google.Issuer, err)
	}
	return ok("%s answers; the redirect URI to enter there is %s", google.Issuer, d.config.googleRedirect())
}

// googleRedirect is the redirect URI that Google must know.
func (c Config) googleRedirect() string { return c.Issuer + "/login/google/callback" }
