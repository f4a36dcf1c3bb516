package main_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestTheSettingsInTheDocumentAreTheTestedOnes: what docs/relying-parties.md shows as taken from a file stands in it.
func TestTheSettingsInTheDocumentAreTheTestedOnes(t *testing.T) {
	tested, _, _ := strings.Cut(read(t, "docs/relying-parties.md"), "\n## Not tested here")
	block := regexp.MustCompile("(?s)^```\\w+\n(.*?)\n```")
	blocks := 0
	for _, part := range strings.Split(tested, "\nFrom `")[1:] {
		file, rest, _ := strings.Cut(part, "`:\n\n")
		text := read(t, file)
		for {
			found := block.FindStringSubmatch(rest)
			if found == nil {
				break
			}
			blocks++
			if !strings.Contains(text, found[1]) {
				t.Errorf("%s does not hold\n%s", file, found[1])
			}
			rest = strings.TrimLeft(rest[len(found[0]):], "\n")
		}
	}
	if blocks < 6 {
		t.Errorf("only %d blocks were compared", blocks)
	}
}

// TestTheDocumentedApplicationsCanBeAdded types each `client add` of docs/relying-parties.md.
func TestTheDocumentedApplicationsCanBeAdded(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "doorward.yaml")
	if err := os.WriteFile(file, []byte("issuer: https://login.example.com\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := strings.ReplaceAll(read(t, "docs/relying-parties.md"), "\\\n", "")
	commands := regexp.MustCompile(`(?m)^    (?:doorward client add --config doorward.yaml )?--id (\S+) (.*)$`).FindAllStringSubmatch(lines, -1)
	for i, found := range commands {
		args := []string{"client", "add", "--config", file, "--id", found[1] + strconv.Itoa(i)} // "app" is several
		for _, word := range regexp.MustCompile(`"[^"]*"|\S+`).FindAllString(found[2], -1) {
			args = append(args, strings.Trim(word, `"`))
		}
		if out, err := command(t, args...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	if len(commands) < 10 {
		t.Errorf("only %d commands were found", len(commands))
	}
}
