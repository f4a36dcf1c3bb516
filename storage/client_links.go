package storage

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// WithSecret says whether the client proves itself by a secret that it shares with us.
func (c Client) WithSecret() bool {
	return c.AuthMethod == "client_secret_basic" || c.AuthMethod == "client_secret_post"
}

// checkKeys: the client's own keys, by value or by address, and what it signs with them (RFC 7591 §2; OIDC Registration §2).
func (c Client) checkKeys(f *faults) {
	has := len(c.JWKS) > 0 || c.JWKSURI != ""
	f.unless(has || c.AuthMethod != "private_key_jwt", "jwks", "is missing, and so is jwks_uri: the client signs with a key of its own")
	f.unless(len(c.JWKS) == 0 || c.JWKSURI == "", "jwks", "cannot stand beside jwks_uri (RFC 7591 §2)")
	isJSON := len(c.JWKS) <= maxKeys && (len(c.JWKS) == 0 || json.Valid(c.JWKS))
	f.unless(isJSON, "jwks", "is not JSON of at most 16 KiB")
	f.unless(!isJSON || len(c.JWKS) == 0 || publicKeys(c.JWKS), "jwks", "is not a JSON Web Key Set of public keys alone (RFC 7517 §5)")
	f.unless(c.AuthAlg == "" || c.AuthMethod == "private_key_jwt", "token_endpoint_auth_signing_alg", "has a use with private_key_jwt only")
	for field, alg := range map[string]string{"token_endpoint_auth_signing_alg": c.AuthAlg, "request_object_signing_alg": c.RequestAlg} {
		f.unless(alg == "" || slices.Contains(tokenAlgs, alg), field, "is none of "+strings.Join(tokenAlgs, ", "))
	}
	f.unless(c.RequestAlg == "" || has, "request_object_signing_alg", "wants jwks or jwks_uri: whose keys would verify the object?")
}

const maxKeys = 16 << 10 // bytes of jwks

// publicKeys says whether text is a key set without a key that is private or symmetric (RFC 7517 §9.3, RFC 7518 §6): whoever reads the
// record could else sign in the client's name.
func publicKeys(text []byte) bool {
	var set struct {
		Keys []map[string]json.RawMessage `json:"keys"`
	}
	if json.Unmarshal(text, &set) != nil || set.Keys == nil {
		return false
	}
	for _, key := range set.Keys {
		for _, member := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			if _, private := key[member]; private {
				return false
			}
		}
	}
	return true
}

// checkLinks: the addresses of a client besides its redirect URIs.
func (c Client) checkLinks(f *faults) {
	fetched := map[string]string{"jwks_uri": c.JWKSURI, "backchannel_logout_uri": c.BackchannelURI, "frontchannel_logout_uri": c.FrontchannelURI}
	for field, uri := range fetched {
		f.unless(uri == "" || webLink(uri, true) && !strings.Contains(uri, "#"), field, "wants an https URL without a fragment (plain http on loopback only)")
	}
	f.unless(c.FrontchannelURI == "" || slices.ContainsFunc(c.RedirectURIs, func(uri string) bool { return Origin(uri) == Origin(c.FrontchannelURI) }),
		"frontchannel_logout_uri", "wants scheme, host and port of a redirect URI (OIDC Front-Channel Logout §2)")
	shown := map[string]string{"logo_uri": c.LogoURI, "client_uri": c.HomeURI, "policy_uri": c.PolicyURI, "tos_uri": c.TermsURI}
	for field, uri := range shown {
		f.unless(uri == "" || webLink(uri, true), field, "wants an https URL (plain http on loopback only)")
	}
	f.unless(c.InitiateURI == "" || webLink(c.InitiateURI, false), "initiate_login_uri", "wants an https URL (OIDC Registration §2)")
	f.unless(len(c.RequestURIs) <= maxURIs, "request_uris", "are more than 50")
	for _, uri := range c.RequestURIs { // a fragment is the hash of what lies there (OIDC Core §6.2)
		f.unless(webLink(uri, true), "request_uris", "want https URLs (OIDC Core §6.2)")
	}
	f.unless(len(c.Resources) <= maxURIs, "resources", "are more than 50")
	for _, uri := range c.Resources {
		u, err := url.Parse(uri)
		f.unless(err == nil && u.IsAbs() && !strings.Contains(uri, "#") && plainURI(uri), "resources", "want absolute URIs without a fragment (RFC 8707 §2)")
	}
	f.unless(len(c.Contacts) <= maxURIs, "contacts", "are more than 50")
	for _, contact := range c.Contacts {
		f.unless(printable(contact, maxEmail), "contacts", "want one line each, of at most 254 characters")
	}
	f.unless(c.MaxAge >= 0, "default_max_age", "is less than 0")
	for _, acr := range c.ACRValues {
		f.unless(slices.Contains(Levels, acr), "default_acr_values", "want to be of "+strings.Join(Levels, ", "))
	}
	f.unless(c.Registration == nil || len(c.Registration) == 32, "registration_access_token", "is not stored as a SHA-256")
}

func plainURI(uri string) bool { return len(uri) <= maxURI && strings.IndexFunc(uri, notURI) < 0 }

// webLink says whether uri is an https URL, or a plain http one of this machine where that may be.
func webLink(uri string, loopbackHTTP bool) bool {
	u, err := url.Parse(uri)
	if err != nil || !plainURI(uri) || u.User != nil || u.Hostname() == "" || !validPort(u) {
		return false
	}
	return u.Scheme == "https" || loopbackHTTP && u.Scheme == "http" && loopback(u.Hostname())
}
