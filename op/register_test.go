package op_test

// RFC 7591, OIDC Dynamic Client Registration: how applications register themselves.

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

func TestAnApplicationRegistersItselfAndSignsPeopleOn(t *testing.T) { // C.6 item 56
	eachRegistry(t, anybody, func(r *registry) {
		answer := r.call("POST", "/register", "", some(data{"grant_types": []string{"authorization_code", "refresh_token"}}))
		got := answer.registered(http.StatusCreated)
		if answer.header.Get("Cache-Control") != "no-store" || answer.header.Get("Content-Type") != "application/json" {
			r.t.Errorf("the answer is kept, or no JSON: %v", answer.header)
		}
		if got.ID == "" || got.Secret == "" || got.Token == "" || got.URI != issuer+"/register/"+got.ID || got.all["client_secret_expires_at"] != 0.0 {
			r.t.Errorf("the application is told %v", got.all)
		}
		c := r.stored(got.ID)
		if c.Owner != "dynamic" || !c.Consent || !c.RequirePKCE || c.Introspect || c.Type != "web" || c.AuthMethod != "client_secret_basic" || c.IDTokenAlg != "RS256" || c.Refresh != "offline" {
			r.t.Errorf("stored is %+v", c)
		}
		if text, _ := json.Marshal(c); strings.Contains(string(text), got.Secret) || strings.Contains(string(text), got.Token) {
			r.t.Error("a secret is stored as it is")
		}
		if r.events(storage.ClientRegistered, got.ID) != 1 {
			r.t.Error("no event tells of it, or more than one")
		}
		b := r.signedIn(r.t, "anna")
		b.authorize(of(got.ID, "https://app.example/cb")).asked() // a third party: the person is asked
		if ask := r.face.last(r.t); !slices.Contains(ask.Consent, "openid") || ask.AppHost != "app.example" {
			r.t.Errorf("the face is asked %+v", ask) // RG-03
		}
		r.consent(r.t, "anna", got.ID, "openid")
		code := b.authorize(of(got.ID, "https://app.example/cb")).sent().Get("code")
		r.redeem(code, "https://app.example/cb", got).issued()
	})
}

func TestWhatIsNotSaidIsAsTheSpecificationsHaveIt(t *testing.T) {
	r := newRegistry(t, anybody)
	got := r.add().all
	for name, want := range map[string]any{
		"response_types": []any{"code"}, "grant_types": []any{"authorization_code"}, "application_type": "web", "subject_type": "public",
		"id_token_signed_response_alg": "RS256", "token_endpoint_auth_method": "client_secret_basic",
	} {
		if !reflect.DeepEqual(got[name], want) {
			t.Errorf("%s is %v, want %v", name, got[name], want)
		}
	}
	native := r.add(data{"application_type": "native", "redirect_uris": []string{"com.example.app:/cb"}})
	if native.all["token_endpoint_auth_method"] != "none" || native.Secret != "" || native.all["client_secret_expires_at"] != nil {
		t.Errorf("a native application is told %v", native.all)
	}
	for _, name := range []any{nil, ""} { // RG-03
		if nameless := r.add(data{"client_name": name}); nameless.all["client_name"] != "app.example" {
			t.Errorf("an application without a name is called %v", nameless.all["client_name"])
		}
	}
}

// everything is all that is kept as it was sent.
var everything = data{
	"redirect_uris":  []any{"https://app.example/cb", "https://app.example/two?a=b"},
	"response_types": []any{"code"}, "grant_types": []any{"authorization_code", "refresh_token"}, "application_type": "web",
	"contacts": []any{"ops@app.example"}, "client_name": "Ledger", "logo_uri": "https://app.example/logo.png", "client_uri": "https://app.example/",
	"policy_uri": "https://app.example/privacy", "tos_uri": "https://app.example/terms", "jwks_uri": "https://app.example/jwks",
	"subject_type": "public", "id_token_signed_response_alg": "ES256", "userinfo_signed_response_alg": "PS256", "request_object_signing_alg": "EdDSA",
	"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "PS256", "default_max_age": 600.0, "require_auth_time": true,
	"default_acr_values": []any{"urn:doorward:2fa"}, "initiate_login_uri": "https://app.example/start", "request_uris": []any{"https://app.example/r#hash"},
	"scope": "openid email", "post_logout_redirect_uris": []any{"https://app.example/out"},
	"backchannel_logout_uri": "https://app.example/back", "backchannel_logout_session_required": true,
	"frontchannel_logout_uri": "https://app.example/front", "frontchannel_logout_session_required": true,
}

func TestWhatIsRegisteredIsToldAgain(t *testing.T) { // C.6 items 56, 58; B.10
	eachRegistry(t, anybody, func(r *registry) {
		got := r.add(everything, data{"client_name#de": "Hauptbuch", "whatever": []any{1, "x"}, "software_id": "4NRB1"})
		read := r.call("GET", got.path, got.Token, nil).registered(http.StatusOK)
		for _, told := range []map[string]any{got.all, read.all} {
			for name, want := range everything {
				if !reflect.DeepEqual(told[name], want) {
					r.t.Errorf("%s is %v, want %v", name, told[name], want)
				}
			}
			for _, name := range []string{"client_name#de", "whatever", "software_id", "client_secret"} {
				if told[name] != nil {
					r.t.Errorf("%s is told: %v", name, told[name])
				}
			}
			if told["registration_access_token"] != got.Token || told["registration_client_uri"] != got.URI || told["client_id_issued_at"] == nil {
				r.t.Errorf("the way back is missing in %v", told)
			}
		}
	})
}

func TestKeysByValueAreKeptUnlessOneIsPrivate(t *testing.T) {
	r := newRegistry(t, anybody)
	public := `{"kty":"EC","crv":"P-256","kid":"1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`
	key := data{"token_endpoint_auth_method": "private_key_jwt"}
	set := func(s string) data { return data{"jwks": json.RawMessage(s)} }
	got := r.add(key, set(`{"keys":[`+public+`]}`))
	if kept, _ := json.Marshal(got.all["jwks"]); !strings.Contains(string(kept), "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU") || got.Secret != "" {
		t.Errorf("the application is told %v", got.all)
	}
	private := strings.Replace(public, `"kid"`, `"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI","kid"`, 1)
	for _, bad := range []string{`{"keys":[` + public + "," + private + `]}`, `{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]}`, `{"keys":[]}`, `{}`, `[]`, `"x"`, `{"keys":"x"}`} {
		r.call("POST", "/register", "", some(key, set(bad))).unfit("invalid_client_metadata", "jwks")
	}
	r.call("POST", "/register", "", some(key)).unfit("invalid_client_metadata", "jwks")
	r.call("POST", "/register", "", some(key, set(`{"keys":[`+public+`]}`), data{"jwks_uri": "https://app.example/jwks"})).unfit("invalid_client_metadata", "jwks")
}

func TestWhatCannotBeRegisteredIsRefusedByItsName(t *testing.T) {
	r := newRegistry(t, anybody)
	long := "https://app.example/" + strings.Repeat("x", 2048)
	for _, c := range []struct {
		code, member string
		said         data
	}{
		// RG-01, C.6 item 57: where answers go
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": nil}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{}}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://app.example/cb#x"}}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"http://app.example/cb"}}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://*.example/cb"}}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://bank@app.example/cb"}}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"javascript:alert(1)"}}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"com.example.app:/cb"}}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{"https://app.example/../cb"}}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{long}}},
		{"invalid_redirect_uri", "redirect_uris", data{"redirect_uris": []string{issuer + "/login"}}},
		// RU-17: what browsers read as this server, or as another host than it says
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
		// RG-02: what does not go together
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
		// RG-03: what it is called
		{"invalid_client_metadata", "client_name", data{"client_name": strings.Repeat("x", 81)}},
		{"invalid_client_metadata", "client_name", data{"client_name": strings.Repeat("x", 1024)}},
		{"invalid_client_metadata", "client_name", data{"client_name": "Acme\nPayroll"}},
		{"invalid_client_metadata", "client_name", data{"client_name": "Acme\u202egnp.exe"}},
		{"invalid_client_metadata", "client_name", data{"client_name": "Ac\u200bme"}},
		{"invalid_client_metadata", "client_name", data{"client_name": " "}},
		// algorithms, encryption, statements
		{"invalid_client_metadata", "id_token_signed_response_alg", data{"id_token_signed_response_alg": "none"}},
		{"invalid_client_metadata", "id_token_signed_response_alg", data{"id_token_signed_response_alg": "HS256"}},
		{"invalid_client_metadata", "userinfo_signed_response_alg", data{"userinfo_signed_response_alg": "none"}},
		{"invalid_client_metadata", "request_object_signing_alg", data{"request_object_signing_alg": "none", "jwks_uri": "https://app.example/jwks"}},
		{"invalid_client_metadata", "id_token_encrypted_response_alg", data{"id_token_encrypted_response_alg": "RSA-OAEP"}},
		{"invalid_client_metadata", "userinfo_encrypted_response_enc", data{"userinfo_encrypted_response_enc": "A256GCM"}},
		{"invalid_software_statement", "statement", data{"software_statement": "eyJhbGciOiJSUzI1NiJ9.e30.x"}},
		// other addresses
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
	} {
		r.call("POST", "/register", "", some(c.said)).unfit(c.code, c.member)
	}
	for name, body := range map[string]string{
		"no JSON": `{`, "a list": `[]`, "nothing": ``, "null": `null`, "two objects": `{} {}`, "a name twice": `{"client_name":"A","client_name":"B"}`,
		"too deep": strings.Repeat(`{"a":`, 20) + "1" + strings.Repeat("}", 20), "no UTF-8": "{\"client_name\":\"\xff\"}",
	} {
		answer := r.call("POST", "/register", "", body)
		if answer.unfit("invalid_client_metadata", "body"); t.Failed() {
			t.Fatal(name)
		}
	}
	if list, err := r.db.Clients(t.Context()); err != nil || slices.ContainsFunc(list, func(c storage.Client) bool { return c.Owner == "dynamic" }) {
		t.Errorf("something was stored all the same (%v)", err)
	}
}

func TestABodyThatIsNoJSONIsNotRead(t *testing.T) {
	r := newRegistry(t, anybody)
	for name, c := range map[string]struct {
		body, kind string
		status     int
	}{
		"a form":       {"client_name=x", "application/x-www-form-urlencoded", 415},
		"text":         {"{}", "text/plain", 415},
		"no type":      {"{}", "", 415},
		"another code": {"{}", "application/json; charset=utf-16", 415},
		"65 KiB":       {`{"client_name":"` + strings.Repeat("x", 65<<10) + `"}`, "application/json", 413},
	} {
		answer := r.call("POST", "/register", "", c.body, header("Content-Type", c.kind))
		if answer.status != c.status || answer.header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", name, answer.status, answer.body)
		}
	}
}

func (r *registry) discovery() map[string]any {
	r.t.Helper()
	return r.call("GET", "/.well-known/openid-configuration", "", nil).json()
}
