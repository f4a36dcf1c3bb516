package op

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// application is what somebody wants to register.
type application struct {
	storage.Client
	pairwise bool // subject_type: pairwise
}

// member is one member of an application's metadata (RFC 7591 §2, OIDC Registration §2). What read does not take is a fault, which
// wants explains to the application's developer, and what show gives nil for is left out of the answer.
type member struct {
	name  string
	wants string
	read  func(a *application, value json.RawMessage) bool
	show  func(a application) any
}

// applicationMembers are all that we understand, in the order in which the specifications list them. Others are ignored (RFC 7591
// §2); a member that would ask for more safety than we give is refused instead.
var applicationMembers = []member{
	listMember("redirect_uris", func(a *application) *[]string { return &a.RedirectURIs }),
	{"response_types", "must be code alone: no implicit and no hybrid flow is done here", readResponseTypes, func(application) any { return []string{"code"} }},
	listMember("grant_types", func(a *application) *[]string { return &a.GrantTypes }),
	{"application_type", "must be web or native", readType, func(a application) any { return typeNames[a.Type] }},
	listMember("contacts", func(a *application) *[]string { return &a.Contacts }),
	textMember("client_name", func(a *application) *string { return &a.Name }),
	textMember("logo_uri", func(a *application) *string { return &a.LogoURI }),
	textMember("client_uri", func(a *application) *string { return &a.HomeURI }),
	textMember("policy_uri", func(a *application) *string { return &a.PolicyURI }),
	textMember("tos_uri", func(a *application) *string { return &a.TermsURI }),
	textMember("jwks_uri", func(a *application) *string { return &a.JWKSURI }),
	{"jwks", "must be a JSON Web Key Set with a key at least (RFC 7517 section 5)", readKeySet, showKeySet},
	textMember("sector_identifier_uri", func(a *application) *string { return &a.SectorURI }),
	{"subject_type", "must be " + strings.Join(subjectTypes, " or "), readSubjectType, showSubjectType},
	textMember("id_token_signed_response_alg", func(a *application) *string { return &a.IDTokenAlg }),
	textMember("userinfo_signed_response_alg", func(a *application) *string { return &a.UserinfoAlg }),
	textMember("request_object_signing_alg", func(a *application) *string { return &a.RequestAlg }),
	textMember("token_endpoint_auth_method", func(a *application) *string { return &a.AuthMethod }),
	textMember("token_endpoint_auth_signing_alg", func(a *application) *string { return &a.AuthAlg }),
	{"default_max_age", "must be a whole number of seconds, 1 at least", readMaxAge, showMaxAge},
	{"require_auth_time", mustBeTruth, readTruth, func(application) any { return true }}, // auth_time stands in every ID token
	listMember("default_acr_values", func(a *application) *[]string { return &a.ACRValues }),
	textMember("initiate_login_uri", func(a *application) *string { return &a.InitiateURI }),
	listMember("request_uris", func(a *application) *[]string { return &a.RequestURIs }),
	{"scope", "must be a string with one at least of " + strings.Join(scopes, " "), readScope, showScope},
	listMember("post_logout_redirect_uris", func(a *application) *[]string { return &a.PostLogoutRedirectURIs }),
	textMember("backchannel_logout_uri", func(a *application) *string { return &a.BackchannelURI }),
	truthMember("backchannel_logout_session_required", func(a *application) *bool { return &a.BackchannelSession }),
	textMember("frontchannel_logout_uri", func(a *application) *string { return &a.FrontchannelURI }),
	truthMember("frontchannel_logout_session_required", func(a *application) *bool { return &a.FrontchannelSession }),
}

// refusedMembers ask for what we do not do: to go on without it would leave open what the application wants kept closed.
var refusedMembers = []string{
	"id_token_encrypted_response_alg", "id_token_encrypted_response_enc",
	"userinfo_encrypted_response_alg", "userinfo_encrypted_response_enc",
	"request_object_encryption_alg", "request_object_encryption_enc",
}

func textMember(name string, of func(*application) *string) member {
	return member{
		name, "must be a string",
		func(a *application, value json.RawMessage) bool { return json.Unmarshal(value, of(a)) == nil },
		func(a application) any { return valueUnless(*of(&a) == "", *of(&a)) },
	}
}

func listMember(name string, of func(*application) *[]string) member {
	return member{
		name, "must be a list of strings",
		func(a *application, value json.RawMessage) bool {
			var list []*string // null among them is no text
			if json.Unmarshal(value, &list) != nil || slices.Contains(list, nil) {
				return false
			}
			*of(a) = nil
			for _, s := range list {
				*of(a) = append(*of(a), *s)
			}
			return true
		},
		func(a application) any { return valueUnless(len(*of(&a)) == 0, *of(&a)) },
	}
}

const mustBeTruth = "must be true or false"

func truthMember(name string, of func(*application) *bool) member {
	return member{
		name, mustBeTruth,
		func(a *application, value json.RawMessage) bool { return json.Unmarshal(value, of(a)) == nil },
		func(a application) any { return valueUnless(!*of(&a), true) },
	}
}

// valueUnless is nil where there is nothing to show.
func valueUnless(nothing bool, value any) any {
	if nothing {
		return nil
	}
	return value
}

func readTruth(_ *application, value json.RawMessage) bool {
	var b bool
	return json.Unmarshal(value, &b) == nil
}

// readResponseTypes takes the one that we have: there is no implicit and no hybrid flow (RFC 9700 §2.1.2).
func readResponseTypes(_ *application, value json.RawMessage) bool {
	var list []string
	return json.Unmarshal(value, &list) == nil && slices.Equal(list, []string{"code"})
}

// typeNames are application_type of our types (OIDC Registration §2).
var typeNames = map[string]string{"web": "web", "browser": "web", "native": "native"}

func readType(a *application, value json.RawMessage) bool {
	return json.Unmarshal(value, &a.Type) == nil && (a.Type == "web" || a.Type == "native")
}

func readSubjectType(a *application, value json.RawMessage) bool {
	var kind string
	err := json.Unmarshal(value, &kind)
	a.pairwise = kind == "pairwise"
	return err == nil && slices.Contains(subjectTypes, kind)
}

func showSubjectType(a application) any {
	if a.Sector != "" {
		return "pairwise"
	}
	return "public"
}

// readMaxAge refuses 0, by which OIDC Registration §2 would have every sign-in be a new one: our record has it for none.
func readMaxAge(a *application, value json.RawMessage) bool {
	return json.Unmarshal(value, &a.MaxAge) == nil && a.MaxAge > 0
}

func showMaxAge(a application) any { return valueUnless(a.MaxAge == 0, a.MaxAge) }

// readScope keeps the scopes that we know (RFC 7591 §2: we may register fewer than were asked for).
func readScope(a *application, value json.RawMessage) bool {
	var list string
	err := json.Unmarshal(value, &list)
	a.Scopes = slices.DeleteFunc(strings.Fields(list), func(s string) bool { return !slices.Contains(scopes, s) })
	return err == nil && len(a.Scopes) > 0
}

func showScope(a application) any {
	if len(a.Scopes) == 0 {
		return strings.Join(scopes, " ")
	}
	return strings.Join(a.Scopes, " ")
}

// readKeySet wants a key at least; that all are public ones is a rule of the record (RFC 7517 §5).
func readKeySet(a *application, value json.RawMessage) bool {
	var set struct{ Keys []json.RawMessage }
	a.JWKS = slices.Clone(value)
	return json.Unmarshal(value, &set) == nil && len(set.Keys) > 0
}

func showKeySet(a application) any { return valueUnless(len(a.JWKS) == 0, a.JWKS) }
