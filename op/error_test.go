// RFC 6749 §4.1.2.1: what a description may be made of.
package op_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestEveryDescriptionIsPrintableASCIIWithoutQuotes(t *testing.T) {
	seen := 0
	entries, err := os.ReadDir(".")
	must(t, err)
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		must(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			field, ok := n.(*ast.KeyValueExpr)
			if !ok || !named(field.Key, "Description") {
				return true
			}
			ast.Inspect(field.Value, func(n ast.Node) bool {
				if text, ok := n.(*ast.BasicLit); ok && text.Kind == token.STRING {
					seen++
					checkDescription(t, e.Name(), text.Value)
				}
				return true
			})
			return true
		})
	}
	if seen < 20 {
		t.Errorf("only %d descriptions were found", seen)
	}
}

func TestWhatAPageTellsDevelopersKeepsToThatToo(t *testing.T) {
	h := newHouse(t)
	r := httptest.NewRequest(http.MethodGet, issuer+"/authorize?"+good(with("redirect_uri", "https://rp.test/\"\\\n\u202eé")).Encode(), nil)
	r.Header.Set("Accept", "application/json")
	var told struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	must(t, json.Unmarshal([]byte(h.browser(t).do(r).body), &told))
	if told.Error != "invalid_redirect_uri" || !strings.Contains(told.Description, "<U+202E>") {
		t.Errorf("the developer is told %+v", told)
	}
	checkDescription(t, "the page", strconv.Quote(told.Description))
}

func named(e ast.Expr, name string) bool {
	id, ok := e.(*ast.Ident)
	return ok && id.Name == name
}

func checkDescription(t *testing.T, file, literal string) {
	t.Helper()
	text, err := strconv.Unquote(literal)
	must(t, err)
	for _, r := range text {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			t.Errorf("%s: %s holds %q", file, literal, r)
		}
	}
}
