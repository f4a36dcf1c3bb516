package storage

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// How the pages of a list are found in SQLite, which is asked what it would do: its answer does not hang on how busy the machine is.
func TestEveryPageOfPeopleIsFoundInAnIndexAlone(t *testing.T) {
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	list, role, members := "SEARCH f USING COVERING INDEX users_list (email>? AND email<?)", "SEARCH f USING INDEX users_role (role=? AND email>?)",
		"SEARCH m USING INDEX memberships_email (group_name=? AND email>?)"
	invited, invitation := "SEARCH f USING COVERING INDEX users_invited (email>? AND email<?)", "SEARCH l USING COVERING INDEX links_invitation (user_id=?)"
	for name, c := range map[string]struct {
		filter PeopleFilter
		found  string
	}{
		"all":                      {PeopleFilter{}, "(email>?)"},
		"a word":                   {PeopleFilter{Search: "a"}, list},
		"many words and a state":   {PeopleFilter{Search: "a b c d e", State: "active"}, list},
		"a state":                  {PeopleFilter{State: "disabled"}, list},
		"invited":                  {PeopleFilter{State: "invited"}, invited},
		"an opened invitation":     {PeopleFilter{State: InvitationOpened}, invited},
		"an expired one":           {PeopleFilter{State: InvitationExpired}, invitation},
		"a withdrawn one, a word":  {PeopleFilter{State: InvitationWithdrawn, Search: "a"}, invited},
		"none, of a group":         {PeopleFilter{State: InvitationNone, Group: "g", Lacks: LacksTOTP}, invited},
		"opened, of any role":      {PeopleFilter{State: InvitationOpened, Role: AnyRole}, invited},
		"a role":                   {PeopleFilter{Role: "admin"}, role},
		"a role and a word":        {PeopleFilter{Role: "admin", Search: "a"}, role},
		"any role":                 {PeopleFilter{Role: AnyRole}, list},
		"no authenticator":         {PeopleFilter{Lacks: LacksTOTP}, list},
		"never signed in":          {PeopleFilter{Lacks: LacksSignIn}, list},
		"a group":                  {PeopleFilter{Group: "g"}, members},
		"a group and a word":       {PeopleFilter{Group: "g", Search: "a"}, list},
		"a group, never signed in": {PeopleFilter{Group: "g", Lacks: LacksSignIn}, list},
		"everything that can be":   {PeopleFilter{Search: "a", Group: "g", State: "active", Lacks: LacksTOTP}, list},
	} {
		var page span
		if c.filter.passes() {
			page.last = "zoe@example.com"
		}
		text, args := c.filter.query(page, 50)
		if places := len(regexp.MustCompile(`\$\d+`).FindAllString(text, -1)); places != len(args) {
			t.Errorf("%s: %d places, %d values", name, places, len(args))
		}
		var plan []string
		err := db.engine.read(t.Context(), func(u *unit) error {
			return u.rows("explain query plan "+text, args, func(scan func(...any) error) error {
				var id, parent, unused int
				var detail string
				err := scan(&id, &parent, &unused, &detail)
				plan = append(plan, detail)
				return err
			})
		})
		shown := strings.Join(plan, "\n")
		if err != nil || !strings.Contains(shown, c.found) {
			t.Errorf("%s: %v, want %s\n%s", name, err, c.found, shown)
		}
		if strings.Contains(shown, "SCAN ") {
			t.Errorf("%s:\n%s", name, shown)
		}
	}
}

// Whoever adds a table with people in it decides what becomes of them.
func TestNothingOfAPersonWhoIsRemovedIsForgotten(t *testing.T) {
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	kept := map[string]bool{"events": true, "grants": true, "logouts": true, // see removeTables
		"sessions": true} // ended before, so that applications are told
	var tables []table
	err = db.engine.read(t.Context(), func(u *unit) error {
		tables, err = readTables(u)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		for _, column := range table.columns {
			if column == "user_id" && !kept[table.name] && !strings.Contains(strings.Join(removeTables, "\n"), "delete from "+table.name+" where user_id = $1") {
				t.Errorf("what becomes of %s when a person is removed? Say it in removeTables", table.name)
			}
		}
	}
}
