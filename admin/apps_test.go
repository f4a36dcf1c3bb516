package admin_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

func TestAnApplicationIsConnectedByThreeFields(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, b, _ := h.apps()
		b.Go("/admin/apps").Status(200).Check().Sees("No application is connected yet").Follow("Connect an application").Check()
		b.Follow("Grafana").Status(200).Check()
		b.Fill("address", "https://grafana.aviary.test/").Press("Connect").Status(200).Check().Sees("Grafana is connected").Sees("shown this once")
		secret := secretText.FindString(b.Body())
		c := h.client("grafana")
		if !keys.SameSecret(secret, c.Secrets[0]) || strings.Join(c.RedirectURIs, " ") != "https://grafana.aviary.test/login/generic_oauth" || c.Tile != "grafana" {
			t.Errorf("%q made %+v", secret, c)
		}
		b.Sees("client_secret = " + secret).Sees("client_id = grafana").Sees(issuer + "/.well-known/openid-configuration")
		if !strings.Contains(b.Body(), `data-renew="5" data-from="/admin/apps/grafana"`) {
			t.Error("the page does not wait for the first sign-in by itself")
		}
		if b.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("the page with the secret may be kept: %q", b.Header().Get("Cache-Control"))
		}
		b.Follow("Open the application’s page").Status(200).Check().Sees("Waiting for the first real sign-in").SeesNot(secret)
		b.Go("/admin/apps").Check().Sees("Grafana").Sees("Everyone")
		b.Fill("q", "nothing like it").Press("Filter").Check().Sees("No application is like that").Follow("Show all").Sees("Grafana")
	})
}

func TestEveryTileMakesAnApplicationThatTheRulesAllow(t *testing.T) { // RG-02
	h := open(t)
	_, b, _ := h.apps()
	for _, tile := range admin.Tiles() {
		b.Go("/admin/new-app?tile="+tile.ID).Status(200).Check().Fill("client_name", "The "+tile.ID)
		if tile.Example != "" {
			b.Fill("address", tile.Example)
		}
		b.Press("Connect").Status(200).Check().Sees("The " + tile.ID + " is connected")
		c := h.client("the-" + tile.ID)
		if (c.Secrets[0] != nil) != c.WithSecret() || (secretText.FindString(b.Body()) != "") != c.WithSecret() {
			t.Errorf("%s: the secret does not fit %s", tile.ID, c.AuthMethod)
		}
		if leftover := regexp.MustCompile(`@[a-z]+@`).FindString(b.Body()); leftover != "" {
			t.Errorf("%s: its snippet still says %s", tile.ID, leftover)
		}
		if b.Go("/admin/apps/the-" + tile.ID).Check(); tile.Type != "service" {
			b.Sees("Ready to paste").Sees("Waiting")
		}
		if c.Public() && !c.RequirePKCE {
			t.Errorf("%s: public without PKCE", tile.ID)
		}
	}
}

func TestAnAddressThatIsNoneIsRefusedWhereItIsTyped(t *testing.T) { // RG-03, XS-01
	h := open(t)
	_, b, _ := h.apps()
	for address, says := range map[string]string{
		"":                                  "Enter the address",
		"grafana":                           "must begin with https://",
		"http://grafana.aviary.test":        "must begin with https://",
		"ftp://grafana.aviary.test":         "must begin with https://",
		"https://grafana.aviary.test/?a=b":  "Leave out",
		"https://grafana.aviary.test/#x":    "Leave out",
		"https://anna@grafana.aviary.test":  "not an address",
		"https://grafana.aviary.test/\"'<x": "not an address",
		"https://grafana.aviary.test/../x":  "Address to return to: ",
		"https://*.aviary.test":             "Address to return to: ",
	} {
		b.Go("/admin/new-app?tile=grafana").Fill("address", address).Press("Connect").Status(422).Check().Sees(says)
		if got := b.Value("address"); got != address {
			t.Errorf("%q has become %q", address, got)
		}
	}
	b.Go("/admin/new-app?tile=grafana").Fill("address", "javascript:alert(1)").Press("Connect").Status(422).Sees("must begin with https://")
	_, err := h.desk.AddApp(t.Context(), admin.Operator(), admin.NewApp{Tile: "grafana", Name: "Grafana", Address: "http://grafana.aviary.test"})
	if err == nil || !strings.Contains(err.Error(), "wants https") {
		t.Errorf("a program is told %v", err)
	}
	for _, name := range []string{"", "   ", strings.Repeat("n", 1024), "two\nlines", "\u202egnp.exe", "nul\u0007"} {
		b.Go("/admin/new-app?tile=grafana").Fill("client_name", name).Fill("address", "https://g.test").Press("Connect").Status(422).Check().Sees("Name: 1 to 80 characters")
	}
	b.Go("/admin/new-app?tile=grafana").Fill("client_name", `"><img src=x onerror=alert(1)>`).Fill("address", "https://g.test").Press("Connect").Status(200).Check()
	if strings.Contains(b.Body(), "<img") {
		t.Error("a name has become an element")
	}
	for _, page := range []string{"", "/settings", "/access", "/secrets", "/problems", "/test", "/disable", "/remove"} {
		if b.Go("/admin/apps/img-src-x-onerror-alert-1" + page).Status(200).Check(); strings.Contains(b.Body(), "<img") {
			t.Errorf("%s: a name has become an element", page)
		}
	}
}

func TestTwoOfOneNameGetTwoIds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, want := range []string{"uebersicht", "uebersicht-2", "uebersicht-3"} {
			made, err := h.desk.AddApp(t.Context(), admin.Operator(), admin.NewApp{Tile: "web", Name: "Übersicht", Address: "https://a.test/cb"})
			h.must(err)
			if made.App.ID != want {
				t.Errorf("application %d is %q", i, made.App.ID)
			}
		}
		_, err := h.desk.AddApp(t.Context(), admin.Operator(), admin.NewApp{Tile: "web", ID: "uebersicht", Name: "Another", Address: "https://a.test/cb"})
		if invalid := (*storage.Invalid)(nil); !errors.As(err, &invalid) || invalid.Field != "client_id" {
			t.Errorf("an id that is taken: %v", err)
		}
	})
}

func TestEverySettingIsChangedAndComesBack(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, b, _ := h.apps()
		h.grafana()
		b.Go("/admin/apps/grafana/settings").Status(200).Check()
		b.Fill("client_name", "Graphs").Fill("redirect_uris", "https://g.test/a\r\n\r\n https://g.test/b ").Fill("development", "on")
		b.Fill("token_endpoint_auth_method", "client_secret_post").Fill("scope", "openid  email").Fill("id_token_signed_response_alg", "ES256")
		b.Fill("id_token_claims", "on").Fill("token_format", "jwt").Fill("default_max_age", "3600").Fill("consent", "on").Fill("require_pkce", "")
		b.Fill("backchannel_logout_uri", "https://g.test/out").Fill("contacts", "anna@aviary.test")
		b.Press("Save").Status(200).Check().Sees("Saved")
		c := h.client("grafana")
		if c.Name != "Graphs" || strings.Join(c.RedirectURIs, " ") != "https://g.test/a https://g.test/b" || !c.Development || c.AuthMethod != "client_secret_post" ||
			strings.Join(c.Scopes, " ") != "openid email" || c.IDTokenAlg != "ES256" || !c.IDTokenClaims || c.TokenFormat != "jwt" || c.MaxAge != 3600 ||
			!c.Consent || c.RequirePKCE || c.BackchannelURI != "https://g.test/out" || c.Secrets[0] == nil || c.Refresh != "session" {
			t.Errorf("%+v", c)
		}
		for name, want := range map[string]string{"redirect_uris": "https://g.test/a\nhttps://g.test/b", "scope": "openid email", "default_max_age": "3600",
			"token_endpoint_auth_method": "client_secret_post", "id_token_claims": "on", "require_pkce": ""} {
			if got := b.Value(name); got != want {
				t.Errorf("%s is shown as %q", name, got)
			}
		}
		b.Press("Save").Status(200) // nothing differs: nothing is written
		if again := h.client("grafana"); !again.Updated.Equal(c.Updated) {
			t.Error("what is the same was written again")
		}
		b.Fill("redirect_uris", "http://g.test/a").Fill("default_max_age", "soon").Press("Save").Status(422).Check().Sees("Longest age of a sign-in: a whole number is needed")
		b.Fill("default_max_age", "1").Press("Save").Status(422).Check().Sees("https, or http on localhost")
		if b.Value("redirect_uris") != "http://g.test/a" {
			t.Error("what was typed is lost")
		}
	})
}

// RG-02: what does not fit together is refused, whoever asks.
func TestSettingsThatDoNotFitTogetherAreRefused(t *testing.T) {
	h := open(t)
	_, b, root := h.apps()
	h.grafana()
	made, err := h.desk.AddApp(t.Context(), admin.Operator(), admin.NewApp{Tile: "browser", Name: "Page", Address: "https://p.test/cb"})
	h.must(err)
	for name, change := range map[string]func(s *admin.AppSettings){
		"implicit":                    func(s *admin.AppSettings) { s.GrantTypes = []string{"implicit"} },
		"password":                    func(s *admin.AppSettings) { s.GrantTypes = []string{"password"} },
		"a secret in a page":          func(s *admin.AppSettings) { s.AuthMethod = "client_secret_basic" },
		"machine grant, no proof":     func(s *admin.AppSettings) { s.GrantTypes = append(s.GrantTypes, "client_credentials") },
		"refresh without a code":      func(s *admin.AppSettings) { s.GrantTypes = []string{"refresh_token"} },
		"an algorithm of no security": func(s *admin.AppSettings) { s.IDTokenAlg = "none" },
		"script as its logo":          func(s *admin.AppSettings) { s.LogoURI = "javascript:alert(1)" }, // XS-01
		"private keys":                func(s *admin.AppSettings) { s.JWKS = json.RawMessage(`{"keys":[{"kty":"oct","k":"x"}]}`) },
	} {
		settings := made.App.AppSettings
		change(&settings)
		_, err := h.desk.ChangeApp(t.Context(), admin.Operator(), admin.AppChange{ID: "page", Updated: made.App.Updated, Settings: &settings})
		if invalid := (*storage.Invalid)(nil); !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.Go("/admin/apps/grafana/settings").Fill("token_endpoint_auth_method", "none").Fill("require_pkce", "").Press("Save").Status(422).Check().Sees("RFC 9700")
	// AD-04: what the page does not show is set by nobody.
	for _, name := range []string{"owner", "client_id", "disabled", "created", "secrets", "sector", "type", "groups"} {
		b := h.as(root.ID).Go("/admin/apps/grafana/settings")
		b.Post("/admin/apps/grafana/settings", url.Values{"version": {b.Value("version")}, "client_name": {"X"}, name: {"x"}}).Status(http.StatusBadRequest)
	}
	if c := h.client("grafana"); c.Name != "Grafana" {
		t.Errorf("%+v", c)
	}
}

func TestOfTwoAdministratorsAtOnceTheSecondIsShownWhatTheFirstDid(t *testing.T) { // RG-06
	each(t, func(t *testing.T, h *house) {
		_, anna, root := h.apps()
		h.grafana()
		ben := h.as(root.ID)
		anna.Go("/admin/apps/grafana/settings").Fill("client_name", "Anna’s graphs")
		ben.Go("/admin/apps/grafana/settings").Fill("client_name", "Ben’s graphs").Fill("post_logout_redirect_uris", "https://grafana.aviary.test/bye")
		anna.Press("Save").Status(200)
		ben.Press("Save").Status(http.StatusConflict).Check().Sees("Somebody else changed this").Sees("Anna’s graphs").Sees("Ben’s graphs")
		if got := ben.Value("post_logout_redirect_uris"); got != "https://grafana.aviary.test/bye" {
			t.Errorf("what was typed is %q", got)
		}
		if c := h.client("grafana"); c.Name != "Anna’s graphs" {
			t.Errorf("the second won: %q", c.Name)
		}
		ben.Press("Save mine").Status(200).Sees("Saved")
		if c := h.client("grafana"); c.Name != "Ben’s graphs" {
			t.Errorf("seen and sent again, it does not hold: %q", c.Name)
		}
		anna.Go("/admin/apps/grafana/access").Fill("require_totp", "on")
		ben.Go("/admin/apps/grafana/access").Fill("access", "some").Fill("people", "root@aviary.test")
		anna.Press("Save").Status(200)
		ben.Press("Save").Status(http.StatusConflict).Check()
		if ben.Value("people") != "root@aviary.test" {
			t.Error("what was typed is lost")
		}
	})
}

func TestWhoMaySignInIsSaidByGroupsAndAddresses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, b, root := h.apps()
		_, err := h.db.PutGroup(t.Context(), storage.Group{Name: "flock", Title: "The flock"}, storage.Event{})
		h.must(err)
		anna := h.person("anna@aviary.test", "")
		h.grafana()
		b.Go("/admin/apps/grafana/access").Status(200).Check()
		b.Fill("access", "some").Press("Save").Status(422).Check().Sees("Choose a group")
		b.Fill("people", "nobody@aviary.test").Press("Save").Status(422).Check().Sees("Nobody here has the address nobody@aviary.test")
		b.Fill("groups", "on").Fill("people", "anna@aviary.test\nANNA@aviary.test").Fill("require_totp", "on").Press("Save").Status(200).Check().Sees("Saved")
		c := h.client("grafana")
		if strings.Join(c.Groups, " ") != "flock" || strings.Join(c.People, " ") != anna.ID || !c.RequireTOTP || c.Admits(root) || !c.Admits(anna) {
			t.Errorf("groups %v, people %v", c.Groups, c.People)
		}
		b.Go("/admin/apps/grafana").Check().Sees("Groups: 1, people: 1").Sees("Authenticator app")
		b.Go("/admin/apps/grafana/access").Fill("access", "all").Press("Save").Status(200)
		if h.client("grafana").Restricted() {
			t.Error("everyone is not everyone")
		}
	})
}

func TestAnApplicationIsDisabledEnabledAndRemovedAfterAQuestion(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, b, _ := h.apps()
		h.grafana()
		b.Go("/admin/apps/grafana").Follow("Disable").Status(200).Check().Sees("Sign-ins and tokens that live now: 0")
		b.Fill("reason", "it is broken").Press("Disable").Status(200).Check().Sees("Disabled").Sees("its tokens are refused")
		if !h.client("grafana").Disabled {
			t.Error("it is not disabled")
		}
		b.Press("Enable").Status(200).Check().Sees("enabled again")
		b.Follow("Remove").Status(200).Check().Press("Remove").Status(200).Check().Sees("is removed")
		b.Go("/admin/apps/grafana").Status(404).Check().Sees("There is no such application")
		log, err := h.db.Log(t.Context(), storage.LogFilter{Client: "grafana"}, "", 10)
		h.must(err)
		if len(log.Events) != 4 || log.Events[2].Data["reason"] != "it is broken" || log.Events[0].Data["name"] != "Grafana" {
			t.Errorf("the log: %+v", log.Events)
		}
	})
}
