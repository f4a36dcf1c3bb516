// OIDC Core §3.1.2.1 id_token_hint.
package op_test

import (
	"testing"
	"time"
)

// idToken is an ID token as an earlier sign-on gave it.
func (h *house) idToken(t *testing.T, changes map[string]any) string {
	t.Helper()
	claims := map[string]any{"iss": issuer, "aud": "web", "sub": h.people["anna"].ID, "exp": h.now().Add(-time.Hour).Unix(), "iat": h.now().Add(-2 * time.Hour).Unix()}
	for name, value := range changes {
		claims[name] = value
	}
	token, err := h.keys.Ring.Sign("ES256", "JWT", claims)
	must(t, err)
	return token
}

func TestAHintOfThePersonWhoIsSignedInPasses(t *testing.T) { // C.2 item 20
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for _, aud := range []any{"web", []string{"other", "web"}} { // and it has expired long ago
			hint := with("id_token_hint", h.idToken(t, map[string]any{"aud": aud}))
			if h.code(anna.authorize(with("prompt", "none"), hint)).User != h.people["anna"].ID {
				t.Error("the answer is for somebody else")
			}
		}
	})
}

func TestAHintOfAnotherPersonAsksForThem(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		ben := h.signedIn(t, "ben")
		hint := with("id_token_hint", h.idToken(t, nil))
		ben.authorize(hint, with("prompt", "none")).refused("login_required")
		ben.authorize(hint).asked()
		ask := h.face.last(t)
		if ask.UserID != h.people["anna"].ID {
			t.Errorf("the face was asked for %q", ask.UserID)
		}
		ben.signIn("ben", ask.Attempt) // the wrong person again
		ben.get(ask.Back).refused("login_required")
	})
}

func TestABadHintCountsOnlyWhereNobodyCanBeAsked(t *testing.T) { // TK-03, TK-04
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		accessToken, err := h.keys.Ring.Sign("ES256", "at+jwt", map[string]any{"iss": issuer, "aud": "web", "sub": h.people["anna"].ID})
		must(t, err)
		good := h.idToken(t, nil)
		for name, token := range map[string]string{
			"not a token":        "x",
			"tampered":           good[:len(good)-2] + "AA",
			"unsigned":           "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL29wLnRlc3QifQ.",
			"of another client":  h.idToken(t, map[string]any{"aud": "web2"}),
			"of another issuer":  h.idToken(t, map[string]any{"iss": "https://evil.test"}),
			"without a subject":  h.idToken(t, map[string]any{"sub": ""}),
			"with a strange aud": h.idToken(t, map[string]any{"aud": 7}),
			"an access token":    accessToken,
		} {
			t.Run(name, func(t *testing.T) {
				anna.t = t
				anna.authorize(with("id_token_hint", token), with("prompt", "none")).refused("login_required")
				if h.code(anna.authorize(with("id_token_hint", token))).User != h.people["anna"].ID {
					t.Error("the hint was not ignored")
				}
			})
		}
	})
}
