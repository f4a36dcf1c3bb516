package main

import (
	"errors"
	"net/url"
	"os"
	"strings"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

// GoogleConfig is signing in with Google; without a client id nobody does.
type GoogleConfig struct {
	ClientID         string `yaml:"client_id"`
	ClientSecretFile string `yaml:"client_secret_file"`
	Issuer           string `yaml:"issuer"`        // another OpenID Provider in the place of Google
	HostedDomain     string `yaml:"hosted_domain"` // "": any

	secret string // from the environment
}

// on says whether people may sign in with Google.
func (c GoogleConfig) on() bool { return c.ClientID != "" }

// google is what the face needs, nil where it is off. Its error joins faults of the settings that are named in it.
func (c Config) google() (*login.Google, faults) {
	var found faults
	blame := func(name string, err error) {
		if err != nil {
			found = append(found, c.places.fault("google."+name, "%s", err))
		}
	}
	g := c.Google
	blame("client_id", checkGoogleClient(g.ClientID))
	secret, err := g.readSecret()
	blame("client_secret_file", err)
	blame("issuer", checkProvider(g.Issuer))
	blame("hosted_domain", checkDomain(g.HostedDomain))
	return &login.Google{
		Issuer:       g.Issuer,
		ClientID:     g.ClientID,
		ClientSecret: login.ClientSecret(secret),
		HostedDomain: g.HostedDomain,
	}, found
}

// checkGoogle judges these settings where any is given.
func (c Config) checkGoogle() faults {
	if c.Google == defaults().Google {
		return nil
	}
	_, found := c.google()
	return found
}

func checkGoogleClient(id string) error {
	switch {
	case id == "":
		return errors.New("is missing; Google shows it beside the secret, like 123-abc.apps.googleusercontent.com")
	case strings.ContainsFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }):
		return errors.New("holds a space or another character that no client id has")
	}
	return nil
}

// checkProvider takes the issuer of an OpenID Provider (OIDC Discovery §4.1): it may have a path. Plain http is for this machine.
func checkProvider(issuer string) error {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("is not an address like https://accounts.google.com")
	case u.Scheme == "http" && !localName(u.Hostname()):
		return errors.New("must begin with https://; plain http is for localhost and 127.0.0.1 only")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || strings.Contains(issuer, "#"):
		return errors.New("must have no user, no query and no fragment")
	}
	return nil
}

// checkDomain wants a domain as Google writes it in hd.
func checkDomain(domain string) error {
	if domain == "" {
		return nil
	}
	if address, err := storage.NormalEmail("a@" + domain); err != nil || address != "a@"+domain {
		return errors.New("is not a domain like example.com, in small letters")
	}
	return nil
}

func (c GoogleConfig) readSecret() (string, error) {
	text := c.secret
	if text == "" && c.ClientSecretFile == "" {
		return "", errors.New("is missing: name a file here, or set DOORWARD_GOOGLE_CLIENT_SECRET")
	}
	if text == "" {
		data, err := os.ReadFile(c.ClientSecretFile)
		if err != nil {
			return "", errors.New(plain(err))
		}
		text = string(data)
	}
	if text = strings.TrimRight(text, "\r\n"); text == "" || strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", errors.New("is empty, or holds a space or another character that no secret of Google's has")
	}
	return text, nil
}
