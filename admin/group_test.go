package admin_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

func TestAGroupIsAddedFilledChangedAndRemoved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		b := h.as(root.ID).Go("/admin/groups").Status(200).Check().Sees("There is no group yet.").Follow("Add a group").Check()
		b.Fill("name", "a,b").Press("submit").Status(422).Check().Sees("no comma")
		b.Fill("name", "r&d / ops?").Fill("title", "Research").Fill("totp", "1").Press("submit").Status(200).Check().Sees("The group was added.").
			Sees("r&d / ops?").Sees("App required").Sees("Nobody is in this group yet.")
		b.Follow("Add people").Check().Fill("members", "anna@aviary.test\r\nnobody@aviary.test").Press("submit").Status(422).Check().
			Sees("nobody is called nobody@aviary.test")
		if u, err := h.db.User(t.Context(), anna.ID); err != nil || len(u.Groups) != 0 {
			t.Errorf("half of them joined: %v, %v", u.Groups, err)
		}
		b.Fill("members", "anna@aviary.test, root@aviary.test").Fill("reason", "new team").Press("submit").Status(200).Check().
			Sees("The people are in the group now.").Sees("Person a").Sees("Person r")
		h.logged(anna.ID, storage.GroupJoined, root.ID, map[string]string{"group": "r&d / ops?", "reason": "new team"})
		b.Go("/admin/groups").Check().Sees("Research").Follow("Research").Follow("Change").Check().Fill("title", "Research and more").Press("submit").
			Status(200).Sees("The group is changed.").Sees("Research and more")
		b.Follow("Take out of the group").Check().Press("submit").Sees("The person is not in the group any more.").SeesNot("Person a")
		b.Follow("Remove the group").Check().Sees("Members who lose it: 1").Press("submit").Status(200).Check().Sees("The group was removed.").Sees("There is no group yet.")
		if u, err := h.db.User(t.Context(), root.ID); err != nil || len(u.Groups) != 0 {
			t.Errorf("root is in %v, %v", u.Groups, err)
		}
		b.Go("/admin/groups/gone").Status(404)
	})
}

// RG-06
func TestOfTwoWhoChangeAGroupTheSecondLearnsOfTheFirst(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		_, err := h.desk.AddGroup(t.Context(), admin.Operator(), admin.NewGroup{Name: "flock"})
		h.must(err)
		one, two := h.as(root.ID).Go("/admin/groups/flock/change"), h.as(root.ID).Go("/admin/groups/flock/change")
		one.Fill("title", "One").Press("submit").Sees("The group is changed.")
		two.Fill("title", "Two").Press("submit").Status(409).Check().Sees("Somebody else has changed this meanwhile.")
		two.Press("submit").Sees("The group is changed.").Sees("Two")
	})
}

// A helpdesk puts nobody who has a role into a group, makes none and changes none: what groups open is not theirs to decide.
func TestAHelpdeskChangesMembersOnly(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, help := h.person("root@aviary.test", "admin"), h.person("help@aviary.test", "helpdesk")
		h.person("anna@aviary.test", "")
		_, err := h.desk.AddGroup(t.Context(), admin.ActorOf(root), admin.NewGroup{Name: "flock", Helpdesk: true})
		h.must(err)
		b := h.as(help.ID).Go("/admin/groups/flock").Status(200).Check().SeesNot("Remove the group")
		b.Clone().Post(issuer+"/admin/groups/flock/remove", url.Values{"reason": {""}}).Status(403)
		b.Clone().Follow("Add people").Fill("members", "root@aviary.test").Press("submit").Status(403)
		b.Follow("Add people").Fill("members", "help@aviary.test").Press("submit").Status(403)
		_, err = h.desk.AddMembers(t.Context(), admin.ActorOf(help), "flock", admin.MembersChange{Members: []string{"anna@aviary.test", "help@aviary.test"}})
		if !errors.Is(err, admin.ErrForbidden) {
			t.Errorf("%v", err)
		}
		if all, err := h.db.People(t.Context(), storage.PeopleFilter{Group: "flock"}, "", 10); err != nil || len(all.People) != 0 {
			t.Errorf("%d are in it, %v", len(all.People), err)
		}
	})
}

// AD-03: a helpdesk that joins a group opens what the group opens, by an account of its own making too.
func TestAHelpdeskPutsNobodyIntoAGroupThatOpensOrDemands(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, help := h.person("root@aviary.test", "admin"), h.person("help@aviary.test", "helpdesk")
		in, out := h.person("in@aviary.test", ""), h.person("out@aviary.test", "")
		h.calls("write", "POST", "/groups", `{"name":"staff"}`).is(http.StatusCreated)
		h.calls("write", "POST", "/groups", `{"name":"careful","totp_required":true}`).is(http.StatusCreated)
		h.calls("write", "POST", "/groups", `{"name":"flock","helpdesk":true}`).is(http.StatusCreated)
		h.calls("write", "POST", "/apps", `{"tile":"grafana","client_name":"Grafana","address":"https://grafana.example.com","groups":["staff"]}`).is(http.StatusCreated)
		by, ctx := admin.ActorOf(help), t.Context()
		for _, group := range []string{"staff", "careful"} {
			_, err := h.desk.AddMembers(ctx, admin.ActorOf(root), group, admin.MembersChange{Members: []string{in.Email}})
			h.must(err)
			_, invite := h.desk.Invite(ctx, by, admin.NewPerson{Email: "second@aviary.test", Groups: []string{"flock", group}})
			_, joins := h.desk.AddMembers(ctx, by, group, admin.MembersChange{Members: []string{out.Email}})
			_, leaves := h.desk.RemoveMembers(ctx, by, group, admin.MembersChange{Members: []string{in.Email}})
			_, into := h.desk.ChangePerson(ctx, by, out.ID, admin.PersonChange{Groups: &[]string{group}, Updated: h.updated(out.ID)})
			_, outOf := h.desk.ChangePerson(ctx, by, in.ID, admin.PersonChange{Groups: &[]string{}, Updated: h.updated(in.ID)})
			for what, err := range map[string]error{"invites into": invite, "puts into": joins, "takes out of": leaves, "changes into": into, "changes out of": outOf} {
				if !errors.Is(err, admin.ErrGroupKept) {
					t.Errorf("a helpdesk %s %s: %v, want ErrGroupKept", what, group, err)
				}
			}
			b := h.as(help.ID).Go("/admin/groups/" + group).Check().Sees("Only an administrator decides who is in this group").SeesNot("Add people").SeesNot("Take out of the group")
			b.Clone().Go("/admin/groups/" + group + "/members").Status(403).Sees("Only an administrator decides who is in this group")
			b.Go("/admin/groups/" + group + "/members/" + in.ID).Status(403)
		}
		if _, _, err := h.db.Login(ctx, "second@aviary.test"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("somebody was added all the same: %v", err)
		}
		name := "Inge"
		_, err := h.desk.ChangePerson(ctx, by, in.ID, admin.PersonChange{Name: &name, Updated: h.updated(in.ID)})
		h.must(err)
		_, err = h.desk.AddMembers(ctx, by, "flock", admin.MembersChange{Members: []string{out.Email}})
		h.must(err)
	})
}

func TestAListOfGroupsAndOfMembersIsPaged(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		var people []storage.ImportedUser
		var all []string
		for i := range 60 {
			all = append(all, fmt.Sprintf("g%02d", i))
			people = append(people, storage.ImportedUser{User: storage.User{Email: fmt.Sprintf("b%02d@aviary.test", i), Groups: []string{"flock"}}})
		}
		people[0].User.Groups = append(all, "flock")
		_, err := h.db.ImportUsers(t.Context(), people, false, storage.Event{})
		h.must(err)
		b := h.as(root.ID).Go("/admin/groups").Check().Sees("flock").Sees("g48").SeesNot("g49").Follow("More").Check().Sees("g49").Sees("g59")
		b.Follow("All groups").Follow("flock").Check().Sees("b49@aviary.test").SeesNot("b50@").Follow("More").Check().Sees("b59@")
		if strings.Contains(b.Body(), "b00@") {
			t.Error("the second page begins at the first")
		}
	})
}

// A group lets people in by its name: one that was removed and made again must not.
func TestAGroupThatOpensAnApplicationIsNotRemoved(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.calls("write", "POST", "/groups", `{"name":"staff"}`).is(http.StatusCreated)
		made := as[admin.MadeApp](h.calls("write", "POST", "/apps", `{"tile":"grafana","client_name":"Grafana","address":"https://grafana.example.com","groups":["staff"]}`).is(http.StatusCreated))
		h.calls("write", "DELETE", "/groups/staff", "").is(http.StatusConflict)
		h.as(h.person("root@aviary.test", "admin").ID).Go("/admin/groups/staff/remove").Press("submit").Status(http.StatusConflict).Sees("Take it out there first")
		h.calls("write", "DELETE", "/apps/"+made.App.ID, "").is(http.StatusOK)
		h.calls("write", "DELETE", "/groups/staff", "").is(http.StatusOK)
	})
}
