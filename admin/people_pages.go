package admin

import (
	"context"
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

var peopleRoutes = slices.Concat([]route{
	{path: "/admin/people", look: LookPeople, get: (*visit).people, place: "people", query: append([]string{"after", "done"}, peopleFields...)},
	{path: "/admin/people/export", look: LookPeople, get: (*visit).exportPeople, place: "people", query: peopleFields},
	{path: "/admin/people/invite", look: KeepPeople, keep: KeepPeople, get: (*visit).inviteForm, post: (*visit).invite, fresh: true, place: "people",
		form: []string{"email", "name", "customer_number", "google_email", "language", "groups"}},
	{path: "/admin/people/import", look: KeepAll, keep: KeepAll, get: (*visit).importForm, post: (*visit).importPeople, fresh: true, place: "people",
		form: []string{"list", "import"}},
	{path: "/admin/people/{id}", look: LookPeople, get: (*visit).personPage, place: "people", query: []string{"done"}},
	{path: "/admin/people/{id}/change", look: KeepPeople, keep: KeepPeople, get: (*visit).changeForm, post: (*visit).changePerson, fresh: true, place: "people",
		form: []string{"email", "name", "customer_number", "google_email", "language", "groups", "had", "updated", "reason"}},
	{path: "/admin/people/{id}/role", look: KeepAll, keep: KeepAll, get: (*visit).roleForm, post: (*visit).setRole, fresh: true, place: "people",
		form: []string{"role", "updated", "reason"}},
	{path: "/admin/people/{id}/receipt", look: LookPeople, keep: KeepPeople, get: (*visit).receiptPage, post: (*visit).tellAgain, place: "people",
		query: []string{"of"}, form: []string{"reason"}},
}, actRoutes())

// peoplePage is the list of people.
type peoplePage struct {
	Done    string
	Rows    []personRow
	Next    string // address of the next page; "" none
	Export  string
	Filter  storage.PeopleFilter
	Keep    bool // the visitor may invite
	All     bool // and import
	Started bool // it is no first page: leads back to it
}

type personRow struct {
	Person
	Chip  chip
	First string // day of the first sign-in; "" never
}

// people shows the list, narrowed by what the query says.
func (v *visit) people() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	f := filterOf(query)
	list, err := v.Desk.People(v.r.Context(), f, Part{query.Get("after"), pageRows})
	if faults, err := v.faults(err, nil); err != nil || faults != nil {
		if err != nil {
			return err
		}
		return v.show("people", v.t("people.title"), v.peoplePage(storage.PeopleFilter{Search: f.Search}), faults...)
	}
	page := v.peoplePage(f)
	page.Started = query.Get("after") != ""
	states, err := v.Desk.CameHowFar(v.r.Context(), list.People)
	if err != nil {
		return err
	}
	for _, p := range list.People {
		row := personRow{Person: p, Chip: v.chip(states[p.ID])}
		if !p.SignedIn.IsZero() {
			row.First = v.Site.Texts.Day(v.lang, p.SignedIn)
		}
		page.Rows = append(page.Rows, row)
	}
	page.Next = more("/admin/people", narrowed(f), list.Next)
	return v.show("people", v.t("people.title"), page)
}

func (v *visit) peoplePage(f storage.PeopleFilter) peoplePage {
	return peoplePage{Done: v.done(), Filter: f, Export: "/admin/people/export?" + queryOf(f), Keep: v.by.May(KeepPeople), All: v.by.May(KeepAll)}
}

// peopleFields are the fields that narrow the list.
var peopleFields = []string{"q", "group", "state", "role", "lacks"}

func filterOf(query url.Values) storage.PeopleFilter {
	return storage.PeopleFilter{Search: strings.TrimSpace(query.Get("q")), Group: query.Get("group"), State: query.Get("state"),
		Role: query.Get("role"), Lacks: query.Get("lacks")}
}

// narrowed is a filter as a query says it.
func narrowed(f storage.PeopleFilter) map[string]string {
	return map[string]string{"q": f.Search, "group": f.Group, "state": f.State, "role": f.Role, "lacks": f.Lacks}
}

// queryOf writes a filter into a query, for links that go on with it.
func queryOf(f storage.PeopleFilter) string {
	query := url.Values{}
	for name, value := range narrowed(f) {
		if value != "" {
			query.Set(name, value)
		}
	}
	return query.Encode()
}

// exportPeople sends the list as a file.
func (v *visit) exportPeople() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	f := filterOf(query)
	if faults, err := v.faults(f.Check(), nil); err != nil || faults != nil {
		return v.to("/admin/people", "")
	}
	return download{"people.csv", "text/csv; charset=utf-8"}.send(v.w, v.r, func(ctx context.Context, w io.Writer) error {
		return v.Desk.ExportPeople(ctx, v.by, f, w)
	})
}
