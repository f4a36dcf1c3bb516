package main

import (
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// smallRoom is how many files a room may have without a map.
const smallRoom = 3

// A package comment is the map of its room: who looks for something reads it first. Each file stands there, by name or by a pattern
// ("client*.go"), but for the one that carries the comment, and nothing stands there that is gone.
func TestTheMapOfEachRoomNamesItsFiles(t *testing.T) {
	name := regexp.MustCompile(`[a-z0-9_*]+\.go\b`)
	for room := range mayImport {
		r := look(t, filepath.Join("..", "..", filepath.FromSlash(room)))
		names := name.FindAllString(r.drawn, -1)
		for _, file := range r.files {
			if len(r.files) > smallRoom && file != r.bearer && !slices.ContainsFunc(names, func(pattern string) bool { return fits(t, pattern, file) }) {
				t.Errorf("%s: the package comment does not name %s", room, file)
			}
		}
		for _, pattern := range names {
			if !slices.ContainsFunc(r.files, func(file string) bool { return fits(t, pattern, file) }) {
				t.Errorf("%s: the package comment names %s, which there is not", room, pattern)
			}
		}
	}
}

// looked is a room: its files besides tests, and its package comment with the file that carries it.
type looked struct {
	files         []string
	bearer, drawn string
}

func look(t *testing.T, dir string) looked {
	t.Helper()
	var r looked
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, e.Name()), nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		r.files = append(r.files, e.Name())
		if parsed.Doc != nil {
			r.bearer, r.drawn = e.Name(), r.drawn+parsed.Doc.Text()
		}
	}
	if r.drawn == "" {
		t.Errorf("%s has no package comment", dir)
	}
	return r
}

func fits(t *testing.T, pattern, file string) bool {
	t.Helper()
	ok, err := path.Match(pattern, file)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}
