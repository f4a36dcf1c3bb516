package main

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// write puts a configuration and its neighbours into a folder and returns the path of the configuration.
func write(t *testing.T, text string, neighbours map[string]string) string {
	t.Helper()
	folder := t.TempDir()
	for name, content := range neighbours {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(folder, "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// faultsOf loads a configuration that must be wrong and returns its faults without the folder, one a line.
func faultsOf(t *testing.T, file string, environ ...string) []string {
	t.Helper()
	_, err := loadConfig(file, environ)
	found := faults(nil)
	if !errors.As(err, &found) {
		t.Fatalf("got %v, want faults", err)
	}
	return strings.Split(strings.ReplaceAll(err.Error(), filepath.Dir(file)+"/", ""), "\n")
}

const minimal = "issuer: https://login.example.com\n"

const secret = "0123456789abcdef0123456789abcdef"

func TestTheExampleHoldsEverySettingWithItsDefault(t *testing.T) {
	const example = "../../config.example.yaml"
	got, err := loadConfig(example, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := defaults()
	want.Issuer = "https://login.example.com"
	want.resolve(filepath.Dir(example))
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Config{}, BrandConfig{}, ClientConfig{}, GoogleConfig{}, SMTPConfig{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the example differs from the defaults (-default +example):\n%s", diff)
	}
	for path := range settings(reflect.TypeFor[Config](), "") {
		if !strings.Contains(path, "[]") && got.places[path].Line == 0 {
			t.Errorf("%s does not stand in the example", path)
		}
	}
}

func TestTheExampleShowsAnEntryOfEveryList(t *testing.T) {
	data, err := os.ReadFile("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	entry := regexp.MustCompile(`(?m)^#(  - .*|    .*)$`)
	shown := entry.ReplaceAllString(strings.NewReplacer("clients: []", "clients:", "links: []", "links:").Replace(string(data)), "$1")
	got, err := loadConfig(write(t, shown, map[string]string{"grafana.secret": secret}), nil)
	if err != nil {
		t.Fatal(err)
	}
	for path := range settings(reflect.TypeFor[Config](), "") {
		if at := strings.ReplaceAll(path, "[]", "[0]"); got.places[at].Line == 0 {
			t.Errorf("%s does not stand in the example", path)
		}
	}
	brief, err := loadConfig(write(t, minimal+`clients: [{id: grafana, name: Grafana, secret_file: grafana.secret,
  redirect_uris: ["https://grafana.example.com/login/generic_oauth"]}]`, map[string]string{"grafana.secret": secret}), nil)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := got.Clients[0].declared()
	b, errB := brief.Clients[0].declared()
	if diff := cmp.Diff(b, a, cmpopts.EquateEmpty()); diff != "" || errA != nil || errB != nil {
		t.Errorf("the entry differs from the defaults (%v, %v) (-default +example):\n%s", errA, errB, diff)
	}
}

// settings are the paths of all settings; entries of lists are "[]".
func settings(t reflect.Type, path string) map[string]bool {
	all := map[string]bool{}
	for field := range t.Fields() {
		tag := field.Tag.Get("yaml")
		if tag == "" || tag == "-" {
			continue
		}
		at, inner := joinPath(path, tag), field.Type
		all[at] = true
		if inner.Kind() == reflect.Slice && inner.Elem().Kind() == reflect.Struct {
			at, inner = at+"[]", inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			for deeper := range settings(inner, at) {
				all[deeper] = true
			}
		}
	}
	return all
}

func TestAllFaultsOfAFileComeAtOnceWithTheirLines(t *testing.T) {
	file := write(t, `issuer: http://login.example.com/x
listen: here
database: mysql://root:hunter2@host/db
login:
  email_code: sometimes
  nope: 1
log: {level: loud, format: [a]}
trusted_proxies: [10.0.0.0/8, elsewhere]
company:
listen: :80
clients:
  - id: a
    redirect_uris: ["https://x.example/cb#f"]
    require_pkce: maybe
    secret_file: gone
  - id: a
    type: browser
    name: 12
    redirect_uris: https://x.example/cb
---
more: true
`, nil)
	got := faultsOf(t, file)
	want := []string{
		"config.yaml:1: issuer: must begin with https://; plain http is for localhost and 127.0.0.1 only",
		`config.yaml:2: listen: "here" is not HOST:PORT or :PORT`,
		"config.yaml:3: database: must be sqlite:PATH or a postgres:// address",
		`config.yaml:5: login.email_code: must be untrusted, always or never, not "sometimes"`,
		"config.yaml:6: login.nope: there is no such setting",
		"config.yaml:7: log.format: must be text, not a list",
		`config.yaml:7: log.level: must be debug, info, warn or error, not "loud"`,
		`config.yaml:8: trusted_proxies[1]: "elsewhere" is neither a network like 10.0.0.0/8 nor an address`,
		"config.yaml:9: company: has no value; give one, or leave the line out",
		"config.yaml:10: listen stands a second time; the first is in line 2",
		"config.yaml:13: clients[0].redirect_uris: must have no fragment (RFC 6749 §3.1.2)",
		`config.yaml:14: clients[0].require_pkce: must be true or false, not "maybe"`,
		"config.yaml:15: clients[0].secret_file: cannot open it: no such file or directory",
		`config.yaml:16: clients[1].id: "a" is clients[0] already`,
		"config.yaml:18: clients[1].name: must be text, not 12 (put text in quotes)",
		`config.yaml:19: clients[1].redirect_uris: must be a list, not "https://x.example/cb"`,
		"config.yaml:20: a second document begins here; the configuration is one",
	}
	for _, line := range want {
		if !slices.Contains(got, line) {
			t.Errorf("missing: %s", line)
		}
	}
	if t.Failed() || len(got) != len(want) {
		t.Errorf("got %d faults, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	if strings.Contains(strings.Join(got, ""), "hunter2") {
		t.Error("a fault repeats the database's password")
	}
}

func TestAFileThatIsNotYAMLIsOneFaultWithItsLine(t *testing.T) {
	for text, want := range map[string]string{
		"issuer: a\nlisten: [1,\n":         "config.yaml:3: this is not YAML: did not find expected node content",
		"issuer: a\n\tlisten: b\n":         "config.yaml:2: this is not YAML: found a tab character that violates indentation",
		"issuer: *nobody\n":                "config.yaml:1: this is not YAML: unknown anchor 'nobody' referenced",
		"- issuer\n":                       "config.yaml:1: must be a block of settings, not a list",
		"company: &x A\nissuer: *x\n":      "config.yaml:2: issuer: aliases are not read here; write the value out",
		"issuer: https://a.example\nx: {}": "config.yaml:2: x: there is no such setting",
	} {
		if got := faultsOf(t, write(t, text, nil)); got[0] != want && !slices.Contains(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestAnIssuerIsAnOriginInOneSpelling(t *testing.T) {
	for _, good := range []string{"https://login.example.com", "https://login.example.com:8443", "http://localhost:8080", "http://127.0.0.1:1"} {
		if err := checkIssuer(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "login.example.com", "https://", "ftp://login.example.com", "http://login.example.com", "http://localhost.example.com",
		"https://login.example.com/", "https://login.example.com/x", "https://login.example.com?", "https://login.example.com?a=b",
		"https://login.example.com#", "https://a@login.example.com", "https://login.example.com:443", "http://localhost:80",
		"https://LOGIN.example.com", "HTTPS://login.example.com", "https://login.example.com.", "https://login.example.com:",
	} {
		if checkIssuer(bad) == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

func TestTheEnvironmentDecidesAfterTheFile(t *testing.T) {
	file := write(t, minimal+"log: {level: warn}\nclients: [{id: my-app, redirect_uris: [\"https://a.example/cb\"]}]\n",
		map[string]string{"address": "postgres://doorward@db/doorward\n"})
	got, err := loadConfig(file, []string{
		"PATH=/bin", "DOORWARD_LOGIN_EMAIL_CODE=never", "DOORWARD_TRUSTED_PROXIES=10.0.0.0/8, ::1",
		"DOORWARD_DATABASE_FILE=" + filepath.Join(filepath.Dir(file), "address"), "DOORWARD_MASTER_KEY=lines",
		"DOORWARD_CLIENTS_MY_APP_SECRET=" + secret, "DOORWARD_TEST_POSTGRES=any",
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Login.EmailCode != "never" || got.Log.Level != "warn" || got.Database != "postgres://doorward@db/doorward" || got.MasterKey != "lines" {
		t.Errorf("got %+v", got)
	}
	if diff := cmp.Diff([]string{"10.0.0.0/8", "::1"}, got.TrustedProxies); diff != "" {
		t.Error(diff)
	}
	if record, err := got.Clients[0].declared(); err != nil || record.Secrets[0] == nil {
		t.Errorf("the secret did not arrive: %v", err)
	}
}

func TestAVariableThatIsNoSettingIsAFault(t *testing.T) {
	file := write(t, minimal, nil)
	for variable, want := range map[string]string{
		"DOORWARD_LOG_LEVL=info":             "DOORWARD_LOG_LEVL: there is no such setting",
		"DOORWARD_ISSUER_FILE=/nowhere":      "DOORWARD_ISSUER_FILE: cannot open it: no such file or directory",
		"DOORWARD_CLIENTS_GHOST_SECRET=abc":  "DOORWARD_CLIENTS_GHOST_SECRET: there is no such setting",
		"DOORWARD_LOGIN_EMAIL_CODE=mostly":   `DOORWARD_LOGIN_EMAIL_CODE: must be untrusted, always or never, not "mostly"`,
		"DOORWARD_TLS_CERT_FILE=/etc/x.pem":  "config.yaml: tls.key_file: is missing, but cert_file is given",
		"DOORWARD_CLIENTS=everybody":         "DOORWARD_CLIENTS: there is no such setting",
		"DOORWARD_LOG_FORMAT_FILE_FILE=/etc": "DOORWARD_LOG_FORMAT_FILE_FILE: there is no such setting",
	} {
		if got := faultsOf(t, file, variable); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", variable, got, want)
		}
	}
	got := faultsOf(t, file, "DOORWARD_COMPANY=A", "DOORWARD_COMPANY_FILE="+file)
	if want := "DOORWARD_COMPANY_FILE: gives the same setting as DOORWARD_COMPANY"; !slices.Contains(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
