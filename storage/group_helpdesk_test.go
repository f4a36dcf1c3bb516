package storage_test

import (
	"slices"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// AD-07: only who says so leaves a group to the helpdesk; a group that is made because somebody is given it is not.
func TestAGroupIsLeftToTheHelpdeskByNothingButItsOwnChange(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db) // whose person is in staff
		ids := h.crowdOf(1)
		marked := func(name string, want bool) storage.Group {
			t.Helper()
			g, err := db.Group(t.Context(), name)
			if h.must(err); g.Helpdesk != want {
				t.Errorf("%s: %v, want %v", name, g.Helpdesk, want)
			}
			return g
		}
		g := marked("staff", false)
		g.Helpdesk = true
		g, err := db.PutGroup(t.Context(), g, storage.Event{Actor: "root"})
		h.must(err)
		if !g.Helpdesk || !marked("staff", true).Updated.Equal(g.Updated) {
			t.Errorf("%+v", g)
		}
		_, err = db.AddMembers(t.Context(), "staff", ids, storage.Event{})
		h.must(err)
		h.must(h.edit(func(u *storage.User) { u.Groups = []string{"sales", "staff"} }))
		marked("staff", true)
		marked("sales", false)
		list, err := db.Groups(t.Context(), "", 9)
		h.must(err)
		for _, g := range list {
			if g.Helpdesk != (g.Name == "staff") {
				t.Errorf("listed: %+v", g)
			}
		}
		g.Helpdesk = false
		_, err = db.PutGroup(t.Context(), g, storage.Event{Actor: "root"})
		h.must(err)
		marked("staff", false)
		_, err = db.PutGroup(t.Context(), storage.Group{Name: "lunch", Title: "Lunch", Helpdesk: true}, storage.Event{Actor: "root"})
		h.must(err)
		marked("lunch", true)

		page, err := db.Log(t.Context(), storage.LogFilter{Kind: "group."}, "", 50)
		h.must(err)
		var told []string
		for _, e := range page.Events {
			if e.Actor == "root" {
				told = append(told, e.Kind+" "+e.Data["group"]+" "+e.Data["helpdesk"])
			}
		}
		slices.Sort(told)
		if want := []string{"group.added lunch true", "group.changed staff false", "group.changed staff true"}; !slices.Equal(told, want) {
			t.Errorf("the log tells %q, want %q", told, want)
		}
	})
}

func TestABackupKeepsWhichGroupsAreLeftToTheHelpdesk(t *testing.T) {
	eachWay(t, func(t *testing.T, from, to string) {
		db := open(t, from)
		for name, may := range map[string]bool{"admins": false, "sales": true} {
			if _, err := db.PutGroup(t.Context(), storage.Group{Name: name, Title: name, Helpdesk: may}, storage.Event{}); err != nil {
				t.Fatal(err)
			}
		}
		file := backedUp(t, db)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := (storage.Restore{File: file, URL: to}).Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		db = open(t, to)
		for name, may := range map[string]bool{"admins": false, "sales": true} {
			if g, err := db.Group(t.Context(), name); err != nil || g.Helpdesk != may {
				t.Errorf("%+v, %v; want %v", g, err, may)
			}
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	})
}
