package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/doorward/doorward/storage"
)

// withReason are the commands that take a reason, and what is typed behind each, one after the other.
var withReason = [][2]string{
	{"user add", "--email anna@example.com --name Anna --password-file -"},
	{"user reset-2fa", "anna@example.com"},
	{"user password", "anna@example.com --password-file -"},
	{"user disable", "anna@example.com"},
	{"user enable", "anna@example.com"},
	{"user invite", "ida@example.com --print-link"},
	{"client add", "--id wiki --name Wiki --redirect-uri https://wiki.example.com/cb"},
	{"client disable", "wiki"},
	{"client enable", "wiki"},
	{"client remove", "wiki"},
	{"client invite", ""},
	{"apply", "FILE"},
	{"keys rotate", ""},
	{"keys rewrap", ""},
	{"audit restart", ""},
	{"epoch raise", ""},
}

// LG-05: whatever a command changes, the log keeps who, and why.
func TestTheReasonOfEveryCommandThatTakesOneIsInTheLog(t *testing.T) {
	t.Parallel()
	missing := map[string]bool{}
	parser, err := kong.New(&commands{})
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range parser.Model.Leaves(false) {
		for _, flag := range leaf.Flags {
			if flag.Name == "reason" {
				missing[strings.TrimPrefix(leaf.FullPath(), parser.Model.Name+" ")] = true
			}
		}
	}
	file := write(t, freely+"registration: {mode: token}\n", nil)
	applied := filepath.Join(t.TempDir(), "apps.yaml")
	if err := os.WriteFile(applied, []byte("clients: [{id: page, type: browser, redirect_uris: [\"https://page.example.com/cb\"]}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, typed := range withReason {
		name := typed[0]
		args := strings.Fields(name + " " + strings.ReplaceAll(typed[1], "FILE", applied) + " --config " + file)
		if code, out := command(t, "another sentence is fine\n", append(args, "--reason", "why: "+name)...); code != 0 {
			t.Fatalf("%s: %d\n%s", name, code, out)
		}
		delete(missing, name)
		if name == "user add" {
			ownsAnApp(t, c)
		}
		if !happened(t, c, "why: "+name) {
			t.Errorf("the log does not tell why of %s", name)
		}
	}
	for name := range missing {
		t.Errorf("%s takes a reason, and stands in no line here", name)
	}
}

// ownsAnApp gives Anna an authenticator app.
func ownsAnApp(t *testing.T, c Config) {
	t.Helper()
	db, err := storage.Open(t.Context(), c.Database, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	person, _, err := db.Login(t.Context(), "anna@example.com")
	if err == nil {
		device := storage.Authenticator{ID: storage.NewID(), UserID: person.ID, Name: "Phone", Sealed: []byte("sealed")}
		err = db.AddAuthenticator(t.Context(), storage.NewAuthenticator{Authenticator: device, UserVersion: person.Version}, storage.Event{})
	}
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
}

// happened says whether the operator did something for this reason.
func happened(t *testing.T, c Config, reason string) bool {
	t.Helper()
	db, err := storage.Open(t.Context(), c.Database, storage.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	page, err := db.Log(t.Context(), storage.LogFilter{}, "", 20)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Events {
		if e.Data["reason"] == reason && e.Actor == "operator" {
			return true
		}
	}
	return false
}
