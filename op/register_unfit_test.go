package op_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// unfitting is what an application says of itself, the code by which it is refused, and the member that is blamed.
type unfitting struct {
	code, member string
	said         data
}

// badAddresses: RG-01, C.6 item 57: where answers go.
var badAddresses = []unfitting{
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": nil}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://app.example/cb#x"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"http://app.example/cb"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://*.example/cb"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://bank@app.example/cb"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"javascript:alert(1)"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"com.example.app:/cb"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://app.example/../cb"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://app.example/" + strings.Repeat("x", 2048)}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{issuer + "/login"}}},
}

// badHosts: RU-17: what browsers read as this server, or as another host than it says.
var badHosts = []unfitting{
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{issuer + ":443/account/alarm"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{issuer + ":8443/cb"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://op%E3%80%82test/account/alarm"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://%EF%BD%8F%EF%BD%90.test/account/alarm"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://o%C2%ADp.test/account/alarm"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{issuer + "./account/alarm"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://%D0%B0pple.com/cb"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://app.example/cb", "ftp://x.example/"}}},
	{"invalid_redirect_uri", "redirect_uris", data{"application_type": "native", "redirect_uris": []string{"myapp:/cb"}}},
	{"invalid_client_metadata", "redirect_uris", data{"redirect_uris": "https://app.example/cb"}},
	{"invalid_client_metadata", "redirect_uris", data{"redirect_uris": []any{nil}}},
}

// badCombinations: RG-02: what does not go together.
var badCombinations = []unfitting{
	{"invalid_client_metadata", "response_types", data{"response_types": []string{"token"}}},
	{"invalid_client_metadata", "response_types", data{"response_types": []string{"code id_token"}}},
	{"invalid_client_metadata", "grant_types", data{"grant_types": []string{"implicit"}}},
	{"invalid_client_metadata", "grant_types", data{"grant_types": []string{"authorization_code", "password"}}},
	{"invalid_client_metadata", "grant_types", data{"grant_types": []string{"client_credentials"}}},
	{"invalid_client_metadata", "grant_types", data{"grant_types": []string{"refresh_token"}}},
	{"invalid_client_metadata", "grant_types", data{"grant_types": []string{}}},
	{"invalid_client_metadata", "client_secret", data{"token_endpoint_auth_method": "none", "client_secret": "mine"}},
	{"invalid_client_metadata", "token_endpoint_auth_method", data{"application_type": "native", "redirect_uris": []string{"com.example.app:/cb"}, "token_endpoint_auth_method": "client_secret_post"}},
	{"invalid_client_metadata", "token_endpoint_auth_method", data{"token_endpoint_auth_method": "client_secret_jwt"}},
	{"invalid_client_metadata", "token_endpoint_auth_method", data{"token_endpoint_auth_method": "tls_client_auth"}},
	{"invalid_client_metadata", "token_endpoint_auth_signing_alg", data{"token_endpoint_auth_signing_alg": "RS256"}},
	{"invalid_client_metadata", "application_type", data{"application_type": "service"}},
	{"invalid_client_metadata", "application_type", data{"application_type": 7}},
}

// badNames: RG-03: what it is called.
var badNames = []unfitting{
	{"invalid_client_metadata", "client_name", data{"client_name": strings.Repeat("x", 81)}},
	{"invalid_client_metadata", "client_name", data{"client_name": strings.Repeat("x", 1024)}},
	{"invalid_client_metadata", "client_name", data{"client_name": "Acme\nPayroll"}},
	{"invalid_client_metadata", "client_name", data{"client_name": "Acme\u202egnp.exe"}},
	{"invalid_client_metadata", "client_name", data{"client_name": "Ac\u200bme"}},
	{"invalid_client_metadata", "client_name", data{"client_name": " "}},
}

// badAlgorithms: algorithms, encryption, statements.
var badAlgorithms = []unfitting{
	{"invalid_client_metadata", "id_token_signed_response_alg", data{"id_token_signed_response_alg": "none"}},
	{"invalid_client_metadata", "id_token_signed_response_alg", data{"id_token_signed_response_alg": "HS256"}},
	{"invalid_client_metadata", "userinfo_signed_response_alg", data{"userinfo_signed_response_alg": "none"}},
	{"invalid_client_metadata", "request_object_signing_alg", data{"request_object_signing_alg": "none", "jwks_uri": "https://app.example/jwks"}},
	{"invalid_client_metadata", "id_token_encrypted_response_alg", data{"id_token_encrypted_response_alg": "RSA-OAEP"}},
	{"invalid_client_metadata", "userinfo_encrypted_response_enc", data{"userinfo_encrypted_response_enc": "A256GCM"}},
	{"invalid_software_statement", "statement", data{"software_statement": "eyJhbGciOiJSUzI1NiJ9.e30.x"}},
}

// badLinks: other addresses.
var badLinks = []unfitting{
	{"invalid_client_metadata", "initiate_login_uri", data{"initiate_login_uri": "http://app.example/start"}}, // B.10
	{"invalid_client_metadata", "logo_uri", data{"logo_uri": "data:image/png;base64,AAAA"}},
	{"invalid_client_metadata", "policy_uri", data{"policy_uri": "javascript:alert(1)"}},
	{"invalid_client_metadata", "tos_uri", data{"tos_uri": "http://app.example/terms"}},
	{"invalid_client_metadata", "client_uri", data{"client_uri": "https://user:pw@app.example/"}},
	{"invalid_client_metadata", "backchannel_logout_uri", data{"backchannel_logout_uri": "https://app.example/out#x"}},
	{"invalid_client_metadata", "post_logout_redirect_uris", data{"post_logout_redirect_uris": []string{"https://app.example/out#x"}}},
	{"invalid_client_metadata", "request_uris", data{"request_uris": []string{"file:///etc/passwd"}}},
	{"invalid_client_metadata", "default_max_age", data{"default_max_age": -1}},
	{"invalid_client_metadata", "default_max_age", data{"default_max_age": 0}},
	{"invalid_client_metadata", "default_max_age", data{"default_max_age": "600"}},
	{"invalid_client_metadata", "default_acr_values", data{"default_acr_values": []string{"phr"}}},
	{"invalid_client_metadata", "scope", data{"scope": "admin root"}},
	{"invalid_client_metadata", "subject_type", data{"subject_type": "secret"}},
	{"invalid_client_metadata", "contacts", data{"contacts": []string{"a\nb"}}},
	{"invalid_client_metadata", "require_auth_time", data{"require_auth_time": "yes"}},
}

func TestWhatCannotBeRegisteredIsRefusedByItsName(t *testing.T) { // RG-01, RG-02, RG-03, RQ-06, RQ-09; C.6 item 57
	eachRegistry(t, anybody, func(r *registry) {
		for _, c := range slices.Concat(badAddresses, badHosts, badCombinations, badNames, badAlgorithms, badLinks) {
			r.call("POST", "/register", "", some(c.said)).unfit(c.code, c.member)
		}
		for name, body := range map[string]string{
			"no JSON": `{`, "a list": `[]`, "nothing": ``, "null": `null`, "two objects": `{} {}`, "a name twice": `{"client_name":"A","client_name":"B"}`,
			"too deep": strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20), "no UTF-8": "{\"client_name\":\"\xff\"}",
		} {
			answer := r.call("POST", "/register", "", body)
			if answer.unfit("invalid_client_metadata", "body"); r.t.Failed() {
				r.t.Fatal(name)
			}
		}
		if list, err := r.db.Clients(r.t.Context()); err != nil || slices.ContainsFunc(list, func(c storage.Client) bool { return c.Owner == "dynamic" }) {
			r.t.Errorf("something was stored all the same (%v)", err)
		}
	})
}
