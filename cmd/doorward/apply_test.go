package main

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// applied is a house for commands: its configuration, and a folder for files that are applied.
type applied struct {
	t              *testing.T
	config, folder string
}

func newApplied(t *testing.T, more string) applied {
	t.Helper()
	return applied{t, write(t, freely+more, nil), t.TempDir()}
}

// run types a command and wants its code.
func (a applied) run(want int, args ...string) string {
	a.t.Helper()
	code, out := command(a.t, "", append(args, "--config", a.config)...)
	if code != want {
		a.t.Fatalf("%v ends with %d:\n%s", args, code, out)
	}
	return out
}

// file writes what is to be applied, and the secret beside it.
func (a applied) file(text string) string {
	a.t.Helper()
	for name, content := range map[string]string{"apps.yaml": text, "app.secret": secret} {
		if err := os.WriteFile(filepath.Join(a.folder, name), []byte(content), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
	return filepath.Join(a.folder, "apps.yaml")
}

// wants applies the text, after a look that must tell the same and do nothing.
func (a applied) wants(text, want string) {
	a.t.Helper()
	file := a.file(text)
	before := a.run(0, "export")
	if got := a.run(0, "apply", "--dry-run", file); got != want {
		a.t.Errorf("the dry run says\n%swant\n%s", got, want)
	}
	if after := a.run(0, "export"); after != before {
		a.t.Errorf("the dry run changed\n%sto\n%s", before, after)
	}
	if got := a.run(0, "apply", file); got != want {
		a.t.Errorf("it says\n%swant\n%s", got, want)
	}
	if got := a.run(0, "apply", file); got != "nothing to do\n" {
		a.t.Errorf("a second time it says\n%s", got)
	}
}

const twoApplied = `clients:
  - {id: wiki, secret_file: app.secret, redirect_uris: ["https://wiki.example.com/cb"]}
  - {id: page, type: browser, redirect_uris: ["https://page.example.com/cb"]}
`

func TestAFileIsAppliedAndItsPlanIsShown(t *testing.T) {
	t.Parallel()
	a := newApplied(t, "company: From the configuration\n")
	a.run(0, "client", "add", "--id", "hand", "--name", "By hand", "--type", "browser", "--redirect-uri", "https://hand.example.com/cb")
	a.wants(twoApplied+"contact: help@example.com\nlogin: {trust_days: 30}\nbrand: {links: [{name: Imprint, url: \"https://www.example.com/imprint\"}]}\n",
		"added     client page\nadded     client wiki\nset       setting brand.links: Imprint https://www.example.com/imprint\n"+
			"set       setting contact: help@example.com\nset       setting login.trust_days: 30\n")
	a.wants(`clients: [{id: wiki, name: The wiki, redirect_uris: ["https://wiki.example.com/cb", "https://wiki.example.com/more"]}]`,
		"removed   client page\nchanged   client wiki: name, redirect_uris\n")
	out := a.run(0, "client", "list")
	if !strings.Contains(out, "hand") || !strings.Contains(out, "applied  The wiki") || strings.Contains(out, "page") {
		t.Error(out)
	}
	for _, args := range [][]string{{"client", "disable", "wiki"}, {"client", "remove", "wiki"},
		{"client", "add", "--replace", "--id", "wiki", "--name", "Wiki", "--redirect-uri", "https://wiki.example.com/cb"}} {
		if out := a.run(exitFailed, args...); !strings.Contains(out, "is kept by a file: change it there") {
			t.Errorf("%v: %s", args, out)
		}
	}
}

func TestWhatIsKeptElsewhereIsNotChangedByAFile(t *testing.T) {
	t.Parallel()
	a := newApplied(t, "clients: [{id: declared, type: browser, redirect_uris: [\"https://declared.example.com/cb\"]}]\n")
	if err := testHouse(t, a.config).Close(); err != nil { // declares it
		t.Fatal(err)
	}
	a.run(0, "client", "add", "--id", "hand", "--name", "By hand", "--type", "browser", "--redirect-uri", "https://hand.example.com/cb")
	before := a.run(0, "export")
	file := a.file(`clients:
  - {id: declared, type: browser, redirect_uris: ["https://elsewhere.example.com/cb"]}
  - {id: hand, type: browser, redirect_uris: ["https://hand.example.com/cb"]}
  - {id: new, type: browser, redirect_uris: ["https://new.example.com/cb"]}
`)
	want := "taken     client declared: redirect_uris (the configuration file declares it)\n" +
		"drift     client hand: name, id_token_alg (kept in the console; --adopt takes it over)\nadded     client new\n"
	for _, args := range [][]string{{"apply", file}, {"apply", "--dry-run", file}} {
		if out := a.run(exitFailed, args...); out != want+"doorward: nothing is done: 2 of the steps cannot be\n" {
			t.Errorf("%v: %s", args, out)
		}
	}
	if after := a.run(0, "export"); after != before {
		t.Errorf("something was done:\n%s", after)
	}
	a.file(`clients: [{id: hand, type: browser, redirect_uris: ["https://hand.example.com/cb"]}]`)
	if out := a.run(0, "apply", "--adopt", file); out != "adopted   client hand: name, id_token_alg\n" {
		t.Error(out)
	}
	if h := testHouse(t, a.config); h == nil { // a start leaves it alone
		t.Fatal("no house")
	} else if c, err := h.db.Client(t.Context(), "hand"); err != nil || c.Owner != "applied" || c.Name != "hand" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestWhatIsExportedAndAppliedChangesNothing(t *testing.T) {
	t.Parallel()
	a := newApplied(t, "company: From the configuration\nclients: [{id: declared, type: browser, redirect_uris: [\"https://declared.example.com/cb\"]}]\n")
	h := testHouse(t, a.config)
	set(t, h, map[string]string{
		"contact": "#help: yes", "login.trust_days": "7", "login.totp_required": "admin,helpdesk", "login.totp_after_google": "false",
		"brand.links": "Imprint https://www.example.com/imprint\nHelp - us https://www.example.com/help", "mail.from": "a@example.com",
		"mail.smtp.host": "127.0.0.1", "mail.smtp.username": "a", "mail.smtp.password": "canary-password",
	})
	for _, c := range everyKindOfClient() {
		if err := h.db.AddClient(t.Context(), c, storage.Event{}); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	exported := a.run(0, "export")
	for _, want := range []string{"contact: '#help: yes'\n", "# Set, and not in here: mail.smtp.password.\n", "# 1 more applications have registered themselves.\n"} {
		if !strings.Contains(exported, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(exported, "canary") || strings.Contains(exported, "company") { // AD-08, LG-11
		t.Errorf("what is exported holds a secret, or what the configuration gives")
	}
	file := a.file(exported)
	if out := a.run(0, "apply", file); out != "nothing to do\n" {
		t.Errorf("applied to the same house it does\n%s\n%s", out, exported)
	}
	if again := a.run(0, "export"); again != exported {
		t.Errorf("after that the export differs:\n%s", cmp.Diff(exported, again))
	}
	// to an adopted one neither
	a.run(0, "apply", "--adopt", file)
	if out := a.run(0, "apply", file); out != "nothing to do\n" {
		t.Errorf("applied to its own house it does\n%s", out)
	}
}

// everyKindOfClient are clients of the console that use every field of a declaration, and one that registered itself.
func everyKindOfClient() []storage.Client {
	full := storage.Client{
		ID: "full", Name: "Full: \"quoted\" #1", Type: "web", AuthMethod: "client_secret_post", Secrets: [2][]byte{make([]byte, 32)},
		RedirectURIs: []string{"https://full.example.com/cb"}, PostLogoutRedirectURIs: []string{"https://full.example.com/out"},
		GrantTypes: []string{"authorization_code", "refresh_token"}, Scopes: []string{"openid", "email"}, IDTokenAlg: "ES256", IDTokenClaims: true,
		IDTokenOnRefresh: true, Refresh: "session", TokenFormat: "jwt", Consent: true, Introspect: true, Groups: []string{"two words"}, People: []string{"anna"},
		RequireTOTP: true, Development: true, RequestAlg: "ES256", JWKSURI: "https://full.example.com/jwks", RequestURIs: []string{"https://full.example.com/r"},
		UserinfoAlg: "ES256", Sector: "full.example.com", Resources: []string{"https://api.example.com"}, MaxAge: 60, ACRValues: []string{"urn:doorward:2fa"},
		HomeURI: "https://full.example.com/", LogoURI: "https://full.example.com/l.png", PolicyURI: "https://full.example.com/p",
		TermsURI: "https://full.example.com/t", Contacts: []string{"a@example.com"}, InitiateURI: "https://full.example.com/i",
		BackchannelURI: "https://full.example.com/b", BackchannelSession: true, FrontchannelURI: "https://full.example.com/f", FrontchannelSession: true,
		Tile: "grafana",
	}
	bare := storage.Client{ID: "bare", Name: "bare", Type: "browser", AuthMethod: "none", RedirectURIs: []string{"https://bare.example.com/cb"},
		PostLogoutRedirectURIs: []string{}, GrantTypes: []string{"authorization_code"}, IDTokenAlg: "RS256", Refresh: "never", TokenFormat: "opaque", Scopes: []string{}}
	keyed := storage.Client{ID: "keyed", Name: "keyed", Type: "service", AuthMethod: "private_key_jwt", GrantTypes: []string{"client_credentials"},
		IDTokenAlg: "EdDSA", Refresh: "never", TokenFormat: "opaque", RequirePKCE: true, AuthAlg: "ES256", Disabled: true,
		JWKS: []byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}`)}
	itself := bare
	itself.ID, itself.Owner, itself.Consent, itself.RequirePKCE = "itself", "dynamic", true, true
	return []storage.Client{full, bare, keyed, itself}
}

func TestADeclarationSaysEveryFieldOfAClient(t *testing.T) {
	t.Parallel()
	for _, c := range everyKindOfClient() {
		back, err := declarationOf(c).keyed()
		if err != nil {
			t.Fatal(err)
		}
		back.Secrets, back.Tile, back.Disabled, back.Owner = c.Secrets, c.Tile, c.Disabled, c.Owner // which no file says
		if diff := cmp.Diff(c, back, cmp.FilterValues(func(a, b []string) bool { return len(a)+len(b) == 0 }, cmp.Ignore())); diff != "" {
			t.Errorf("%s (-client +declared):\n%s", c.ID, diff)
		}
	}
	full := reflect.ValueOf(everyKindOfClient()[0])
	unsaid := map[string]bool{"Owner": true, "Disabled": true, "RequirePKCE": true, "Profile": true, "SectorURI": true, "JWKS": true, "AuthAlg": true,
		"Registration": true, "SecretsMade": true, "Created": true, "Updated": true}
	for i := range full.NumField() {
		if name := full.Type().Field(i).Name; full.Field(i).IsZero() && !unsaid[name] {
			t.Errorf("the test has no value for %s", name)
		}
	}
}

func TestAFileThatIsWrongIsAppliedNowhere(t *testing.T) {
	t.Parallel()
	a := newApplied(t, "company: From the configuration\n")
	if err := testHouse(t, a.config).Close(); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		"issuer: https://evil.example.com\n":                              "1: issuer: cannot be applied",
		"listen: :80\n":                                                   "1: listen: cannot be applied",
		"google: {client_secret_file: app.secret}\n":                      "1: google.client_secret_file: cannot be applied",
		"clients: [{id: a, redirect_uri: x}]\n":                           "1: clients[0].redirect_uri: there is no such setting",
		"clients: [{id: a, redirect_uris: [\"ftp://a.example\"]}]\n":      "1: clients[0].redirect_uris: ",
		"company: Another\n":                                              "1: company: is given by the file, and is changed there",
		"language: xx\n":                                                  "1: language: must be",
		"mail: {smtp: {host: smtp.example.com}}\n":                        "mail.from: is missing",
		"clients: [{id: a, redirect_uris: [\"https://a.example/cb\"]}]\n": "clients: secret_file: is missing: a has no secret yet",
		"clients: [{id: a, type: browser, redirect_uris: [\"https://a.example/cb\"]}, {id: a, type: browser, redirect_uris: [\"https://a.example/cb\"]}]\n": "a stands twice",
		"]": "this is not YAML",
	} {
		code, out := command(t, "", "apply", "--config", a.config, a.file(text))
		if code == 0 || !strings.Contains(out, want) {
			t.Errorf("%s: %d %s", text, code, out)
		}
	}
	if out := a.run(0, "export"); !strings.HasSuffix(out, "clients: []\n") {
		t.Errorf("something was applied:\n%s", out)
	}
}

func TestARunningHouseOnPostgreSQLFollowsAFile(t *testing.T) {
	t.Parallel()
	a := newApplied(t, "database: \""+storagetest.PostgresURL(t)+"\"\n")
	h := testHouse(t, a.config)
	a.wants("company: Acme\nclients: []\n", "set       setting company: Acme\n")
	eventually(t, "the house to be Acme's", func() bool { return h.present().config.Company == "Acme" })
	if got := h.present().site.Company; got != "Acme" {
		t.Errorf("its pages are %s", got)
	}
}
