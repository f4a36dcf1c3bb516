package admin

import (
	"errors"
	"net/url"
	"strconv"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// A new group has a path of its own, so that none can be called like it.
var groupRoutes = []route{
	{path: "/admin/groups", look: LookPeople, get: (*visit).groups, place: "groups", query: []string{"after", "done"}},
	{path: "/admin/new-group", look: KeepAll, keep: KeepAll, get: (*visit).newGroup, post: (*visit).addGroup, fresh: true, place: "groups",
		form: []string{"name", "title", "totp", "helpdesk"}},
	{path: "/admin/groups/{name}", look: LookPeople, get: (*visit).group, place: "groups", query: []string{"after", "done"}},
	{path: "/admin/groups/{name}/change", look: KeepAll, keep: KeepAll, get: (*visit).groupForm, post: (*visit).changeGroup, fresh: true, place: "groups",
		form: []string{"title", "totp", "helpdesk", "updated", "reason"}},
	{path: "/admin/groups/{name}/members", look: KeepPeople, keep: KeepPeople, get: (*visit).membersForm, post: (*visit).addMembers, fresh: true, place: "groups",
		form: []string{"members", "reason"}},
	{path: "/admin/groups/{name}/members/{id}", look: KeepPeople, keep: KeepPeople, get: (*visit).askLeave, post: (*visit).leave, fresh: true, place: "groups",
		form: []string{"reason"}},
	{path: "/admin/groups/{name}/remove", look: KeepAll, keep: KeepAll, get: (*visit).askRemoveGroup, post: (*visit).removeGroup, fresh: true, place: "groups",
		form: []string{"reason"}},
}

// groupsPage is the list of groups.
type groupsPage struct {
	Done    string
	Rows    []groupRow
	Next    string
	Started bool
	All     bool // the visitor may add one
}

type groupRow struct {
	Group
	Path, Count string
}

func (v *visit) groupRow(g Group) groupRow {
	count := strconv.Itoa(g.Members)
	if g.Members >= storage.MembersCounted {
		count = v.t("group.many", "n", count)
	}
	return groupRow{g, groupPath(g.Name), count}
}

func groupPath(name string, parts ...string) string {
	path := "/admin/groups/" + url.PathEscape(name)
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return path
}

func (v *visit) groups() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	list, err := v.Desk.Groups(v.r.Context(), Part{query.Get("after"), pageRows})
	if err != nil {
		return err
	}
	page := groupsPage{Done: v.done(), Started: query.Get("after") != "", All: v.by.May(KeepAll)}
	for _, g := range list.Groups {
		page.Rows = append(page.Rows, v.groupRow(g))
	}
	page.Next = more("/admin/groups", nil, list.Next)
	return v.show("groups", v.t("console.groups"), page)
}

// groupPage is a group and its members.
type groupPage struct {
	Done    string
	Group   groupRow
	Members []memberRow
	Next    string
	Keep    bool // the visitor may change who is in it
	All     bool // and the group itself
}

type memberRow struct {
	Person
	Path, Leave string // "" they may not be touched
}

func (v *visit) group() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	g, err := v.Desk.Group(v.r.Context(), v.id("name"))
	if err != nil {
		return err
	}
	list, err := v.Desk.People(v.r.Context(), storage.PeopleFilter{Group: g.Name}, Part{query.Get("after"), pageRows})
	if err != nil {
		return err
	}
	kept := v.Desk.mayMove(v.r.Context(), v.by, g.Name)
	if kept != nil && !errors.Is(kept, ErrGroupKept) {
		return kept
	}
	page := groupPage{Done: v.done(), Group: v.groupRow(g), Keep: v.by.May(KeepPeople) && kept == nil, All: v.by.May(KeepAll)}
	for _, p := range list.People {
		row := memberRow{Person: p, Path: v.pathOf(p.ID)}
		if page.Keep && v.mayTouch(p) {
			row.Leave = groupPath(g.Name, "members", p.ID)
		}
		page.Members = append(page.Members, row)
	}
	page.Next = more(groupPath(g.Name), nil, list.Next)
	return v.show("group", g.Title, page)
}

// groupForm is the form of a group, also before there is one.
type groupForm struct {
	New           bool
	Name, Title   string
	TOTP          bool
	Helpdesk      bool // may move people in and out
	Updated, Back string
	Reason        string
}

func (v *visit) newGroup() error {
	return v.show("group-form", v.t("group.new-title"), groupForm{New: true, Back: "/admin/groups"})
}

func (v *visit) addGroup() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	f := groupForm{New: true, Name: form.Get("name"), Title: form.Get("title"), TOTP: form.Has("totp"), Helpdesk: form.Has("helpdesk"), Back: "/admin/groups"}
	g, err := v.Desk.AddGroup(v.r.Context(), v.by, NewGroup{f.Name, f.Title, f.TOTP, f.Helpdesk})
	if errors.Is(err, storage.ErrConflict) {
		return v.show("group-form", v.t("group.new-title"), f, web.FieldError{Field: "name", Text: v.t("group.taken")})
	}
	if faults, err := v.groupFaults(err); err != nil || faults != nil {
		if err != nil {
			return err
		}
		return v.show("group-form", v.t("group.new-title"), f, faults...)
	}
	return v.to(groupPath(g.Name), "group-added")
}

func (v *visit) groupForm() error {
	g, err := v.Desk.Group(v.r.Context(), v.id("name"))
	if err != nil {
		return err
	}
	return v.show("group-form", v.t("group.change-title", "name", g.Title),
		groupForm{Name: g.Name, Title: g.Title, TOTP: g.TOTP, Helpdesk: g.Helpdesk, Updated: version(g.Updated), Back: groupPath(g.Name)})
}

func (v *visit) changeGroup() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	name := v.id("name")
	f := groupForm{Name: name, Title: form.Get("title"), TOTP: form.Has("totp"), Helpdesk: form.Has("helpdesk"), Updated: form.Get("updated"), Reason: form.Get("reason"), Back: groupPath(name)}
	_, err = v.Desk.ChangeGroup(v.r.Context(), v.by, name, GroupChange{Title: &f.Title, TOTP: &f.TOTP, Helpdesk: &f.Helpdesk, Reason: f.Reason, Updated: versionOf(f.Updated)})
	if errors.Is(err, storage.ErrConflict) {
		g, err := v.Desk.Group(v.r.Context(), name)
		if err != nil {
			return err
		}
		f.Updated = version(g.Updated)
		return v.late("group-form", v.t("group.change-title", "name", g.Title), v.t("person.late"), f)
	}
	if faults, err := v.groupFaults(err); err != nil || faults != nil {
		if err != nil {
			return err
		}
		return v.show("group-form", v.t("group.change-title", "name", name), f, faults...)
	}
	return v.to(groupPath(name), "group-changed")
}

func (v *visit) groupFaults(err error) ([]web.FieldError, error) {
	found := invalids(err)
	if len(found) == 0 {
		return nil, err
	}
	var list []web.FieldError
	for _, i := range found {
		text := v.t("group.fault-title")
		if i.Field == "name" {
			text = v.t("group.fault-name")
		}
		list = append(list, web.FieldError{Field: i.Field, Text: text})
	}
	return list, nil
}

// membersPage is the form of people who are to join.
type membersPage struct{ Members, Reason, Back string }

func (v *visit) membersForm() error {
	g, err := v.Desk.Group(v.r.Context(), v.id("name"))
	if err != nil {
		return err
	}
	if err := v.Desk.mayMove(v.r.Context(), v.by, g.Name); err != nil {
		return err
	}
	return v.show("group-members", v.t("group.members-title", "name", g.Title), membersPage{Back: groupPath(g.Name)})
}

func (v *visit) addMembers() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	g, err := v.Desk.Group(v.r.Context(), v.id("name"))
	if err != nil {
		return err
	}
	page := membersPage{form.Get("members"), form.Get("reason"), groupPath(g.Name)}
	_, err = v.Desk.AddMembers(v.r.Context(), v.by, g.Name, MembersChange{listOf(page.Members), page.Reason})
	if found := invalids(err); len(found) > 0 {
		return v.show("group-members", v.t("group.members-title", "name", g.Title), page,
			web.FieldError{Field: "members", Text: v.t("group.fault-members", "why", spoken(v.t).why(found[0].Why))})
	}
	if err != nil {
		return err
	}
	return v.to(groupPath(g.Name), "members-added")
}

func (v *visit) askLeave() error {
	p, err := v.touched()
	if err != nil {
		return err
	}
	g, err := v.Desk.Group(v.r.Context(), v.id("name"))
	if err != nil {
		return err
	}
	if err := v.Desk.mayMove(v.r.Context(), v.by, g.Name); err != nil {
		return err
	}
	return v.show("person-confirm", v.t("person.confirm-title", "act", v.t("group.leave-button"), "name", p.Called()),
		confirmPage{Words: v.t("group.leave-words", "name", g.Title), Button: v.t("group.leave-button"), Back: groupPath(g.Name)})
}

func (v *visit) leave() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p, err := v.touched()
	if err != nil {
		return err
	}
	name := v.id("name")
	if _, err := v.Desk.RemoveMembers(v.r.Context(), v.by, name, MembersChange{[]string{p.Email}, form.Get("reason")}); err != nil {
		return err
	}
	return v.to(groupPath(name), "member-removed")
}

func (v *visit) askRemoveGroup() error {
	g, err := v.Desk.Group(v.r.Context(), v.id("name"))
	if err != nil {
		return err
	}
	return v.show("person-confirm", v.t("group.remove-title", "name", g.Title), confirmPage{Danger: true,
		Words: v.t("group.remove-words", "n", v.groupRow(g).Count), Button: v.t("group.remove-button"), Back: groupPath(g.Name)})
}

func (v *visit) removeGroup() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	ctx, done := patiently(v.w, v.r, importFor) // each of its members is written
	defer done()
	if _, err := v.Desk.RemoveGroup(ctx, v.by, v.id("name"), form.Get("reason")); err != nil {
		return err
	}
	return v.to("/admin/groups", "group-removed")
}
