package admin

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/doorward/doorward/storage"
)

// field is a setting of an application on its page; Name is that of the record in JSON, and of what storage says is wrong.
type appField struct {
	Name  string
	Kind  string // "text", "number", "lines", "words" (beside each other), "check", "choice", "boxes", "json"
	Label string // keys of texts
	Hint  string
	Of    []string // types of applications that have it; nil: all
	Pick  []appOption
}

type appOption struct {
	Value, Label string // Label is a key; "": the value says it
}

type appGroup struct {
	Title  string
	Fields []appField
}

// Types of applications that people sign in to, and those that prove themselves.
var (
	withPeople = []string{"web", "browser", "native"}
	withProof  = []string{"web", "service"}
)

var algorithms = []appOption{{"RS256", ""}, {"ES256", ""}, {"EdDSA", ""}, {"PS256", ""}}

// settingGroups are the settings page: what is here can be set, in this order.
var settingGroups = []appGroup{
	{"app.group-main", []appField{
		{Name: "client_name", Kind: "text", Label: "app.name", Hint: "app.name-hint"},
		{Name: "redirect_uris", Kind: "lines", Label: "app.redirects", Hint: "app.redirects-hint", Of: withPeople},
		{Name: "post_logout_redirect_uris", Kind: "lines", Label: "app.post-logout", Hint: "app.post-logout-hint", Of: withPeople},
		{Name: "development", Kind: "check", Label: "app.development", Hint: "app.development-hint", Of: withPeople},
	}},
	{"app.group-proof", []appField{
		{Name: "token_endpoint_auth_method", Kind: "choice", Label: "app.auth", Hint: "app.auth-hint", Of: withProof, Pick: []appOption{
			{"client_secret_basic", "app.auth-basic"}, {"client_secret_post", "app.auth-post"}, {"private_key_jwt", "app.auth-key"}, {"none", "app.auth-none"}}},
		{Name: "require_pkce", Kind: "check", Label: "app.pkce", Hint: "app.pkce-hint", Of: []string{"web"}},
		{Name: "jwks_uri", Kind: "text", Label: "app.jwks-uri", Hint: "app.jwks-uri-hint"},
		{Name: "jwks", Kind: "json", Label: "app.jwks", Hint: "app.jwks-hint"},
		{Name: "token_endpoint_auth_signing_alg", Kind: "choice", Label: "app.auth-alg", Of: withProof, Pick: optional(algorithms)},
		{Name: "request_object_signing_alg", Kind: "choice", Label: "app.request-alg", Of: withPeople, Pick: optional(algorithms)},
		{Name: "request_uris", Kind: "lines", Label: "app.request-uris", Of: withPeople},
		{Name: "profile", Kind: "choice", Label: "app.profile", Hint: "app.profile-hint", Pick: []appOption{{"", "app.profile-none"}, {"fapi2", "app.profile-fapi"}}},
	}},
	{"app.group-tokens", []appField{
		{Name: "scope", Kind: "words", Label: "app.scopes", Hint: "app.scopes-hint"},
		{Name: "grant_types", Kind: "boxes", Label: "app.grants", Pick: []appOption{
			{"authorization_code", "app.grant-code"}, {"refresh_token", "app.grant-refresh"}, {"client_credentials", "app.grant-client"}}},
		{Name: "refresh", Kind: "choice", Label: "app.refresh", Of: withPeople, Pick: []appOption{
			{"offline", "app.refresh-offline"}, {"session", "app.refresh-session"}, {"never", "app.refresh-never"}}},
		{Name: "id_token_signed_response_alg", Kind: "choice", Label: "app.id-alg", Hint: "app.id-alg-hint", Of: withPeople, Pick: algorithms},
		{Name: "id_token_claims", Kind: "check", Label: "app.id-claims", Hint: "app.id-claims-hint", Of: withPeople},
		{Name: "id_token_on_refresh", Kind: "check", Label: "app.id-refresh", Hint: "app.id-refresh-hint", Of: withPeople},
		{Name: "userinfo_signed_response_alg", Kind: "choice", Label: "app.userinfo-alg", Of: withPeople, Pick: append([]appOption{{"", "app.userinfo-plain"}}, algorithms...)},
		{Name: "token_format", Kind: "choice", Label: "app.format", Hint: "app.format-hint", Pick: []appOption{{"opaque", "app.format-opaque"}, {"jwt", "app.format-jwt"}}},
		{Name: "resources", Kind: "lines", Label: "app.resources", Hint: "app.resources-hint"},
		{Name: "introspect", Kind: "check", Label: "app.introspect", Hint: "app.introspect-hint", Of: withProof},
	}},
	{"app.group-signin", []appField{
		{Name: "consent", Kind: "check", Label: "app.consent", Hint: "app.consent-hint", Of: withPeople},
		{Name: "default_max_age", Kind: "number", Label: "app.max-age", Hint: "app.max-age-hint", Of: withPeople},
		{Name: "default_acr_values", Kind: "boxes", Label: "app.acr", Of: withPeople, Pick: []appOption{
			{storage.Levels[0], "app.acr-one"}, {storage.Levels[1], "app.acr-two"}, {storage.Levels[2], "app.acr-app"}}},
	}},
	{"app.group-logout", []appField{
		{Name: "backchannel_logout_uri", Kind: "text", Label: "app.backchannel", Hint: "app.backchannel-hint", Of: withPeople},
		{Name: "backchannel_logout_session_required", Kind: "check", Label: "app.backchannel-sid", Of: withPeople},
		{Name: "frontchannel_logout_uri", Kind: "text", Label: "app.frontchannel", Hint: "app.frontchannel-hint", Of: withPeople},
		{Name: "frontchannel_logout_session_required", Kind: "check", Label: "app.frontchannel-sid", Of: withPeople},
	}},
	{"app.group-shown", []appField{
		{Name: "client_uri", Kind: "text", Label: "app.home", Of: withPeople},
		{Name: "logo_uri", Kind: "text", Label: "app.logo", Hint: "app.logo-hint", Of: withPeople},
		{Name: "policy_uri", Kind: "text", Label: "app.policy", Of: withPeople},
		{Name: "tos_uri", Kind: "text", Label: "app.terms", Of: withPeople},
		{Name: "initiate_login_uri", Kind: "text", Label: "app.initiate", Hint: "app.initiate-hint", Of: withPeople},
		{Name: "contacts", Kind: "lines", Label: "app.contacts"},
	}},
}

// optional is a choice that may be left open.
func optional(list []appOption) []appOption { return append([]appOption{{"", "app.any"}}, list...) }

// settingFields are the names of all fields, as the form may send them.
var settingFields = func() []string {
	var names []string
	for _, g := range settingGroups {
		for _, f := range g.Fields {
			names = append(names, f.Name)
		}
	}
	return names
}()

// of says whether applications of a type have the field.
func (f appField) of(kind string) bool { return f.Of == nil || slices.Contains(f.Of, kind) }

// asText is the value of a setting as its field shows it; that of several, one a line.
func asText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		if v {
			return "on"
		}
		return ""
	case float64:
		if v == 0 {
			return ""
		}
		return strconv.FormatInt(int64(v), 10)
	case []any:
		var list []string
		for _, one := range v {
			list = append(list, asText(one))
		}
		return strings.Join(list, "\n")
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetIndent("", "  ")
	if encoder.Encode(value) != nil {
		return ""
	}
	return strings.TrimSpace(b.String())
}

// value is what the field sends, as JSON has it. *storage.Invalid.
func (f appField) value(form url.Values) (any, error) {
	text := strings.TrimSpace(form.Get(f.Name))
	switch f.Kind {
	case "check":
		return text != "", nil
	case "boxes":
		return listed(form[f.Name]), nil
	case "lines":
		return listed(lines(text)), nil
	case "words":
		return listed(strings.Fields(text)), nil
	case "number":
		if text == "" {
			return 0, nil
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 0 {
			return nil, &storage.Invalid{Field: f.Name, Why: "wants a whole number, 0 or more"}
		}
		return n, nil
	case "json":
		if text == "" {
			return nil, nil
		}
		var raw json.RawMessage
		if json.Unmarshal([]byte(text), &raw) != nil {
			return nil, &storage.Invalid{Field: f.Name, Why: "is not JSON"}
		}
		return raw, nil
	}
	return text, nil
}

// read is what a form makes of the settings of an application; what its type does not have, stays. Joined *storage.Invalid.
func (a App) read(form url.Values) (AppSettings, error) {
	members := a.members()
	var wrong []error
	for _, g := range settingGroups {
		for _, f := range g.Fields {
			if !f.of(a.Type) {
				continue
			}
			value, err := f.value(form)
			members[f.Name] = value
			wrong = append(wrong, err)
		}
	}
	var s AppSettings
	text, err := json.Marshal(members)
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if len(s.JWKS) > 0 && string(s.JWKS) == "null" {
		s.JWKS = nil
	}
	return s, errors.Join(append(wrong, err)...)
}
