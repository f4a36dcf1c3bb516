package admin_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

func listOf(n int) string {
	var list strings.Builder
	list.WriteString("email,name\n")
	for i := range n {
		fmt.Fprintf(&list, "p%04d@aviary.test,Person\n", i)
	}
	return list.String()
}

// ending ends the request's time when the list has been read.
type ending struct {
	io.Reader
	end context.CancelFunc
}

func (e ending) Read(b []byte) (int, error) {
	n, err := e.Reader.Read(b)
	if err != nil {
		e.end()
	}
	return n, err
}

func TestAnImportGoesOnPastTheTimeOfARequest(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ctx, end := context.WithCancel(t.Context())
		r := httptest.NewRequest("POST", issuer+"/admin/api/v1/people-import?dry_run=false", ending{strings.NewReader(listOf(3)), end}).WithContext(ctx)
		r.Header.Set("Content-Type", "text/csv")
		r.Header.Set("Authorization", "Bearer write")
		w := httptest.NewRecorder()
		h.router.ServeHTTP(w, r)
		if w.Code != 200 || !strings.Contains(w.Body.String(), `"added":3`) {
			t.Errorf("%d: %s", w.Code, w.Body)
		}
	})
}

// A list that is half in is told with its report: whoever has waited must know which half.
func TestAnImportThatEndsEarlyTellsHowFarItCame(t *testing.T) {
	h := open(t)
	h.desk.Store = halfway{h.desk.Store}
	answer := h.calls("write", "POST", "/people-import?dry_run=false", listOf(4), "Content-Type", "text/csv").is(200)
	if got := string(answer.body); !strings.Contains(got, `"added":2`) || !strings.Contains(got, `"left":2`) || strings.Count(got, `"result":"left"`) != 2 {
		t.Errorf("%s", got)
	}
}

// A group that no form can name would lock its people's forms.
func TestAnImportMakesNoGroupThatTheConsoleRefuses(t *testing.T) {
	h := open(t)
	for i, groups := range []string{`"a,b"`, `"a;b,c"`, "..", `"a;."`} {
		answer := h.calls("write", "POST", "/people-import?dry_run=false", fmt.Sprintf("email,groups\np@aviary.test,%s\nq%d@aviary.test,a;b\n", groups, i), "Content-Type", "text/csv")
		if got := string(answer.is(200).body); !strings.Contains(got, `"invalid":1`) || !strings.Contains(got, `"field":"groups"`) {
			t.Errorf("%s: %s", groups, got)
		}
	}
}

func TestTheCheckOfALongListIsAShortPage(t *testing.T) {
	h := open(t)
	list := listOf(1200) + strings.Repeat("nobody,Person\n", 300)
	b := h.as(h.person("root@aviary.test", "admin").ID).Go("/admin/people/import")
	b.Post("/admin/people/import", url.Values{"list": {list}}).Status(200).Check().Sees("p0019@aviary.test").Sees("1380 further lines are not shown here")
	if size := len(b.Body()) - len(list); size > 32<<10 || strings.Count(b.Body(), "<tr>") != 121 {
		t.Errorf("%d bytes beside the list, %d rows", size, strings.Count(b.Body(), "<tr>"))
	}
	long := strings.Repeat("x", 200)
	list = "email,name\n" + strings.Repeat(long+",Person\n", 290) // no address: each with its fault
	b.Post("/admin/people/import", url.Values{"list": {list}}).Status(200).Check().Sees(long[:100]).Sees("190 further lines are not shown here")
	if size := len(b.Body()) - len(list); size > 40<<10 {
		t.Errorf("%d bytes beside a list of %d", size, len(list))
	}
	people, err := h.db.People(t.Context(), storage.PeopleFilter{}, "", 50)
	if err != nil || len(people.People) != 1 {
		t.Errorf("a check has added %v, %v", people, err)
	}
}

// halfway is a storage whose disk is full after half of a list.
type halfway struct{ admin.Store }

func (h halfway) ImportUsers(ctx context.Context, people []storage.ImportedUser, dry bool, e storage.Event) ([]storage.ImportResult, error) {
	done, err := h.Store.ImportUsers(ctx, people[:len(people)/2], dry, e)
	return done, errors.Join(err, errors.New("no space left on device"))
}

// A list's faults are told to who speaks German in German.
func TestTheFaultsOfAListAreToldInTheLanguageOfThePage(t *testing.T) {
	h := open(t)
	h.person("anna@aviary.test", "")
	b := h.as(h.person("root@aviary.test", "admin").ID).Go("/admin/people/import").Follow("Deutsch")
	list := "email,name,groups,password_hash\nanna@aviary.test,Anna,,\nb@aviary.test,B,\"a,b\",\nc@aviary.test,C,,plain\n"
	b.Post(b.URL(), url.Values{"list": {list}}).Status(200).Check().Sees("Schon vergeben: E-Mail-Adresse").Sees("Gruppen: Namen ohne Komma, durch Semikolon getrennt").
		Sees("Passwort-Hash: ein Hash, dessen Art hier nicht bekannt ist").SeesNot("password_hash:").SeesNot("wants").SeesNot("the hash")
	for list, why := range map[string]string{"email,shoe\n": "die Spalte „shoe“ ist nicht bekannt", "name\n": "die Spalte email fehlt", "email,name\na\n": "Zeile 2 hat eine andere Zahl von Zellen als die erste"} {
		b.Post(b.URL(), url.Values{"list": {list}}).Status(422).Check().Sees("Die Liste kann nicht gelesen werden: " + why + ".")
	}
}
