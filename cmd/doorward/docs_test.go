package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// TestTheDocumentsNameWhatStands: a file or a test that docs/conformance.md names exists, and every room has its line in the README.
func TestTheDocumentsNameWhatStands(t *testing.T) {
	tests, rooms := inventory(t)
	conformance := read(t, "docs/conformance.md")
	for _, named := range regexp.MustCompile("`(Test\\w+)`").FindAllStringSubmatch(conformance, -1) {
		if !tests[named[1]] {
			t.Errorf("docs/conformance.md names %s, which does not exist", named[1])
		}
	}
	readme := read(t, "README.md")
	// In the drawing of a request's way a bare file stands in the room of the one before it.
	files := regexp.MustCompile(`\b(?:cmd|keys|login|op|storage|web)/[\w/]+\.(?:go|html|css)\b`)
	for name, text := range map[string]string{"docs/conformance.md": conformance, "README.md": readme} {
		for _, file := range files.FindAllString(text, -1) {
			if _, err := os.Stat(filepath.Join(root, file)); err != nil {
				t.Errorf("%s names %s, which does not exist", name, file)
			}
		}
	}
	for room := range rooms {
		if !strings.Contains(readme, "]("+room+")") {
			t.Errorf("README.md does not name the room %s", room)
		}
	}
}

// inventory lists all test functions, and all folders with Go files.
func inventory(t *testing.T) (map[string]bool, map[string]bool) {
	t.Helper()
	tests, rooms := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "node_modules") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		room, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		rooms[filepath.ToSlash(room)] = true
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			if f, ok := declaration.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Test") {
				tests[f.Name.Name] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return tests, rooms
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
