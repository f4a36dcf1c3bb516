package admin

import (
	"regexp"
	"strings"
	"testing"
)

// quotes are the quoted values of a language, and how one is read back.
type quotes struct {
	literal *regexp.Regexp
	read    *strings.Replacer
	tiles   string
}

var languages = []quotes{
	{regexp.MustCompile(`'[^']*'(?:\\''[^']*')*`), strings.NewReplacer(`'\''`, `'`), "nextcloud gitea vault kubernetes machine"},
	{regexp.MustCompile(`'(?:\\.|[^'\\])*'`), strings.NewReplacer(`\\`, `\`, `\'`, `'`), "gitlab authjs node browser php"},
	{regexp.MustCompile(`"(?:\\.|[^"\\])*"`), strings.NewReplacer(`\\`, `\`, `\"`, `"`), "oauth2-proxy spring argocd go python mcp apache"},
}

// What strangers register is pasted by administrators into shells and programs (XS-09): it stays one value there.
func TestWhatIsFilledIntoASnippetIsNothingButAValueOfItsLanguage(t *testing.T) {
	d := &Desk{Issuer: "https://op.test"}
	tested := map[string]bool{}
	for _, l := range languages {
		for id := range strings.FieldsSeq(l.tiles) {
			tested[id] = true
			tile, ok := tileOf(id)
			if !ok {
				t.Fatalf("no tile %s", id)
			}
			for _, hostile := range []string{`https://x.test/';HOSTILE;'`, `https://x.test/$(HOSTILE)`, "https://x.test/`HOSTILE`", `https://x.test/";HOSTILE;"`,
				`https://x.test/\';HOSTILE;\'`, `https://x.test/\";HOSTILE;\"`, `https://x.test/'+HOSTILE+'`, `https://x.test/'.HOSTILE.'`, `https://x.test/'&&HOSTILE&&'`} {
				app := App{ID: hostile}
				app.RedirectURIs, app.PostLogoutRedirectURIs, app.Resources = []string{hostile}, []string{hostile}, []string{hostile}
				l.inert(t, id, hostile, d.snippet(tile, app, hostile))
			}
		}
	}
	for _, tile := range tiles {
		if tile.Quoted != nil && !tested[tile.ID] {
			t.Errorf("%s quotes, and nobody tests it", tile.ID)
		}
	}
}

// inert wants that the words of a stranger stand in literals and in comments alone, and are read as they are.
func (l quotes) inert(t *testing.T, tile, hostile, snippet string) {
	t.Helper()
	values := 0
	for line := range strings.Lines(snippet) {
		if start := strings.TrimSpace(line); strings.HasPrefix(start, "#") || strings.HasPrefix(start, "//") {
			continue
		}
		for _, literal := range l.literal.FindAllString(line, -1) {
			if strings.Contains(literal, "HOSTILE") {
				values++
				if !strings.Contains(l.read.Replace(literal[1:len(literal)-1]), hostile) {
					t.Errorf("%s reads %s, and not %s", tile, literal, hostile)
				}
			}
		}
		code, _, _ := strings.Cut(l.literal.ReplaceAllString(line, ""), " // ")
		code, _, _ = strings.Cut(code, "  # ")
		code, _, _ = strings.Cut(code, "; // ")
		if strings.Contains(code, "HOSTILE") {
			t.Errorf("%s runs it: %s", tile, line)
		}
	}
	if values == 0 {
		t.Errorf("%s: nothing is filled in:\n%s", tile, snippet)
	}
}

// Grafana reads ;, # and $ in a value that has no quotes (go-ini); what an address holds is a part of the query there.
func TestGrafanasAddressAfterSignOutIsAPartOfTheQuery(t *testing.T) {
	tile, _ := tileOf("grafana")
	app := App{ID: "grafana"}
	app.RedirectURIs, app.PostLogoutRedirectURIs = []string{"https://x.test/login/generic_oauth"}, []string{"https://x.test/a&state=b;'$(id)%(x)s"}
	if got := (&Desk{Issuer: "https://op.test"}).snippet(tile, app, "s"); !strings.Contains(got, "?post_logout_redirect_uri=https%3A%2F%2Fx.test%2Fa%26state%3Db%3B%27%24%28id%29%25%28x%29s\n") {
		t.Error(got)
	}
}

// Who has a passphrase of mod_auth_openidc makes its session cookies, and is signed in as anybody: no two pages have the same one, and it is
// nothing that others know of the application.
func TestEachSnippetForApacheHasAPassphraseOfItsOwn(t *testing.T) {
	tile, _ := tileOf("apache")
	app := App{ID: "wiki"}
	app.RedirectURIs = []string{"https://wiki.test/oidc/callback"}
	passphrase := regexp.MustCompile(`(?m)^OIDCCryptoPassphrase "([A-Za-z0-9_-]{43})"$`)
	seen := map[string]bool{"dws_a-secret": true, "wiki": true}
	for range 20 {
		found := passphrase.FindAllStringSubmatch((&Desk{Issuer: "https://op.test"}).snippet(tile, app, "dws_a-secret"), -1)
		if len(found) != 1 || seen[found[0][1]] {
			t.Fatalf("its passphrases are %q, beside %v", found, seen)
		}
		seen[found[0][1]] = true
	}
}
