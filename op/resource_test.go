package op_test

// RFC 8707: resource indicators.

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/google/go-cmp/cmp"
)

// resources are those of the services api and api2, one of nobody, one that is longer than that of api, and this house itself.
func resources() []string {
	return []string{"https://api.test/", "https://api2.test/", "https://b.test/", "https://api.test/more", issuer}
}

// aimed asks for resources.
func aimed(resource ...string) func(*sealed) {
	return func(c *sealed) { c.Resource = resource }
}

// at names resources in a form.
func at(resource ...string) change {
	return func(v url.Values) { v["resource"] = resource }
}

// audience is the aud of an access token, as introspection tells it to a client that may ask about every token.
func (a *apps) audience(client, token string) any {
	a.t.Helper()
	if client == "signed" {
		_, claims := a.claimsIn(token, "at+jwt")
		return claims["aud"]
	}
	return a.introspect(client, token).json()["aud"]
}

func TestAnAccessTokenIsForTheResourcesThatWereAskedFor(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		api, b := "https://api.test/", "https://b.test/"
		for _, client := range []string{"nosy", "signed"} {
			for _, c := range []struct {
				asked, then []string
				want        any
			}{
				{nil, nil, issuer},
				{[]string{api}, nil, api},
				{[]string{api, b}, nil, []any{api, b}},
				{[]string{api, b}, []string{b}, b},
				{[]string{api, b}, []string{b, api, b}, []any{api, b}},
				{[]string{api, b}, []string{""}, []any{api, b}}, // sent without a value: not sent (RFC 6749 §3.2)
			} {
				code := a.code(client, aimed(c.asked...))
				got := a.redeem(client, code, at(c.then...)).issued()
				if diff := cmp.Diff(c.want, a.audience(client, got.AccessToken)); diff != "" {
					t.Errorf("%s asked for %v, then %v: %s", client, c.asked, c.then, diff)
				}
			}
		}
	})
}

func TestWhatWasNotGrantedIsNoTarget(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		for name, c := range map[string]struct{ asked, then []string }{
			"another one":         {[]string{"https://api.test/"}, []string{"https://b.test/"}},
			"one more":            {[]string{"https://api.test/"}, []string{"https://api.test/", "https://b.test/"}},
			"where none was":      {nil, []string{"https://api.test/"}},
			"a longer one":        {[]string{"https://api.test/"}, []string{"https://api.test/more"}},
			"a shorter one":       {[]string{"https://api.test/more"}, []string{"https://api.test/"}},
			"in another spelling": {[]string{"https://api.test/"}, []string{"https://API.test/"}},
			"with a fragment":     {[]string{"https://api.test/"}, []string{"https://api.test/#x"}},
		} {
			t.Run(name, func(t *testing.T) {
				code := a.code("far", aimed(c.asked...))
				a.redeem("far", code, at(c.then...)).denied(http.StatusBadRequest, "invalid_target")
				a.redeem("far", code).denied(http.StatusBadRequest, "invalid_grant") // the code is burnt
			})
		}
	})
}

func TestARefreshMayNarrowTheResourcesForOneAnswer(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		api, b := "https://api.test/", "https://b.test/"
		for _, client := range []string{"nosy", "signed"} {
			first := a.granted(client, aimed(api, b))
			narrow := a.refresh(client, first.RefreshToken, at(b)).issued()
			if got := a.audience(client, narrow.AccessToken); got != b {
				t.Errorf("%s: aud is %v", client, got)
			}
			full := a.refresh(client, narrow.RefreshToken).issued()
			if diff := cmp.Diff([]any{api, b}, a.audience(client, full.AccessToken)); diff != "" {
				t.Error(diff)
			}
			a.refresh(client, full.RefreshToken, at("https://api2.test/")).denied(http.StatusBadRequest, "invalid_target")
			a.refresh(client, full.RefreshToken).issued() // nothing was spent
		}
	})
}

func TestAClientThatLosesAResourceGetsNoMoreTokensForIt(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		api, b := "https://api.test/", "https://b.test/"
		loser := a.clients["far"]
		loser.ID = "loser"
		a.declare(loser)
		first, only := a.granted("loser", aimed(api, b)), a.granted("loser", aimed(api))
		loser.Resources = []string{b}
		a.declare(loser)
		a.refresh("loser", first.RefreshToken).denied(http.StatusBadRequest, "invalid_target")
		a.refresh("loser", first.RefreshToken, at(b)).issued()
		a.refresh("loser", only.RefreshToken).denied(http.StatusBadRequest, "invalid_target") // and none for this house instead
	})
}

func TestATokenForOtherResourcesIsNotGoodAtUserinfo(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		for _, client := range []string{"far", "signed"} {
			for _, c := range []struct {
				resource []string
				status   int
			}{
				{nil, http.StatusOK},
				{[]string{issuer}, http.StatusOK},
				{[]string{"https://api.test/", issuer}, http.StatusOK},
				{[]string{"https://api.test/"}, http.StatusUnauthorized},
				{[]string{"https://api.test/", "https://b.test/"}, http.StatusUnauthorized},
			} {
				got := a.userinfo(a.granted(client, aimed(c.resource...)).AccessToken)
				got.says(c.status)
				if c.status != http.StatusOK {
					got.denied(c.status, "invalid_token")
				}
			}
		}
	})
}

func TestAMachineAsksForItsResourcesByItself(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		api, b := "https://api.test/", "https://b.test/"
		token := a.ask("robot", at(b, api, b)).issued().AccessToken
		if diff := cmp.Diff([]any{api, b}, a.introspect("api", token).json()["aud"]); diff != "" {
			t.Error(diff)
		}
		a.introspect("api2", token).active(false) // IN-02
		a.introspect("api2", a.ask("robot").issued().AccessToken).active(true)
		a.ask("robot", at("https://else.test/")).denied(http.StatusBadRequest, "invalid_target")
		a.ask("signed-robot", at(api)).denied(http.StatusBadRequest, "invalid_target")
	})
}

func TestTheResourcesOfARequestTravelToItsTokens(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for name, sent := range map[string]reply{
			"by GET":  anna.authorize(of("mobile", back), at("https://b.test/", "https://api.test/", "https://b.test/", "")),
			"by POST": anna.post(good(of("mobile", back), at("https://b.test/", "https://api.test/", "https://b.test/", ""))),
		} {
			if name == "by POST" {
				sent = anna.get(sent.header.Get("Location"))
			}
			if diff := cmp.Diff([]string{"https://api.test/", "https://b.test/"}, h.code(sent).Resource); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		visitor := h.browser(t)
		visitor.authorize(of("mobile", back), at("https://b.test/")).asked()
		ask := h.face.last(t)
		visitor.signIn("anna", ask.Attempt)
		if diff := cmp.Diff([]string{"https://b.test/"}, h.code(visitor.get(ask.Back)).Resource); diff != "" {
			t.Errorf("after a sign-in: %s", diff)
		}
	})
}

func TestARequestForAForeignResourceIsToldToTheClient(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for name, resource := range map[string][]string{
			"unknown": {"https://evil.test/"}, "one of two": {"https://b.test/", "https://evil.test/"}, "relative": {"/api"},
			"with a fragment": {"https://b.test/#x"}, "no address": {"b"}, "two in one": {"https://b.test/ https://evil.test/"},
		} {
			t.Run(name, func(t *testing.T) {
				anna.t = t
				anna.authorize(of("mobile", back), at(resource...)).refused("invalid_target")
			})
		}
		anna.authorize(at("https://b.test/")).refused("invalid_target") // this client has none
	})
}

func TestTheResourcesOfARequestObjectAreThoseThatCount(t *testing.T) { // RFC 9101 §6.3
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		c := s.clients["any"]
		c.ID, c.Resources = "signs", resources()
		must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
		anna := h.signedIn(t, "anna")
		ask := func(resource any, beside ...change) reply {
			payload, err := json.Marshal(s.claims("signs", map[string]any{
				"client_id": "signs", "sub": nil, "redirect_uri": back, "response_type": "code", "scope": "openid",
				"code_challenge": challenge, "code_challenge_method": "S256", "resource": resource,
			}))
			must(t, err)
			return anna.authorize(append(beside, of("signs", back), with("request", pens()["ec"].write(t, payload, nil)))...)
		}
		api, b := "https://api.test/", "https://b.test/"
		for name, got := range map[string]struct {
			reply
			want []string
		}{
			"one": {ask(b), []string{b}}, "two": {ask([]string{b, api}), []string{api, b}},
			"none, and one beside it": {ask(nil, at(b)), nil}, "another beside it": {ask(api, at(b)), []string{api}},
		} {
			if diff := cmp.Diff(got.want, h.code(got.reply).Resource); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		ask([]string{b, "https://evil.test/"}, at(b)).refused("invalid_target")
	})
}

// declare puts a client into the place of the one that the configuration declared before.
func (a *apps) declare(c storage.Client) {
	a.t.Helper()
	if err := a.db.DeclareClients(a.t.Context(), []storage.Client{c}, storage.Event{Actor: "config"}); err != nil {
		a.t.Fatal(err)
	}
	a.clients[c.ID] = c
}
