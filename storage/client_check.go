package storage

import (
	"slices"
	"strings"
)

// Bounds of a client's record.
const (
	maxURI    = 2048 // bytes of one URI
	maxURIs   = 50
	maxScopes = 50
	maxName   = 80
	maxRecord = 16 << 10 // bytes of one that strangers write: all of them are read when one has changed
)

// The lists of what a client's record may say. What stands here works; nothing else is taken.
var (
	clientTypes  = []string{"web", "browser", "native", "service"}
	grantTypes   = []string{"authorization_code", "refresh_token", "client_credentials"}
	tokenAlgs    = []string{"RS256", "PS256", "ES256", "EdDSA"}
	refreshKinds = []string{"offline", "session", "never"}
	tokenFormats = []string{"opaque", "jwt"}
)

// authMethods are the methods of the token endpoint that fit a type of client: what runs on a person's machine
// can keep no secret (RFC 6749 §2.1, RFC 8252 §8.5), and a server that is its own resource owner must have one.
var authMethods = map[string][]string{
	"web":     {"client_secret_basic", "client_secret_post", "private_key_jwt", "none"},
	"browser": {"none"},
	"native":  {"none"},
	"service": {"client_secret_basic", "client_secret_post", "private_key_jwt"},
}

// Check judges the record by the rules of its type; every door uses it. The error joins *Invalid values.
func (c Client) Check() error {
	var f faults
	f.unless(validID(c.ID), "client_id", "wants 1 to 64 letters, digits, dots, hyphens or underscores")
	f.unless(printable(c.Name, maxName), "client_name", "wants 1 to 80 printable characters in one line")
	f.unless(slices.Contains([]string{"", "file", "applied", "dynamic"}, c.Owner), "owner", `is none of "", "file", "applied" and "dynamic"`)
	f.unless(slices.Contains(clientTypes, c.Type), "type", "is none of "+strings.Join(clientTypes, ", "))
	c.checkAuth(&f)
	c.checkGrants(&f)
	c.checkURIs(&f)
	c.checkKeys(&f)
	c.checkLinks(&f)
	c.checkTokens(&f)
	c.checkSector(&f)
	c.checkAccess(&f)
	c.checkStranger(&f)
	return f.err()
}

// checkStranger: what holds for a client that registered itself alone.
func (c Client) checkStranger(f *faults) {
	if c.Owner != "dynamic" {
		return
	}
	record, err := c.record()
	f.unless(err == nil && len(record) <= maxRecord, "metadata", "takes more than 16 KiB: keys can be given by jwks_uri")
	f.unless(c.Consent, "consent", "is asked for by a client that registered itself") // what it was allowed is found by it
}

// checkAuth: RFC 7591 §2, token_endpoint_auth_method.
func (c Client) checkAuth(f *faults) {
	methods := authMethods[c.Type]
	f.unless(slices.Contains(methods, c.AuthMethod), "token_endpoint_auth_method", "does not fit the type: wants one of "+strings.Join(methods, ", "))
	secrets := 0
	for _, s := range c.Secrets {
		if s != nil {
			secrets++
			f.unless(len(s) == 32, "client_secret", "is not stored as a SHA-256")
		}
	}
	f.unless(c.WithSecret() == (secrets > 0), "client_secret", "is wanted by client_secret_basic and client_secret_post, and by nothing else")
	f.unless(c.Type != "web" || !c.Public() || c.RequirePKCE, "require_pkce", "cannot be off for a client without a secret (RFC 9700 §2.1.1)")
	f.unless(!c.Introspect || !c.Public(), "introspect", "wants a client that authenticates (RFC 7662 §2.1)")
}

// checkGrants: RFC 7591 §2, grant_types and scope. The implicit and password grants are not known (RFC 9700 §2.1.2, §2.4).
func (c Client) checkGrants(f *faults) {
	f.unless(len(c.GrantTypes) > 0, "grant_types", "are missing")
	for _, g := range c.GrantTypes {
		f.unless(slices.Contains(grantTypes, g), "grant_types", "want to be of "+strings.Join(grantTypes, ", "))
	}
	code := slices.Contains(c.GrantTypes, "authorization_code")
	f.unless(code || !slices.Contains(c.GrantTypes, "refresh_token"), "grant_types", "have refresh_token without authorization_code")
	f.unless(!c.Public() || !slices.Contains(c.GrantTypes, "client_credentials"), "grant_types",
		"have client_credentials, which a public client cannot use (RFC 6749 §4.4)")
	f.unless(c.Type != "service" || !code, "grant_types", "have authorization_code, where a service signs nobody in")
	f.unless(len(c.Scopes) <= maxScopes, "scope", "has more than 50 words")
	for _, s := range c.Scopes {
		f.unless(validScope(s), "scope", "wants words of RFC 6749 §3.3")
	}
}

// checkURIs: RFC 6749 §3.1.2, RFC 7591 §2, RFC 8252 §7.
func (c Client) checkURIs(f *faults) {
	code := slices.Contains(c.GrantTypes, "authorization_code")
	some := len(c.RedirectURIs) > 0
	f.unless(some || !code, "redirect_uris", "must be given")
	f.unless(code || !some || c.Type != "service", "redirect_uris", "a service has no redirect URIs")
	f.unless(code || !some || c.Type == "service", "redirect_uris", "have no use without authorization_code (RFC 6749 §3.1.2.2)")
	f.unless(len(c.RedirectURIs) <= maxURIs && len(c.PostLogoutRedirectURIs) <= maxURIs, "redirect_uris", "are more than 50")
	for _, u := range c.RedirectURIs {
		c.checkRedirect(f, "redirect_uris", u)
	}
	for _, u := range c.PostLogoutRedirectURIs {
		c.checkRedirect(f, "post_logout_redirect_uris", u)
	}
}

// checkTokens judges what the client's tokens look like and how long they last.
func (c Client) checkTokens(f *faults) {
	signsIn := slices.Contains(c.GrantTypes, "authorization_code")
	f.unless(slices.Contains(tokenAlgs, c.IDTokenAlg) || c.IDTokenAlg == "" && !signsIn, "id_token_signed_response_alg", "is none of "+strings.Join(tokenAlgs, ", "))
	f.unless(slices.Contains(refreshKinds, c.Refresh) || c.Refresh == "" && !signsIn, "refresh", "is none of "+strings.Join(refreshKinds, ", "))
	f.unless(slices.Contains(tokenFormats, c.TokenFormat), "token_format", "is none of "+strings.Join(tokenFormats, ", "))
	f.unless(c.UserinfoAlg == "" || slices.Contains(tokenAlgs, c.UserinfoAlg), "userinfo_signed_response_alg", "is none of "+strings.Join(tokenAlgs, ", "))
	f.unless(c.Profile == "" || c.Profile == "fapi2", "profile", `is neither "" nor "fapi2"`)
}

// validScope says whether s is a scope-token (RFC 6749 §3.3).
func validScope(s string) bool {
	return s != "" && len(s) <= 128 && strings.IndexFunc(s, func(r rune) bool {
		return r < 0x21 || r > 0x7e || r == '"' || r == '\\'
	}) < 0
}
