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
