package admin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/doorward/doorward/storage"
)

// App is an application as pages show it and the API serves it. Of its secrets it tells no more than when they were made (AD-08).
type App struct {
	ID       string `json:"client_id"`
	Owner    string `json:"owner"` // "console", "file", "applied", "itself"
	Type     string `json:"type"`  // "web", "browser", "native", "service"
	Tile     string `json:"tile"`  // what it was made from, "" nothing
	Disabled bool   `json:"disabled"`
	AppSettings
	AppAccess
	Sector  string      `json:"sector"` // of pairwise subjects
	Secrets []AppSecret `json:"secrets"`
	Created time.Time   `json:"created"`
	Updated time.Time   `json:"updated"` // tells which state of it was read
}

// AppSecret is a secret of which only a hash is stored.
type AppSecret struct {
	ID   string    `json:"id"`
	Made time.Time `json:"made,omitzero"` // zero: before that was kept
}

// AppSettings are what may be set of an application, by the names of RFC 7591 §2 where it has one. Faults of a record name the same.
type AppSettings struct {
	Name                   string          `json:"client_name"`
	AuthMethod             string          `json:"token_endpoint_auth_method"`
	RedirectURIs           []string        `json:"redirect_uris"`
	PostLogoutRedirectURIs []string        `json:"post_logout_redirect_uris"`
	GrantTypes             []string        `json:"grant_types"`
	Scopes                 []string        `json:"scope"` // empty: every scope but those of the console
	RequirePKCE            bool            `json:"require_pkce"`
	IDTokenAlg             string          `json:"id_token_signed_response_alg"`
	IDTokenClaims          bool            `json:"id_token_claims"`
	IDTokenOnRefresh       bool            `json:"id_token_on_refresh"`
	Refresh                string          `json:"refresh"`
	TokenFormat            string          `json:"token_format"`
	Consent                bool            `json:"consent"`
	Introspect             bool            `json:"introspect"`
	Profile                string          `json:"profile"`
	Development            bool            `json:"development"`
	JWKS                   json.RawMessage `json:"jwks,omitempty"`
	JWKSURI                string          `json:"jwks_uri"`
	AuthAlg                string          `json:"token_endpoint_auth_signing_alg"`
	RequestAlg             string          `json:"request_object_signing_alg"`
	RequestURIs            []string        `json:"request_uris"`
	UserinfoAlg            string          `json:"userinfo_signed_response_alg"`
	Resources              []string        `json:"resources"`
	MaxAge                 int64           `json:"default_max_age"` // seconds, 0: none
	ACRValues              []string        `json:"default_acr_values"`
	BackchannelURI         string          `json:"backchannel_logout_uri"`
	BackchannelSession     bool            `json:"backchannel_logout_session_required"`
	FrontchannelURI        string          `json:"frontchannel_logout_uri"`
	FrontchannelSession    bool            `json:"frontchannel_logout_session_required"`
	HomeURI                string          `json:"client_uri"`
	LogoURI                string          `json:"logo_uri"`
	PolicyURI              string          `json:"policy_uri"`
	TermsURI               string          `json:"tos_uri"`
	Contacts               []string        `json:"contacts"`
	InitiateURI            string          `json:"initiate_login_uri"`
}

// AppAccess is who may sign in to an application, and how. Neither groups nor people: everybody.
type AppAccess struct {
	Groups      []string `json:"groups"`
	People      []string `json:"people"` // their ids
	RequireTOTP bool     `json:"require_totp"`
}

func appOf(c storage.Client) App {
	a := App{ID: c.ID, Owner: owners[c.Owner], Type: c.Type, Tile: c.Tile, Disabled: c.Disabled, Sector: c.Sector,
		AppSettings: settingsOf(c), AppAccess: AppAccess{listed(c.Groups), listed(c.People), c.RequireTOTP},
		Secrets: []AppSecret{}, Created: c.Created, Updated: c.Updated}
	for i, secret := range c.Secrets {
		if secret != nil {
			a.Secrets = append(a.Secrets, AppSecret{secretID(secret), c.SecretsMade[i]})
		}
	}
	return a
}

// secretID names a secret by a hash of its hash, which finds neither.
func secretID(hash []byte) string {
	sum := sha256.Sum256(append([]byte("id of a secret "), hash...))
	return hex.EncodeToString(sum[:6])
}

func settingsOf(c storage.Client) AppSettings {
	return AppSettings{
		Name: c.Name, AuthMethod: c.AuthMethod, RedirectURIs: listed(c.RedirectURIs), PostLogoutRedirectURIs: listed(c.PostLogoutRedirectURIs),
		GrantTypes: listed(c.GrantTypes), Scopes: listed(c.Scopes), RequirePKCE: c.RequirePKCE,
		IDTokenAlg: c.IDTokenAlg, IDTokenClaims: c.IDTokenClaims, IDTokenOnRefresh: c.IDTokenOnRefresh, Refresh: c.Refresh,
		TokenFormat: c.TokenFormat, Consent: c.Consent, Introspect: c.Introspect, Profile: c.Profile, Development: c.Development,
		JWKS: c.JWKS, JWKSURI: c.JWKSURI, AuthAlg: c.AuthAlg, RequestAlg: c.RequestAlg, RequestURIs: listed(c.RequestURIs),
		UserinfoAlg: c.UserinfoAlg, Resources: listed(c.Resources), MaxAge: c.MaxAge, ACRValues: listed(c.ACRValues),
		BackchannelURI: c.BackchannelURI, BackchannelSession: c.BackchannelSession,
		FrontchannelURI: c.FrontchannelURI, FrontchannelSession: c.FrontchannelSession,
		HomeURI: c.HomeURI, LogoURI: c.LogoURI, PolicyURI: c.PolicyURI, TermsURI: c.TermsURI, Contacts: listed(c.Contacts), InitiateURI: c.InitiateURI,
	}
}

// into writes the settings into a record.
func (s AppSettings) into(c *storage.Client) {
	c.Name, c.AuthMethod = s.Name, s.AuthMethod
	c.RedirectURIs, c.PostLogoutRedirectURIs = stored(s.RedirectURIs), stored(s.PostLogoutRedirectURIs)
	c.GrantTypes, c.Scopes, c.RequirePKCE = stored(s.GrantTypes), stored(s.Scopes), s.RequirePKCE
	c.IDTokenAlg, c.IDTokenClaims, c.IDTokenOnRefresh, c.Refresh = s.IDTokenAlg, s.IDTokenClaims, s.IDTokenOnRefresh, s.Refresh
	c.TokenFormat, c.Consent, c.Introspect, c.Profile, c.Development = s.TokenFormat, s.Consent, s.Introspect, s.Profile, s.Development
	c.JWKS, c.JWKSURI, c.AuthAlg, c.RequestAlg, c.RequestURIs = s.JWKS, s.JWKSURI, s.AuthAlg, s.RequestAlg, stored(s.RequestURIs)
	c.UserinfoAlg, c.Resources, c.MaxAge, c.ACRValues = s.UserinfoAlg, stored(s.Resources), s.MaxAge, stored(s.ACRValues)
	c.BackchannelURI, c.BackchannelSession = s.BackchannelURI, s.BackchannelSession
	c.FrontchannelURI, c.FrontchannelSession = s.FrontchannelURI, s.FrontchannelSession
	c.HomeURI, c.LogoURI, c.PolicyURI, c.TermsURI = s.HomeURI, s.LogoURI, s.PolicyURI, s.TermsURI
	c.Contacts, c.InitiateURI = stored(s.Contacts), s.InitiateURI
}

// admits refuses groups that nobody has made and people whom there are not: what is mistyped would let in nobody, or later somebody else.
// Those that an application has already, stay.
func (d *Desk) admits(ctx context.Context, has, a AppAccess) error {
	if err := d.known(ctx, has.Groups, a.Groups); err != nil {
		return err
	}
	for _, id := range a.People {
		if slices.Contains(has.People, id) {
			continue
		}
		_, err := d.Store.User(ctx, id)
		if errors.Is(err, storage.ErrNotFound) {
			err = &storage.Invalid{Field: "people", Why: "there is nobody whose id is " + clipped(id, 80)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a AppAccess) into(c *storage.Client) {
	c.Groups, c.People, c.RequireTOTP = stored(a.Groups), stored(a.People), a.RequireTOTP
}

// listed is a list of a record as JSON has it: never null, and not the record's own, which is shared.
func listed(list []string) []string { return append([]string{}, list...) }

// stored is a list as records have it: nil where it is empty, so that what did not change compares alike.
func stored(list []string) []string {
	if len(list) == 0 {
		return nil
	}
	return slices.Clone(list)
}
