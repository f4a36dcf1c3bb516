package admin_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// AD-01: what a role may not open is not offered to it either, on any page that it can come to: every link leads on, and every form is one that
// it may send.
func TestNoPageOffersARoleWhatItMayNotDo(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, _, root := h.apps()
	h.grafana()
	anna := h.full("anna@aviary.test")
	_, err := h.desk.AddGroup(t.Context(), admin.Operator(), admin.NewGroup{Name: "staff"})
	h.must(err)
	_, err = h.desk.AddMembers(t.Context(), admin.Operator(), "staff", admin.MembersChange{Members: []string{anna.Email, root.Email}})
	h.must(err)
	_, err = h.desk.Invite(t.Context(), admin.Operator(), admin.NewPerson{Email: "ida@aviary.test"})
	h.must(err)
	h.must(h.db.SetUserState(t.Context(), h.person("dora@aviary.test", "").ID, "disabled", storage.Event{}))
	for role, least := range map[string]int{"admin": 60, "viewer": 30, "helpdesk": 20} {
		who := h.person(role+"@aviary.test", role)
		w := walk{house: h, role: role, id: who.ID, seen: map[string]bool{}}
		if w.from("/admin"); len(w.seen) < least {
			t.Errorf("a %s came to %d pages alone", role, len(w.seen))
		}
	}
}

// walk is the way of somebody with a role through the console, along all links.
type walk struct {
	*house
	role, id string
	seen     map[string]bool // paths
}

var (
	linkTo    = regexp.MustCompile(`<a [^>]*href="(/admin[^"#]*)"`)
	forms     = regexp.MustCompile(`(?s)(<form [^>]*method="post"[^>]*>)(.*?)</form>`)
	formLeads = regexp.MustCompile(` action="([^"]*)"`)
)

func (w *walk) from(start string) {
	b := w.as(w.id).Go("/admin/enter").StayOn("https://nowhere.test")
	for next := []string{start}; len(next) > 0; next = next[1:] {
		path, _, _ := strings.Cut(next[0], "?")
		if w.seen[path] || strings.HasSuffix(path, "/export") {
			continue
		}
		w.seen[path] = true
		if b.Go(next[0]); b.StatusCode() == http.StatusForbidden {
			w.t.Errorf("a %s is led to %s", w.role, next[0])
			continue
		}
		for _, found := range linkTo.FindAllStringSubmatch(b.Body(), -1) {
			next = append(next, html.UnescapeString(found[1]))
		}
		for _, form := range forms.FindAllStringSubmatch(b.Body(), -1) {
			if !strings.Contains(form[2], "<button") { // it only shows
				continue
			}
			to := path
			if action := formLeads.FindStringSubmatch(form[1]); action != nil {
				to = html.UnescapeString(action[1])
			}
			if strings.HasPrefix(to, "/admin") && !slices.Contains(strings.Fields(w.keepers(to)), w.role) {
				w.t.Errorf("%s offers a %s to send a form to %s", path, w.role, to)
			}
		}
	}
}

// keepers are the roles that may send a form to a path.
func (w *walk) keepers(path string) string {
	u, err := url.Parse(path)
	w.must(err)
	best, roles := -1, "nobody"
	for pattern, may := range expected {
		is, has := strings.Split(pattern, "/"), strings.Split(u.EscapedPath(), "/")
		fixed := 0
		fits := len(is) == len(has)
		for i := range is {
			if fits = fits && (is[i] == has[i] || strings.HasPrefix(is[i], "{")); fits && is[i] == has[i] {
				fixed++
			}
		}
		if fits && fixed > best {
			best, roles = fixed, may.keep
		}
	}
	return roles
}
