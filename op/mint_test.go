package op_test

// OIDC Core §2, RFC 9068: what stands in an ID token and in an access token.

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// now in claims, which are JSON numbers.
func (a *apps) seconds(t time.Time) float64 { return float64(t.Unix()) }

func TestAnIDTokenSaysWhoSignedInWhenAndHow(t *testing.T) { // JW-07, C.4 items 47, 48, 49, 51
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic", scoped("openid profile email groups"))
		_, claims := a.claimsIn(got.IDToken, "JWT")
		sum := sha256.Sum256([]byte(got.AccessToken))
		issued, _ := claims["iat"].(float64)
		want := map[string]any{
			"iss": issuer, "sub": a.person.ID, "aud": "basic", "iat": issued, "exp": issued + 600,
			"auth_time": a.seconds(a.session.AuthTime), "nonce": "n-0S6_WzA2Mj", "acr": "urn:doorward:2fa", "amr": []any{"pwd", "otp"},
			"sid": a.session.ID, "at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]),
		}
		if diff := cmp.Diff(want, claims); diff != "" {
			t.Errorf("the claims differ (-want +got):\n%s", diff)
		}
		if age := a.seconds(a.now()) - issued; age < 0 || age > 60 {
			t.Errorf("iat is %v seconds old", age)
		}
	})
}

func TestANonceStandsInTheIDTokenOnlyIfItWasSent(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		long := strings.Repeat("n", 384)
		_, with := a.claimsIn(a.granted("basic", func(c *sealed) { c.Nonce = long }).IDToken, "JWT")
		_, without := a.claimsIn(a.granted("basic", func(c *sealed) { c.Nonce = "" }).IDToken, "JWT")
		if _, there := without["nonce"]; with["nonce"] != long || there {
			t.Errorf("nonce %v and %v", with["nonce"], without["nonce"])
		}
	})
}

func TestAnIDTokenIsSignedAsTheClientIsRegistered(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		for client, alg := range map[string]string{"basic": "ES256", "rsa": "RS256", "pss": "PS256", "edwards": "EdDSA"} { // C.4 items 47, 50
			got := a.granted(client)
			header, claims := a.claimsIn(got.IDToken, "JWT")
			if header["alg"] != alg || header["kid"] == "" || header["typ"] != "JWT" {
				t.Errorf("%s: header %v", client, header)
			}
			sum := sha256.Sum256([]byte(got.AccessToken))
			want := sum[:16]
			if alg == "EdDSA" {
				wide := sha512.Sum512([]byte(got.AccessToken))
				want = wide[:32]
			}
			if claims["at_hash"] != base64.RawURLEncoding.EncodeToString(want) {
				t.Errorf("%s: at_hash %v", client, claims["at_hash"])
			}
		}
	})
}

func TestTheClaimsOfScopesStandInTheIDTokenOnlyWhereTheClientIsMarkedSo(t *testing.T) { // JW-07, C.4 item 48
	eachApps(t, func(t *testing.T, a *apps) {
		_, claims := a.claimsIn(a.granted("wordy", scoped("openid email groups")).IDToken, "JWT")
		if claims["email"] != "carla@example.com" || claims["email_verified"] != true || claims["name"] != nil || claims["sub"] != a.person.ID {
			t.Errorf("claims %v", claims)
		}
		if diff := cmp.Diff([]any{"crew", "admins"}, claims["groups"]); diff != "" {
			t.Error(diff)
		}
	})
}

func TestASignedAccessTokenIsAsRFC9068WantsIt(t *testing.T) { // JW-11
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("signed", scoped("openid email"))
		header, claims := a.claimsIn(got.AccessToken, "at+jwt")
		if header["alg"] != "ES256" || header["typ"] != "at+jwt" {
			t.Errorf("header %v", header)
		}
		id, _ := claims["jti"].(string)
		issued, _ := claims["iat"].(float64)
		ends, _ := claims["exp"].(float64)
		if lasts := ends - issued; lasts != 600 && lasts != 599 { // the grant was made before the token, in the second before perhaps
			t.Errorf("it lasts %v s", lasts)
		}
		want := map[string]any{
			"iss": issuer, "sub": a.person.ID, "aud": issuer, "client_id": "signed", "scope": "openid email", "jti": id,
			"iat": issued, "exp": ends, "auth_time": a.seconds(a.session.AuthTime), "acr": "urn:doorward:2fa",
		}
		if diff := cmp.Diff(want, claims); diff != "" || len(id) < 40 {
			t.Errorf("the claims differ (-want +got):\n%s", diff)
		}
		a.userinfo(got.AccessToken).says(http.StatusOK)
	})
}

func TestAnOpaqueAccessTokenIsSmallAndNeverTheSame(t *testing.T) {
	a := newApps(t)
	first, second := a.granted("basic").AccessToken, a.granted("basic").AccessToken
	if first == second || !strings.HasPrefix(first, "dwa_") || len(first) > 300 {
		t.Errorf("%d characters: %.10s", len(first), first)
	}
}
