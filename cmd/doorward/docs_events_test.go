package main_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	eventKind = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)
	eventRow  = regexp.MustCompile("(?m)^\\| (`[^|]*`[^|]*) \\|")
	eventName = regexp.MustCompile("`([a-z_]+\\.[a-z_]+)`")
)

// kinds are the events that the rooms write: all such constants of storage, and of the doors those for which the console has words.
func kinds(t *testing.T) map[string]bool {
	t.Helper()
	words, all := read(t, "web/locale/en.json"), map[string]bool{}
	for _, room := range []string{"storage", "keys", "op", "login", "admin"} {
		files, err := filepath.Glob(filepath.Join(root, room, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no files in %s, %v", room, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, kind := range constants(tree) {
				if eventKind.MatchString(kind) && (room == "storage" || strings.Contains(words, `"log.`+strings.NewReplacer(".", "-", "_", "-").Replace(kind)+`"`)) {
					all[kind] = true
				}
			}
		}
	}
	return all
}

// constants are the texts that a file gives a name.
func constants(tree *ast.File) []string {
	var all []string
	for _, d := range tree.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			for _, v := range s.(*ast.ValueSpec).Values {
				if l, ok := v.(*ast.BasicLit); ok && l.Kind == token.STRING {
					if text, err := strconv.Unquote(l.Value); err == nil {
						all = append(all, text)
					}
				}
			}
		}
	}
	return all
}

// Whoever reads the log by a program looks up there what an event tells.
func TestEachEventStandsInATableForOperators(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs/operating.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, row := range eventRow.FindAllSubmatch(text, -1) {
		for _, name := range eventName.FindAllSubmatch(row[1], -1) {
			told[string(name[1])] = true
		}
	}
	all := kinds(t)
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		if !told[kind] {
			t.Errorf("docs/operating.md has no row for the event %s", kind)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(told)) {
		if family, _, _ := strings.Cut(kind, "."); !all[kind] && family != "www" {
			t.Errorf("docs/operating.md tells of an event %s, which nobody writes", kind)
		}
	}
	if len(all) < 60 {
		t.Errorf("only %d kinds are looked for", len(all))
	}
}
