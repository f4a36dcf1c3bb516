package storage_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
)

// release6 makes the tables as they were before there were lists of people.
func release6(t *testing.T, exec func(text string)) {
	t.Helper()
	exec(`create table migrations (number bigint primary key, name text not null, sum text not null, applied bigint not null)`)
	files, err := filepath.Glob("schema/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(files)
	for i, file := range files[:6] {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for statement := range strings.SplitSeq(string(text), ";\n") {
			exec(statement)
		}
		sum := sha256.Sum256(text)
		exec(fmt.Sprintf(`insert into migrations values (%d, '%s', '%s', 0)`, i+1, filepath.Base(file), hex.EncodeToString(sum[:])))
	}
}

func TestPeopleFromBeforeAreFoundAndInTheirGroups(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(text string)) {
		release6(t, exec)
		const insert = `insert into users (id, email, customer_number, claims, group_names, role, state, version, grants_since, created, updated, link_email) values `
		exec(insert + `('anna', 'anna@example.com', '1000001', '{"name":"Änne BERG"}', '["staff","two words","staff"]', 'admin', 'active', 3, 7, 5, 6, 'anna@example.com')`)
		exec(insert + `('ben', 'ben@example.com', null, '', '["staff"]', '', 'invited', 1, 0, 7, 7, null)`)
		exec(insert + `('cem', 'cem@example.com', null, '{"locale":"de"}', '', '', 'active', 1, 0, 7, 7, null)`)
		for i := range 3 { // more than are filled in at once
			var rows []string
			for n := range 400 {
				rows = append(rows, fmt.Sprintf(`('p-%d-%d', 'p-%d-%d@example.com', null, '', '["crowd"]', '', 'active', 1, 0, 7, 7, null)`, i, n, i, n))
			}
			exec(insert + strings.Join(rows, ", "))
		}
		db, err := storage.Open(t.Context(), url, storage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		for _, c := range []struct {
			filter storage.PeopleFilter
			want   []string
		}{
			{storage.PeopleFilter{Search: "änne berg"}, []string{"anna@example.com"}},
			{storage.PeopleFilter{Search: "1000001"}, []string{"anna@example.com"}},
			{storage.PeopleFilter{Search: "p-2-399"}, []string{"p-2-399@example.com"}},
			{storage.PeopleFilter{Group: "staff"}, []string{"anna@example.com", "ben@example.com"}},
			{storage.PeopleFilter{Group: "two words"}, []string{"anna@example.com"}},
			{storage.PeopleFilter{Group: "crowd", Search: "p-0-7@"}, []string{"p-0-7@example.com"}},
			{storage.PeopleFilter{Lacks: storage.LacksSignIn, Role: "admin"}, []string{"anna@example.com"}},
		} {
			people, err := db.People(t.Context(), c.filter, "", 50)
			if diff := cmp.Diff(c.want, emails(people)); err != nil || diff != "" {
				t.Errorf("%+v: %v\n%s", c.filter, err, diff)
			}
		}
		groups, err := db.Groups(t.Context(), "", 50)
		if err != nil || len(groups) != 3 || groups[0].Name != "crowd" || groups[0].Members != storage.MembersCounted || groups[1].Title != "staff" || groups[1].TOTP {
			t.Errorf("%+v, %v", groups, err)
		}
		if u, err := db.User(t.Context(), "anna"); err != nil || u.Version != 3 || u.Updated.UnixMicro() != 6 {
			t.Errorf("%+v, %v", u, err)
		}
	})
}
