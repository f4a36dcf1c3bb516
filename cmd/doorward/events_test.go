package main

import (
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// Behaviours 3.13: a reference finds the event, however it was read aloud; what a stranger met it finds in the log.
func TestTheReferenceOfARequestFindsItsEventBesideAServerThatRuns(t *testing.T) {
	t.Parallel()
	a := newAviary(t)
	b := webtest.New(t, nil)
	b.Go(a.issuer+"/login").Fill("username", "anna@example.com").Press("submit")
	b.Fill("password", "not her password").Press("submit").Status(http.StatusUnprocessableEntity)
	refusal := regexp.MustCompile(`"status":422.*"reference":"(E-[^"]+)"`)
	eventually(t, "the refusal is logged", func() bool { return refusal.MatchString(a.log.String()) })
	reference := refusal.FindStringSubmatch(a.log.String())[1]
	file := filepath.Join(a.folder, "config.yaml")
	misheard := strings.NewReplacer("0", "O", "1", "l").Replace(reference)
	for _, typed := range []string{reference, strings.ToLower(reference), " " + strings.TrimPrefix(reference, "E-"), misheard} {
		code, out := command(t, "", "events", "--config", file, "--reference", typed)
		if code != 0 || !strings.Contains(out, "  sign_in.refused  password_wrong  anna@example.com  ") || !strings.Contains(out, reference) {
			t.Errorf("%q: %d\n%s", typed, code, out)
		}
	}

	page := webtest.New(t, nil).Go(a.issuer + "/authorize?client_id=nobody").Status(http.StatusBadRequest)
	stranger := regexp.MustCompile(`E-\w{4}-\w\w`).FindString(page.Body())
	if code, out := command(t, "", "events", "--config", file, "--reference", stranger); code != exitFailed || !strings.Contains(out, "look for it in the log") {
		t.Errorf("%d\n%s", code, out)
	}
	eventually(t, "the log holds the stranger's reference", func() bool { return strings.Contains(a.log.String(), `"reference":"`+stranger+`"`) })
}

// LG-08: an event that stands for many is found by each of their references that it keeps.
func TestEachReferenceOfASummedUpEventIsFoundByCommand(t *testing.T) {
	t.Parallel()
	file := write(t, freely+"database: sqlite:"+filepath.Join(t.TempDir(), "d.db")+"\nmaster_key_file: "+filepath.Join(t.TempDir(), "m.key")+"\n", nil)
	h := testHouse(t, file)
	if err := h.db.Record(t.Context(), storage.Event{Kind: storage.ClientDenied, Client: "wiki", Result: "no_access", Reference: "E-0003-AA",
		Data: map[string]string{"count": "3", storage.ReferencesKept: "E-0001-AA E-0002-AA E-0003-AA"}}); err != nil {
		t.Fatal(err)
	}
	for typed, want := range map[string]int{"E-0001-AA": 0, "e-ooo2-aa": 0, "E-0003-AA": 0, "E-0004-AA": exitFailed, "E-%%%%-AA": exitFailed} {
		code, out := command(t, "", "events", "--config", file, "--reference", typed)
		if code != want || (want == 0) != strings.Contains(out, "client.denied  no_access  client wiki  E-0003-AA") {
			t.Errorf("%s: %d\n%s", typed, code, out)
		}
	}
}

func TestAnEventIsPrintedWithoutWhatATerminalObeys(t *testing.T) {
	e := printed{storage.Event{
		Time: time.Date(2026, 11, 26, 9, 14, 2, 0, time.UTC), Kind: "session.started", Result: "ok", Client: "app", Address: "203.0.113.7", Reference: "E-7F3K-92",
		Data: map[string]string{"way": "pwd", "browser": "\x1b]0;owned\a", "a": "\u202e"},
	}, "anna@example.com", "anna@example.com"}
	const want = `2026-11-26T09:14:02Z  session.started  ok  anna@example.com  client app  from 203.0.113.7  E-7F3K-92  a="\u202e"  browser="\x1b]0;owned\a"  way=pwd`
	if got := e.String(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
