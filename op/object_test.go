// RFC 9101, OIDC Core §6.1: request objects by value.
package op_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"
)

func TestASignedRequestObjectTakesThePlaceOfTheParametersBesideIt(t *testing.T) { // C.2 item 23
	eachHouse(t, func(t *testing.T, h *house) {
		a := newRP(t, h)
		anna := h.signedIn(t, "anna")
		r := anna.authorize(byObject(a.object(t, nil)), with("redirect_uri", "https://rp.test/other"), with("state", "beside"),
			with("scope", "openid profile groups"), with("nonce", "beside"), with("prompt", "none"), with("max_age", "0"), with("code_challenge", "x"),
			with("response_type", "token"), with("claims", "{"), with("registration", "{}"), with("acr_values", appFactor))
		code := h.code(r)
		if code.Client != "jar" || code.Nonce != "signed" || !slices.Equal(code.Scopes, []string{"openid", "email"}) || code.PKCE != challenge {
			t.Errorf("the code carries %+v", code)
		}
		if got := r.sent().Get("state"); got != "inside" {
			t.Errorf("the state is %q", got)
		}
	})
}

func TestNothingThatTheClientHasNotSignedIsAddedToItsObject(t *testing.T) {
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	for name, value := range map[string]string{
		"nonce": "no", "state": "st", "claims": `{"userinfo":{"name":null}}`, "prompt": "consent", "response_mode": "form_post", "max_age": "0",
	} {
		r := anna.authorize(byObject(a.object(t, map[string]any{name: nil})), with(name, value))
		if code := h.code(r); name == "nonce" && code.Nonce != "" || len(code.Claims) > 0 || name == "state" && r.sent().Has("state") {
			t.Errorf("%s came in from beside the object: %+v", name, code)
		}
	}
	for name, code := range map[string]string{"response_type": "invalid_request", "scope": "invalid_scope", "code_challenge": "invalid_request"} {
		anna.authorize(byObject(a.object(t, map[string]any{name: nil})), with(name, good().Get(name))).refused(code)
	}
	anna.authorize(byObject(a.object(t, map[string]any{"redirect_uri": nil})), with("redirect_uri", "https://rp.test/cb")).page(http.StatusBadRequest)
}

func TestTheRedirectURIOfTheObjectIsTheOneThatCounts(t *testing.T) { // oidcc-ensure-request-object-with-redirect-uri
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	h.code(anna.authorize(byObject(a.object(t, nil)), with("redirect_uri", "https://evil.test/cb")))
	for _, evil := range []string{"https://evil.test/cb", "https://rp.test/cb/", "https://rp2.test/cb", ""} { // RU-22, AZ-17
		anna.authorize(byObject(a.object(t, map[string]any{"redirect_uri": evil})), with("redirect_uri", "https://rp.test/cb")).page(http.StatusBadRequest)
		anna.authorize(byObject(a.object(t, map[string]any{"redirect_uri": evil, "exp": 1})), with("redirect_uri", "https://rp.test/cb")).page(http.StatusBadRequest)
	}
}

// what is wrong with an object; whoever signed it right has its error told at the redirect URI and with the state inside.
func TestAnObjectForOthersOrFromOthersOrOfAnotherTimeIsRefused(t *testing.T) {
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	in := func(d time.Duration) int64 { return h.now().Add(d).Unix() }
	for name, c := range map[string]map[string]any{
		"no iss":              {"iss": nil},
		"of another issuer":   {"iss": "jar2"},
		"an iss in capitals":  {"iss": nil, "ISS": "jar"},
		"no client_id":        {"client_id": nil},
		"another client_id":   {"client_id": "jar2"},
		"no aud":              {"aud": nil},
		"for another server":  {"aud": "https://evil.test"},
		"for the endpoint":    {"aud": issuer + "/authorize"},
		"for a look-alike":    {"aud": []string{issuer + "/", "https://OP.test"}},
		"a strange aud":       {"aud": 7},
		"no exp":              {"exp": nil},
		"expired":             {"exp": in(-11 * time.Second)},
		"long expired":        {"exp": 1},
		"for two hours":       {"exp": in(2 * time.Hour)},
		"for ever":            {"exp": 1e300},
		"an exp in words":     {"exp": "tomorrow"},
		"an exp that is null": {"exp": json.RawMessage("null")},
		"an exp before time":  {"exp": -1},
		"not yet good":        {"nbf": in(20 * time.Second)},
		"made later":          {"iat": in(20 * time.Second)},
		"an iat in words":     {"iat": "now"},
		"a client assertion":  {"sub": "jar"}, // RFC 9101 §10.8
	} {
		t.Run(name, func(t *testing.T) {
			anna.t = t
			r := anna.authorize(byObject(a.object(t, c)), with("state", "beside"))
			r.refused("invalid_request_object")
			if got := r.sent().Get("state"); got != "inside" {
				t.Errorf("the state is %q", got)
			}
		})
	}
	for name, c := range map[string]map[string]any{
		"for several":        {"aud": []string{"https://other.test", issuer}},
		"a clock behind":     {"exp": in(-8 * time.Second)},
		"a clock ahead":      {"nbf": in(8 * time.Second), "iat": in(8 * time.Second)},
		"for an hour":        {"exp": in(time.Hour)},
		"parts of a second":  {"exp": float64(in(time.Minute)) + 0.5},
		"old but good":       {"iat": in(-30 * time.Minute), "nbf": in(-30 * time.Minute)},
		"with a jti":         {"jti": "same each time"},
		"with other members": {"jku": "https://evil.test", "extra": []any{map[string]any{"a": nil}}, "display": "page"},
	} {
		t.Run(name, func(t *testing.T) {
			anna.t = t
			h.code(anna.authorize(byObject(a.object(t, c))))
		})
	}
}

func TestMembersOfAnObjectAreWhatTheirParametersWouldBe(t *testing.T) {
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	h.later(time.Minute)
	for _, age := range []any{5, "5"} {
		anna.authorize(byObject(a.object(t, map[string]any{"max_age": age}))).asked()
	}
	h.code(anna.authorize(byObject(a.object(t, map[string]any{"max_age": 3600}))))
	asked := map[string]any{"userinfo": map[string]any{"name": map[string]any{"essential": true}}}
	for _, claims := range []any{asked, `{"userinfo":{"name":{"essential":true}}}`} {
		if code := h.code(anna.authorize(byObject(a.object(t, map[string]any{"claims": claims})))); string(code.Claims) != `{"userinfo":{"name":{"essential":true}}}` {
			t.Errorf("claims became %s", code.Claims)
		}
	}
	for name, values := range map[string][]any{
		"scope":     {[]string{"openid"}, 7, true, json.RawMessage("null"), map[string]any{}},
		"state":     {7, false, []string{"x"}},
		"client_id": {[]string{"jar"}},
		"max_age":   {-1, 1.5, json.RawMessage("1e3"), json.RawMessage("null"), true, 1 << 40, []int{5}},
		"claims":    {7, []string{"userinfo"}, json.RawMessage("null"), true},
		"resource":  {7, []int{7}, []string{}, map[string]any{}},
		"request":   {"x", 7}, "request_uri": {"https://rp.test/object"},
	} {
		for _, value := range values {
			anna.authorize(byObject(a.object(t, map[string]any{name: value})), with("redirect_uri", "https://rp.test/cb")).refused("invalid_request_object")
		}
	}
	anna.authorize(byObject(a.object(t, map[string]any{"registration": map[string]any{}}))).refused("registration_not_supported")
}

func TestWhatIsSignedIsJudgedLikeEveryRequest(t *testing.T) {
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	for name, c := range map[string]struct {
		value any
		code  string
	}{
		"scope": {"bogus", "invalid_scope"}, "prompt": {"none login", "invalid_request"}, "state": {"a\nb", "invalid_request"},
		"code_challenge_method": {"plain", "invalid_request"}, "response_type": {"code id_token", "unsupported_response_type"},
		"claims": {`{"userinfo":7}`, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			anna.t = t
			anna.authorize(byObject(a.object(t, map[string]any{name: c.value}))).refused(c.code)
		})
	}
}

func TestAnOpenedObjectTravelsSealedAndIsNotAskedForAgain(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		a := newRP(t, h)
		for name, send := range map[string]func(b *browser, object change) reply{
			"GET":  func(b *browser, object change) reply { return b.authorize(object) },
			"POST": func(b *browser, object change) reply { return b.get(b.post(good(object)).header.Get("Location")) },
		} {
			b := h.browser(t)
			object := byObject(a.object(t, map[string]any{"exp": h.now().Add(time.Minute).Unix()}))
			send(b, object).asked()
			ask := h.face.last(t)
			if ask.ClientID != "jar" || ask.AppHost != "rp.test" {
				t.Errorf("%s: the face was asked %+v", name, ask)
			}
			h.later(10 * time.Minute) // the object has expired meanwhile
			b.signIn("anna", ask.Attempt)
			back := b.get(ask.Back)
			if code := h.code(back); code.Nonce != "signed" || back.sent().Get("state") != "inside" {
				t.Errorf("%s: the code carries %+v", name, code)
			}
			for _, extra := range []string{"&request=x", "&state=other", "&request_uri=x"} {
				b.get(ask.Back + extra).page(http.StatusBadRequest)
			}
			b.authorize(object).refused("invalid_request_object") // as it was sent it is too old
		}
	})
}
