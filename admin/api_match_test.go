package admin_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/doorward/doorward/admin"
)

// RG-06: whoever says what they have read removes and ends nothing that is another by now.
func TestWhatIsDoneToAStateThatWasReadIsNotDoneToAnother(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p := h.person("anna@aviary.test", "")
		h.calls("write", "POST", "/groups", `{"name":"flock"}`).is(201)
		for _, path := range []string{"/people/" + p.ID, "/groups/flock"} {
			tag := h.calls("read", "GET", path, "").is(200).header.Get("Etag")
			h.calls("write", "DELETE", path, "", "If-Match", `"1"`).is(412)
			h.calls("write", "DELETE", path, "", "If-Match", "nonsense").is(412)
			if path != "/groups/flock" {
				h.calls("write", "POST", path+"/disable", "{}", "If-Match", `"1"`).is(412)
				h.calls("write", "POST", path+"/disable", "{}", "If-Match", tag).is(200)
				h.calls("write", "DELETE", path, "", "If-Match", tag).is(412) // it is disabled since
				tag = h.calls("read", "GET", path, "").is(200).header.Get("Etag")
			}
			h.calls("write", "DELETE", path, "", "If-Match", tag).is(200)
			h.calls("write", "DELETE", path, "", "If-Match", "*").is(404)
		}
	})
}

// What is made new has no state that could have been read: a name that is taken is taken, whatever was read (RFC 9110 §15.5.13).
func TestANameThatIsTakenIsAConflictWithIfMatchToo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.calls("write", "POST", "/groups", `{"name":"flock"}`).is(201)
		for _, match := range []string{`"1"`, "*", "nonsense"} {
			h.calls("write", "POST", "/groups", `{"name":"flock"}`, "If-Match", match).is(409)
			h.calls("write", "POST", "/groups", `{"name":"flock"}`, "If-Match", match, "Idempotency-Key", "once"+match).is(409)
		}
	})
}

// unread are the calls that change nothing of what can be read: they make something new, or ask the world.
var unread = map[string]bool{
	"POST /apps": true, "POST /app-invitations": true, "POST /people": true, "POST /people-import": true, "POST /groups": true,
	"POST /keys/rotation": true, "POST /mail/test": true, "POST /log-verification": true,
}

// changing is what a call is sent to change, where it is more than nothing.
var changing = map[string]string{
	"PATCH /apps/{id}":                    `{"client_name":"N"}`,
	"PATCH /people/{id}":                  `{"name":"N"}`,
	"PUT /people/{id}/role":               `{"role":"viewer"}`,
	"PATCH /groups/{name}":                `{"title":"N"}`,
	"PATCH /settings":                     `{"settings":{"company":"N"}}`,
	"POST /groups/{name}/members":         `{"members":["root@aviary.test"]}`,
	"POST /groups/{name}/members/removal": `{"members":["root@aviary.test"]}`,
}

// target is something that a call changes: where it is read, and by which call the test changes it.
type target struct{ path, change, body string }

func (h *house) target(n int, c admin.KnownCall) target {
	h.t.Helper()
	switch {
	case strings.HasPrefix(c.Path, "/apps/"):
		path := strings.TrimSuffix(ofAnApp(h, n), "/secrets")
		return target{path, "PATCH", `{"client_name":"Other"}`}
	case strings.HasPrefix(c.Path, "/groups/"):
		name := numbered("flock-N")(n)
		h.calls("write", "POST", "/groups", `{"name":"`+name+`"}`).is(http.StatusCreated)
		if strings.HasSuffix(c.Path, "/removal") {
			h.calls("write", "POST", "/groups/"+name+"/members", `{"members":["root@aviary.test"]}`).is(http.StatusOK)
		}
		return target{"/groups/" + name, "PATCH", `{"title":"Other"}`}
	case c.Path == "/settings":
		return target{"/settings", "PATCH", numbered(`{"settings":{"contact":"N@aviary.test"}}`)(n)}
	}
	return target{"/people/" + h.person(numbered("pN@aviary.test")(n), "").ID, "PATCH", `{"name":"Other"}`}
}

func (h *house) tag(path string) string {
	h.t.Helper()
	tag := h.calls("read", "GET", path, "").is(http.StatusOK).header.Get("Etag")
	if tag == "" {
		h.t.Fatalf("%s has no state", path)
	}
	return tag
}

// at is a call to this very target; what else its path names, nobody has.
func (to target) at(c admin.KnownCall) string {
	rest := ""
	if parts := strings.SplitN(c.Path, "/", 4); len(parts) == 4 {
		rest = "/" + parameter.ReplaceAllString(parts[3], "nobody")
	}
	return to.path + rest
}

func bodyOf(c admin.KnownCall) string {
	body := changing[c.Method+" "+c.Path]
	if body == "" && c.Method == http.MethodPost {
		body = "{}"
	}
	return body
}

// RG-06: each call that changes what can be read does nothing to another state than the one that its sender says to have read.
func TestEachCallThatChangesSomethingIsRefusedForAStateOfBefore(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.person("root@aviary.test", "admin")
		for n, c := range admin.Calls() {
			name := c.Method + " " + c.Path
			if c.Method == http.MethodGet || unread[name] {
				continue
			}
			to := h.target(n, c)
			before := h.tag(to.path)
			h.calls("write", to.change, to.path, to.body, "If-Match", before).is(http.StatusOK)
			now, last := h.tag(to.path), h.newest()
			if now == before {
				t.Fatalf("%s has the state of before", to.path)
			}
			for _, stale := range []string{before, `W/` + now, `"nonsense"`, now + ", " + before} {
				if got := h.calls("write", c.Method, to.at(c), bodyOf(c), "If-Match", stale); got.code != http.StatusPreconditionFailed {
					t.Errorf("%s for the state %s answers %d, and it is %s", name, stale, got.code, now)
				}
			}
			wanted := c.Method == http.MethodPatch || c.Method == http.MethodPut // what is laid over what was read
			if wants := h.calls("write", c.Method, to.at(c), bodyOf(c)).code == http.StatusPreconditionRequired; wants != wanted {
				t.Errorf("%s wants the state that was read: %v", name, wants)
			} else if !wants {
				continue // it is done, or there is nothing to do
			}
			if h.newest() != last {
				t.Errorf("%s has done something", name)
			}
			h.calls("write", c.Method, to.at(c), bodyOf(c), "If-Match", now).is(http.StatusOK)
		}
	})
}

// Of two who change what both have read, at the same moment, one does and the other is told.
func TestOfTwoWhoChangeWhatBothHaveReadOneIsRefused(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.person("root@aviary.test", "admin")
		for n, c := range admin.Calls() {
			if c.Method != http.MethodPatch && c.Method != http.MethodPut {
				continue
			}
			to := h.target(n, c)
			read := h.tag(to.path)
			codes := make([]int, 4)
			var all sync.WaitGroup
			for i := range codes {
				body := strings.ReplaceAll(bodyOf(c), `"N"`, `"`+strings.Repeat("n", i+1)+`"`)
				if i%2 == 0 {
					body = strings.ReplaceAll(body, "viewer", "helpdesk")
				}
				all.Go(func() { codes[i] = h.calls("write", c.Method, to.at(c), body, "If-Match", read).code })
			}
			all.Wait()
			done := 0
			for _, code := range codes {
				if code == http.StatusOK {
					done++
				} else if code != http.StatusPreconditionFailed {
					t.Errorf("%s %s: %v", c.Method, c.Path, codes)
				}
			}
			if done != 1 {
				t.Errorf("%s %s: %d have changed it: %v", c.Method, c.Path, done, codes)
			}
		}
	})
}
