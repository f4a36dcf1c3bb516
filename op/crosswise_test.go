// CD-07, TK: what one secret is good for, no other is good for (RFC 8725 §3.11; RFC 9700 §4.5).
package op_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/keys"
)

// secretKinds are one living value of every kind that leaves this house by a client or a browser, and those that the face
// makes. What travels sealed elsewhere has here what a code holds, so that nothing but its kind tells it from one.
func secretKinds(t *testing.T, a *apps, b *browser) map[string]string {
	t.Helper()
	plain, jwt := a.granted("nosy"), a.granted("signed")
	kinds := map[string]string{
		"code": a.code("nosy"), "access token": plain.AccessToken, "JWT access token": jwt.AccessToken, "refresh token": plain.RefreshToken,
		"ID token": plain.IDToken, "client secret": "secret", "session cookie": b.cookie,
		"authorization request": strings.TrimPrefix(b.post(good(of("nosy", back))).header.Get("Location"), "/authorize?resume="),
	}
	for _, typ := range []string{"logout+jwt", "userinfo+jwt", "oauth-authz-req+jwt", "client-authentication+jwt"} {
		_, claims := a.claimsIn(plain.IDToken, "JWT")
		token, err := a.keys.Ring.Sign("ES256", typ, claims)
		must(t, err)
		kinds[typ] = token
	}
	var grant map[string]any
	must(t, a.keys.Box.Open(keys.ForCode, kinds["code"], &grant))
	for _, purpose := range []keys.Purpose{keys.ForAttempt, keys.ForLogout, keys.ForLetter, keys.ForAlarm, keys.ForGoogle, keys.ForEnrolment, keys.ForFarewell} {
		sealed, err := a.keys.Box.Seal(purpose, grant)
		must(t, err)
		kinds[string(purpose)] = sealed
		_, inner, _ := strings.Cut(sealed, "_")
		kinds[string(purpose)+" called a code"] = "dwc_" + inner
	}
	for _, purpose := range []keys.Purpose{keys.ForTrust, keys.ForInvitation} {
		stamped, err := a.keys.Box.Stamp(purpose, "grant-1")
		must(t, err)
		kinds[string(purpose)] = stamped
	}
	return kinds
}

func TestNoSecretIsGoodForWhatAnotherIsGoodFor(t *testing.T) { // CD-07
	eachApps(t, func(t *testing.T, a *apps) {
		b := a.signedIn(t, "carla")
		kinds := secretKinds(t, a, b)
		signedIn := func(query url.Values) bool {
			return strings.HasPrefix(b.get("/authorize?"+query.Encode()).header.Get("Location"), back+"?code=")
		}
		for _, place := range []struct {
			name string
			good []string
			try  func(secret string) bool
		}{
			{"code", []string{"code"}, func(s string) bool { return a.redeem("nosy", s).status == http.StatusOK }},
			{"bearer token", []string{"access token", "JWT access token"}, func(s string) bool { return a.userinfo(s).status == http.StatusOK }},
			{"introspection", []string{"access token", "JWT access token", "refresh token"}, func(s string) bool { return a.introspect("nosy", s).json()["active"] == true }},
			{"id_token_hint", []string{"ID token"}, func(s string) bool {
				return signedIn(good(of("nosy", back), with("prompt", "none"), with("id_token_hint", s)))
			}},
			{"resume", []string{"authorization request"}, func(s string) bool { return signedIn(url.Values{"resume": {s}}) }},
			{"request", nil, func(s string) bool { return signedIn(good(of("nosy", back), with("request", s))) }},
			{"request_uri", nil, func(s string) bool { return signedIn(good(of("nosy", back), with("request_uri", s))) }},
			{"client secret", []string{"client secret"}, func(s string) bool {
				form := url.Values{"token": {"x"}}
				return a.post("/introspect", form, func(r *http.Request) { r.SetBasicAuth("nosy", s) }).status == http.StatusOK
			}},
			{"logout hint", []string{"ID token"}, func(s string) bool {
				return b.get("/end_session?"+url.Values{"id_token_hint": {s}}.Encode()).status == http.StatusSeeOther
			}},
			{"refresh token", []string{"refresh token"}, func(s string) bool { return a.refresh("nosy", s).status == http.StatusOK }},
			{"logout on its way", []string{"logout"}, func(s string) bool {
				return b.get("/end_session?"+url.Values{"resume": {s}}.Encode()).status == http.StatusSeeOther
			}},
		} {
			for kind, secret := range kinds {
				if slices.Contains(place.good, kind) {
					continue
				}
				if place.try(secret) {
					t.Errorf("the %s is taken for a %s", kind, place.name)
				}
			}
			for _, kind := range place.good { // and nothing of this has touched the right ones
				if !strings.HasPrefix(place.name, "logout") && place.name != "code" && !place.try(kinds[kind]) {
					t.Errorf("the %s is not taken for a %s", kind, place.name)
				}
			}
		}
		for kind, secret := range kinds {
			if !strings.HasSuffix(kind, "access token") && kind != "refresh token" {
				a.post("/revoke", url.Values{"token": {secret}}, func(r *http.Request) { r.SetBasicAuth("nosy", "secret") }).says(http.StatusOK)
			}
		}
		a.userinfo(kinds["access token"]).says(http.StatusOK)
		a.redeem("nosy", kinds["code"]).issued()
	})
}

func TestACodeThatAnAttackerPutsIntoAnotherSessionIsWorthNothing(t *testing.T) { // CD-10
	eachApps(t, func(t *testing.T, a *apps) {
		attackers := a.code("basic", challengeOf(strings.Repeat("attacker", 6)))
		a.redeem("basic", attackers).denied(http.StatusBadRequest, "invalid_grant") // by the verifier of the victim's session
		a.redeem("basic", attackers, with("code_verifier", strings.Repeat("attacker", 6))).denied(http.StatusBadRequest, "invalid_grant")
	})
}
