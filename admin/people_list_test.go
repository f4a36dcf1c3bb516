package admin_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// bcrypt of "a sentence is fine", as another system would hand it over.
const foreignHash = "$2y$10$abcdefghijklmnopqrstuuNv7cnKk6mLDqSYMTzb0Bu2oUeCFxS5u"

// XS-09: no cell of a list is computed by a spreadsheet, and what was written is read back as it was.
func TestNoCellOfAListIsAFormula(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		names := []string{`=cmd|' /C calc'!A0`, `+1+1`, `-2`, `@SUM(1)`, `'quoted`, `"a", b`, "Änne 🐦",
			`Bob;=cmd|'/C calc'!A0;x`, `a, -1`, `a;"@b"`, `'=x`, `''; '=x`}
		for i, name := range names {
			h.must(h.db.AddUser(t.Context(), storage.User{ID: storage.NewID(), Email: fmt.Sprintf("p%d@aviary.test", i), State: "invited",
				Claims: map[string]any{"name": name}, Groups: []string{"=1+1", "@all", "flock"}}, "", storage.Event{}))
		}
		b := h.as(root.ID).Go("/admin/people/export?state=invited").Status(200)
		if got := b.Header(); got.Get("Content-Type") != "text/csv; charset=utf-8" || got.Get("Cache-Control") != "no-store" ||
			!strings.HasPrefix(got.Get("Content-Disposition"), "attachment;") || got.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("the list comes with %v", got)
		}
		rows, err := csv.NewReader(strings.NewReader(b.Body())).ReadAll()
		h.must(err)
		if len(rows) != len(names)+1 {
			t.Fatalf("there are %d rows", len(rows))
		}
		for _, row := range rows {
			for _, cell := range row {
				for part := range strings.SplitSeq(cell, ";") { // which ends a cell in German Excel, and quotes begin none there
					if part = strings.TrimLeft(part, ` "`); part != "" && strings.ContainsAny(part[:1], "=+-@\t\r") {
						t.Errorf("a cell begins as a formula: %q", cell)
					}
				}
			}
		}
		for _, u := range h.people() {
			if u.State == "invited" {
				_, err := h.desk.RemovePerson(t.Context(), admin.Operator(), u.ID, "")
				h.must(err)
			}
		}
		report, err := h.desk.ImportPeople(t.Context(), admin.Operator(), strings.NewReader(b.Body()), false)
		if err != nil || report.Added != len(names) {
			t.Fatalf("%+v, %v", report, err)
		}
		for i, name := range names {
			u, _, err := h.db.Login(t.Context(), fmt.Sprintf("p%d@aviary.test", i))
			if err != nil || u.Name() != name || strings.Join(u.Groups, " ") != "=1+1 @all flock" {
				t.Errorf("%q comes back as %q, %v, %v", name, u.Name(), u.Groups, err)
			}
		}
		page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.PeopleExported}, "", 10)
		if err != nil || len(page.Events) != 1 || page.Events[0].Actor != root.ID {
			t.Errorf("the log tells of the list: %+v, %v", page.Events, err)
		}
	})
}

// AD-13: whoever loses their right while a list is sent gets no more of it than what is on its way.
func TestAListEndsWhereItsReaderLosesTheRight(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, two := h.person("root@aviary.test", "admin"), h.person("two@aviary.test", "viewer")
		var people []storage.ImportedUser
		for i := range 450 {
			people = append(people, storage.ImportedUser{User: storage.User{Email: fmt.Sprintf("b%03d@aviary.test", i)}})
		}
		_, err := h.db.ImportUsers(t.Context(), people, false, storage.Event{})
		h.must(err)
		var whole bytes.Buffer
		h.must(h.desk.ExportPeople(t.Context(), admin.ActorOf(two), storage.PeopleFilter{}, &whole))
		if lines := strings.Count(whole.String(), "\n"); lines != 453 {
			t.Errorf("the whole list has %d lines", lines)
		}
		cut := &firstWrite{do: func() {
			_, err := h.desk.SetRole(t.Context(), admin.ActorOf(root), two.ID, admin.RoleChange{Updated: h.updated(two.ID)})
			h.must(err)
		}}
		err = h.desk.ExportPeople(t.Context(), admin.ActorOf(two), storage.PeopleFilter{}, cut)
		if lines := strings.Count(cut.String(), "\n"); !errors.Is(err, admin.ErrForbidden) || lines > 201 {
			t.Errorf("it goes on to %d lines, %v", lines, err)
		}
	})
}

// The same for whoever came by an access token, a program or a person: revoked, or its application disabled, it opens nothing any more.
func TestAListEndsWithTheTokenThatItIsReadBy(t *testing.T) {
	h := open(t)
	root := h.person("root@aviary.test", "admin")
	var people []storage.ImportedUser
	for i := range 450 {
		people = append(people, storage.ImportedUser{User: storage.User{Email: fmt.Sprintf("b%03d@aviary.test", i)}})
	}
	_, err := h.db.ImportUsers(t.Context(), people, false, storage.Event{})
	h.must(err)
	for name, caller := range map[string]admin.Caller{
		"program": {Client: "reader", Scopes: []string{"doorward:read"}},
		"person":  {Client: "reader", User: root.ID, Role: "admin", Scopes: []string{"doorward:read"}},
	} {
		h.tokens(tokens{name: caller})
		if lines := bytes.Count(h.calls(name, "GET", "/people-export", "").is(200).body, []byte("\n")); lines != 452 {
			t.Errorf("the whole list has %d lines", lines)
		}
		for how, then := range map[string]tokens{"is no token any more": {}, "lost the scope": {name: {Client: "reader", User: caller.User, Role: caller.Role}}} {
			h.tokens(tokens{name: caller})
			w := &cutAnswer{ResponseRecorder: httptest.NewRecorder(), firstWrite: firstWrite{do: func() { h.tokens(then) }}}
			r := httptest.NewRequest("GET", issuer+"/admin/api/v1/people-export", nil)
			r.Header.Set("Authorization", "Bearer "+name)
			broken := func() (broken any) {
				defer func() { broken = recover() }()
				h.router.ServeHTTP(w, r)
				return nil
			}()
			if lines := strings.Count(w.String(), "\n"); broken == nil || lines > 201 {
				t.Errorf("a %s that %s reads on to %d lines", name, how, lines)
			}
		}
	}
}

// So does what was begun in a browser whose session has ended, whatever ended it (a thief may have begun it), with the role and all else as it
// was.
func TestAListEndsWithTheSessionThatItWasBegunIn(t *testing.T) { // AD-13
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		var people []storage.ImportedUser
		for i := range 450 {
			people = append(people, storage.ImportedUser{User: storage.User{Email: fmt.Sprintf("b%03d@aviary.test", i)}})
		}
		_, err := h.db.ImportUsers(t.Context(), people, false, storage.Event{}) // the log has as many lines
		h.must(err)
		for how, end := range map[string]func(session string) error{
			"no end":                  func(string) error { return nil },
			"another session's end":   func(string) error { return h.db.EndSession(t.Context(), h.signedIn(root.ID, nil).ID, storage.Event{}) },
			"the end of this session": func(id string) error { return h.db.EndSession(t.Context(), id, storage.Event{}) },
			"the end of all sessions": func(string) error {
				_, _, err := h.db.EndEverywhere(t.Context(), root.ID, "", storage.Event{})
				return err
			},
		} {
			whole := how == "no end" || how == "another session's end"
			for path, lines := range map[string]int{"/admin/people/export": 452, "/admin/log/export?format=csv&kind=user.": 452} {
				id := h.session(root.ID).ID
				w := &cutAnswer{ResponseRecorder: httptest.NewRecorder(), firstWrite: firstWrite{do: func() { h.must(end(id)) }}}
				broken := h.reads(w, root.ID, path)
				if got := strings.Count(w.String(), "\n"); broken == whole || whole && got < lines || !whole && got > 201 {
					t.Errorf("after %s, %s has %d lines, broken off: %v", how, path, got, broken)
				}
			}
		}
	})
}

// reads has a browser take a file, which has been in the console, and says whether it broke off.
func (h *house) reads(w http.ResponseWriter, userID, path string) bool {
	h.t.Helper()
	r := httptest.NewRequest("GET", issuer+path, nil)
	r.Header.Set("X-Test-Person", userID)
	for _, c := range h.as(userID).Go("/admin/enter").Cookies(issuer) {
		r.AddCookie(c)
	}
	broken := true
	func() {
		defer func() { _ = recover() }()
		h.router.ServeHTTP(w, r)
		broken = false
	}()
	return broken
}

// cutAnswer is an answer during whose first part something is done.
type cutAnswer struct {
	*httptest.ResponseRecorder
	firstWrite
}

func (c *cutAnswer) Write(b []byte) (int, error) { return c.firstWrite.Write(b) }

// firstWrite does something when the first part of a list has come.
type firstWrite struct {
	bytes.Buffer
	do func()
}

func (f *firstWrite) Write(b []byte) (int, error) {
	if f.do != nil {
		f.do()
		f.do = nil
	}
	return f.Buffer.Write(b)
}

func TestAListIsCheckedFirstAndThenReadIn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		h.person("anna@aviary.test", "")
		list := "email,name,groups,customer_number,password_hash\r\n" +
			"Ida@aviary.test,Ida Holm,flock;sales,1000-021," + foreignHash + "\r\n" +
			"anna@aviary.test,Anna,,,\r\n" +
			"no address,Nobody,,,\r\n" +
			"ben@aviary.test,Ben,,,md5:1234\r\n" +
			"ida@aviary.test,Again,,,\r\n"
		b := h.as(root.ID).Go("/admin/people").Follow("Import a list").Status(200).Check().Sees("bcrypt")
		b.Fill("list", "name,role_of_mine\r\nx,admin\r\n").Press("Check the list").Status(422).Check().Sees(`has a column "role_of_mine"`)
		b.Fill("list", list).Press("Check the list").Status(200).Check().
			Sees("Would be added: 1. Exist already: 2. Have a fault: 2. Nothing was changed.").Sees("password_hash").Sees("Import now: 1")
		if n := len(h.people()); n != 2 {
			t.Errorf("after the check there are %d people", n)
		}
		b.Press("Import now: 1").Status(200).Check().Sees("Added: 1. Existed already: 2. Had a fault: 2.")
		u, hash, err := h.db.Login(t.Context(), "1000021")
		if err != nil || u.Name() != "Ida Holm" || u.State != "active" || strings.Join(u.Groups, " ") != "flock sales" || u.Role != "" {
			t.Errorf("she is %+v, %v", u, err)
		}
		if hash == "" || strings.Contains(hash, foreignHash) {
			t.Errorf("the hash is stored as %q", hash)
		}
		if strings.Contains(b.Body(), foreignHash) {
			t.Error("the page shows the hash again after the import")
		}
	})
}

// AD-04: a list gives nobody a role, a state or an id.
func TestAListThatWasExportedGivesNobodyARole(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		report, err := h.desk.ImportPeople(t.Context(), admin.Operator(),
			strings.NewReader("email,role,state,authenticator_app\nx@aviary.test,admin,active,true\n"), false)
		if err != nil || report.Added != 1 {
			t.Fatalf("%+v, %v", report, err)
		}
		u, _, err := h.db.Login(t.Context(), "x@aviary.test")
		if err != nil || u.Role != "" || u.State != "invited" || u.TOTP {
			t.Errorf("it is %+v, %v", u, err)
		}
	})
}

func TestAListThatIsNoneIsRefusedWhole(t *testing.T) {
	t.Parallel()
	h := open(t)
	for name, list := range map[string]string{
		"nothing":           "",
		"no address":        "name\nAnna\n",
		"a column twice":    "email,email\na@aviary.test,b@aviary.test\n",
		"a cell too many":   "email\na@aviary.test,b\n",
		"an open quote":     "email\n\"a@aviary.test\n",
		"more than 8 MiB":   "email\n" + strings.Repeat("a@aviary.test\n", admin.MaxImport/14+2),
		"a quote in a cell": "email,name\na@aviary.test,A\"nna\n",
	} {
		var invalid *storage.Invalid
		if report, err := h.desk.ImportPeople(t.Context(), admin.Operator(), strings.NewReader(list), false); !errors.As(err, &invalid) || len(report.Rows) > 0 {
			t.Errorf("%s: %d rows, %v", name, len(report.Rows), err)
		}
	}
	if n := len(h.people()); n != 0 {
		t.Errorf("there are %d people", n)
	}
}

// people are all.
func (h *house) people() []storage.User {
	h.t.Helper()
	all, err := h.db.Users(h.t.Context(), "", 1000)
	h.must(err)
	return all
}
