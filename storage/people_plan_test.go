package storage_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// How the pages of a list are found in PostgreSQL, which decides by what it knows of the rows: 20,000 people, half of whom are in one group and
// a few of whom have a role, of whom a tenth are looked at for a page. Each is found behind its cursor in an index, and none by reading all,
// or by counting them.
func TestEveryPageOfPeopleIsFoundInAnIndexOfPostgresToo(t *testing.T) {
	t.Parallel()
	url := storagetest.PostgresURL(t)
	db := node(t, url, nil)
	shows := guests(t, url, 20_000)
	beside := besides(t, url)
	for _, text := range []string{
		`update users set role = case when id like '%77' then 'admin' else 'viewer' end where id like '%777' or id like '%999'`,
		`insert into groups (name, title, totp, created, updated) values ('g', 'G', false, 1, 1), ('few', 'Few', false, 1, 1)`,
		`insert into memberships (group_name, user_id, email) select 'few', id, email from users where id like '%77'`,
		`vacuum analyze`,
	} {
		if _, err := beside.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	list, role, members, invited := "using users_(list|email_key) on users f", "using users_role on users f", "(using|on) memberships_email", "using users_invited on users f"
	for name, c := range map[string]struct {
		filter storage.PeopleFilter
		index  string
	}{
		"all":                      {storage.PeopleFilter{}, list},
		"a word":                   {storage.PeopleFilter{Search: "person"}, list},
		"a word that nobody has":   {storage.PeopleFilter{Search: "nobody"}, list},
		"many words and a state":   {storage.PeopleFilter{Search: "a b c d e", State: "active"}, list},
		"a state":                  {storage.PeopleFilter{State: "disabled"}, list},
		"a state of few":           {storage.PeopleFilter{State: "invited"}, invited},
		"a state that most have":   {storage.PeopleFilter{State: "active"}, list},
		"a role":                   {storage.PeopleFilter{Role: "admin"}, role},
		"a role and a word":        {storage.PeopleFilter{Role: "admin", Search: "person"}, role},
		"a role of nobody":         {storage.PeopleFilter{Role: "helpdesk"}, role},
		"any role":                 {storage.PeopleFilter{Role: storage.AnyRole}, "users_(list|role|email_key)"},
		"no authenticator":         {storage.PeopleFilter{Lacks: storage.LacksTOTP}, list},
		"never signed in":          {storage.PeopleFilter{Lacks: storage.LacksSignIn}, list},
		"a group":                  {storage.PeopleFilter{Group: "g"}, members},
		"a small group":            {storage.PeopleFilter{Group: "few"}, members},
		"a group that nobody made": {storage.PeopleFilter{Group: "none"}, members},
		"a group and a word":       {storage.PeopleFilter{Group: "g", Search: "person"}, list},
		"a group, never signed in": {storage.PeopleFilter{Group: "few", Lacks: storage.LacksSignIn}, "memberships_(email|pkey)|users_list"},
		"everything that can be":   {storage.PeopleFilter{Search: "person", Group: "g", State: "active", Lacks: storage.LacksTOTP}, list},
	} {
		for after, last := range map[string]string{"": "person-002000@example.com", "person-010000@example.com": "person-012000@example.com"} {
			if bound, _, _, _ := storage.PeopleStatements(db, c.filter, after, last); bound == "" {
				last = ""
			}
			bound, few, text, args := storage.PeopleStatements(db, c.filter, after, last)
			judge := func(what, shown string) {
				t.Helper()
				if strings.Contains(shown, "Seq Scan") || counted.MatchString(shown) {
					t.Errorf("%s of %s behind %q:\n%s", what, name, after, shown)
				}
			}
			shown := shows("explain ", text, args)
			if judge("a page", shown); !regexp.MustCompile(c.index).MatchString(shown) {
				t.Errorf("%s behind %q: want %s\n%s", name, after, c.index, shown)
			}
			if bound != "" {
				judge("the bound", shows("explain ", bound, few))
			}
		}
	}
}

// counted is a plan that counts; a HashAggregate only sees to it that nobody of the page is shown twice.
var counted = regexp.MustCompile(`(?m)(^|-> +|Partial |Finalize )Aggregate`)

var (
	// ofATable is a count of what grows with the house.
	ofATable = regexp.MustCompile(`count\(\*\)[^()\x60]*? from (users|memberships|links|events|chain|sessions|trusts|grants|consents|identities|authenticators|recovery_codes|logouts|outbox)\b([^)\x60]*)`)
	// ofRows is a count of what another statement finds.
	ofRows = regexp.MustCompile(`count\(\*\)[^()\x60]*? from \(select ([^\x60]*)`)
	owned  = regexp.MustCompile(`where (\w+\.)?(user_id|client_id|email|customer_number|link_email|group_name) = (\$\d|g\.name)|where role = 'admin'`)
)

// No count goes over all rows of what grows: a number that nobody needs would make a page of each list as slow as the house is large. What is
// counted has an owner, of whom there is little, or is a table that is emptied as it is filled.
func TestNothingThatGrowsIsCountedWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	emptied := map[string]bool{"outbox": true, "logouts": true} // an outbox has room for so many; of logouts, those that wait
	seen := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "restore.go" { // whoever restores has all rows before them
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, count := range ofATable.FindAllStringSubmatch(string(text), -1) {
			if seen++; !owned.MatchString(count[2]) && !emptied[count[1]] {
				t.Errorf("%s: %s counts all there is", file, strings.Join(strings.Fields(count[0]), " "))
			}
		}
		for _, count := range ofRows.FindAllStringSubmatch(string(text), -1) {
			if seen++; !strings.Contains(count[1], " limit ") {
				t.Errorf("%s: %s counts without an end", file, strings.Join(strings.Fields(count[0]), " "))
			}
		}
	}
	if seen < 12 {
		t.Errorf("%d counts are seen: are they written otherwise now?", seen)
	}
}
