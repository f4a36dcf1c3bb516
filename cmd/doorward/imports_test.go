package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/doorward/doorward"

// mayImport is the plan of the house: each package, and which of ours it may import. A package that does not stand here fails.
var mayImport = map[string][]string{
	"storage":             nil,
	"storage/storagetest": {"storage"},
	"keys":                {"keys/known", "storage"},
	"keys/keystest":       {"keys", "storage"},
	"keys/known":          nil,
	"web":                 nil,
	"web/webtest":         nil,
	"login/mail":          {"keys", "storage"}, // the outbox: sealed letters in the database
	"login/mail/mailtest": nil,
	"login":               {"keys", "login/mail", "storage", "web"},
	"op":                  {"keys", "storage", "web"},
	"admin":               {"keys", "storage", "web"},
	"op/conformance":      nil, // a visitor of the built binary
	"cmd/demoapp":         nil, // a relying party knows nothing of ours but an address
	"cmd/doorward":        {"admin", "cmd/demoapp", "keys", "login", "login/mail", "op", "storage", "web"},
	"cmd/known":           {"keys/known"},      // makes its list
	"cmd/bench":           {"keys", "storage"}, // its limit handlers sign and write as we do
}

// holders are the tools that have one holder, by the beginning of their path. Another one says why.
var holders = map[string][]string{
	"database/sql":                          {"storage"},
	"modernc.org/sqlite":                    {"storage"},
	"github.com/jackc/pgx":                  {"storage", "storage/storagetest"}, // makes the schema of a test
	"html/template":                         {"web", "cmd/demoapp"},             // pages of another house, with another layout
	"github.com/go-jose":                    {"keys", "keys/keystest"},          // signs as a client would
	"crypto/rsa":                            {"keys"},
	"crypto/ecdsa":                          {"keys", "login/mail/mailtest", "op/conformance"}, // the certificate of a test
	"crypto/ed25519":                        {"keys"},
	"crypto/ecdh":                           {"keys"},
	"crypto/elliptic":                       {"keys", "login/mail/mailtest", "op/conformance"},
	"crypto/x509":                           {"keys", "login/mail", "login/mail/mailtest", "web", "op/conformance"}, // whose certificates a server elsewhere may show
	"golang.org/x/crypto":                   {"keys"},
	"golang.org/x/text":                     {"keys"}, // one form of each password
	"github.com/zitadel/oidc/v3/pkg/op":     {"op"},
	"github.com/zitadel/oidc/v3/pkg/oidc":   {"op", "login"}, // its types
	"github.com/zitadel/oidc/v3/pkg/client": {"login"},       // Google's relying party
	"github.com/coreos/go-oidc":             {"cmd/demoapp"},
	"golang.org/x/oauth2":                   {"cmd/demoapp", "login"}, // the shapes that the relying party speaks of
	"net/smtp":                              {"login/mail"},
	"github.com/emersion":                   {"login/mail/mailtest"},
	"github.com/wneessen/go-mail":           {"login/mail"},
	"github.com/pquerna/otp":                {"login"},
	"rsc.io/qr":                             {"login"},
	"go.yaml.in/yaml":                       {"cmd/doorward"},
	"github.com/alecthomas/kong":            {"cmd/doorward"},
	"github.com/prometheus":                 {"cmd/doorward"},
	"net/http/pprof":                        {"cmd/doorward"},                                // on the operators' listener only
	"github.com/gorilla/mux":                {"web", "admin", "login", "op", "cmd/doorward"}, // the one router, to which each door adds its paths
	"golang.org/x/net/html":                 {"web/webtest", "cmd/bench"},                    // both read pages as a browser does
	"github.com/chromedp":                   nil,
	"github.com/hashicorp":                  nil,
	"github.com/rogpeppe/go-internal":       nil,
	"github.com/google/go-cmp":              nil,
}

// Tests may import these besides; a room may always import itself.
var (
	testsMayImport = []string{"storage/storagetest", "keys/keystest", "web/webtest", "login/mail/mailtest"}
	testsMayHold   = map[string][]string{
		"cmd/doorward": {"github.com/coreos/go-oidc", "golang.org/x/oauth2", "github.com/zitadel/oidc/v3/pkg/client", "github.com/zitadel/oidc/v3/pkg/oidc", "github.com/hashicorp", "github.com/chromedp", "github.com/rogpeppe/go-internal", "crypto/ecdsa", "crypto/elliptic", "crypto/rsa", "crypto/x509",
			"database/sql", "modernc.org/sqlite", "github.com/jackc/pgx"}, // to read what was written, past the house
		"login": {"golang.org/x/net/html", "github.com/go-jose", "crypto/rsa", "crypto/ecdsa", "crypto/elliptic"}, // a provider that signs, and lies
		"op":    {"github.com/go-jose", "crypto/rsa", "crypto/ecdsa", "crypto/ed25519", "crypto/elliptic"},        // a client that signs
	}
	everyTestMayHold = []string{"github.com/google/go-cmp", "github.com/gorilla/mux"}
)

func TestEveryImportStandsInThePlan(t *testing.T) {
	seen := map[string]bool{}
	eachGoFile(t, "../..", func(room, file string, imports []string) {
		seen[room] = true
		may, planned := mayImport[room]
		if !planned {
			t.Errorf("%s: the package %s stands in no plan", file, room)
			return
		}
		may = append(slices.Clone(may), room)
		inTest := strings.HasSuffix(file, "_test.go")
		if inTest {
			may = append(may, testsMayImport...)
		}
		for _, imported := range imports {
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
				if !slices.Contains(may, ours) {
					t.Errorf("%s: %s may not import %s", file, room, ours)
				}
			} else if tool, held := holderOf(imported, room, inTest); !held {
				t.Errorf("%s: %s belongs to %v, not to %s", file, tool, holders[tool], room)
			}
		}
	})
	for room := range mayImport {
		if !seen[room] {
			t.Errorf("the plan has a room %s that does not exist", room)
		}
	}
}

// holderOf says which tool an import is, and whether room may hold it; what is no tool may be held by all.
func holderOf(imported, room string, inTest bool) (string, bool) {
	for tool, rooms := range holders {
		if imported != tool && !strings.HasPrefix(imported, tool+"/") {
			continue
		}
		test := inTest && (slices.Contains(everyTestMayHold, tool) || slices.Contains(testsMayHold[room], tool))
		return tool, test || slices.Contains(rooms, room)
	}
	return "", true
}

// eachGoFile visits every Go file of the module with its package's path and what it imports. Other modules are left out.
func eachGoFile(t *testing.T, root string, visit func(room, file string, imports []string)) {
	err := filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, another := os.Stat(filepath.Join(file, "go.mod"))
			if file != root && (another == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		var imports []string
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports = append(imports, imported)
		}
		inside, err := filepath.Rel(root, file)
		visit(path.Dir(filepath.ToSlash(inside)), filepath.ToSlash(inside), imports)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
