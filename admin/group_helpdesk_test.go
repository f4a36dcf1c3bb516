package admin_test

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// groupsOf are the groups of somebody as sign-ins read them, and so as applications do.
func (h *house) groupsOf(id string) string {
	h.t.Helper()
	u, err := h.db.User(h.t.Context(), id)
	h.must(err)
	slices.Sort(u.Groups)
	return strings.Join(u.Groups, " ")
}

// AD-07: no application is open to the group and it demands nothing, but Grafana or Argo CD make an administrator of whoever has "admins" in the
// claim groups. A helpdesk with a token of its own gets neither a person of its own making nor anybody else into it, by any way.
func TestAHelpdeskPutsNobodyIntoAGroupThatApplicationsMayKnow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		help, root, anna := h.person("help@aviary.test", "helpdesk"), h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		all := machines()
		all["help"] = admin.Caller{Client: "tool", User: help.ID, Role: "helpdesk", Scopes: []string{"doorward:write"}}
		h.tokens(all)
		h.calls("write", "POST", "/groups", `{"name":"admins"}`).is(http.StatusCreated)
		h.calls("write", "POST", "/groups/admins/members", `{"members":["anna@aviary.test"]}`).is(http.StatusOK)

		puppet := as[admin.Welcome](h.calls("help", "POST", "/people", `{"email":"puppet@evil.test"}`).is(http.StatusCreated))
		h.calls("help", "POST", "/people/"+puppet.ID+"/invitation-link", `{}`).is(http.StatusOK)
		h.calls("help", "POST", "/groups/admins/members", `{"members":["puppet@evil.test"]}`).is(http.StatusForbidden)
		h.calls("help", "POST", "/groups/admins/members/removal", `{"members":["anna@aviary.test"]}`).is(http.StatusForbidden)
		h.calls("help", "POST", "/people", `{"email":"second@evil.test","groups":["admins"]}`).is(http.StatusForbidden)
		tag := h.calls("help", "GET", "/people/"+puppet.ID, "").is(http.StatusOK).header.Get("ETag")
		h.calls("help", "PATCH", "/people/"+puppet.ID, `{"groups":["admins"]}`, "If-Match", tag).is(http.StatusForbidden)
		h.calls("help", "POST", "/people-import?dry_run=false", "email,groups\nthird@evil.test,admins\n", "Content-Type", "text/csv").is(http.StatusForbidden)

		// A group that applications know already may not be there: it cannot be made, and none can be called so, marked or emptied of its name.
		h.calls("help", "POST", "/groups", `{"name":"owners","helpdesk":true}`).is(http.StatusForbidden)
		h.calls("help", "PATCH", "/people/"+puppet.ID, `{"groups":["owners"]}`, "If-Match", tag).is(http.StatusUnprocessableEntity)
		h.calls("help", "POST", "/groups/owners/members", `{"members":["puppet@evil.test"]}`).is(http.StatusNotFound)
		mark := h.calls("help", "GET", "/groups/admins", "").is(http.StatusOK).header.Get("ETag")
		h.calls("help", "PATCH", "/groups/admins", `{"helpdesk":true}`, "If-Match", mark).is(http.StatusForbidden)
		h.calls("help", "DELETE", "/groups/admins", "").is(http.StatusForbidden)

		b := h.as(help.ID).Go("/admin/groups/admins").Check().Sees("Only an administrator decides who is in this group").SeesNot("Add people").SeesNot("Take out of the group")
		b.Clone().Post(issuer+"/admin/groups/admins/members", url.Values{"members": {"puppet@evil.test"}}).Status(http.StatusForbidden).Check().Sees("An administrator can leave a group to the helpdesk")
		b.Clone().Post(issuer+"/admin/groups/admins/members/"+anna.ID, url.Values{"reason": {""}}).Status(http.StatusForbidden)
		b.Clone().Post(issuer+"/admin/groups/admins/change", url.Values{"title": {"x"}, "helpdesk": {"1"}}).Status(http.StatusForbidden)
		b.Clone().Post(issuer+"/admin/new-group", url.Values{"name": {"owners"}}).Status(http.StatusForbidden)
		b.Clone().Go("/admin/people/invite").Fill("email", "fourth@evil.test").Fill("groups", "admins").Press("submit").Status(http.StatusForbidden)

		if got := h.groupsOf(puppet.ID); got != "" {
			t.Errorf("the puppet is in %s", got)
		}
		if got := h.groupsOf(anna.ID); got != "admins" {
			t.Errorf("anna is in %q, want admins", got)
		}
		for _, email := range []string{"second@evil.test", "third@evil.test", "fourth@evil.test"} {
			if _, _, err := h.db.Login(t.Context(), email); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s was added all the same: %v", email, err)
			}
		}
		if g, err := h.db.Group(t.Context(), "admins"); err != nil || g.Helpdesk {
			t.Errorf("%+v, %v", g, err)
		}
		h.as(root.ID).Go("/admin/people/invite").Fill("email", "new@aviary.test").Fill("groups", "admins").Press("submit").Status(http.StatusOK)
	})
}

// What an administrator has left to the helpdesk, they may take back.
func TestAGroupThatAnAdministratorHasMarkedIsTheHelpdesksUntilTheMarkIsTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, help, anna := h.person("root@aviary.test", "admin"), h.person("help@aviary.test", "helpdesk"), h.person("anna@aviary.test", "")
		_, err := h.desk.AddGroup(t.Context(), admin.ActorOf(root), admin.NewGroup{Name: "sales"})
		h.must(err)
		boss := h.as(root.ID).Go("/admin/groups/sales/change").Check().Sees("The helpdesk may put people in and take them out")
		boss.Fill("helpdesk", "1").Fill("reason", "they know the team").Press("submit").Status(http.StatusOK).Check().Sees("The helpdesk may put people into this group and take them out.")
		boss.Go("/admin/groups").Check().Sees("Helpdesk too")
		b := h.as(help.ID).Go("/admin/groups/sales").Check().Sees("The helpdesk may put people into this group")
		b.Follow("Add people").Fill("members", anna.Email).Press("submit").Status(http.StatusOK).Sees("Take out of the group")
		if got := h.groupsOf(anna.ID); got != "sales" {
			t.Errorf("anna is in %q, want sales", got)
		}
		old := h.as(help.ID).Go("/admin/people/" + anna.ID + "/change") // a form of before
		g, err := h.desk.Group(t.Context(), "sales")
		h.must(err)
		no := false
		g, err = h.desk.ChangeGroup(t.Context(), admin.ActorOf(root), "sales", admin.GroupChange{Helpdesk: &no, Updated: g.Updated})
		if h.must(err); g.Helpdesk {
			t.Error("the mark stays")
		}
		b.Go("/admin/groups/sales/members/" + anna.ID).Status(http.StatusForbidden)
		old.Clone().Fill("groups", "").Press("submit").Status(http.StatusForbidden)
		old.Fill("name", "Anna B").Press("submit").Status(http.StatusOK)
		if got := h.groupsOf(anna.ID); got != "sales" {
			t.Errorf("anna is in %q, want sales", got)
		}
		// Who makes a group of the same name later makes one that is not marked.
		_, err = h.desk.ChangeGroup(t.Context(), admin.ActorOf(root), "sales", admin.GroupChange{Helpdesk: new(true), Updated: g.Updated})
		h.must(err)
		_, err = h.desk.RemoveGroup(t.Context(), admin.ActorOf(root), "sales", "")
		h.must(err)
		h.must(h.db.AddUser(t.Context(), storage.User{ID: storage.NewID(), Email: "ben@aviary.test", Groups: []string{"sales"}, State: "active", Version: 1}, "", storage.Event{}))
		if g, err := h.desk.Group(t.Context(), "sales"); err != nil || g.Helpdesk {
			t.Errorf("%+v, %v", g, err)
		}
	})
}

// A helpdesk's form of a person changes the groups that are left to the helpdesk, and keeps the others without naming them.
func TestTheHelpdesksFormOfAPersonKeepsTheGroupsThatAreNotItsOwn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		help, root, anna := h.person("help@aviary.test", "helpdesk"), h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		for _, g := range []admin.NewGroup{{Name: "admins"}, {Name: "lunch", Helpdesk: true}, {Name: "sales", Helpdesk: true}} {
			_, err := h.desk.AddGroup(t.Context(), admin.ActorOf(root), g)
			h.must(err)
		}
		for _, g := range []string{"admins", "sales"} {
			_, err := h.desk.AddMembers(t.Context(), admin.ActorOf(root), g, admin.MembersChange{Members: []string{anna.Email}})
			h.must(err)
		}
		h.as(help.ID).Go("/admin/people/invite").Check().Sees("There are: lunch, sales")
		b := h.as(help.ID).Go("/admin/people/" + anna.ID + "/change").Check().Sees("Also in: admins. Only an administrator changes that.").Sees("There are: lunch, sales")
		b.Fill("groups", "lunch").Fill("customer_number", "x").Press("submit").Status(http.StatusUnprocessableEntity).Check().Sees("Also in: admins.")
		b.Fill("customer_number", "").Press("submit").Status(http.StatusOK)
		if got := h.groupsOf(anna.ID); got != "admins lunch" {
			t.Errorf("anna is in %q, want admins lunch", got)
		}
		b = h.as(help.ID).Go("/admin/people/" + anna.ID + "/change")
		b.Clone().Fill("had", "admins, lunch").Fill("groups", "lunch").Press("submit").Status(http.StatusForbidden)
		b.Fill("groups", "admins, lunch").Press("submit").Status(http.StatusOK) // who names what stays, changes nothing
		if got := h.groupsOf(anna.ID); got != "admins lunch" {
			t.Errorf("anna is in %q, want admins lunch", got)
		}
		boss := h.as(root.ID).Go("/admin/people/" + anna.ID + "/change").Check().SeesNot("Only an administrator").Sees("There are: admins, lunch, sales")
		boss.Fill("groups", "sales").Press("submit").Status(http.StatusOK)
		if got := h.groupsOf(anna.ID); got != "sales" {
			t.Errorf("anna is in %q, want sales", got)
		}
	})
}

// Whoever opens an application to a group sees that others than administrators decide who is in it.
func TestThePageOfAccessNamesTheGroupsThatTheHelpdeskDecidesOf(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		h.calls("write", "POST", "/groups", `{"name":"staff"}`).is(http.StatusCreated)
		made := as[admin.MadeApp](h.calls("write", "POST", "/apps", `{"tile":"grafana","client_name":"Grafana","address":"https://grafana.example.com","groups":["staff"]}`).is(http.StatusCreated))
		b := h.as(root.ID).Go("/admin/apps/" + made.App.ID + "/access").Check().SeesNot("The helpdesk decides who is in it")
		mark := h.calls("read", "GET", "/groups/staff", "").is(http.StatusOK).header.Get("ETag")
		g := as[admin.Group](h.calls("write", "PATCH", "/groups/staff", `{"helpdesk":true}`, "If-Match", mark).is(http.StatusOK))
		if !g.Helpdesk {
			t.Errorf("%+v", g)
		}
		b.Go("/admin/apps/" + made.App.ID + "/access").Check().Sees("The helpdesk decides who is in it")
		b.Go("/admin/new-app?tile=grafana").Check().Check().Sees("The helpdesk decides who is in it")
	})
}
