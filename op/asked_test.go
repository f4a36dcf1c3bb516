// OIDC Core §5.5: single claims, and the values that they are wanted with.
package op_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

func TestAClaimIsToldInEveryFormInWhichItCanBeAskedFor(t *testing.T) { // C.2 item 22
	a := newApps(t)
	for request, told := range map[string]bool{
		`null`:                         true,
		`{}`:                           true,
		`{"essential":true}`:           true,
		`{"essential":false}`:          true,
		`{"value":"Carla Coe"}`:        true,
		`{"values":["x","Carla Coe"]}`: true,
		`{"value":"x","values":["Carla Coe"],"essential":true}`: true,
		`{"values":[]}`: true,
		`{"purpose":"to greet","essential":true}`: true,
		`{"value":"Ben"}`:                         false,
		`{"values":["Ben",7,null]}`:               false,
		`{"value":"carla coe"}`:                   false,
		`{"essential":true,"value":"Ben"}`:        false,
	} {
		for _, place := range []string{"userinfo", "id_token"} {
			got := a.granted("basic", func(c *sealed) {
				c.Scopes, c.Claims = []string{"openid"}, json.RawMessage(fmt.Sprintf(`{%q:{"name":%s}}`, place, request))
			})
			_, idToken := a.claimsIn(got.IDToken, "JWT")
			userinfo := a.userinfo(got.AccessToken).json()
			if place == "userinfo" && (idToken["name"] != nil || (userinfo["name"] != nil) != told) || place == "id_token" && (userinfo["name"] != nil || (idToken["name"] != nil) != told) {
				t.Errorf("%s in %s: ID token %v, userinfo %v", request, place, idToken["name"], userinfo["name"])
			}
		}
	}
}

func TestValuesAreComparedAsJSON(t *testing.T) {
	a := newApps(t)
	for claim, values := range map[string]map[string]bool{
		"email_verified":        {`true`: true, `false`: false, `"true"`: false, `1`: false},
		"phone_number_verified": {`false`: true, `true`: false},
		"groups":                {`["crew","admins"]`: true, `"crew"`: false, `["crew"]`: false},
		"address":               {`{"country": "DE", "formatted":"Am Tor 1, Berlin"}`: true, `{"country":"DE"}`: false},
		"birthdate":             {`"1980-02-29"`: true, `1980`: false},
		"updated_at":            {`1`: false},
	} {
		for value, told := range values {
			got := a.granted("basic", func(c *sealed) {
				c.Scopes, c.Claims = []string{"openid"}, json.RawMessage(fmt.Sprintf(`{"userinfo":{%q:{"value":%s}}}`, claim, value))
			})
			if claims := a.userinfo(got.AccessToken).json(); (claims[claim] != nil) != told {
				t.Errorf("%s with the value %s: %v", claim, value, claims)
			}
		}
	}
}

func TestAScopeGivesAClaimWhateverValueIsWanted(t *testing.T) {
	a := newApps(t)
	got := a.granted("basic", scoped("openid email"), func(c *sealed) { c.Claims = json.RawMessage(`{"userinfo":{"email":{"value":"ben@example.com"}}}`) })
	if claims := a.userinfo(got.AccessToken).json(); claims["email"] != "carla@example.com" {
		t.Errorf("userinfo tells %v", claims)
	}
}

func TestClaimsThatWeDoNotKnowAreIgnoredInEveryForm(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	for _, claims := range []string{
		`{}`, `{"userinfo":null}`, `{"id_token":{},"userinfo":{}}`, `{"other":7,"more":{"a":[]}}`, `{"userinfo":{"shoe_size":{"value":7},"name#de":null,"http://example.com/x":"odd"}}`,
		`{"USERINFO":{"name":7}}`, `{"id_token":{"SUB":{"value":"nobody"}}}`, " {\n\"userinfo\" : {\"name\" : null } }\t",
		`{"id_token":{"auth_time":{"essential":true},"sid":null,"amr":{"values":["pwd"]}}}`,
	} {
		h.code(anna.authorize(with("claims", claims), with("claims_locales", "se de-DE")))
	}
}

func TestAClaimsParameterThatCanBeReadInTwoWaysIsRefused(t *testing.T) { // AZ-13
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	for _, claims := range []string{
		`{`, `}`, `null`, `[]`, `"userinfo"`, `7`, `{} {}`, `{}x`, `{"userinfo":{"name":null},"userinfo":{}}`, `{"userinfo":{"name":null,"name":{"value":"x"}}}`,
		`{"userinfo":{"name":{"value":"x","value":"y"}}}`, `{"userinfo":{"name":{"value":{"a":1,"a":2}}}}`, `{"x":{"a":1,"\u0061":2}}`,
		`{"userinfo":7}`, `{"userinfo":[]}`, `{"id_token":"name"}`, `{"userinfo":{"name":true}}`, `{"userinfo":{"name":"x"}}`, `{"userinfo":{"name":[]}}`,
		`{"userinfo":{"name":{"essential":"yes"}}}`, `{"userinfo":{"name":{"values":"x"}}}`, `{"userinfo":{"name":{"values":{}}}}`,
		`{"userinfo":` + strings.Repeat("[", 9) + strings.Repeat("]", 9) + `}`, strings.Repeat(`{"a":`, 200) + `1` + strings.Repeat(`}`, 200), strings.Repeat("[", 1000), "{\"x\":\"\xff\"}",
	} {
		r := anna.authorize(with("claims", claims))
		if strings.Contains(claims, "\xff") {
			r.page(http.StatusBadRequest) // no parameter may hold that
			continue
		}
		r.refused("invalid_request")
	}
	anna.authorize(with("claims", `{"userinfo":`+strings.Repeat(`{"a":`, 10_000))).page(http.StatusRequestURITooLong)
	anna.authorize(with("claims", strings.Repeat(`x`, 1<<20))).page(http.StatusRequestURITooLong)
}

func TestThePersonIsAskedAboutTheScopesOfSingleClaims(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		request := []change{of("third", "https://rp.test/cb"), with("claims", `{"userinfo":{"name":null,"gender":null},"id_token":{"email":null,"acr":null}}`)}
		h.consent(t, "anna", "third", "openid")
		h.code(anna.authorize(request[0]))
		anna.authorize(append(request, with("prompt", "none"))...).refused("consent_required")
		anna.authorize(request...).asked()
		ask := h.face.last(t)
		if !slices.Equal(ask.Consent, []string{"openid", "profile", "email"}) {
			t.Errorf("the person is asked about %v", ask.Consent)
		}
		h.consent(t, "anna", "third", "openid", "email")
		anna.get(ask.Back).asked()
		h.consent(t, "anna", "third", ask.Consent...)
		if code := h.code(anna.authorize(request...)); !slices.Equal(code.Scopes, []string{"openid"}) {
			t.Errorf("single claims have given the scopes %v", code.Scopes)
		}
		anna.authorize(of("few", "https://rp.test/cb"), request[1], with("prompt", "consent")).asked()
		if ask := h.face.last(t); !slices.Equal(ask.Consent, []string{"openid", "email"}) { // it may not have the scope profile
			t.Errorf("the person is asked about %v", ask.Consent)
		}
	})
}

// like adds a client like "web" with these changes.
func (h *house) like(t *testing.T, id string, alter func(*storage.Client)) change {
	t.Helper()
	c := clients()[0]
	c.ID = id
	alter(&c)
	must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
	return with("client_id", id)
}

func TestTheRegisteredMaxAgeHoldsWhereTheRequestNamesNone(t *testing.T) { // OIDC Registration §2 default_max_age
	eachHouse(t, func(t *testing.T, h *house) {
		hasty := h.like(t, "hasty", func(c *storage.Client) { c.MaxAge = 60 })
		anna := h.signedIn(t, "anna")
		h.later(59 * time.Second)
		h.code(anna.authorize(hasty))
		h.later(2 * time.Second)
		anna.authorize(hasty, with("prompt", "none")).refused("login_required")
		anna.authorize(hasty).asked()
		if ask := h.face.last(t); !ask.Fresh {
			t.Errorf("the face was asked %+v", ask)
		}
		h.code(anna.authorize(hasty, with("max_age", "3600"))) // what the request names counts
		anna.authorize(hasty, with("max_age", "0")).asked()
		h.code(anna.authorize())
	})
}

func TestTheRegisteredLevelsHoldWhereTheRequestNamesNone(t *testing.T) { // OIDC Registration §2 default_acr_values
	h := newHouse(t)
	careful := h.like(t, "careful", func(c *storage.Client) { c.ACRValues = []string{appFactor, twoFactors} })
	anna := h.atLevel(t, oneFactor, twoFactors)
	anna.authorize(careful).asked()
	if ask := h.face.last(t); ask.ACR != twoFactors {
		t.Errorf("the face was asked %+v", ask)
	}
	for name, request := range map[string][]change{
		"acr_values":       {with("acr_values", oneFactor)},
		"another level":    {with("acr_values", "unknown")},
		"claims":           {wants("id_token", "acr", `{"value":"`+oneFactor+`"}`)},
		"a demand":         {wants("id_token", "acr", `{"essential":true,"value":"`+oneFactor+`"}`)},
		"a wish, no words": {with("prompt", "none")},
	} {
		if code := h.code(anna.authorize(append(request, careful)...)); code.ACR != oneFactor {
			t.Errorf("%s: the answer says %s", name, code.ACR)
		}
	}
	anna.authorize(careful, wants("id_token", "acr", `null`)).asked() // which names none
}
