package admin_test

import (
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
)

// wanted is what docs/api.md says that each call wants: the scope, and the roles of the person whom a token acts for.
func wanted(t *testing.T) map[string]struct{ scope, roles string } {
	t.Helper()
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]struct{ scope, roles string }{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([A-Z]+ [^`]+)` \\|.*\\| (read|write); ([a-z, ]+) \\|$").FindAllStringSubmatch(string(text), -1) {
		all[row[1]] = struct{ scope, roles string }{row[2], row[3]}
	}
	return all
}

// AD-01, AD-17: the token of an application that acts for a person does what the scope and the person's role both allow, and the token of one
// that acts for itself what the scope allows. The table is the one that its readers are given; a call that does not stand there fails.
func TestEveryCallDoesForAPersonsTokenWhatScopeAndRoleBothAllow(t *testing.T) {
	t.Parallel()
	h := open(t)
	all, table := tokens{}, wanted(t)
	for _, scope := range []string{"read", "write"} {
		all[scope] = admin.Caller{Client: "tool", Scopes: []string{"openid", "doorward:" + scope}}
		for _, role := range append([]string{""}, admin.Roles...) {
			all[scope+" as "+role] = admin.Caller{Client: "tool", User: "somebody", Role: role, Scopes: []string{"openid", "doorward:" + scope}}
		}
	}
	h.tokens(all)
	for _, c := range admin.Calls() {
		want, told := table[c.Method+" "+c.Path]
		if !told {
			t.Errorf("docs/api.md does not say what %s %s wants", c.Method, c.Path)
			continue
		}
		delete(table, c.Method+" "+c.Path)
		for token, caller := range all {
			lacks := want.scope == "write" && strings.HasPrefix(token, "read")
			allowed := !lacks
			if caller.User != "" {
				allowed = allowed && caller.Role != "" && (want.roles == "any role" || slices.Contains(strings.Split(want.roles, ", "), caller.Role))
			}
			got := h.calls(token, c.Method, parameter.ReplaceAllString(c.Path, "nobody"), "")
			if (got.code != http.StatusForbidden) != allowed || got.code >= 500 {
				t.Errorf("%s %s by %q: status %d", c.Method, c.Path, token, got.code)
			}
			if challenge := got.header.Get("Www-Authenticate"); strings.Contains(challenge, `error="insufficient_scope", scope="doorward:`+want.scope+`"`) != lacks {
				t.Errorf("%s %s by %q is told %q", c.Method, c.Path, token, challenge)
			}
		}
	}
	for name := range table {
		t.Errorf("docs/api.md tells of %s, which is no call", name)
	}
}

// AD-01: a token is no session, whatever its scopes: no page of the console is opened by it, and nothing is changed by a form.
func TestNoTokenOpensAPageOfTheConsole(t *testing.T) {
	t.Parallel()
	h := open(t)
	root := h.person("root@aviary.test", "admin")
	h.callers["as-admin"] = admin.Caller{Client: "tool", User: root.ID, Role: "admin", Scopes: []string{"doorward:read", "doorward:write"}}
	for token := range maps.Keys(h.callers) {
		b := h.as("").Set("Authorization", "Bearer "+token).StayOn("https://nowhere.test")
		for _, route := range admin.Routes() {
			address := issuer + parameter.ReplaceAllString(route.Path, "nobody")
			if route.Get {
				if b.Go(address); !strings.HasPrefix(b.Location(), issuer+"/login") {
					t.Errorf("GET %s by the token %q: status %d", route.Path, token, b.StatusCode())
				}
			}
			if route.Post {
				if b.Post(address, url.Values{}); !strings.HasPrefix(b.Location(), issuer+"/login") {
					t.Errorf("POST %s by the token %q: status %d", route.Path, token, b.StatusCode())
				}
			}
		}
	}
}

// CS-09, AD-01: the session of a browser opens no call of the API, so that no page elsewhere can have one made by its visitor.
func TestNoSessionOpensACallOfTheAPI(t *testing.T) {
	t.Parallel()
	h := open(t)
	root := h.person("root@aviary.test", "admin")
	cookies := h.as(root.ID).Go("/admin").Status(http.StatusOK).Cookies(issuer)
	if len(cookies) == 0 {
		t.Fatal("the console has set no cookie")
	}
	headers := []string{"X-Test-Person", root.ID, "Origin", issuer, "Sec-Fetch-Site", "same-origin"}
	var jar []string
	for _, c := range cookies {
		jar = append(jar, c.Name+"="+c.Value)
	}
	headers = append(headers, "Cookie", strings.Join(jar, "; "))
	for _, c := range admin.Calls() {
		h.calls("", c.Method, parameter.ReplaceAllString(c.Path, "nobody"), "", headers...).is(http.StatusUnauthorized)
	}
}
