package web_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryTextOfThisRoomIsUsed looks for those that all doors share. Each door looks for its own.
func TestEveryTextOfThisRoomIsUsed(t *testing.T) {
	quoted := regexp.MustCompile(`"((?:error|layout|leave|script)\.[a-z-]+)"`)
	used := map[string]bool{}
	for _, room := range []string{".", "../op", "../login", "../cmd/doorward"} {
		err := filepath.WalkDir(room, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") || !strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, ".html") {
				return err
			}
			data, err := os.ReadFile(path)
			for _, m := range quoted.FindAllStringSubmatch(string(data), -1) {
				used[m[1]] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	texts := texts(t)
	ours := regexp.MustCompile(`^(error|layout|leave|script)\.`)
	for _, key := range texts.Keys() {
		if ours.MatchString(key) && !used[key] {
			t.Errorf("nobody uses the text %q", key)
		}
	}
	for key := range used {
		if !texts.Has(key) && !strings.HasSuffix(key, ".html") { // the names of two files
			t.Errorf("no text for %q", key)
		}
	}
}
