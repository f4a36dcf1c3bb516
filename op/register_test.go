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
	for _, bad := range []string{`{"keys":[` + public + "," + private + `]}`, `{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]}`, `{"keys":[]}`, `{"keys":[{"kty":"EC","crv":"P-384"}]}`, `{}`, `[]`, `"x"`, `{"keys":"x"}`} {
		r.call("POST", "/register", "", some(key, set(bad))).unfit("invalid_client_metadata", "jwks")
	}
	r.call("POST", "/register", "", some(key)).unfit("invalid_client_metadata", "jwks")
	r.call("POST", "/register", "", some(key, set(`{"keys":[`+public+`]}`), data{"jwks_uri": "https://app.example/jwks"})).unfit("invalid_client_metadata", "jwks")
}

func TestABodyThatIsNoJSONIsNotRead(t *testing.T) { // RQ-04, RQ-06
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
