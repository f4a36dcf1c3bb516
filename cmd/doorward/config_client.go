package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// minSecret is the shortest secret of a declared application. Secrets are compared by a plain SHA-256 (security:
// client secrets are random), so they must hold enough randomness of their own.
const minSecret = 32

// ClientConfig is an application as it is declared in the configuration; `client add` fills the same struct.
type ClientConfig struct {
	ID                     string   `yaml:"id"`
	Name                   string   `yaml:"name"`
	SecretFile             string   `yaml:"secret_file"` // one secret a line, two while one replaces the other
	Type                   string   `yaml:"type"`
	AuthMethod             string   `yaml:"auth_method"`
	RedirectURIs           []string `yaml:"redirect_uris"`
	PostLogoutRedirectURIs []string `yaml:"post_logout_redirect_uris"`
	GrantTypes             []string `yaml:"grant_types"`
	Scopes                 []string `yaml:"scopes"`
	RequirePKCE            bool     `yaml:"require_pkce"`
	IDTokenAlg             string   `yaml:"id_token_alg"`
	IDTokenClaims          bool     `yaml:"id_token_claims"`
	IDTokenOnRefresh       bool     `yaml:"id_token_on_refresh"`
	Refresh                string   `yaml:"refresh"`
	AccessToken            string   `yaml:"access_token"`
	Consent                bool     `yaml:"consent"`
	Introspect             bool     `yaml:"introspect"`

	Groups      []string `yaml:"groups"` // who may sign in; with people, none is everybody
	People      []string `yaml:"people"` // by their ids
	RequireTOTP bool     `yaml:"require_totp"`
	Development bool     `yaml:"development"`

	JWKSFile    string   `yaml:"jwks_file"` // its public keys; or themselves, or where they lie:
	JWKS        string   `yaml:"jwks"`
	JWKSURI     string   `yaml:"jwks_uri"`
	AuthAlg     string   `yaml:"auth_alg"`
	RequestAlg  string   `yaml:"request_alg"`
	RequestURIs []string `yaml:"request_uris"`
	UserinfoAlg string   `yaml:"userinfo_alg"`
	Sector      string   `yaml:"sector"`
	Resources   []string `yaml:"resources"`
	MaxAge      int      `yaml:"max_age"`
	ACRValues   []string `yaml:"acr_values"`

	HomeURI     string   `yaml:"client_uri"`
	LogoURI     string   `yaml:"logo_uri"`
	PolicyURI   string   `yaml:"policy_uri"`
	TermsURI    string   `yaml:"tos_uri"`
	Contacts    []string `yaml:"contacts"`
	InitiateURI string   `yaml:"initiate_login_uri"`

	BackchannelURI      string `yaml:"backchannel_logout_uri"`
	BackchannelSession  bool   `yaml:"backchannel_logout_session"`
	FrontchannelURI     string `yaml:"frontchannel_logout_uri"`
	FrontchannelSession bool   `yaml:"frontchannel_logout_session"`

	secret string // from the environment, the same lines as in the file
}

// setDefaults is the entry of which nothing is said; what follows from its type is filled in by client.
func (c *ClientConfig) setDefaults() {
	*c = ClientConfig{Type: "web", RequirePKCE: true, IDTokenAlg: "RS256", AccessToken: "opaque"}
}

// variable is the environment variable that may hold the client's secret.
func (c ClientConfig) variable() string {
	return envPrefix + "CLIENTS_" + strings.ToUpper(strings.Map(wordRune, c.ID)) + "_SECRET"
}

// client is the record of the declaration, without secrets; what is left open follows from the type.
func (c ClientConfig) client() storage.Client {
	record := storage.Client{
		ID: c.ID, Name: c.Name,
		Type: c.Type, AuthMethod: c.AuthMethod,
		RedirectURIs: c.RedirectURIs, PostLogoutRedirectURIs: c.PostLogoutRedirectURIs,
		GrantTypes: c.GrantTypes, Scopes: c.Scopes, RequirePKCE: c.RequirePKCE,
		IDTokenAlg: c.IDTokenAlg, IDTokenClaims: c.IDTokenClaims, IDTokenOnRefresh: c.IDTokenOnRefresh,
		Refresh: c.Refresh, TokenFormat: c.AccessToken, Consent: c.Consent, Introspect: c.Introspect,
		Groups: c.Groups, People: c.People, RequireTOTP: c.RequireTOTP, Development: c.Development,
		JWKSURI: c.JWKSURI, AuthAlg: c.AuthAlg, RequestAlg: c.RequestAlg, RequestURIs: c.RequestURIs, UserinfoAlg: c.UserinfoAlg,
		Sector: c.Sector, Resources: c.Resources, MaxAge: int64(c.MaxAge), ACRValues: c.ACRValues,
		HomeURI: c.HomeURI, LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, TermsURI: c.TermsURI, Contacts: c.Contacts, InitiateURI: c.InitiateURI,
		BackchannelURI: c.BackchannelURI, BackchannelSession: c.BackchannelSession,
		FrontchannelURI: c.FrontchannelURI, FrontchannelSession: c.FrontchannelSession,
	}
	service, public := c.Type == "service", c.Type == "browser" || c.Type == "native"
	if record.Name == "" {
		record.Name = c.ID
	}
	if record.AuthMethod == "" {
		record.AuthMethod = pick(public, "none", "client_secret_basic")
	}
	if record.Refresh == "" {
		record.Refresh = pick(service, "never", "offline")
	}
	if len(record.GrantTypes) == 0 && service {
		record.GrantTypes = []string{"client_credentials"}
	}
	if len(record.GrantTypes) == 0 {
		record.GrantTypes = []string{"authorization_code"}
		if record.Refresh != "never" {
			record.GrantTypes = append(record.GrantTypes, "refresh_token")
		}
	}
	return record
}

func pick(first bool, yes, no string) string {
	if first {
		return yes
	}
	return no
}

// declared is the record of a declared application with its secrets' hashes. Its error joins *storage.Invalid values
// whose fields are settings of the entry.
func (c ClientConfig) declared() (storage.Client, error) {
	record, err := c.keyed()
	record.Owner = "file"
	wrong := []error{err}
	if record.WithSecret() {
		hashes, err := c.secrets()
		record.Secrets, wrong = hashes, append(wrong, err)
	} else if c.SecretFile != "" || c.secret != "" {
		wrong = append(wrong, &storage.Invalid{Field: "secret_file", Why: "a client of this auth_method has no secret; leave it out"})
	}
	return record, errors.Join(append(wrong, judge(record))...)
}

// secrets are the hashes of the client's one or two secrets, read from environment or file.
func (c ClientConfig) secrets() ([2][]byte, error) {
	refused := func(why string, args ...any) ([2][]byte, error) {
		return [2][]byte{}, &storage.Invalid{Field: "secret_file", Why: fmt.Sprintf(why, args...)}
	}
	text := c.secret
	if text == "" && c.SecretFile == "" {
		return refused("the client needs a secret: name a file here, or set %s", c.variable())
	}
	if text == "" {
		data, err := os.ReadFile(c.SecretFile)
		if err != nil {
			return refused("%s", plain(err))
		}
		text = string(data)
	}
	var hashes [2][]byte
	lines := strings.Fields(text)
	if len(lines) < 1 || len(lines) > len(hashes) {
		return refused("must hold one secret, or two while one replaces the other; it holds %d", len(lines))
	}
	for i, line := range lines {
		if len(line) < minSecret {
			return refused("a secret needs at least %d random characters", minSecret)
		}
		hashes[i] = keys.HashSecret(line)
	}
	return hashes, nil
}
