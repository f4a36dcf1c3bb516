package op

import (
	"encoding/json"
	"testing"
)

func TestAPersonsClaimsNeverReplaceThoseOfTheToken(t *testing.T) {
	full := idClaims{
		Issuer: "i", Subject: "s", Audience: "a", Expires: 1, IssuedAt: 1, AuthTime: 1, Nonce: "n", ACR: "x", AMR: []string{"m"},
		Session: "d", AtHash: "h",
	}
	text, err := json.Marshal(full)
	if err != nil {
		t.Fatal(err)
	}
	var token map[string]any
	if err := json.Unmarshal(text, &token); err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		if _, taken := token[c.name]; taken {
			t.Errorf("%s is a claim of the token itself", c.name)
		}
	}
	if len(token) != 11 {
		t.Errorf("the token has %d claims: fill in the new ones here", len(token))
	}
}
