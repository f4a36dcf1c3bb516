package op_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

var foreignAlgs = []string{"none", "HS256", "RS384", "ES512", ""}

// trials has one for every member that there is: whoever adds one to discovery says here how it is tried.
var trials = map[string]func(t *testing.T, w walk, listed any){
	"issuer": func(t *testing.T, w walk, listed any) {
		if _, id := w.claimsIn(w.granted("basic").IDToken, "JWT"); listed != issuer || id["iss"] != issuer {
			t.Errorf("issuer is %v here and %v in ID tokens", listed, id["iss"])
		}
	},
	"authorization_endpoint": func(t *testing.T, w walk, listed any) {
		if listed != issuer+"/authorize" || w.sentBack().Get("code") == "" {
			t.Errorf("%v gives no code", listed)
		}
	},
	"token_endpoint":         here(http.MethodPost, http.StatusUnauthorized),
	"introspection_endpoint": here(http.MethodPost, http.StatusUnauthorized),
	"revocation_endpoint":    here(http.MethodPost, http.StatusUnauthorized),
	"userinfo_endpoint":      here(http.MethodGet, http.StatusUnauthorized),
	"jwks_uri": func(t *testing.T, w walk, listed any) {
		path, _ := strings.CutPrefix(listed.(string), issuer)
		if got := w.public(path); got.status != http.StatusOK || got.header.Get("Content-Type") != "application/json" {
			t.Errorf("%v answers %d", listed, got.status)
		}
	},
	"end_session_endpoint": func(t *testing.T, w walk, listed any) {
		path, _ := strings.CutPrefix(listed.(string), issuer)
		if got := w.anna.get(path); got.status != http.StatusOK {
			t.Errorf("%v answers %d", listed, got.status)
		}
	},
	"registration_endpoint": func(t *testing.T, w walk, listed any) {
		t.Errorf("%v is listed where registration is off", listed)
	},

	"scopes_supported": each(func(w walk, scope string) bool {
		got := w.redeem("nosy", w.code("nosy", scoped("openid "+scope)))
		asked := w.sentBack(with("scope", scope))
		return got.status == http.StatusOK && asked.Get("code") != ""
	}, "admin", "roles"),
	"claims_supported": func(t *testing.T, w walk, listed any) {
		told := w.told()
		for _, name := range listed.([]any) {
			if told[name.(string)] == nil {
				t.Errorf("%v is listed and not told", name)
			}
			delete(told, name.(string))
		}
		if len(told) > 0 {
			t.Errorf("%v are told and not listed", told)
		}
	},
	"claims_parameter_supported": truth(func(w walk) bool {
		got := w.granted("nosy", func(c *sealed) {
			c.Scopes, c.Claims = []string{"openid"}, json.RawMessage(`{"userinfo":{"nickname":null}}`)
		})
		return w.userinfo(got.AccessToken).json()["nickname"] == "cc"
	}),
	"response_types_supported": each(func(w walk, value string) bool { return w.sentBack(with("response_type", value)).Has("code") },
		"token", "id_token", "id_token token", "code id_token", "code token", "code id_token token", "none"),
	"response_modes_supported": each(func(w walk, value string) bool {
		got := w.anna.authorize(of("nosy", back), with("response_mode", value))
		return strings.Contains(got.header.Get("Location"), "?code=") || strings.Contains(got.body, `name="code"`)
	}, "fragment", "query.jwt", "form_post.jwt", "jwt", "web_message"),
	"grant_types_supported": each(func(w walk, value string) bool {
		switch value {
		case "authorization_code":
			return w.redeem("basic", w.code("basic")).status == http.StatusOK
		case "refresh_token":
			return w.refresh("basic", w.granted("basic").RefreshToken).status == http.StatusOK
		}
		form := url.Values{"grant_type": {value}, "username": {"carla@example.com"}, "password": {"x"}}
		return w.post("/token", form, w.as("robot", form)).status == http.StatusOK
	}, "implicit", "password", "urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:jwt-bearer",
		"urn:ietf:params:oauth:grant-type:token-exchange", "urn:openid:params:grant-type:ciba"),

	"token_endpoint_auth_methods_supported":                    each(walk.works, "client_secret_jwt", "tls_client_auth", "self_signed_tls_client_auth", ""),
	"revocation_endpoint_auth_methods_supported":               each(walk.works, "client_secret_jwt", "tls_client_auth"),
	"introspection_endpoint_auth_methods_supported":            each(walk.works, "client_secret_jwt"),
	"token_endpoint_auth_signing_alg_values_supported":         each(asserts("/token"), foreignAlgs[:4]...),
	"revocation_endpoint_auth_signing_alg_values_supported":    each(asserts("/revoke"), foreignAlgs[:4]...),
	"introspection_endpoint_auth_signing_alg_values_supported": each(asserts("/introspect"), foreignAlgs[:4]...),
	"code_challenge_methods_supported":                         each(func(w walk, value string) bool { return w.sentBack(with("code_challenge_method", value)).Has("code") }, "plain", "S512"),
	"prompt_values_supported": each(func(w walk, value string) bool {
		got := w.anna.authorize(of("nosy", back), with("prompt", value))
		return got.header.Get("Location") == "/login" || strings.Contains(got.header.Get("Location"), "code=")
	}, "create", "bogus"),
	"acr_values_supported": each(func(w walk, value string) bool {
		w.face.best = "urn:doorward:2fa-app"
		got := w.anna.authorize(of("nosy", back), with("claims", `{"id_token":{"acr":{"essential":true,"value":"`+value+`"}}}`))
		return got.header.Get("Location") == "/login" || strings.Contains(got.header.Get("Location"), "code=")
	}, "urn:doorward:3fa", "1", "phr"),
	"subject_types_supported": each(func(w walk, value string) bool {
		client := map[string]string{"public": "basic", "pairwise": "paired"}[value]
		if client == "" {
			return false
		}
		sub, _ := w.known(client)
		return (sub == w.person.ID) == (value == "public")
	}, "ephemeral"),
	"id_token_signing_alg_values_supported": each(func(w walk, value string) bool {
		client := map[string]string{"RS256": "rsa", "PS256": "pss", "ES256": "basic", "EdDSA": "edwards"}[value]
		if client == "" {
			return w.registers(func(c *storage.Client) { c.IDTokenAlg = value })
		}
		head, _ := w.claimsIn(w.granted(client).IDToken, "JWT")
		return head["alg"] == value
	}, foreignAlgs...),
	"userinfo_signing_alg_values_supported": each(func(w walk, value string) bool {
		if slices.Contains(foreignAlgs, value) {
			return w.registers(func(c *storage.Client) { c.UserinfoAlg = value })
		}
		head, _ := w.claimsIn(w.userinfo(w.granted(w.wanting(value, func(*storage.Client) {})).AccessToken).body, "userinfo+jwt")
		return head["alg"] == value
	}, foreignAlgs[:4]...),
	"ui_locales_supported": each(func(w walk, value string) bool {
		page := w.house.browser(w.anna.t).get("/authorize?" + good(with("client_id", "nobody"), with("ui_locales", value)).Encode())
		return strings.Contains(page.body, `<html lang="`+value+`"`)
	}, "fr", "tlh"),
	"authorization_response_iss_parameter_supported": truth(func(w walk) bool {
		return w.sentBack().Get("iss") == issuer && w.sentBack(with("prompt", "bogus")).Get("iss") == issuer
	}),

	"request_object_signing_alg_values_supported": each(func(w walk, value string) bool {
		name := map[string]string{"RS256": "rs", "PS256": "ps", "ES256": "ec", "EdDSA": "ed"}[value]
		if name == "" {
			return w.registers(func(c *storage.Client) { c.JWKS, c.RequestAlg = setOf("ec"), value })
		}
		return w.sentBack(w.object(name)...).Get("state") == "inside"
	}, foreignAlgs[:4]...),
	"request_parameter_supported":     truth(func(w walk) bool { return w.sentBack(w.object("ec")...).Get("state") == "inside" }),
	"request_uri_parameter_supported": elsewhere,
	"require_request_uri_registration": truth(func(w walk) bool {
		return w.sentBack(with("request_uri", "https://rp.test/o")).Get("error") == "invalid_request_uri"
	}),

	"backchannel_logout_supported":          elsewhere,
	"backchannel_logout_session_supported":  elsewhere,
	"frontchannel_logout_supported":         elsewhere,
	"frontchannel_logout_session_supported": elsewhere,
}

// elsewhere stands for what other files try, since it needs somebody to ask: request_uri_test.go, logout_sender_test.go, logout_told_test.go.
func elsewhere(t *testing.T, _ walk, listed any) {
	if listed != true {
		t.Errorf("discovery says %v", listed)
	}
}
