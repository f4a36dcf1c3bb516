package keys

import (
	"errors"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

func TestAClientHandsOverAKeyThatCanVerify(t *testing.T) { // CA-05
	const (
		point = `"x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"`
		good  = `{"kty":"EC","crv":"P-256",` + point + `}`
		any   = "holds no key for RS256, PS256, ES256 or EdDSA"
	)
	for name, c := range map[string]struct {
		keys          string
		auth, request string
		want          string
	}{
		"one":                      {good, "", "", ""},
		"one of its algorithm":     {good, "ES256", "ES256", ""},
		"one beside a strange one": {`{"kty":"OKP","crv":"X25519","x":"AAAA"},` + good, "", "", ""},
		"none":                     {"", "", "", any},
		"one without a point":      {`{"kty":"EC","crv":"P-384"}`, "", "", any},
		"one off the curve":        {strings.Replace(good, "f83O", "g83O", 1), "", "", any},
		"one to encrypt":           {strings.Replace(good, `"kty"`, `"use":"enc","kty"`, 1), "", "", any},
		"one of another algorithm": {strings.Replace(good, `"kty"`, `"alg":"ES384","kty"`, 1), "", "", any},
		"a short one":              {`{"kty":"RSA","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1Wl","e":"AQAB"}`, "", "", any},
		"none to prove itself by":  {good, "PS256", "", "holds no key for PS256"},
		"none for its requests":    {good, "ES256", "EdDSA", "holds no key for EdDSA"},
	} {
		err := CheckSet([]byte(`{"keys":[`+c.keys+`]}`), c.auth, c.request)
		var invalid *storage.Invalid
		if c.want == "" && err != nil || c.want != "" && (!errors.As(err, &invalid) || invalid.Field != "jwks" || invalid.Why != c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := CheckSet(nil, "PS256"); err != nil {
		t.Errorf("keys that lie elsewhere: %v", err)
	}
}
