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

	"github.com/doorward/doorward/op"
)

func TestEveryDescriptionIsPrintableASCIIWithoutQuotes(t *testing.T) { // C.2 item 32, LG-09
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
	odd := with("redirect_uri", "https://rp.test/\"\\\n\u202eé")
	_, rest, _ := strings.Cut(unescaped(h.browser(t).authorize(odd).body), "<dt>What was sent</dt><dd>")
	sent, _, _ := strings.Cut(rest, "</dd>")
	if sent != "'https://rp.test/<U+0022><U+005C><U+000A><U+202E><U+00E9>'" {
		t.Errorf("the page tells that %s was sent", sent)
	}
	r := httptest.NewRequest(http.MethodGet, issuer+"/authorize?"+good(odd).Encode(), nil)
	r.Header.Set("Accept", "application/json")
	var told struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	must(t, json.Unmarshal([]byte(h.browser(t).do(r).body), &told))
	if told.Error != "invalid_redirect_uri" {
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

func TestProgramsGetEveryErrorAsJSON(t *testing.T) {
	a := newApps(t)
	panics := doorOn(t, a.house, struct{ op.Store }{}) // whatever it is asked
	for _, path := range []string{"/token", "/userinfo", "/introspect", "/revoke"} {
		r := httptest.NewRequest(http.MethodDelete, issuer+path, nil)
		r.Header.Set("Accept", "text/html")
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, r)
		checkJSON(t, w, http.StatusMethodNotAllowed, "invalid_request")
		if w.Header().Get("Allow") == "" {
			t.Errorf("%s: a wrong method is not told the right ones", path)
		}
		r = httptest.NewRequest(http.MethodPost, issuer+path, strings.NewReader("grant_type=client_credentials&token=x"))
		r.Header.Set("Content-Type", formType)
		if path == "/userinfo" {
			r = httptest.NewRequest(http.MethodGet, issuer+path, nil)
			r.Header.Set("Authorization", "Bearer "+a.granted("basic").AccessToken)
		} else {
			basic("basic:secret")(r)
		}
		r.Header.Set("Accept", "text/html")
		w = httptest.NewRecorder()
		panics.ServeHTTP(w, r)
		checkJSON(t, w, http.StatusInternalServerError, "server_error")
	}
}

func checkJSON(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	var told struct {
		Error string `json:"error"`
	}
	err := json.Unmarshal(w.Body.Bytes(), &told)
	if err != nil || w.Code != status || told.Error != code || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
		t.Errorf("%d %v %s, want %d %s", w.Code, w.Header(), w.Body, status, code)
	}
}
