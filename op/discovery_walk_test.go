package op_test

// Discovery lists what works, and what is not listed does not work (IN-08; C.1 items 1 to 5, 9, 10).

import (
	"crypto/rand"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// walk is whoever tries all that discovery lists.
type walk struct {
	signing
	anna *browser
}

// each tries every value that is listed, and some that must not be.
func each(try func(w walk, value string) bool, others ...string) func(t *testing.T, w walk, listed any) {
	return func(t *testing.T, w walk, listed any) {
		t.Helper()
		values, _ := listed.([]any)
		if len(values) == 0 {
			t.Error("nothing is listed")
		}
		for _, value := range values {
			if !try(w, value.(string)) {
				t.Errorf("%v is listed and does not work", value)
			}
			if slices.Contains(others, value.(string)) {
				t.Errorf("%v is listed", value)
			}
		}
		for _, value := range others {
			if try(w, value) {
				t.Errorf("%s works and is not listed", value)
			}
		}
	}
}

// truth wants a flag to say what is so.
func truth(is func(w walk) bool) func(t *testing.T, w walk, listed any) {
	return func(t *testing.T, w walk, listed any) {
		t.Helper()
		if listed != is(w) {
			t.Errorf("discovery says %v, and it is %v", listed, is(w))
		}
	}
}

// here wants an https address of this house where something answers.
func here(method string, status int) func(t *testing.T, w walk, listed any) {
	return func(t *testing.T, w walk, listed any) {
		t.Helper()
		address, _ := listed.(string)
		path, ours := strings.CutPrefix(address, issuer)
		if !ours {
			t.Fatalf("%s is none of ours", address)
		}
		if got := w.raw(method, path, formType, strings.NewReader("")); got.status != status {
			t.Errorf("%s %s answers %d, want %d", method, path, got.status, status)
		}
	}
}

// registers says whether such a client can be at all.
func (w walk) registers(change func(c *storage.Client)) bool {
	c := w.clients["basic"]
	change(&c)
	return c.Check() == nil
}

// sentBack is what the client "nosy" gets for a request.
func (w walk) sentBack(changes ...change) url.Values {
	got := w.anna.authorize(append([]change{of("nosy", back)}, changes...)...)
	to, err := url.Parse(got.header.Get("Location"))
	if err != nil || to.Host != "rp.test" {
		return url.Values{}
	}
	return to.Query()
}

// told is what the client "nosy" learns of Carla by every scope that there is.
func (w walk) told() map[string]any {
	got := w.granted("nosy", scoped("openid profile email address phone groups"))
	_, told := w.claimsIn(got.IDToken, "JWT")
	delete(told, "at_hash") // OIDC Core §3.1.3.6 belongs to the token, not to the person
	maps.Copy(told, w.userinfo(got.AccessToken).json())
	return told
}

func (w walk) works(method string) bool {
	form := url.Values{"token": {"x"}}
	switch method {
	case "client_secret_basic", "client_secret_post", "none":
		client := map[string]string{"client_secret_basic": "basic", "client_secret_post": "post", "none": "spa"}[method]
		return w.post("/revoke", form, w.as(client, form)).status == http.StatusOK
	case "private_key_jwt":
		shown(w.assert("pkj", nil))(form)
		return w.post("/revoke", form).status == http.StatusOK
	}
	return w.registers(func(c *storage.Client) { c.AuthMethod = method })
}

// asserts says whether a client proves itself by an assertion of this algorithm at an endpoint.
func asserts(path string) func(w walk, alg string) bool {
	return func(w walk, alg string) bool {
		name := map[string]string{"RS256": "rs", "PS256": "ps", "ES256": "ec", "EdDSA": "ed"}[alg]
		if name == "" {
			return w.registers(func(c *storage.Client) {
				c.AuthMethod, c.Secrets, c.JWKS, c.AuthAlg = "private_key_jwt", [2][]byte{}, setOf("ec"), alg
			})
		}
		form := url.Values{"token": {"x"}, "grant_type": {"refresh_token"}, "refresh_token": {"x"}}
		shown(w.by(name, "any", nil, nil))(form)
		return w.post(path, form).status != http.StatusUnauthorized
	}
}

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

// object is a request object of the client "any", by one of its keys.
func (w walk) object(name string) []change {
	params := w.claims("any", map[string]any{
		"client_id": "any", "sub": nil, "redirect_uri": back, "response_type": "code", "scope": "openid", "state": "inside",
		"code_challenge": challenge, "code_challenge_method": "S256", "nonce": rand.Text(),
	})
	payload, err := json.Marshal(params)
	if err != nil {
		w.t.Fatal(err)
	}
	return []change{of("any", back), with("request", pens()[name].write(w.t, payload, nil))}
}

func TestWhatDiscoveryListsWorksAndNothingElseDoes(t *testing.T) { // IN-08, C.1 items 2, 3, 4, 9
	eachHouse(t, func(t *testing.T, h *house) {
		w := walk{newSigning(t, h), nil}
		w.anna = w.signedIn(t, "carla")
		listed := w.public("/.well-known/openid-configuration").json()
		for name, value := range listed {
			trial, there := trials[name]
			if !there {
				t.Errorf("nobody tries %s", name)
				continue
			}
			t.Run(name, func(t *testing.T) {
				w.t, w.anna.t = t, t
				trial(t, w, value)
			})
		}
		for name := range trials {
			if _, there := listed[name]; !there && name != "registration_endpoint" {
				t.Errorf("%s is not listed", name)
			}
		}
	})
}

func TestTheRegistrationEndpointIsListedWhereItIsOpen(t *testing.T) { // C.1 item 9
	eachRegistry(t, op.Registration{Mode: "open"}, func(r *registry) {
		a := &apps{house: r.house, t: r.t}
		if got := a.public("/.well-known/openid-configuration").json()["registration_endpoint"]; got != issuer+"/register" {
			t.Errorf("registration_endpoint is %v", got)
		}
	})
}

// known are the members that OpenID Discovery, RFC 8414 and the specifications of logout, registration and issuers know.
func TestDiscoveryHasTypesThatEveryReaderKnows(t *testing.T) { // C.1 items 1, 2, 5
	eachApps(t, func(t *testing.T, a *apps) {
		for name, value := range a.public("/.well-known/openid-configuration").json() {
			switch {
			case strings.HasSuffix(name, "_supported") && (strings.HasPrefix(name, "request_") && !strings.Contains(name, "values") ||
				strings.HasPrefix(name, "backchannel_") || strings.HasPrefix(name, "frontchannel_") || strings.Contains(name, "parameter")),
				name == "require_request_uri_registration":
				if _, is := value.(bool); !is {
					t.Errorf("%s is no boolean: %v", name, value)
				}
			case strings.HasSuffix(name, "_supported"):
				list, is := value.([]any)
				if !is || len(list) == 0 {
					t.Errorf("%s is no list: %v", name, value)
				}
				for _, one := range list {
					if text, is := one.(string); !is || text == "" {
						t.Errorf("%s holds %v", name, one)
					}
				}
			case name == "issuer", strings.HasSuffix(name, "_endpoint"), strings.HasSuffix(name, "_uri"):
				u, err := url.Parse(value.(string))
				if err != nil || u.Scheme != "https" || u.Fragment != "" || u.RawQuery != "" {
					t.Errorf("%s is %v", name, value)
				}
			default:
				t.Errorf("%s is no metadata that a reader would know", name)
			}
		}
	})
}
