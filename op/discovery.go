package op

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/doorward/doorward/web"
)

// How long others may keep what we say of ourselves. A signing key is published a day before it signs.
const (
	discoveryAge = time.Hour
	jwksAge      = 15 * time.Minute
)

// metadata is what we say of ourselves (OIDC Discovery §3, RFC 8414 §2): only what works.
type metadata struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	UserinfoEndpoint      string   `json:"userinfo_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	EndSessionEndpoint    string   `json:"end_session_endpoint"`
	RegistrationEndpoint  string   `json:"registration_endpoint,omitempty"`
	IntrospectionEndpoint string   `json:"introspection_endpoint"`
	RevocationEndpoint    string   `json:"revocation_endpoint"`
	Scopes                []string `json:"scopes_supported"`
	Claims                []string `json:"claims_supported"`
	ClaimsParameter       bool     `json:"claims_parameter_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	ResponseModes         []string `json:"response_modes_supported"`
	GrantTypes            []string `json:"grant_types_supported"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	IntrospectionMethods  []string `json:"introspection_endpoint_auth_methods_supported"`
	RevocationMethods     []string `json:"revocation_endpoint_auth_methods_supported"`
	AuthAlgs              []string `json:"token_endpoint_auth_signing_alg_values_supported"` // of client assertions, at whichever endpoint
	IntrospectionAlgs     []string `json:"introspection_endpoint_auth_signing_alg_values_supported"`
	RevocationAlgs        []string `json:"revocation_endpoint_auth_signing_alg_values_supported"`
	PKCEMethods           []string `json:"code_challenge_methods_supported"`
	Prompts               []string `json:"prompt_values_supported"`
	ACRs                  []string `json:"acr_values_supported"`
	Subjects              []string `json:"subject_types_supported"`
	IDTokenAlgs           []string `json:"id_token_signing_alg_values_supported"`
	UserinfoAlgs          []string `json:"userinfo_signing_alg_values_supported"`
	Languages             []string `json:"ui_locales_supported"`
	IssInResponse         bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3

	Backchannel         bool `json:"backchannel_logout_supported"` // OIDC Back-Channel Logout §2.1
	BackchannelSession  bool `json:"backchannel_logout_session_supported"`
	Frontchannel        bool `json:"frontchannel_logout_supported"` // OIDC Front-Channel Logout §3
	FrontchannelSession bool `json:"frontchannel_logout_session_supported"`

	// Request objects are signed, and those elsewhere registered (OIDC Core §6).
	Request        bool     `json:"request_parameter_supported"`
	RequestURI     bool     `json:"request_uri_parameter_supported"`
	RequestURIs    bool     `json:"require_request_uri_registration"`
	RequestObjects []string `json:"request_object_signing_alg_values_supported"`
}

func (p *Provider) metadata() metadata {
	algs := p.keys.Ring.Algorithms()
	methods := names(authMethods, func(m authMethod) string { return m.name })
	registration := ""
	if p.registration.on() {
		registration = p.site.Issuer + "/register"
	}
	return metadata{
		Issuer:                p.site.Issuer,
		AuthorizationEndpoint: p.site.Issuer + "/authorize",
		TokenEndpoint:         p.site.Issuer + "/token",
		UserinfoEndpoint:      p.site.Issuer + "/userinfo",
		JWKSURI:               p.site.Issuer + "/jwks",
		EndSessionEndpoint:    p.site.Issuer + "/end_session",
		RegistrationEndpoint:  registration,
		IntrospectionEndpoint: p.site.Issuer + "/introspect",
		RevocationEndpoint:    p.site.Issuer + "/revoke",
		Scopes:                scopes,
		Claims:                append(claimsOfIDToken(), names(claims, func(c claim) string { return c.name })...),
		ClaimsParameter:       true,
		ResponseTypes:         []string{"code"},
		ResponseModes:         []string{modeQuery, modeForm},
		GrantTypes:            grantTypes,
		AuthMethods:           methods,
		IntrospectionMethods:  slices.DeleteFunc(slices.Clone(methods), func(m string) bool { return m == "none" }),
		RevocationMethods:     methods,
		AuthAlgs:              algs,
		IntrospectionAlgs:     algs,
		RevocationAlgs:        algs,
		PKCEMethods:           []string{"S256"},
		Prompts:               promptValues,
		ACRs:                  acrValues,
		Subjects:              subjectTypes,
		IDTokenAlgs:           algs,
		UserinfoAlgs:          algs,
		Languages:             p.site.Texts.Languages(),
		IssInResponse:         true,
		Backchannel:           true,
		BackchannelSession:    true,
		Frontchannel:          true,
		FrontchannelSession:   true,
		Request:               true,
		RequestURI:            true,
		RequestURIs:           true,
		RequestObjects:        algs,
	}
}

// claimsOfIDToken are the claims of every ID token that a client may care for.
func claimsOfIDToken() []string {
	return []string{"sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "acr", "amr", "sid"}
}

func names[T any](list []T, name func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = name(v)
	}
	return out
}

// discovery answers both well-known paths with the same bytes, computed once.
func (p *Provider) discovery() web.Handler {
	body, err := json.Marshal(p.metadata())
	if err != nil {
		panic(err) // strings and booleans always encode
	}
	sum := sha256.Sum256(body)
	etag := base64.RawURLEncoding.EncodeToString(sum[:12])
	return web.CachedBytes("application/json", discoveryAge, func() ([]byte, string) { return body, etag })
}

// jwks answers with the public keys (RFC 7517 §5).
func (p *Provider) jwks() web.Handler {
	return web.CachedBytes("application/json", jwksAge, p.keys.Ring.JWKS)
}
