package admin_test

import (
	"context"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// largeHouse looks at people no further than their first half for one page.
type largeHouse struct{ admin.Store }

const firstHalf = "m"

func (s largeHouse) People(ctx context.Context, f storage.PeopleFilter, after string, limit int) (storage.PeoplePage, error) {
	if after < firstHalf && f.Search != "" {
		return storage.PeoplePage{Next: firstHalf}, nil
	}
	return s.Store.People(ctx, f, after, limit)
}

// Whoever looks for somebody in a large house is not told that there is nobody where not all were looked at.
func TestAListGoesOnWhereNotAllWereLookedAt(t *testing.T) {
	t.Parallel()
	h := open(t)
	root := h.person("root@aviary.test", "admin")
	h.person("zoe@aviary.test", "")
	h.desk.Store = largeHouse{h.desk.Store}
	b := h.as(root.ID).Go("/admin/people?q=zoe").Sees("Nobody in this part of the list fits.").SeesNot("zoe@aviary.test").Check()
	b.Follow("More").Sees("zoe@aviary.test").Check()
	b.Go("/admin/search?q=zoe").SeesNot("Nothing was found").Check().Follow("More people").Sees("zoe@aviary.test")
	b.Go("/admin/search?q=nobody").SeesNot("Nothing was found")
	if list := b.Go("/admin/people/export?q=zoe").Status(200).Body(); !strings.Contains(list, "zoe@aviary.test") {
		t.Errorf("the list ends before her: %s", list)
	}
}
