package admin_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
)

// CS-09: a form comes as a form. What a page elsewhere can send without asking, or a program by mistake, is not read.
func TestFormsOfTheConsoleComeAsForms(t *testing.T) {
	t.Parallel()
	h := open(t)
	root := h.person("root@aviary.test", "admin")
	b := h.as(root.ID).Go("/admin")
	cookie := b.Cookies(issuer)
	for _, route := range admin.Routes() {
		if !route.Post {
			continue
		}
		for _, kind := range []string{"text/plain", "application/json", "multipart/form-data; boundary=x", ""} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, issuer+parameter.ReplaceAllString(route.Path, root.ID), strings.NewReader(`{"reason":"x"}`))
			r.Header.Set("Origin", issuer)
			r.Header.Set("X-Test-Person", root.ID)
			for _, c := range cookie {
				r.AddCookie(c)
			}
			if r.Header.Del("Content-Type"); kind != "" {
				r.Header.Set("Content-Type", kind)
			}
			w := httptest.NewRecorder()
			if h.router.ServeHTTP(w, r); w.Code != http.StatusUnsupportedMediaType {
				t.Errorf("POST %s as %q: %d", route.Path, kind, w.Code)
			}
		}
	}
}

// hostile are values that some program on the way could stumble over, and whether a form with them is one at all.
var hostile = map[string]struct {
	value  string
	broken bool
}{
	"a NUL":                    {"a\x00b", true},
	"invalid UTF-8":            {"a\xffb", true},
	"half a character":         {"\xf0\x9f\x90", true},
	"a megabyte":               {strings.Repeat("x", 1<<20), true},
	"an emoji of four bytes":   {"🐦", false},
	"marks that turn the text": {"anna\u202egpj.exe", false},
	"a line break":             {"a\r\nBcc: x@aviary.test", false},
	"markup":                   {`"><img src=x onerror=alert(1)>`, false},
	"sixty kilobytes":          {strings.Repeat("y", 20_000), false},
	"percent signs":            {strings.Repeat("%", 1000), false},
}

// XS-06: whatever is typed into whichever field of the console's people breaks nothing, on both databases alike.
func TestWhateverIsTypedIntoAFieldOfAPersonBreaksNothing(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		_, err := h.desk.AddGroup(t.Context(), admin.Operator(), admin.NewGroup{Name: "flock"})
		h.must(err)
		b := h.as(root.ID).Go("/admin")
		version := func() string { return b.Clone().Go("/admin/people/" + anna.ID + "/change").Value("updated") }
		forms := map[string][]string{
			"/admin/people/invite":                        {"email", "name", "customer_number", "google_email", "language", "groups"},
			"/admin/people/" + anna.ID + "/change":        {"email", "name", "customer_number", "google_email", "language", "groups", "updated", "reason"},
			"/admin/people/" + anna.ID + "/role":          {"role", "updated", "reason"},
			"/admin/people/" + anna.ID + "/sign-out":      {"reason"},
			"/admin/people/" + anna.ID + "/remove":        {"reason", "typed"},
			"/admin/people/import":                        {"list"},
			"/admin/new-group":                            {"name", "title"},
			"/admin/groups/flock/members":                 {"members", "reason"},
			"/admin/groups/flock/members/" + anna.ID:      {"reason"},
			"/admin/groups/flock/change":                  {"title", "updated", "reason"},
			"/admin/people/" + anna.ID + "/sessions/none": {"reason"},
		}
		for path, fields := range forms {
			for _, field := range fields {
				present := version()
				for name, bad := range hostile {
					if len(bad.value) > 10_000 && field != fields[0] { // how much comes is judged before any field
						continue
					}
					form := url.Values{}
					for _, other := range fields {
						form.Set(other, "")
					}
					if form.Has("updated") {
						form.Set("updated", present)
					}
					form.Set(field, bad.value)
					code := b.Clone().Post(issuer+path, form).StatusCode()
					if code >= 500 || bad.broken && code != 400 && code != 413 {
						t.Errorf("%s in %s of %s: %d", name, field, path, code)
					}
				}
			}
		}
		for name, bad := range hostile {
			for _, field := range []string{"q", "group", "state", "role", "lacks", "after"} {
				value := bad.value
				if len(value) > 4000 {
					value = value[:4000]
				}
				code := b.Clone().Go("/admin/people?" + field + "=" + url.QueryEscape(value)).StatusCode()
				if code >= 500 || bad.broken && name != "a megabyte" && code != 400 {
					t.Errorf("%s in the query's %s: %d", name, field, code)
				}
			}
			for _, path := range []string{"/admin/people/", "/admin/groups/"} {
				if len(bad.value) < 2000 {
					if code := b.Clone().Go(path + url.PathEscape(bad.value)).StatusCode(); code >= 500 {
						t.Errorf("%s in the path %s: %d", name, path, code)
					}
				}
			}
		}
	})
}
