package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// saidIn are the sentences of faults in some files: what Invalid, unless, bad, errors.New and fmt.Errorf are given, with every verb filled.
func saidIn(t *testing.T, pattern string) []string {
	t.Helper()
	errs := strings.HasPrefix(pattern, "../cmd") || strings.HasPrefix(pattern, "../keys") || strings.HasPrefix(pattern, "../web")
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %d files, %v", pattern, len(files), err)
	}
	var all []string
	add := func(e ast.Expr) {
		if text := sentenceOf(e); text != "" {
			all = append(all, text)
		}
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CompositeLit:
				if isNamed(n.Type, "Invalid") && len(n.Elts) == 2 {
					why := n.Elts[1]
					if pair, ok := why.(*ast.KeyValueExpr); ok {
						why = pair.Value
					}
					add(why)
				}
			case *ast.CallExpr:
				switch {
				case isNamed(n.Fun, "unless") && len(n.Args) == 3:
					add(n.Args[2])
				case isNamed(n.Fun, "Sprintf") && strings.HasPrefix(pattern, "../op"):
					add(n.Args[0])
				case len(n.Args) > 0 && (isNamed(n.Fun, "bad") || errs && (isNamed(n.Fun, "Errorf") || isNamed(n.Fun, "New"))):
					add(n.Args[0])
				}
			}
			return true
		})
	}
	return all
}

func isNamed(e ast.Expr, name string) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == name
	case *ast.SelectorExpr:
		return e.Sel.Name == name
	}
	return false
}

var verb = regexp.MustCompile(`%[a-z]`)

// sentenceOf is a literal, or one that something is appended to; "" what is computed.
func sentenceOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		if err != nil {
			return ""
		}
		return verb.ReplaceAllStringFunc(text, func(v string) string {
			return map[string]string{"%d": "7", "%q": `"x"`}[v] + map[bool]string{true: "x"}[v == "%s" || v == "%w"]
		})
	case *ast.BinaryExpr:
		left := sentenceOf(e.X)
		if right := sentenceOf(e.Y); left != "" && right != "" {
			return left + right
		}
		if left == "" {
			return ""
		}
		return left + "x"
	case *ast.CallExpr:
		if isNamed(e.Fun, "Sprintf") {
			return sentenceOf(e.Args[0])
		}
	}
	return ""
}

// unasked are sentences that no form of the console and no list can bring about: of what the house makes itself, of files, of commands.
var unasked = regexp.MustCompile(`^(?:has no (?:id|issuer)\b|want ids$|is none of "", "file"|is not stored as|is neither "" nor "fapi2"|was given to another request|is no place in this list|` +
	`cannot be changed by the person|cannot be written as JSON|is not changed here|is made here|is not given by an import|must have no user, no query|must begin with https://(?:$|; plain)|` +
	`is not an address like https://accounts|is empty$|must be another address than|is given by the x|x\n|x: |x; known)`)

// Whatever a form or a list can be refused for is said in German on a German page: each sentence that stands in the code is looked at.
func TestEachFaultThatAFormOrAListCanHaveIsKnownInWords(t *testing.T) {
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	german := spoken(func(key string, pairs ...string) string { return texts.T("de", key, pairs...) })
	english := regexp.MustCompile(`\b(want|wants|must|is|are|have|has|not|with|where|or|and|the)\b|[{}]`)
	n := 0
	for _, files := range []string{"*.go", "../storage/*.go", "../keys/imported.go", "../keys/usable.go", "../cmd/doorward/config_brand.go", "../cmd/doorward/config_google.go",
		"../cmd/doorward/config_mail.go", "../cmd/doorward/config_session.go", "../cmd/doorward/config_registration.go", "../cmd/doorward/settings*.go", "../web/logo.go", "../web/brand.go"} {
		for _, says := range saidIn(t, files) {
			if unasked.MatchString(says) || strings.HasPrefix(files, "../keys/imported") && !strings.HasPrefix(says, "the hash ") {
				continue
			}
			n++
			if told := german.why(says); told == says || english.MatchString(told) {
				t.Errorf("%s: %q is told as %q", files, says, told)
			}
		}
	}
	if n < 100 {
		t.Errorf("%d sentences are found", n)
	}
	for _, says := range []string{"is given by the file, and is changed there", "is given by the environment, and is changed there", "locale wants a language tag like de-DE",
		"given_name wants one line of 1 to 200 characters", "must be en or de, not \"xx\"", "must be 0 to 365", "must be implicit, starttls or none, not \"x\"", "must be true or false",
		"holds no key for RS256, PS256 or ES256", "the hash is of no kind that is known here; known are bcrypt", "the hash is not written as its kind demands: its salt is no base64"} {
		if told := german.why(says); told == says || english.MatchString(told) {
			t.Errorf("%q is told as %q", says, told)
		}
	}
	port := german.fault(&storage.Invalid{Field: "mail.smtp.port", Why: "must be 25, 465, 587 or 2525, or 0 for the usual one; the configuration file may name another"})
	if port != "Port: eins von diesen: 25, 465, 587, 2525, oder 0 für den üblichen; in der Konfigurationsdatei kann ein anderer stehen" {
		t.Error(port)
	}
}

// The phrases stand at the other door, which this one does not import.
func TestEachPhraseOfACheckedSignInIsKnownInWords(t *testing.T) {
	f, err := parser.ParseFile(token.NewFileSet(), "../op/tested_checks.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		row, ok := n.(*ast.CompositeLit)
		if !ok || len(row.Elts) != 4 || row.Type != nil && !isNamed(row.Type, "Check") {
			return true
		}
		if want, ok := row.Elts[2].(*ast.BasicLit); ok {
			text := sentenceOf(want)
			if found[text] = true; wanted[text] == "" {
				t.Errorf("%q is no phrase that has words", text)
			}
		}
		return true
	})
	if len(found) != len(wanted) {
		t.Errorf("%v are said, %v have words", found, wanted)
	}
}

// What an application was not told for is in German too, and who has answered is not called silent.
func TestWhyAnApplicationWasNotToldIsKnownInWords(t *testing.T) {
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{Console: &Console{Options: Options{Site: &web.Site{Texts: texts}}}, lang: "de"}
	for why, want := range map[string][2]string{
		"it answers 400":                                {"Abgelehnt", "sie antwortet mit 400"},
		storage.NoAnswer + "refused":                    {"Keine Antwort", "sie antwortet nicht"},
		storage.NoAnswer + "it does not answer in time": {"Keine Antwort", "sie antwortet nicht rechtzeitig"},
		storage.LogoutGone:                              {"Nicht benachrichtigt", "es gibt sie nicht mehr"},
		"it could not be tried":                         {"Nicht benachrichtigt", "es konnte nicht versucht werden"},
		"it has no backchannel_logout_uri any more":     {"Nicht benachrichtigt", "sie hat keine Adresse für uns mehr"},
		storage.NoAnswer + "it stands in this network: add its origin to oidc.allow": {"Keine Antwort", "die Adresse ist nicht erlaubt; fügen Sie sie zu oidc.allow hinzu"},
	} {
		row := v.told(Told{Name: "Wiki", State: storage.LogoutFailed, Why: why})
		if row.Chip.Text != want[0] || !strings.Contains(row.Text, "Es wird nicht mehr versucht: "+want[1]+".") {
			t.Errorf("%q: %s, %s", why, row.Chip.Text, row.Text)
		}
	}
	for _, says := range saidIn(t, "../op/logout_try.go") {
		if got := spoken(v.t).one(toldWords, says); got == says {
			t.Errorf("%q has no words", says)
		}
	}
}

func TestLanguagesAreOfferedByTheirNames(t *testing.T) {
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	v := &visit{Console: &Console{Options: Options{Site: &web.Site{Texts: texts}}}, lang: "de"}
	words := v.settingRow(Setting{Path: "language", Options: texts.Languages()}, nil).Words
	if words["en"] != "English" || words["de"] != "Deutsch" {
		t.Errorf("%v", words)
	}
}
