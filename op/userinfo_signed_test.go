package op_test

// OIDC Core §5.3.2: userinfo that is signed.

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/google/go-cmp/cmp"
)

// formatOf is what an answer calls itself: all is JSON, but for userinfo that is signed. No error is.
func formatOf(r reply) string {
	if r.status == http.StatusOK && strings.HasPrefix(r.body, "eyJ") {
		return "application/jwt"
	}
	return "application/json"
}

// wanting is a client that wants its userinfo signed.
func (a *apps) wanting(alg string, change func(*storage.Client)) string {
	a.t.Helper()
	c := a.clients["basic"]
	c.ID, c.UserinfoAlg = "wants-"+strings.ToLower(alg), alg
	change(&c)
	if err := a.db.AddClient(a.t.Context(), c, storage.Event{Actor: "test"}); err != nil {
		a.t.Fatal(err)
	}
	a.clients[c.ID] = c
	return c.ID
}

func TestUserinfoIsSignedWhereTheClientIsRegisteredSo(t *testing.T) { // C.5 item 53
	eachApps(t, func(t *testing.T, a *apps) {
		scope := scoped("openid profile email address phone groups")
		plain := a.userinfo(a.granted("basic", scope).AccessToken).json()
		for _, alg := range a.keys.Ring.Algorithms() {
			client := a.wanting(alg, func(*storage.Client) {})
			answer := a.userinfo(a.granted(client, scope).AccessToken)
			if answer.status != http.StatusOK || answer.header.Get("Content-Type") != "application/jwt" {
				t.Fatalf("%s: %d %s", alg, answer.status, answer.header.Get("Content-Type"))
			}
			head, claims := a.claimsIn(answer.body, "userinfo+jwt")
			if head["alg"] != alg {
				t.Errorf("%s: header %v", alg, head)
			}
			want := map[string]any{"iss": issuer, "aud": client}
			for name, value := range plain {
				want[name] = value
			}
			if diff := cmp.Diff(want, claims); diff != "" {
				t.Errorf("%s (-want +got):\n%s", alg, diff)
			}
		}
	})
}

func TestSignedUserinfoKnowsAPersonAsTheIDTokenDoes(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		client := a.wanting("ES256", func(c *storage.Client) { c.Sector = "rp.test" })
		got := a.granted(client)
		_, id := a.claimsIn(got.IDToken, "JWT")
		_, told := a.claimsIn(a.userinfo(got.AccessToken).body, "userinfo+jwt")
		if told["sub"] != id["sub"] || told["sub"] == a.person.ID {
			t.Errorf("sub is %v in the ID token and %v at userinfo", id["sub"], told["sub"])
		}
	})
}

// It has the iss, aud and sub of an ID token, and must never pass for one (RFC 8725 §2.8).
func TestSignedUserinfoIsNoIDTokenAndNoAccessToken(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		client := a.wanting("ES256", func(*storage.Client) {})
		answer := a.userinfo(a.granted(client).AccessToken).body
		for _, typ := range []string{"JWT", "at+jwt", "logout+jwt"} {
			if _, err := a.keys.Ring.Verify(answer, typ); err == nil {
				t.Errorf("it passes for %s", typ)
			}
		}
		a.userinfo(answer).denied(http.StatusUnauthorized, "invalid_token")
		a.introspect("api", answer).active(false)
		anna := a.signedIn(t, "anna")
		hint := good(of(client, back), with("id_token_hint", answer), with("prompt", "none"))
		anna.get("/authorize?" + hint.Encode()).refused("login_required")
	})
}

func TestErrorsOfSignedUserinfoAreJSON(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		client := a.wanting("RS256", func(*storage.Client) {})
		got := a.granted(client)
		without := a.userinfo(a.granted(client, scoped("email")).AccessToken)
		without.denied(http.StatusForbidden, "insufficient_scope")
		must(t, a.db.EndSession(t.Context(), a.session.ID, storage.Event{Actor: "test"}))
		a.revoke(client, got.AccessToken)
		dead := a.userinfo(got.AccessToken)
		dead.denied(http.StatusUnauthorized, "invalid_token")
		var e map[string]string
		if err := json.Unmarshal([]byte(dead.body), &e); err != nil || !strings.HasPrefix(dead.header.Get("WWW-Authenticate"), "Bearer ") {
			t.Errorf("%s, %v", dead.body, err)
		}
	})
}
