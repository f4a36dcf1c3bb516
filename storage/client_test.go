package storage_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// public makes a client one without a secret.
func public(kind string) func(*storage.Client) {
	return func(c *storage.Client) { c.Type, c.AuthMethod, c.Secrets = kind, "none", [2][]byte{} }
}

func service(c *storage.Client) {
	c.Type, c.GrantTypes, c.RedirectURIs, c.IDTokenAlg, c.Refresh = "service", []string{"client_credentials"}, nil, "", ""
}

// RFC 7591 §2, RFC 9700 §2, RG-02, RG-03.
func TestAClientIsJudgedByTheRulesOfItsType(t *testing.T) {
	for name, c := range map[string]struct {
		field  string // "" when it is taken
		change func(*storage.Client)
	}{
		"web":                       {"", func(*storage.Client) {}},
		"web, public with PKCE":     {"", public("web")},
		"browser":                   {"", public("browser")},
		"native":                    {"", public("native")},
		"service":                   {"", service},
		"two secrets":               {"", func(c *storage.Client) { c.Secrets[1] = random() }},
		"keys":                      {"", func(c *storage.Client) { c.JWKS = json.RawMessage(`{"keys":[]}`) }},
		"no id":                     {"client_id", func(c *storage.Client) { c.ID = "" }},
		"id with a space":           {"client_id", func(c *storage.Client) { c.ID = "a b" }},
		"id with a NUL":             {"client_id", func(c *storage.Client) { c.ID = "a\x00" }},
		"long id":                   {"client_id", func(c *storage.Client) { c.ID = strings.Repeat("a", 65) }},
		"no name":                   {"client_name", func(c *storage.Client) { c.Name = "" }},
		"name in two lines":         {"client_name", func(c *storage.Client) { c.Name = "a\nb" }},
		"name that turns":           {"client_name", func(c *storage.Client) { c.Name = "a\u202eb" }},
		"long name":                 {"client_name", func(c *storage.Client) { c.Name = strings.Repeat("ä", 81) }},
		"unknown type":              {"type", func(c *storage.Client) { c.Type = "desktop" }},
		"native with a secret":      {"token_endpoint_auth_method", func(c *storage.Client) { c.Type = "native" }},
		"browser with a secret":     {"token_endpoint_auth_method", func(c *storage.Client) { c.Type = "browser" }},
		"service without":           {"token_endpoint_auth_method", func(c *storage.Client) { service(c); c.AuthMethod, c.Secrets = "none", [2][]byte{} }},
		"unknown method":            {"token_endpoint_auth_method", func(c *storage.Client) { c.AuthMethod = "tls_client_auth" }},
		"none with a secret":        {"client_secret", func(c *storage.Client) { public("native")(c); c.Secrets[1] = random() }},
		"basic without":             {"client_secret", func(c *storage.Client) { c.Secrets = [2][]byte{} }},
		"secret in the clear":       {"client_secret", func(c *storage.Client) { c.Secrets[0] = []byte("secret") }},
		"web, public without PKCE":  {"require_pkce", func(c *storage.Client) { public("web")(c); c.RequirePKCE = false }},
		"public introspection":      {"introspect", func(c *storage.Client) { public("web")(c); c.Introspect = true }},
		"implicit":                  {"grant_types", func(c *storage.Client) { c.GrantTypes = append(c.GrantTypes, "implicit") }},
		"password":                  {"grant_types", func(c *storage.Client) { c.GrantTypes = append(c.GrantTypes, "password") }},
		"no grant":                  {"grant_types", func(c *storage.Client) { c.GrantTypes, c.RedirectURIs = nil, nil }},
		"refresh alone":             {"grant_types", func(c *storage.Client) { c.GrantTypes, c.RedirectURIs = []string{"refresh_token"}, nil }},
		"public client credentials": {"grant_types", func(c *storage.Client) { public("web")(c); c.GrantTypes = append(c.GrantTypes, "client_credentials") }},
		"service with code":         {"grant_types", func(c *storage.Client) { c.Type = "service" }},
		"scope with a quote":        {"scope", func(c *storage.Client) { c.Scopes = []string{`a"b`} }},
		"scope with a space":        {"scope", func(c *storage.Client) { c.Scopes = []string{"a b"} }},
		"empty scope":               {"scope", func(c *storage.Client) { c.Scopes = []string{""} }},
		"too many scopes":           {"scope", func(c *storage.Client) { c.Scopes = strings.Split(strings.Repeat("a ", 50)+"a", " ") }},
		"code without a URI":        {"redirect_uris", func(c *storage.Client) { c.RedirectURIs = nil }},
		"a URI without code":        {"redirect_uris", func(c *storage.Client) { service(c); c.RedirectURIs = []string{"https://rp.test/cb"} }},
		"a bad URI after logout":    {"post_logout_redirect_uris", func(c *storage.Client) { c.PostLogoutRedirectURIs = []string{"http://rp.test/"} }},
		"unsigned":                  {"id_token_signed_response_alg", func(c *storage.Client) { c.IDTokenAlg = "none" }},
		"HMAC":                      {"id_token_signed_response_alg", func(c *storage.Client) { c.IDTokenAlg = "HS256" }},
		"no algorithm":              {"id_token_signed_response_alg", func(c *storage.Client) { c.IDTokenAlg = "" }},
		"unknown refresh":           {"refresh", func(c *storage.Client) { c.Refresh = "always" }},
		"unknown token format":      {"token_format", func(c *storage.Client) { c.TokenFormat = "paseto" }},
		"unknown profile":           {"profile", func(c *storage.Client) { c.Profile = "fapi1" }},
		"groups and people": {"", func(c *storage.Client) {
			c.Groups, c.People, c.RequireTOTP = []string{"crew"}, []string{"anna-id"}, true
		}},
		"groups of a service":      {"groups", func(c *storage.Client) { service(c); c.Groups = []string{"crew"} }},
		"people of a service":      {"people", func(c *storage.Client) { service(c); c.People = []string{"anna"} }},
		"a service with an app":    {"require_totp", func(c *storage.Client) { service(c); c.RequireTOTP = true }},
		"a group without a name":   {"groups", func(c *storage.Client) { c.Groups = []string{""} }},
		"a group that turns":       {"groups", func(c *storage.Client) { c.Groups = []string{"a\u202eb"} }},
		"too many groups":          {"groups", func(c *storage.Client) { c.Groups = strings.Split(strings.Repeat("a ", 100)+"a", " ") }},
		"people by address":        {"people", func(c *storage.Client) { c.People = []string{"anna@example.com"} }},
		"too many people":          {"people", func(c *storage.Client) { c.People = strings.Split(strings.Repeat("a ", 500)+"a", " ") }},
		"tile in two words":        {"tile", func(c *storage.Client) { c.Tile = "a b" }},
		"the console's scopes":     {"", func(c *storage.Client) { service(c); c.Scopes = []string{"doorward:read", "doorward:write"} }},
		"the console's for rogues": {"scope", func(c *storage.Client) { c.Owner, c.Consent, c.Scopes = "dynamic", true, []string{"doorward:read"} }},
		"unknown owner":            {"owner", func(c *storage.Client) { c.Owner = "me" }},
		"sector with a path":       {"sector", func(c *storage.Client) { c.Sector = "rp.test/x" }},
		"keys that are no JSON":    {"jwks", func(c *storage.Client) { c.JWKS = json.RawMessage(`{`) }},
		"keys twice":               {"jwks", func(c *storage.Client) { c.JWKS, c.JWKSURI = json.RawMessage(`{}`), "https://rp.test/jwks" }},
		"a private key":            {"jwks", func(c *storage.Client) { c.JWKS = json.RawMessage(`{"keys":[{"kty":"EC"},{"kty":"EC","d":"AA"}]}`) }},
		"a symmetric key":          {"jwks", func(c *storage.Client) { c.JWKS = json.RawMessage(`{"keys":[{"kty":"oct","k":"AA"}]}`) }},
		"a key outside of a set":   {"jwks", func(c *storage.Client) { c.JWKS = json.RawMessage(`{"kty":"EC"}`) }},
		"keys over plain http":     {"jwks_uri", func(c *storage.Client) { c.JWKSURI = "http://rp.test/jwks" }},
	} {
		client := webClient("c")
		c.change(&client)
		err := client.Check()
		var invalid *storage.Invalid
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.field != "" && !errors.As(err, &invalid):
			t.Errorf("%s: %v, want an *Invalid", name, err)
		case c.field != "" && invalid.Field != c.field:
			t.Errorf("%s: blames %s (%v), want %s", name, invalid.Field, err, c.field)
		}
	}
}

func TestAClientComesBackAsItWasStored(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		want := webClient("full")
		want.Secrets[1], want.Scopes, want.Consent, want.Introspect = random(), []string{"openid"}, true, true
		want.PostLogoutRedirectURIs, want.JWKS = []string{"https://rp.test/bye"}, json.RawMessage(`{"keys":[]}`)
		h.must(db.AddClient(t.Context(), want, storage.Event{}))
		got, err := db.Client(t.Context(), "full")
		h.must(err)
		if got.Created.IsZero() || !got.Created.Equal(got.Updated) {
			t.Errorf("created %v, updated %v", got.Created, got.Updated)
		}
		if got.SecretsMade[1].IsZero() || got.SecretsMade[0].After(got.Created) {
			t.Errorf("its secrets were made at %v", got.SecretsMade)
		}
		want.Created, want.Updated, want.SecretsMade = got.Created, got.Updated, got.SecretsMade
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		all, err := db.Clients(t.Context())
		h.must(err)
		if len(all) != 2 || all[0].ID != "full" || all[1].ID != "web" {
			t.Errorf("all clients: %+v", all)
		}
	})
}

// Lists of applications read every client once, and again when one was changed on any node.
func TestTheListOfClientsIsReadAgainWhenOneWasChanged(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		h := &house{DB: node(t, url, nil), t: t}
		other := h.DB
		if h.Kind() == "postgres" {
			other = node(t, url, nil)
		}
		names := func() string {
			t.Helper()
			all, err := h.Clients(t.Context())
			h.must(err)
			var names []string
			for _, c := range all {
				names = append(names, c.ID+" "+c.Name)
			}
			return strings.Join(names, ", ")
		}
		c := webClient("b")
		h.must(h.AddClient(t.Context(), c, storage.Event{}))
		if got := names(); got != "b "+c.Name {
			t.Errorf("%s", got)
		}
		exec(`update clients set name = 'behind the back of all'`)
		if got := names(); got != "b "+c.Name {
			t.Errorf("%s: it was read again though nothing was changed", got)
		}
		h.must(other.AddClient(t.Context(), webClient("B"), storage.Event{}))
		if got := names(); got != "B The B, b behind the back of all" {
			t.Errorf("%s", got)
		}
		h.must(other.RemoveClient(t.Context(), "b", storage.Event{}))
		if got := names(); got != "B The B" {
			t.Errorf("%s", got)
		}
	})
}

func TestAClientWithoutKeysComesBackWithoutKeys(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		want := webClient("keyless")
		h.must(db.AddClient(t.Context(), want, storage.Event{}))
		got, err := db.Client(t.Context(), "keyless")
		h.must(err)
		if got.JWKS != nil {
			t.Errorf("its keys are %s", got.JWKS)
		}
		got.JWKSURI = "https://rp.test/jwks" // by value and by address they would exclude each other
		h.must(got.Check())
	})
}

func TestAnUnknownClientIsNotFoundWhateverItsIDIs(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for _, id := range []string{"", "new", "web\x00", "web\xff", strings.Repeat("x", 10_000), "' or 1=1 --"} {
			if _, err := db.Client(t.Context(), id); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%.20q: %v, want ErrNotFound", id, err)
			}
		}
		// Absence is not remembered.
		h.must(db.AddClient(t.Context(), webClient("new"), storage.Event{}))
		_, err := db.Client(t.Context(), "new")
		h.must(err)
	})
}

func TestOfAllWhoAddOneClientOneWins(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		oneWinner(t, atOnce(20, func(int) error { return db.AddClient(t.Context(), webClient("c"), storage.Event{}) }), storage.ErrConflict)
	})
}

func TestAChangeOfAClientIsSeenHereAtOnceAndElsewhereWithinASecond(t *testing.T) {
	url := storagetest.PostgresURL(t)
	one, two := node(t, url, nil), node(t, url, nil)
	h := furnish(t, one)
	for _, off := range []bool{true, false, true} {
		for _, n := range []*storage.DB{one, two} {
			_, err := n.Client(t.Context(), "web") // now it is in both caches
			h.must(err)
		}
		h.must(one.SetClientDisabled(t.Context(), "web", off, storage.Event{}))
		if c, err := one.Client(t.Context(), "web"); err != nil || c.Disabled != off {
			t.Errorf("here: disabled %v, %v; want %v", c.Disabled, err, off)
		}
		time.Sleep(1100 * time.Millisecond)
		if c, err := two.Client(t.Context(), "web"); err != nil || c.Disabled != off {
			t.Errorf("elsewhere: disabled %v, %v; want %v", c.Disabled, err, off)
		}
	}
}

func TestDeclaredClientsAreJustThoseOfTheFile(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		a, b, c := webClient("a"), webClient("b"), webClient("c")
		h.must(db.DeclareClients(t.Context(), []storage.Client{a, b}, storage.Event{Actor: "operator"}))
		b.Name = "Renamed"
		for range 2 { // the second time nothing changes, and nothing is written
			h.must(db.DeclareClients(t.Context(), []storage.Client{c, b}, storage.Event{Actor: "operator"}))
		}
		all, err := db.Clients(t.Context())
		h.must(err)
		var got []string
		for _, c := range all {
			got = append(got, c.ID+" "+c.Owner+" "+c.Name)
		}
		if diff := cmp.Diff([]string{"b file Renamed", "c file The c", "web  The web"}, got); diff != "" {
			t.Error(diff)
		}
		for kind, want := range map[string]int{storage.ClientAdded: 4, storage.ClientChanged: 1, storage.ClientRemoved: 1} {
			if n := h.events(kind); n != want {
				t.Errorf("%d events %s, want %d", n, kind, want)
			}
		}
	})
}

func TestADeclarationTakesNothingFromOthersAndNothingTwice(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		if err := db.DeclareClients(t.Context(), []storage.Client{webClient("a"), h.client}, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("another owner's id: %v, want ErrConflict", err)
		}
		var invalid *storage.Invalid
		if err := db.DeclareClients(t.Context(), []storage.Client{webClient("a"), webClient("a")}, storage.Event{}); !errors.As(err, &invalid) {
			t.Errorf("an id twice: %v, want *Invalid", err)
		}
		if _, err := db.Client(t.Context(), "a"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a refused declaration left a client: %v", err)
		}
	})
}

func TestTwoNodesDeclareAtTheSameMoment(t *testing.T) {
	url := storagetest.PostgresURL(t)
	nodes := []*storage.DB{node(t, url, nil), node(t, url, nil)}
	for _, err := range atOnce(8, func(i int) error {
		return nodes[i%2].DeclareClients(t.Context(), []storage.Client{webClient("a"), webClient("b")}, storage.Event{})
	}) {
		if err != nil {
			t.Error(err)
		}
	}
	h := &house{DB: nodes[0], t: t}
	if n := h.events(storage.ClientAdded); n != 2 {
		t.Errorf("%d events, want 2", n)
	}
}
