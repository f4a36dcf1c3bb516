package main_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hashicorp/cap/oidc"
	"github.com/hashicorp/cap/oidc/clientassertion"
	"github.com/zitadel/oidc/v3/pkg/client/rs"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/doorward/doorward/web/webtest"
)

// keyFile is the key set of an RSA key, as an operator is given it.
func keyFile(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "keys.json")
	text := fmt.Sprintf(`{"keys":[{"kty":"RSA","kid":"k","use":"sig","n":%q,"e":"AQAB"}]}`, base64.RawURLEncoding.EncodeToString(key.N.Bytes()))
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// HashiCorp's library signs a person on and proves its application by a key; zitadel's resource server asks what the token is good for.
func TestHashicorpCapAndZitadelsResourceServerWorkTogether(t *testing.T) {
	t.Parallel()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	api := application(t, "api", "client_secret_basic")
	api["introspect"] = true
	v := newServer(t, settings{
		"database": "sqlite:" + filepath.Join(t.TempDir(), "doorward.db"),
		"login":    settings{"email_code": "never"},
		"clients": []settings{api, {
			"id": "cap", "auth_method": "private_key_jwt", "jwks_file": keyFile(t, key), "redirect_uris": []string{callback}, "id_token_alg": "ES256",
		}},
	})
	v.addUser(annaEmail, annaPassword)
	v.start()

	access, subject := signOnByCap(t, v, key)
	server, err := rs.NewResourceServerClientCredentials(t.Context(), v.issuer, "api", appSecret)
	if err != nil {
		t.Fatal(err)
	}
	told, err := rs.Introspect[*zitadel.IntrospectionResponse](t.Context(), server, access)
	if err != nil || !told.Active || told.ClientID != "cap" || told.Subject != subject || told.Issuer != v.issuer {
		t.Errorf("introspection: %+v, %v", told, err)
	}
	if told, err = rs.Introspect[*zitadel.IntrospectionResponse](t.Context(), server, access+"x"); err != nil || told.Active {
		t.Errorf("introspection of another token: %+v, %v", told, err)
	}
}

// signOnByCap gives the access token and the subject.
func signOnByCap(t *testing.T, v *server, key *rsa.PrivateKey) (string, string) {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	config, err := oidc.NewConfig(v.issuer, "cap", "", []oidc.Alg{oidc.ES256}, []string{callback})
	ok(err)
	provider, err := oidc.NewProvider(config)
	ok(err)
	defer provider.Done()
	assertion, err := clientassertion.NewJWTWithRSAKey("cap", []string{v.issuer}, clientassertion.RS256, key, clientassertion.WithKeyID("k"))
	ok(err)
	verifier, err := oidc.NewCodeVerifier()
	ok(err)
	request, err := oidc.NewRequest(2*time.Minute, callback, oidc.WithPKCE(verifier), oidc.WithScopes("email"), oidc.WithClientAssertionJWT(assertion))
	ok(err)
	address, err := provider.AuthURL(t.Context(), request)
	ok(err)

	b := webtest.New(t, nil).StayOn(v.issuer)
	b.Go(address)
	signIn(b)
	answer := location(t, b)
	token, err := provider.Exchange(t.Context(), request, answer.Get("state"), answer.Get("code"))
	ok(err)
	var claims struct{ Sub string }
	ok(token.IDToken().Claims(&claims))
	var info struct{ Email string }
	ok(provider.UserInfo(t.Context(), token.StaticTokenSource(), claims.Sub, &info))
	if info.Email != annaEmail {
		t.Errorf("userinfo names %q", info.Email)
	}
	return string(token.AccessToken()), claims.Sub
}
