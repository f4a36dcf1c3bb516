package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTwoClientsSpeltAlikeInCapitalsShareNoSecret(t *testing.T) {
	file := write(t, minimal+`clients:
  - {id: a-b, redirect_uris: ["https://a.example/cb"]}
  - {id: a.b, redirect_uris: ["https://b.example/cb"]}
`, nil)
	got := faultsOf(t, file, "DOORWARD_CLIENTS_A_B_SECRET="+secret)
	if !slices.Contains(got, "DOORWARD_CLIENTS_A_B_SECRET: there is no such setting") {
		t.Errorf("got %q", got)
	}
}

func TestADeclaredClientIsCompletedByItsType(t *testing.T) {
	c, err := loadConfig(write(t, minimal+`clients:
  - {id: web, secret_file: s, redirect_uris: ["https://a.example/cb"]}
  - {id: page, type: browser, redirect_uris: ["https://b.example/cb"]}
  - {id: robot, type: service, secret_file: two, id_token_alg: ES256}
`, map[string]string{"s": secret + "\n", "two": secret + "\n" + strings.ToUpper(secret) + "\n"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	type short struct {
		Name, Auth, Alg, Refresh, Token, Owner string
		Grants                                 []string
		PKCE                                   bool
		Secrets                                int
	}
	var got []short
	for _, entry := range c.Clients {
		r, err := entry.declared()
		if err != nil {
			t.Fatal(err)
		}
		secrets := len(slices.DeleteFunc(r.Secrets[:], func(b []byte) bool { return b == nil }))
		got = append(got, short{r.Name, r.AuthMethod, r.IDTokenAlg, r.Refresh, r.TokenFormat, r.Owner, r.GrantTypes, r.RequirePKCE, secrets})
	}
	code := []string{"authorization_code", "refresh_token"}
	want := []short{
		{"web", "client_secret_basic", "RS256", "offline", "opaque", "file", code, true, 1},
		{"page", "none", "RS256", "offline", "opaque", "file", code, true, 0},
		{"robot", "client_secret_basic", "ES256", "never", "opaque", "file", []string{"client_credentials"}, true, 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestASecretIsLongAndOneOrTwo(t *testing.T) {
	for content, want := range map[string]string{
		"":                                     "must hold one secret, or two while one replaces the other; it holds 0",
		"short":                                "a secret needs at least 32 random characters",
		secret + " " + secret + " " + secret:   "must hold one secret, or two while one replaces the other; it holds 3",
		secret + "\n" + "hunter2 is too short": "must hold one secret, or two while one replaces the other; it holds 5",
	} {
		file := write(t, minimal+`clients: [{id: a, secret_file: s, redirect_uris: ["https://a.example/cb"]}]`, map[string]string{"s": content})
		if got := faultsOf(t, file); len(got) != 1 || got[0] != "config.yaml:2: clients[0].secret_file: "+want {
			t.Errorf("%q: got %q, want %q", content, got, want)
		}
	}
}
