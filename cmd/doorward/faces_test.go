package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web/webtest"
)

// deed is one thing that is done by page, by API and by command, to an application of each face's own.
type deed struct {
	name    string
	page    func(b *webtest.Browser, id string)
	api     func(c apiCaller, id string)
	command func(id string) []string
}

const ofFaces = "https://login.test"

// applicationDeeds are what all three faces can do to applications, in an order in which it can be done.
var applicationDeeds = []deed{
	{"connected",
		func(b *webtest.Browser, _ string) {
			b.Go(ofFaces+"/admin/new-app?tile=web").Fill("client_name", "Wiki").Fill("address", "https://wiki.test/cb").Press("Connect").Status(http.StatusOK)
		},
		func(c apiCaller, id string) {
			c.calls(http.MethodPost, "/apps", fmt.Sprintf(`{"tile":"web","client_id":%q,"client_name":"Wiki","address":"https://wiki.test/cb"}`, id))
		},
		func(id string) []string {
			return []string{"client", "add", "--id", id, "--name", "Wiki", "--redirect-uri", "https://wiki.test/cb"}
		}},
	{"given another address",
		func(b *webtest.Browser, id string) {
			b.Go(ofFaces+"/admin/apps/"+id+"/settings").Fill("redirect_uris", "https://wiki.test/else").Press("submit").Status(http.StatusOK).Sees("Saved")
		},
		func(c apiCaller, id string) {
			c.calls(http.MethodPatch, "/apps/"+id, `{"redirect_uris":["https://wiki.test/else"]}`)
		},
		func(id string) []string {
			return []string{"client", "add", "--replace", "--id", id, "--name", "Wiki", "--redirect-uri", "https://wiki.test/else"}
		}},
	{"disabled",
		func(b *webtest.Browser, id string) {
			b.Go(ofFaces+"/admin/apps/"+id+"/disable").Fill("reason", "for the day").Press("submit").Status(http.StatusOK)
		},
		func(c apiCaller, id string) {
			c.calls(http.MethodPost, "/apps/"+id+"/disable", `{"reason":"for the day"}`)
		},
		func(id string) []string { return []string{"client", "disable", id, "--reason", "for the day"} }},
	{"removed",
		func(b *webtest.Browser, id string) {
			b.Go(ofFaces+"/admin/apps/"+id+"/remove").Fill("reason", "nobody uses it").Press("submit").Status(http.StatusOK)
		},
		func(c apiCaller, id string) { c.calls(http.MethodDelete, "/apps/"+id+"?reason=nobody+uses+it", "") },
		func(id string) []string { return []string{"client", "remove", id, "--reason", "nobody uses it"} }},
	{"invited",
		func(b *webtest.Browser, _ string) {
			b.Go(ofFaces+"/admin/app-invitations").Fill("uses", "3").Fill("days", "7").Press("submit").Status(http.StatusOK)
		},
		func(c apiCaller, _ string) { c.calls(http.MethodPost, "/app-invitations", `{"uses":3,"days":7}`) },
		func(string) []string { return []string{"client", "invite", "--uses", "3", "--expires", "7d"} }},
	{"keys rotated",
		func(b *webtest.Browser, _ string) {
			b.Go(ofFaces+"/admin/keys/rotate?now=1").Fill("reason", "one was stolen").Press("submit").Status(http.StatusOK)
		},
		func(c apiCaller, _ string) {
			c.calls(http.MethodPost, "/keys/rotation", `{"at_once":true,"reason":"one was stolen"}`)
		},
		func(string) []string { return []string{"keys", "rotate", "--now", "--reason", "one was stolen"} }},
}

// Three faces, one function under each: the same change leaves the same line in the log, but for who made it and from where. LG-05
func TestTheSameChangeByPageAPIAndCommandLeavesTheSameLineInTheLog(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func() string{"sqlite": func() string { return "" }, "postgres": func() string { return "database: \"" + storagetest.PostgresURL(t) + "\"\n" }} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "issuer: "+ofFaces+"\nlisten: 127.0.0.1:0\nlogin: {email_code: never}\nregistration: {mode: token}\n"+database(), nil)
			root := facesOf(t, file)
			for _, d := range applicationDeeds {
				if code, out := command(t, "", append(d.command("hand"), "--config", file)...); code != 0 {
					t.Fatalf("%s: %d\n%s", d.name, code, out)
				}
			}
			byPage, byAPI, byHand := linesOf(t, file, root), linesOf(t, file, "client:writer"), linesOf(t, file, "operator")
			if len(byPage) != len(applicationDeeds) {
				t.Errorf("the pages leave %d lines: %+v", len(byPage), byPage)
			}
			if diff := cmp.Diff(byPage, byAPI); diff != "" {
				t.Errorf("-page +API\n%s", diff)
			}
			if diff := cmp.Diff(byPage, byHand); diff != "" {
				t.Errorf("-page +command\n%s", diff)
			}
		})
	}
}

// facesOf does everything by page and by API, in a house that is closed after it, and gives the id of the person of the pages.
func facesOf(t *testing.T, file string) string {
	t.Helper()
	h := testHouse(t, file)
	root := storage.User{ID: storage.NewID(), Email: "root@example.com", Role: "admin", State: "active"}
	if err := h.db.AddUser(t.Context(), root, "", storage.Event{Actor: "test"}); err != nil {
		t.Fatal(err)
	}
	now := h.present()
	console, err := admin.New(admin.Options{Desk: now.admin.Desk, Site: now.site, Guard: open{root}, Callers: open{root}})
	if err != nil {
		t.Fatal(err)
	}
	router := now.site.NewRouter(now.pages)
	console.Register(router)
	handler := now.site.Wrap(router)
	b, c := webtest.New(t, handler), apiCaller{t, handler}
	for _, d := range applicationDeeds {
		d.page(b, "wiki") // which the page makes from the name
		d.api(c, "program")
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	return root.ID
}

// open lets everybody in as one person, or as one program: who is let in is tested elsewhere.
type open struct{ storage.User }

func (o open) Enter(http.ResponseWriter, *http.Request, admin.Demand) (storage.Session, storage.User, error) {
	return storage.Session{ID: "session", UserID: o.ID}, o.User, nil
}

func (open) Bearer(*http.Request) (admin.Caller, error) {
	return admin.Caller{Client: "writer", Scopes: []string{"doorward:write"}}, nil
}

// apiCaller is a program that has read what it changes.
type apiCaller struct {
	t       *testing.T
	handler http.Handler
}

func (c apiCaller) calls(method, path, body string) {
	c.t.Helper()
	r := httptest.NewRequest(method, ofFaces+"/admin/api/v1"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer token")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPatch {
		before := httptest.NewRequest(http.MethodGet, ofFaces+"/admin/api/v1"+path, nil)
		before.Header.Set("Authorization", "Bearer token")
		w := httptest.NewRecorder()
		c.handler.ServeHTTP(w, before)
		r.Header.Set("If-Match", w.Header().Get("Etag"))
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	if w.Code >= http.StatusMultipleChoices {
		text, _ := io.ReadAll(w.Result().Body)
		c.t.Fatalf("%s %s: %d %s", method, path, w.Code, text)
	}
}

// told is an event without who, from where, when, and on which application.
type told struct {
	Kind, Result string
	Data         map[string]string
}

// linesOf are the events by an actor, the oldest first. Until when an invitation is good depends on when it was made.
func linesOf(t *testing.T, file, actor string) []told {
	t.Helper()
	c, err := loadConfig(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := storage.Open(t.Context(), c.Database, storage.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	page, err := db.Log(t.Context(), storage.LogFilter{}, "", 100)
	if err != nil {
		t.Fatal(err)
	}
	var list []told
	for _, e := range slices.Backward(page.Events) {
		if e.Actor != actor {
			continue
		}
		if e.Data["until"] != "" {
			e.Data["until"] = "then"
		}
		list = append(list, told{e.Kind, e.Result, e.Data})
	}
	return list
}
