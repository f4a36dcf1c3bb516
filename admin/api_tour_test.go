package admin_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// tour does every call of the API once, with something to tell in each answer, and remembers which it did.
type tour struct {
	*house
	done map[string]bool
}

// does a call that must succeed; what is laid over what was read names it. That the answer is as it is described, calls sees to.
func (o *tour) does(method, path, body string) reply {
	o.t.Helper()
	headers := []string{}
	bare, _, _ := strings.Cut(path, "?")
	if method == http.MethodPatch || method == http.MethodPut {
		headers = append(headers, "If-Match", o.tag(strings.TrimSuffix(bare, "/role")))
	}
	if bare == "/people-import" {
		headers = append(headers, "Content-Type", "text/csv")
	}
	a := o.calls("write", method, path, body, headers...)
	if a.code >= 300 {
		o.t.Errorf("%s %s answers %d %s", method, path, a.code, a.body)
	}
	for _, c := range admin.Calls() {
		if c.Method == method && isPath(c.Path, bare) {
			o.done[method+" "+c.Path] = true
		}
	}
	return a
}

// each does some calls, a line for each: method, path, body.
func (o *tour) each(calls string) {
	o.t.Helper()
	for line := range strings.Lines(calls) {
		method, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		path, body, _ := strings.Cut(rest, " ")
		o.does(method, path, body)
	}
}

// Every call is done at least once by a test, so that what the document says of its answer was held against one.
func TestEveryCallIsDoneAndAnswersAsItIsDescribed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.desk.Registrar = &protocol{}
		o := &tour{house: h, done: map[string]bool{}}
		h.person("root@aviary.test", "admin")
		anna := h.full("anna@aviary.test")
		o.apps()
		o.groups()
		o.people(anna)
		o.rest(anna)
		for _, c := range admin.Calls() {
			if name := c.Method + " " + c.Path; !o.done[name] {
				t.Errorf("%s is done by no line of this test", name)
			}
		}
	})
}

func (o *tour) apps() {
	o.must(o.db.Record(o.t.Context(), storage.Event{Time: o.now().Add(-time.Minute), Kind: storage.ClientRefused, Client: "wiki", Result: "wrong_secret", Data: map[string]string{"count": "14"}}))
	made := as[admin.MadeApp](o.does("POST", "/apps", `{"tile":"grafana","client_name":"Grafana","address":"https://grafana.example.com"}`))
	at := "/apps/" + made.App.ID
	o.each(`GET /tiles
		GET /apps
		GET /apps/wiki/use
		GET /apps/wiki/problems
		POST /app-invitations {"uses":1,"days":7}
		GET ` + at + `
		PATCH ` + at + ` {"client_name":"Graphs"}
		POST ` + at + `/secrets {}
		DELETE ` + at + `/secrets/` + made.App.Secrets[0].ID + `
		POST ` + at + `/disable {}
		POST ` + at + `/enable {}
		DELETE ` + at)
}

func (o *tour) groups() {
	o.each(`POST /groups {"name":"crew"}
		GET /groups
		GET /groups/crew
		PATCH /groups/crew {"title":"The crew"}
		POST /groups/crew/members {"members":["anna@aviary.test"]}
		POST /groups/crew/members/removal {"members":["anna@aviary.test"]}
		DELETE /groups/crew`)
}

func (o *tour) people(anna storage.User) {
	at := "/people/" + anna.ID
	all := as[admin.PersonDetail](o.does("GET", at, ""))
	if len(all.Authenticators) == 0 || len(all.Google) == 0 || len(all.Sessions) == 0 || len(all.Trusts) == 0 || len(all.Apps) == 0 {
		o.t.Fatalf("%+v", all)
	}
	o.does("DELETE", at+"/trusts/"+all.Trusts[0].ID, "")
	ended := as[admin.Ended](o.does("POST", at+"/disable", `{"reason":"left"}`))
	o.givesUp("wiki", "it answers 400")
	o.each(`GET ` + at + `/receipts/` + ended.Receipt + `
		POST ` + at + `/receipts/` + ended.Receipt + `/retry {"reason":"it is back"}
		POST ` + at + `/enable {}`)
	o.does("DELETE", at+"/sessions/"+o.session(anna.ID).ID, "")
	o.session(anna.ID)
	o.each(`POST ` + at + `/sign-out {}
		POST ` + at + `/reset-2fa {}
		POST ` + at + `/unlink-google {}
		POST ` + at + `/reset-password {}
		PATCH ` + at + ` {"name":"Anna Holm"}
		PUT ` + at + `/role {"role":"viewer"}
		GET /people?role=any
		GET /people-export`)
	o.does("POST", "/people-import?dry_run=false", "email\nida@aviary.test\nnobody\n")
	at = "/people/" + as[admin.Welcome](o.does("POST", "/people", `{"email":"new@aviary.test"}`)).ID
	o.each(`POST ` + at + `/invitation {}
		POST ` + at + `/invitation-link {}
		DELETE ` + at + `/invitation
		DELETE ` + at + `?reason=mistaken`)
}

func (o *tour) rest(anna storage.User) {
	event := o.signIn(anna, storage.NewID())
	o.must(o.db.PutLetter(o.t.Context(), storage.OutboxLetter{ID: storage.NewID(), Sealed: "dwm_sealed", UserID: anna.ID, Created: o.now(), Expires: o.now().Add(time.Hour)}, 10))
	o.chain()
	o.each(`GET /log
		GET /log/` + event + `
		GET /log/` + event + `/sign-in
		POST /log-verification
		GET /overview
		GET /keys
		POST /keys/rotation {}
		GET /mail
		GET /mail/sender
		GET /mail/letters
		POST /mail/test {"to":"root@aviary.test"}
		GET /settings
		PATCH /settings {"settings":{"company":"Aviary"}}`)
}
