package admin

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/doorward/doorward/web"
)

// ours are the keys of texts of this room. Those that are made of a part ("console.done-" and what was done) are looked for by it.
var ours = regexp.MustCompile(`^(app|people|person|group|fault)\.[a-z0-9-]+$`)

// Pages are checked when they are parsed; keys in Go only here.
func TestEveryTextThatTheCodeNamesExistsAndNoneIsLeftOver(t *testing.T) {
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, key := range append(literals(t), inPages(t)...) {
		if ours.MatchString(key) && key != "people.csv" { // which is the name of a file
			used[key] = true
		}
	}
	for key := range used {
		if !texts.Has(key) {
			t.Errorf("no text for %q", key)
		}
	}
	for _, key := range texts.Keys() {
		if ours.MatchString(key) && !used[key] {
			t.Errorf("nobody uses the text %q", key)
		}
	}
}

// Of what to("…", word) says is done, there is a text.
func TestWhatIsDoneIsSaid(t *testing.T) {
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	done := map[string]bool{}
	eachFile(t, func(tree *ast.File) {
		ast.Inspect(tree, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || len(call.Args) != 2 {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "to" {
				return true
			}
			if word, ok := call.Args[1].(*ast.BasicLit); ok {
				if s, err := strconv.Unquote(word.Value); err == nil && s != "" {
					done["console.done-"+s] = true
				}
			}
			return true
		})
	})
	for key := range done {
		if !texts.Has(key) {
			t.Errorf("no text for %q", key)
		}
	}
	if len(done) == 0 {
		t.Error("nothing is ever done")
	}
}

func inPages(t *testing.T) []string {
	t.Helper()
	named := regexp.MustCompile(`(?:\{\{|\()[tb] "([a-z0-9.-]+)"`)
	var keys []string
	err := fs.WalkDir(pages, "pages", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := pages.ReadFile(path)
		for _, match := range named.FindAllStringSubmatch(string(data), -1) {
			keys = append(keys, match[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// literals are all strings in the code of this room.
func literals(t *testing.T) []string {
	t.Helper()
	var list []string
	eachFile(t, func(tree *ast.File) {
		ast.Inspect(tree, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					list = append(list, s)
				}
			}
			return true
		})
	})
	return list
}

func eachFile(t *testing.T, f func(*ast.File)) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		f(tree)
	}
}
