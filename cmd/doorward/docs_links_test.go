package main_test

import (
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// links are [text](address) and ![text](address) of Markdown.
var links = regexp.MustCompile(`\]\(([^()\s]+)\)`)

// TestEveryLinkOfADocumentLeadsToAFile: what README.md and docs/*.md link to, pictures too, lies in the repository, so that who
// clones it sees it.
func TestEveryLinkOfADocumentLeadsToAFile(t *testing.T) {
	documents, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	held, found := inRepository(t), 0
	for _, document := range append(documents, filepath.Join(root, "README.md")) {
		name, err := filepath.Rel(root, document)
		if err != nil {
			t.Fatal(err)
		}
		name = filepath.ToSlash(name)
		for _, link := range links.FindAllStringSubmatch(read(t, name), -1) {
			to, err := url.Parse(link[1])
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if to.IsAbs() || to.Path == "" {
				continue
			}
			found++
			if file := path.Join(path.Dir(name), to.Path); !slices.ContainsFunc(held, func(h string) bool { return h == file || strings.HasPrefix(h, file+"/") }) {
				t.Errorf("%s links to %s, which is not in the repository", name, link[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d links were followed", found)
	}
}

// inRepository are the files that git holds; where there is no git (a release's archive), those that lie there.
func inRepository(t *testing.T) []string {
	t.Helper()
	if listed, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "-z").Output(); err == nil {
		return strings.Split(strings.Trim(string(listed), "\x00"), "\x00")
	}
	var files []string
	err := fs.WalkDir(os.DirFS(root), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
