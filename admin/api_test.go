package admin_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
	"github.com/gorilla/mux"
)

// AD-01, AD-11, AD-17: every call against every token. A call whose right is not looked at fails.
func TestEveryCallWantsItsScopeAndTheRoleOfThePersonBehindTheToken(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		all := machines()
		all["none-of-ours"] = admin.Caller{Client: "app", Scopes: []string{"openid", "email"}}
		for _, role := range append([]string{""}, admin.Roles...) {
			all["as-"+role] = admin.Caller{Client: "tool", User: h.person("r"+role+"@aviary.test", role).ID, Role: role, Scopes: []string{"doorward:write"}}
		}
		h.tokens(all)
		for _, c := range admin.Calls() {
			for token, caller := range all {
				if token == "broken" {
					continue
				}
				allowed := slices.ContainsFunc(caller.Scopes, func(s string) bool { return s == "doorward:write" || s == "doorward:read" && c.Reads })
				if caller.User != "" {
					allowed = allowed && slices.Contains(strings.Fields(c.Roles), caller.Role)
				}
				got := h.calls(token, c.Method, parameter.ReplaceAllString(c.Path, "nobody"), "")
				if (got.code != http.StatusForbidden) != allowed || got.code >= 500 {
					t.Errorf("%s %s by %q: status %d", c.Method, c.Path, token, got.code)
				}
			}
			for _, token := range []string{"", "stranger", "READ"} {
				if got := h.calls(token, c.Method, parameter.ReplaceAllString(c.Path, "nobody"), "").is(http.StatusUnauthorized); got.header.Get("Www-Authenticate") == "" {
					t.Errorf("%s %s: no challenge", c.Method, c.Path)
				}
			}
		}
	})
}

// A browser's cookie is no token, and a token in the query is none either (RFC 6750 §2.3).
// LG-05: a person need not know what an application does in their name.
func TestWhatAnApplicationDoesInAPersonsNameIsLoggedWithTheApplication(t *testing.T) {
	h := open(t)
	root := h.person("root@aviary.test", "admin")
	all := machines()
	all["tool"] = admin.Caller{Client: "tool", User: root.ID, Role: "admin", Scopes: []string{"doorward:write"}}
	h.tokens(all)
	h.calls("tool", "POST", "/groups", `{"name":"crew","title":"Crew"}`).is(http.StatusCreated)
	h.calls("tool", "GET", "/people-export", "").is(200)
	page, err := h.db.Log(t.Context(), storage.LogFilter{}, "", 2)
	h.must(err)
	for _, e := range page.Events {
		if e.Actor != root.ID || e.Data["by_client"] != "tool" {
			t.Errorf("%s by %q: %v", e.Kind, e.Actor, e.Data)
		}
	}
	h.as(root.ID).Go("/admin/log/" + page.Events[0].ID).Check().Sees("Through the application").Sees("tool")
}

func TestACookieOpensNothingOfTheAPI(t *testing.T) {
	h := open(t)
	root := h.person("root@aviary.test", "admin")
	h.as(root.ID).Go("/admin").Go("/admin/api/v1/people").Status(http.StatusUnauthorized)
}

func TestApplicationsAreKeptByCalls(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		made := as[admin.MadeApp](h.calls("write", "POST", "/apps", `{"tile":"grafana","client_name":"Grafana","address":"https://grafana.example.com"}`).is(http.StatusCreated))
		if made.Secret == "" || made.App.ID == "" {
			t.Fatalf("%+v", made)
		}
		got := h.calls("read", "GET", "/apps/"+made.App.ID, "").is(http.StatusOK)
		if bytes.Contains(got.body, []byte(made.Secret)) { // AD-08
			t.Error("the secret is read back")
		}
		state := got.header.Get("Etag")
		changed := h.calls("write", "PATCH", "/apps/"+made.App.ID, `{"client_name":"Graphs"}`, "If-Match", state).is(http.StatusOK)
		if a := as[admin.MadeApp](changed).App; a.Name != "Graphs" || !slices.Equal(a.RedirectURIs, made.App.RedirectURIs) {
			t.Errorf("%+v", a)
		}
		h.calls("write", "PATCH", "/apps/"+made.App.ID, `{"client_name":"Mine"}`, "If-Match", state).is(http.StatusPreconditionFailed) // RG-06
		h.calls("write", "PATCH", "/apps/"+made.App.ID, `{"client_name":"Mine"}`).is(http.StatusPreconditionRequired)
		h.calls("write", "PATCH", "/apps/"+made.App.ID, `{"client_name":"Mine"}`, "If-Match", "*").is(http.StatusPreconditionFailed)
		fresh := changed.header.Get("Etag")
		for _, body := range []string{`{"groups":["nobody-made-it"]}`, `{"people":["4t2nsdb7mszvbja6hzelzg7gra"]}`} { // as for people
			h.calls("write", "PATCH", "/apps/"+made.App.ID, body, "If-Match", fresh).is(http.StatusUnprocessableEntity)
			h.calls("write", "POST", "/apps", `{"tile":"grafana","client_name":"Two","address":"https://two.example.com",`+body[1:]).is(http.StatusUnprocessableEntity)
		}
		bad := as[admin.Problem](h.calls("write", "PATCH", "/apps/"+made.App.ID, `{"redirect_uris":["http://grafana.example.com/cb"]}`, "If-Match", fresh).is(http.StatusUnprocessableEntity))
		if len(bad.Errors) != 1 || bad.Errors[0].Field != "redirect_uris" || bad.Reference == "" {
			t.Errorf("%+v", bad)
		}
		for _, body := range []string{`{"owner":"file"}`, `{"client_name":"a","client_name":"b"}`, `{"client_name":7}`, `[]`, `{`, `{}{}`} { // AD-04, RQ-06
			h.calls("write", "PATCH", "/apps/"+made.App.ID, body, "If-Match", fresh).is(http.StatusBadRequest)
		}
		h.calls("write", "DELETE", "/apps/"+made.App.ID+"?reason=gone", "").is(http.StatusOK)
		h.calls("read", "GET", "/apps/"+made.App.ID, "").is(http.StatusNotFound)
		page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.ClientRemoved}, "", 1)
		h.must(err)
		if e := page.Events[0]; e.Actor != "client:writer" || e.Data["reason"] != "gone" {
			t.Errorf("%+v", e)
		}
	})
}

func TestACallThatIsSentAgainIsAnsweredAsTheFirstTimeAndMakesNothingMore(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		body := `{"tile":"gitlab","client_name":"GitLab","address":"https://git.example.com"}`
		var mu sync.Mutex
		codes, bodies := map[int]int{}, map[string]int{}
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				got := h.calls("write", "POST", "/apps", body, "Idempotency-Key", "once")
				mu.Lock()
				defer mu.Unlock()
				codes[got.code]++
				if got.code == http.StatusCreated {
					bodies[string(bytes.TrimSpace(got.body))]++
				}
			})
		}
		group.Wait()
		if len(bodies) != 1 || codes[http.StatusCreated]+codes[http.StatusConflict] != 6 {
			t.Errorf("%v, %d different answers", codes, len(bodies))
		}
		again := h.calls("write", "POST", "/apps", body, "Idempotency-Key", "once").is(http.StatusCreated)
		if state := h.calls("read", "GET", "/apps/"+as[admin.MadeApp](again).App.ID, "").header.Get("Etag"); again.header.Get("Etag") != state || state == "" {
			t.Errorf("sent again, the state is %q, want %q", again.header.Get("Etag"), state)
		}
		if bodies[string(bytes.TrimSpace(again.body))] == 0 {
			t.Errorf("another answer: %s", again.body)
		}
		h.calls("write", "POST", "/apps", `{"tile":"gitlab","client_name":"Other","address":"https://git.example.com"}`, "Idempotency-Key", "once").is(http.StatusUnprocessableEntity)
		clients, err := h.db.Clients(t.Context())
		h.must(err)
		if len(clients) != 1 {
			t.Errorf("%d applications", len(clients))
		}
		h.calls("write", "POST", "/apps", `{"tile":"nothing"}`, "Idempotency-Key", "refused").is(http.StatusUnprocessableEntity)
		h.calls("write", "POST", "/apps", `{"tile":"web","client_name":"Web","address":"https://web.example.com/cb"}`, "Idempotency-Key", "refused").is(http.StatusCreated) // what made nothing spends no key
	})
}

func TestSettingsKeysMailAndTheLogAreKeptByCalls(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		got := h.calls("read", "GET", "/settings", "").is(http.StatusOK)
		set := h.calls("write", "PATCH", "/settings", `{"settings":{"company":"Aviary","mail.smtp.password":"open sesame"}}`, "If-Match", got.header.Get("Etag")).is(http.StatusOK)
		if bytes.Contains(set.body, []byte("open sesame")) { // AD-08
			t.Error("a secret is read back")
		}
		h.calls("write", "PATCH", "/settings", `{"settings":{"company":null}}`, "If-Match", got.header.Get("Etag")).is(http.StatusPreconditionFailed)
		h.calls("write", "PATCH", "/settings", `{"settings":{"company":null}}`, "If-Match", set.header.Get("Etag")).is(http.StatusOK)
		h.calls("write", "POST", "/keys/rotation", `{"reason":"drill"}`).is(http.StatusOK)
		h.calls("read", "GET", "/keys", "").is(http.StatusOK)
		h.calls("write", "POST", "/mail/test", `{"to":"nobody"}`).is(http.StatusUnprocessableEntity)
		h.calls("write", "POST", "/mail/test", `{"to":"root@aviary.test"}`).is(http.StatusOK)
		h.calls("read", "GET", "/mail/letters", "").is(http.StatusOK)
		page := as[admin.LogPage](h.calls("read", "GET", "/log?kind=keys.&limit=1", "").is(http.StatusOK))
		if len(page.Events) != 1 || page.Events[0].Actor != "client:writer" {
			t.Fatalf("%+v", page)
		}
		h.calls("read", "GET", "/log/"+page.Events[0].ID+"/sign-in", "").is(http.StatusOK)
		h.calls("read", "GET", "/log?from=yesterday", "").is(http.StatusBadRequest)
		h.chain()
		if v := as[admin.Verification](h.calls("write", "POST", "/log-verification", "").is(http.StatusOK)); v.Cut || v.Report.Faults != 0 || v.Report.Events == 0 {
			t.Errorf("%+v", v)
		}
		h.calls("read", "GET", "/overview", "").is(http.StatusOK)
	})
}

// LG-06: an error of ours tells a reference and nothing else.
func TestAnErrorOfOursTellsNothingOfTheInside(t *testing.T) {
	h := open(t)
	got := h.calls("broken", "GET", "/people", "").is(http.StatusInternalServerError)
	if p := as[admin.Problem](got); p.Detail != "" || p.Reference == "" || bytes.Contains(got.body, []byte("10.0.0.1")) {
		t.Errorf("%s", got.body)
	}
}

// CS-09
func TestTheAPITakesJSONAlone(t *testing.T) {
	h := open(t)
	for _, media := range []string{"text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json; charset=utf-16", ""} {
		h.calls("write", "POST", "/groups", `{"name":"staff"}`, "Content-Type", media).is(http.StatusUnsupportedMediaType)
	}
	h.calls("write", "POST", "/groups", `{"name":"staff"}`, "Content-Encoding", "gzip").is(http.StatusUnsupportedMediaType)
	h.calls("write", "POST", "/groups", `{"title":"`+strings.Repeat("a", 70_000)+`"}`).is(http.StatusRequestEntityTooLarge)
	h.calls("write", "PUT", "/groups", `{}`).is(http.StatusMethodNotAllowed)
	if groups, err := h.db.Groups(t.Context(), "", 10); err != nil || len(groups) > 0 {
		t.Errorf("%v, %v", groups, err)
	}
}

// A mistake is told by the name of its field, and never by a value.
func TestAFieldThatIsWrongIsNamed(t *testing.T) {
	h := open(t)
	for body, want := range map[string]string{
		`{"tile":"web","nmae":"secret"}`:   `the field "nmae" is not known`,
		`{"tile":"web","n\u202ee":1}`:      `the field "n\u202ee" is not known`,
		`{"tile":"web","client_name":[1]}`: `the field "client_name" has a value of another type`,
	} {
		if p := as[admin.Problem](h.calls("write", "POST", "/apps", body).is(http.StatusBadRequest)); p.Detail != want {
			t.Errorf("%s: %q", body, p.Detail)
		}
	}
	bad := as[admin.Problem](h.calls("write", "POST", "/people", `{"email":"nobody"}`).is(http.StatusUnprocessableEntity))
	if len(bad.Errors) != 1 || bad.Errors[0].Field != "email" {
		t.Errorf("%+v", bad.Errors)
	}
	for _, path := range []string{"/nothing", "/apps/x/y/z", "/"} {
		h.calls("read", "GET", path, "").is(http.StatusNotFound)
	}
}

// What a body is laid over is the caller's own copy: a change that was refused must not be read by anybody.
func TestAChangeThatIsRefusedIsNowhere(t *testing.T) {
	h := open(t)
	made := as[admin.MadeApp](h.calls("write", "POST", "/apps", `{"tile":"grafana","client_name":"Grafana","address":"https://grafana.example.com"}`).is(http.StatusCreated))
	path := "/apps/" + made.App.ID
	state := h.calls("read", "GET", path, "").is(http.StatusOK).header.Get("Etag")
	h.calls("write", "PATCH", path, `{"redirect_uris":["http://evil.example.com/cb"]}`, "If-Match", state).is(http.StatusUnprocessableEntity)
	h.calls("write", "PATCH", path, `{"redirect_uris":["https://evil.example.com/cb"],"nothing":1}`, "If-Match", state).is(http.StatusBadRequest)
	if got := as[admin.App](h.calls("read", "GET", path, "").is(http.StatusOK)); !slices.Equal(got.RedirectURIs, made.App.RedirectURIs) {
		t.Errorf("%v", got.RedirectURIs)
	}
	changed := as[admin.MadeApp](h.calls("write", "PATCH", path, `{"redirect_uris":["https://other.example.com/cb"]}`, "If-Match", state).is(http.StatusOK)).App
	if !slices.Equal(changed.RedirectURIs, []string{"https://other.example.com/cb"}) {
		t.Errorf("%v", changed.RedirectURIs)
	}
}

// Whoever hangs up is who sends it again: what was begun is done to its end, once.
func TestACallerWhoHangsUpMakesNothingTwice(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		body := `{"tile":"gitlab","client_name":"GitLab","address":"https://git.example.com"}`
		ctx, hangUp := context.WithCancel(t.Context())
		r := httptest.NewRequestWithContext(ctx, "POST", issuer+"/admin/api/v1/apps", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer write")
		r.Header.Set("Idempotency-Key", "once")
		h.desk.Store = &hanging{Store: h.desk.Store, hangUp: hangUp}
		h.router.ServeHTTP(httptest.NewRecorder(), r)
		h.calls("write", "POST", "/apps", body, "Idempotency-Key", "once").is(http.StatusCreated)
		if clients, err := h.db.Clients(t.Context()); err != nil || len(clients) != 1 {
			t.Errorf("%d applications, %v", len(clients), err)
		}
	})
}

// hanging is a store whose caller hangs up when an application has just been added.
type hanging struct {
	admin.Store
	hangUp func()
}

func (s *hanging) AddClient(ctx context.Context, c storage.Client, e storage.Event) error {
	err := s.Store.AddClient(ctx, c, e)
	s.hangUp()
	return err
}

// Nothing is served but what stands in the tables of rights, and these paths, which judge for themselves.
func TestNothingIsServedBesideTheTables(t *testing.T) {
	h := open(t)
	known := map[string]bool{"/admin/enter": true, "/setup": true, "/setup/company": true, "/setup/mail": true, "/admin/api/v1/openapi.json": true}
	for _, r := range admin.Routes() {
		known[r.Path] = true
	}
	for _, c := range admin.Calls() {
		known["/admin/api/v1"+c.Path] = true
	}
	router := mux.NewRouter()
	h.console.Register(router)
	h.must(router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if err == nil && !known[path] {
			t.Errorf("%s is served, and stands in no table", path)
		}
		return err
	}))
}
