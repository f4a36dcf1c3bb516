package op

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// Codes of registration (RFC 7591 §3.2.2).
const (
	invalidRedirectURI       = "invalid_redirect_uri"
	invalidClientMetadata    = "invalid_client_metadata"
	invalidSoftwareStatement = "invalid_software_statement"
)

// blank is an application of which nothing has been said (RFC 7591 §2, OIDC Registration §2). People are asked before its first
// answer, whatever it says of itself: nobody here knows it.
func (p *Provider) blank(id string) application {
	return application{Client: storage.Client{
		ID: id, Owner: "dynamic", Consent: true, RequirePKCE: !p.registration.PKCEOptional,
		Type: "web", GrantTypes: []string{grantCode}, IDTokenAlg: "RS256", TokenFormat: "opaque",
	}}
}

// describe reads an application's metadata into a. The error is an *Error that names the member.
func (a *application) describe(said map[string]json.RawMessage) error {
	if _, has := said["software_statement"]; has {
		return &Error{Code: invalidSoftwareStatement, Description: "nobody's software statements are trusted here"}
	}
	for _, name := range refusedMembers {
		if value, has := said[name]; has && string(value) != "null" {
			return metadataFault(name, "asks for encryption, which is not done here")
		}
	}
	for _, m := range applicationMembers {
		value, has := said[m.name]
		if !has || string(value) == "null" { // RFC 7592 §2.2: null is as good as left out
			continue
		}
		if !m.read(a, value) {
			return metadataFault(m.name, m.wants)
		}
	}
	a.settle()
	return nil
}

// settle fills in what follows from what was said. A page without a server behind it says that it has no secret; then its scripts may read
// what it is answered (cors.go).
func (a *application) settle() {
	switch {
	case a.AuthMethod == "" && a.Type == "native": // it cannot keep a secret (RFC 8252 §8.5)
		a.AuthMethod = "none"
	case a.AuthMethod == "":
		a.AuthMethod = "client_secret_basic"
	}
	if a.Type == "web" && a.Public() {
		a.Type = "browser"
	}
	a.RequirePKCE = a.RequirePKCE || a.Public()
	a.Refresh = "never"
	if slices.Contains(a.GrantTypes, grantRefresh) {
		a.Refresh = "offline"
	}
	if a.Name == "" && len(a.RedirectURIs) > 0 {
		a.Name = strings.TrimSuffix(Destination{redirect: a.RedirectURIs[0]}.host(), ":")
	}
}

// judge applies the rules for those whom nobody here knows, and then those for everybody. The error is an *Error.
func (p *Provider) judge(a application) error {
	for _, grant := range a.GrantTypes {
		if grant != grantCode && grant != grantRefresh {
			return metadataFault("grant_types", "want to be authorization_code, with or without refresh_token")
		}
	}
	if !slices.Contains(a.GrantTypes, grantCode) {
		return metadataFault("grant_types", "lack authorization_code")
	}
	for _, uri := range a.RedirectURIs { // what is sent to us would stand in our own log and history, or be posted to us in the person's name
		if p.leadsHere(uri) {
			return &Error{Code: invalidRedirectURI, Description: "redirect_uris lead to this server itself"}
		}
	}
	if err := a.Check(); err != nil {
		return registrationFault(err)
	}
	return registrationFault(keys.CheckSet(a.JWKS, a.AuthAlg, a.RequestAlg))
}

// registrationFault tells the first rule of a record that is broken, by the code of RFC 7591 §3.2.2. Nil for nil.
func registrationFault(err error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && len(joined.Unwrap()) > 0 {
		err = joined.Unwrap()[0]
	}
	invalid := (*storage.Invalid)(nil)
	if !errors.As(err, &invalid) {
		return err
	}
	if invalid.Field == "redirect_uris" {
		return &Error{Code: invalidRedirectURI, Description: "redirect_uris " + plainWords.Replace(invalid.Why)}
	}
	return metadataFault(invalid.Field, plainWords.Replace(invalid.Why))
}

func metadataFault(member, why string) error {
	return &Error{Code: invalidClientMetadata, Description: member + " " + why}
}

// plainWords makes a rule's words fit for a description (RFC 6749 §5.2).
var plainWords = strings.NewReplacer("§", "section ", `"`, "'", `\`, "/")

// credential gives an application its secret where it wants one and has none yet; then it is shown this once, and stored as its hash.
func (a *application) credential(had [2][]byte) string {
	a.Secrets = [2][]byte{}
	switch {
	case !a.WithSecret():
		return ""
	case had[0] != nil || had[1] != nil:
		a.Secrets = had
		return ""
	}
	text, hash := keys.NewSecret("dws_")
	a.Secrets[0] = hash
	return text
}
