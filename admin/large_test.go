package admin_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
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

// longLog is a log of so many pages.
type longLog struct {
	admin.Store
	pages int
}

func (s longLog) Log(_ context.Context, _ storage.LogFilter, before string, limit int) (storage.LogPage, error) {
	n, _ := strconv.Atoi(before)
	page := storage.LogPage{Events: make([]storage.Event, limit)}
	for i := range page.Events {
		page.Events[i] = storage.Event{ID: fmt.Sprintf("%d-%d", n, i), Kind: storage.SessionStarted}
	}
	if n+1 < s.pages {
		page.Next = strconv.Itoa(n + 1)
	}
	return page, nil
}

func TestAnExportOfTheLogHasAllOfIt(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.desk.Store = longLog{h.desk.Store, 300}
	var out bytes.Buffer
	h.must(h.desk.ExportLog(t.Context(), admin.Operator(), storage.LogFilter{}, admin.NDJSON, &out))
	if lines := bytes.Count(out.Bytes(), []byte("\n")); lines != 60_000 {
		t.Errorf("%d events of 60,000", lines)
	}
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
