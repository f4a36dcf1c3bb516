package admin_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

const week = 7 * 24 * time.Hour

func TestTheListOfPeopleIsNarrowedAndPaged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		for i := range 60 {
			h.must(h.db.AddUser(t.Context(), storage.User{ID: storage.NewID(), Email: fmt.Sprintf("bird%02d@aviary.test", i), State: "active",
				Claims: map[string]any{"name": fmt.Sprintf("Bird %02d", i)}, Groups: []string{"flock"}}, "", storage.Event{}))
		}
		h.must(h.db.AddUser(t.Context(), storage.User{ID: storage.NewID(), Email: "new@aviary.test", State: "invited", CustomerNumber: "1000007"}, "", storage.Event{}))
		b := h.as(root.ID).Go("/admin/people").Status(200).Check().Sees("Bird 00").Sees("Bird 49").SeesNot("Bird 50")
		b.Follow("More").Status(200).Check().Sees("Bird 50").Sees("root@aviary.test").SeesNot("Bird 49")
		b.Follow("All people").Sees("Bird 00")
		b.Fill("q", "BIRD 07").Press("Show").Check().Sees("Bird 07").SeesNot("Bird 08")
		b.Fill("q", "1000007").Press("Show").Sees("new@aviary.test").SeesNot("Bird")
		b.Fill("q", "").Fill("state", "invited").Press("Show").Sees("new@aviary.test").SeesNot("Bird")
		b.Fill("state", "").Fill("role", "any").Press("Show").Sees("root@aviary.test").SeesNot("Bird")
		b.Fill("role", "").Fill("group", "flock").Fill("lacks", "totp").Press("Show").Sees("Bird 00").SeesNot("root@")
		b.Fill("group", "nests").Press("Show").Check().Sees("Nobody fits this.")
	})
}

func TestAPageOfPeopleHasOneToTwoHundredRows(t *testing.T) { // BF-14
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		h.person("anna@aviary.test", "")
		for asked, want := range map[int]int{0: 1, -1: 1, 1_000_000_000: 2} {
			page, err := h.desk.People(t.Context(), storage.PeopleFilter{}, admin.Part{Limit: asked})
			h.must(err)
			if len(page.People) != want {
				t.Errorf("asked for %d, one gets %d", asked, len(page.People))
			}
			if _, err := h.desk.Groups(t.Context(), admin.Part{Limit: asked}); err != nil {
				t.Errorf("groups: asked for %d: %v", asked, err)
			}
		}
		h.as(root.ID).Go("/admin/people?q=" + url.QueryEscape(strings.Repeat("%", 1000))).Status(200).Check().Sees("Nobody fits this.")
		h.as(root.ID).Go("/admin/people?state=flying").Status(422).Check()
	})
}

func TestThePageOfAPersonShowsWhatIsTheirsAndNoSecret(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.full("anna@aviary.test")
		b := h.as(root.ID).Go("/admin/people/" + anna.ID).Status(200).Check()
		for _, text := range []string{"Anna Berg", "anna@aviary.test", "1000009", "flock", "Firefox on Linux", "192.0.2.7", "Wiki", "Authenticator app: Phone", "8 left", "Person added"} {
			b.Sees(text)
		}
		for _, secret := range []string{"hash-of-a-password", "sealed-secret"} {
			if strings.Contains(b.Body(), secret) {
				t.Errorf("the page shows %q", secret)
			}
		}
		h.as(root.ID).Go("/admin/people/nobody").Status(404).Sees("This is not here any more")
	})
}
