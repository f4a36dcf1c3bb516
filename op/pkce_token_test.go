package op_test

// RFC 7636 §4.5, §4.6: the verifier.

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
)

func challengeOf(verifier string) func(*sealed) {
	sum := sha256.Sum256([]byte(verifier))
	return func(c *sealed) { c.PKCE = base64.RawURLEncoding.EncodeToString(sum[:]) }
}

func TestAWrongVerifierKillsTheCodeForTheRightOneToo(t *testing.T) { // PK-01, PK-08; C.3 item 36
	eachApps(t, func(t *testing.T, a *apps) {
		for name, wrong := range map[string]change{
			"wrong":   with("code_verifier", strings.Repeat("a", 43)),
			"missing": without("code_verifier"),
			"empty":   with("code_verifier", ""),
			"plain":   with("code_verifier", challenge),
		} {
			t.Run(name, func(t *testing.T) {
				code := a.code("basic")
				a.redeem("basic", code, wrong).denied(http.StatusBadRequest, "invalid_grant")
				a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
			})
		}
	})
}

func TestAVerifierHas43To128UnreservedCharacters(t *testing.T) { // PK-05
	eachApps(t, func(t *testing.T, a *apps) {
		for name, verifier := range map[string]string{
			"1": "a", "42": strings.Repeat("a", 42), "129": strings.Repeat("a", 129),
			"plus": strings.Repeat("a", 43) + "+", "slash": strings.Repeat("a", 43) + "/", "equals": strings.Repeat("a", 43) + "=",
			"space": strings.Repeat("a", 43) + " ", "letter of another alphabet": strings.Repeat("a", 43) + "é",
		} {
			t.Run(name, func(t *testing.T) {
				code := a.code("basic", challengeOf(verifier)) // its hash is right
				a.redeem("basic", code, with("code_verifier", verifier)).denied(http.StatusBadRequest, "invalid_grant")
			})
		}
		for _, verifier := range []string{strings.Repeat("a", 43), strings.Repeat("Z", 128), strings.Repeat("09-._~", 10)} {
			a.redeem("basic", a.code("basic", challengeOf(verifier)), with("code_verifier", verifier)).issued()
		}
	})
}

func TestAVerifierWithoutChallengeIsRefused(t *testing.T) { // PK-07
	eachApps(t, func(t *testing.T, a *apps) {
		bare := func(c *sealed) { c.PKCE = "" }
		a.redeem("basic", a.code("basic", bare)).denied(http.StatusBadRequest, "invalid_grant")
		a.redeem("basic", a.code("basic", bare), without("code_verifier")).issued()
	})
}

func TestWhoMustUsePKCECannotRedeemWithoutIt(t *testing.T) {
	a := newApps(t)
	bare := func(c *sealed) { c.PKCE = "" }
	for _, client := range []string{"strict", "spa"} {
		a.redeem(client, a.code(client, bare), without("code_verifier")).denied(http.StatusBadRequest, "invalid_grant")
	}
}
