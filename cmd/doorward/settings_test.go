package main

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// set changes settings of a house that must take them.
func set(t *testing.T, h *house, change map[string]string) {
	t.Helper()
	if err := trySet(h, change); err != nil {
		t.Fatal(err)
	}
}

func trySet(h *house, change map[string]string) error {
	version, err := h.db.SettingsVersion(context.Background())
	if err != nil {
		return err
	}
	texts := map[string]*string{}
	for path, text := range change {
		texts[path] = &text
	}
	return h.changeSettings(context.Background(), texts, version, storage.Event{Actor: "anna", Reference: "changed"})
}

// settingOf is a setting as an operator sees it.
func settingOf(t *testing.T, h *house, path string) seen {
	t.Helper()
	list := h.present().config.show()
	i := slices.IndexFunc(list, func(s seen) bool { return s.path == path })
	if i < 0 {
		t.Fatalf("there is no setting %s", path)
	}
	return list[i]
}

// wrongPaths are the settings that an error blames.
func wrongPaths(err error) []string {
	var paths []string
	for _, i := range invalids(err) {
		paths = append(paths, i.Field)
	}
	return paths
}

func TestASettingOfTheConsoleHoldsAtOnceAndAfterAStart(t *testing.T) {
	t.Parallel()
	file := write(t, freely, nil)
	h := testHouse(t, file)
	if _, page := asked(t, h.Addr(), "/forgot"); strings.Contains(page, "Acme Ltd") {
		t.Fatal("the page knows the name before it was set")
	}
	set(t, h, map[string]string{"company": "Acme Ltd", "brand.links": "Imprint of Acme https://www.example.com/imprint"})
	status, page := asked(t, h.Addr(), "/forgot")
	if status != http.StatusOK || !strings.Contains(page, "Acme Ltd") || !strings.Contains(page, `href="https://www.example.com/imprint"`) {
		t.Errorf("the page (%d) does not show what was set: %s", status, page)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	again := testHouse(t, file)
	if got := again.config.Company; got != "Acme Ltd" || settingOf(t, again, "company").owner != byConsole {
		t.Errorf("after a start the company is %q", got)
	}
}

func TestFileAndEnvironmentAreAboveTheConsole(t *testing.T) {
	t.Parallel()
	file := write(t, freely+"company: From the file\n", nil)
	c, err := loadConfig(file, []string{"DOORWARD_CONTACT=environment@example.com"})
	if err != nil {
		t.Fatal(err)
	}
	stored := []storage.Setting{{Name: "company", Value: "From the console"}, {Name: "contact", Value: "console@example.com"}, {Name: "language", Value: "de"}}
	got, err := c.settle(stored, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got.Company != "From the file" || got.Contact != "environment@example.com" || got.Language != "de" {
		t.Errorf("got %q, %q, %q", got.Company, got.Contact, got.Language)
	}
	owners := map[string]string{}
	for _, s := range got.show() {
		owners[s.path] = s.owner
	}
	want := map[string]string{"company": byFile, "contact": byEnvironment, "language": byConsole, "time_zone": byDefault, "login.email_code": byFile}
	for path, owner := range want {
		if owners[path] != owner {
			t.Errorf("%s is given by %s, want %s", path, owners[path], owner)
		}
	}
	h := testHouse(t, file)
	for _, path := range []string{"company", "login.email_code", "issuer", "listen", "database", "clients", "console.listen", "login.argon2.time", "", "google.client_secret_file", "google.issuer"} {
		if err := trySet(h, map[string]string{path: "x"}); !slices.Equal(wrongPaths(err), []string{path}) {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestAChangeOfSettingsIsRefusedAsAWholeByPath(t *testing.T) {
	t.Parallel()
	h := testHouse(t, write(t, freely, nil))
	for name, wrong := range map[string]struct {
		change map[string]string
		blames []string
	}{
		"two of three":              {map[string]string{"company": "Acme", "language": "xx", "time_zone": "Mars"}, []string{"language", "time_zone"}},
		"what is missing with it":   {map[string]string{"mail.smtp.host": "smtp.example.com"}, []string{"mail.from"}},
		"a user without password":   {map[string]string{"mail.from": "a@example.com", "mail.smtp.host": "smtp.example.com", "mail.smtp.username": "a"}, []string{"mail.smtp.password"}},
		"another port":              {map[string]string{"mail.smtp.port": "22"}, []string{"mail.smtp.port"}},
		"no number":                 {map[string]string{"login.trust_days": "many"}, []string{"login.trust_days"}},
		"no truth":                  {map[string]string{"console.require_totp": "maybe"}, []string{"console.require_totp"}},
		"no role":                   {map[string]string{"login.totp_required": "admin,king"}, []string{"login.totp_required"}},
		"idle longer than all":      {map[string]string{"login.session_idle": "24h", "login.session_max": "12h"}, []string{"login.session_idle"}},
		"no link":                   {map[string]string{"brand.links": "Imprint javascript:alert(1)"}, []string{"brand.links"}},
		"no picture":                {map[string]string{"brand.logo": "<svg><script/></svg>"}, []string{"brand.logo"}},
		"a line in a letter's head": {map[string]string{"company": "Acme\r\nBcc: all@example.com"}, []string{"company"}},
		"too long":                  {map[string]string{"company": strings.Repeat("x", 501)}, []string{"company"}},
		"Google without a secret":   {map[string]string{"google.client_id": "a.apps.googleusercontent.com"}, []string{"google.client_secret"}},
	} {
		if err := trySet(h, wrong.change); !slices.Equal(wrongPaths(err), wrong.blames) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if stored, version, err := h.db.Settings(t.Context()); err != nil || len(stored) > 0 || version != 0 {
		t.Errorf("something was written: %v of version %d, %v", stored, version, err)
	}
	stale := "Stale"
	set(t, h, map[string]string{"company": "Acme"})
	err := h.changeSettings(t.Context(), map[string]*string{"company": &stale}, 0, storage.Event{}) // RG-06
	if !errors.Is(err, storage.ErrConflict) || h.present().config.Company != "Acme" {
		t.Errorf("who has read old settings changes them: %v", err)
	}
}

func TestASecretOfTheConsoleIsSealedAndNeverShown(t *testing.T) { // AD-08, LG-11
	t.Parallel()
	h, log := openHouse(t, write(t, freely, nil), parts{})
	set(t, h, map[string]string{
		"google.client_id": "a.apps.googleusercontent.com", "google.client_secret": "canary-google-secret",
		"mail.from": "a@example.com", "mail.smtp.host": "127.0.0.1", "mail.smtp.port": "2525", "mail.smtp.tls": "none",
		"mail.smtp.username": "a", "mail.smtp.password": "canary-mail-password",
	})
	if c := h.present().config; c.Google.secret != "canary-google-secret" || c.Mail.SMTP.password != "canary-mail-password" || h.present().outbox == nil {
		t.Error("the secrets do not hold")
	}
	for _, path := range []string{"google.client_secret", "mail.smtp.password"} {
		if s := settingOf(t, h, path); s.value != "" || !s.given || s.owner != byConsole {
			t.Errorf("%s is shown as %q, given %v by %s", path, s.value, s.given, s.owner)
		}
	}
	stored, _, err := h.db.Settings(t.Context())
	events, err2 := h.db.EventsByReference(t.Context(), "changed")
	if err = errors.Join(err, err2); err != nil || len(events) != 1 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	told := log.String() + strings.Join(slices.Collect(maps.Values(events[0].Data)), " ")
	for _, row := range stored {
		told += row.Value
	}
	if strings.Contains(told, "canary") {
		t.Error("a secret is told in the clear")
	}
	for i, row := range stored { // a row that was moved opens nowhere else
		if row.Name == "mail.smtp.password" {
			stored[i].Name = "google.client_secret"
		}
	}
	stored = slices.DeleteFunc(stored, func(row storage.Setting) bool { return !row.Sealed && row.Name != "google.client_id" })
	if _, err := h.given.settle(stored, h.keys.Box); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("a moved secret: %v", err)
	}
}

func TestWhatTheConsoleCanSetStandsInTheFileWithTheSameDefault(t *testing.T) {
	t.Parallel()
	c := defaults()
	paths := settings(reflect.TypeFor[Config](), "")
	for _, s := range settables {
		if !paths[s.name()] {
			t.Errorf("%s does not stand in the file", s.name())
		}
		if s.kind == kindSecret || s.kind == kindLogo || s.kind == kindLines {
			continue
		}
		other := Config{places: places{}}
		if err := s.set(&other, s.text(&c)); err != nil || s.text(&other) != s.text(&c) {
			t.Errorf("%s is spelt %q and read as %q, %v", s.path, s.text(&c), s.text(&other), err)
		}
		if s.kind == kindChoice && !slices.Contains(s.options, s.text(&c)) {
			t.Errorf("%s can be %v, but is %q", s.path, s.options, s.text(&c))
		}
	}
	links := "Imprint https://www.example.com/imprint\nHelp and more mailto:help@example.com"
	s, _ := settableNamed("brand.links")
	if err := s.set(&c, "\n"+links+"\n"); err != nil || s.text(&c) != links {
		t.Errorf("links are read as %q, %v", s.text(&c), err)
	}
}

func TestWhatWasSetInTheConsoleAndDoesNotGoWithTheFileEndsTheStartInWords(t *testing.T) {
	t.Parallel()
	file := write(t, freely, nil)
	h := testHouse(t, file)
	set(t, h, map[string]string{"login.session_max": "20h"})
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{ // file -> what is said, "" nothing
		"login: {email_code: never, session_idle: 15h}\n":                   "",
		"login: {email_code: never, session_idle: 24h}\n":                   "login.session_idle: must not be longer than login.session_max\nWhat was set in the console does not go with this configuration.",
		"login: {email_code: never, session_idle: 24h, session_max: 48h}\n": "",
	} {
		if err := os.WriteFile(file, []byte(strings.Replace(freely, "login: {email_code: never}\n", text, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		code, out := command(t, "", "check", "--config", file)
		if (code == 0) != (want == "") || !strings.Contains(out, want) {
			t.Errorf("%s: check ends with %d: %s", text, code, out)
		}
		if want == "" {
			continue
		}
		if code, out := command(t, "", "serve", "--config", file); code != exitUsage || !strings.Contains(out, want) {
			t.Errorf("%s: serve ends with %d: %s", text, code, out)
		}
	}
}
