package storage_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// edit changes the record of the house's person as an operator does: what was read, changed, and given back.
func (h *house) edit(change func(*storage.User)) error {
	h.t.Helper()
	u, err := h.User(h.t.Context(), h.user.ID)
	h.must(err)
	change(&u)
	_, err = h.ChangeUser(h.t.Context(), u, storage.Event{Actor: "operator"})
	return err
}

func TestAnOperatorsChangeOfAPersonIsStoredFoundAndTold(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		want, err := db.User(t.Context(), h.user.ID)
		h.must(err)
		before := want.Updated
		want.Email, want.LinkEmail, want.CustomerNumber, want.Role = "berg@example.com", "", "7000007", "helpdesk"
		want.Claims = map[string]any{"name": "Änne Berg", "address": map[string]any{"locality": "Köln"}}
		want.Groups = []string{"it", "staff"}
		got, err := db.ChangeUser(t.Context(), want, storage.Event{Actor: "root", Reference: "ABCD-EFGH"})
		h.must(err)
		if !got.Updated.After(before) || got.Version != want.Version+1 {
			t.Errorf("changed at %v and %v, version %d", before, got.Updated, got.Version)
		}
		want.Updated, want.Version = got.Updated, got.Version
		stored, err := db.User(t.Context(), want.ID)
		h.must(err)
		for name, u := range map[string]storage.User{"returned": got, "stored": stored} {
			if diff := cmp.Diff(want, u); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		for search, found := range map[string]int{"änne 7000007 berg@": 1, "anna": 0} {
			if people, err := db.People(t.Context(), storage.PeopleFilter{Search: search}, "", 9); err != nil || len(people.People) != found {
				t.Errorf("%q finds %d, %v; want %d", search, len(people.People), err, found)
			}
		}
		for group, in := range map[string]int{"it": 1, "staff": 1, "two words": 0} {
			if people, err := db.People(t.Context(), storage.PeopleFilter{Group: group}, "aaa@example.com", 9); err != nil || len(people.People) != in {
				t.Errorf("%d in %s, %v; want %d", len(people.People), group, err, in)
			}
		}
		told := map[string]string{}
		all, err := db.Activity(t.Context(), want.ID, 100)
		h.must(err)
		for _, e := range all {
			if e.Actor == "root" && e.Reference == "ABCD-EFGH" {
				told[e.Kind+" "+e.Data["group"]] = strings.TrimSpace(fmt.Sprint(e.Data["from"], " ", e.Data["to"], " ", e.Data["changed"]))
			}
		}
		if diff := cmp.Diff(map[string]string{
			"email.changed ":       "anna@example.com berg@example.com",
			"user.role_changed ":   "helpdesk",
			"group.joined it":      "",
			"group.left two words": "",
			"user.changed ":        "address customer_number link_email locale name",
		}, told); diff != "" {
			t.Error(diff)
		}
	})
}

// RG-06: two who edit at once. The clock stands still, and still no two records of one time differ.
func TestOfSeveralOperatorsWhoChangeWhatTheyReadOneWins(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, _ *clock) {
		h := furnish(t, db)
		for round := range 3 {
			read, err := db.User(t.Context(), h.user.ID)
			h.must(err)
			oneWinner(t, atOnce(8, func(i int) error {
				next := read
				next.Claims = map[string]any{"name": fmt.Sprintf("Round %d, operator %d", round, i)}
				_, err := db.ChangeUser(t.Context(), next, storage.Event{})
				return err
			}), storage.ErrConflict)
		}
		read, err := db.User(t.Context(), h.user.ID)
		h.must(err)
		h.must(db.SetProfile(t.Context(), read.ID, map[string]any{"name": "Her own word"}, storage.Event{}))
		if _, err := db.ChangeUser(t.Context(), read, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("after the person's own change: %v, want ErrConflict", err)
		}
		_, err = db.AddMembers(t.Context(), "staff", []string{read.ID}, storage.Event{})
		h.must(err)
		if n := h.events(storage.UserChanged); n != 3 {
			t.Errorf("%d events, want 3", n)
		}
	})
}

// AD-04: what is no field of the form cannot come in by it.
func TestAnOperatorsChangeOfAnythingElseIsRefused(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		other := person("ben@example.com")
		other.CustomerNumber, other.LinkEmail = "4711", "ben@gmail.com"
		h.must(db.AddUser(t.Context(), other, "", storage.Event{}))
		claim := func(name string, value any) func(*storage.User) {
			return func(u *storage.User) { u.Claims = map[string]any{name: value} }
		}
		for name, c := range map[string]struct {
			field  string
			change func(*storage.User)
		}{
			"the state":               {"state", func(u *storage.User) { u.State = "disabled" }},
			"the second factor":       {"totp", func(u *storage.User) { u.TOTP = true }},
			"the version":             {"version", func(u *storage.User) { u.Version-- }},
			"when they came":          {"created", func(u *storage.User) { u.Created = u.Updated.Add(1) }},
			"when they first came in": {"signed_in", func(u *storage.User) { u.SignedIn = u.Created.AddDate(-1, 0, 0) }},
			"an unknown role":         {"role", func(u *storage.User) { u.Role = "root" }},
			"an address of two":       {"email", func(u *storage.User) { u.Email = "anna@example.com,eve@example.com" }},
			"somebody's address":      {"email", func(u *storage.User) { u.Email = other.Email }},
			"somebody's link address": {"link_email", func(u *storage.User) { u.LinkEmail = other.LinkEmail }},
			"somebody's number":       {"customer_number", func(u *storage.User) { u.CustomerNumber = other.CustomerNumber }},
			"a claim role":            {"claims", claim("role", "admin")},
			"a claim is_admin":        {"claims", claim("is_admin", true)},
			"a claim email":           {"claims", claim("email", "root@example.com")},
			"a claim email_verified":  {"claims", claim("email_verified", true)},
			"a claim sub":             {"claims", claim("sub", other.ID)},
			"a claim groups":          {"claims", claim("groups", []string{"admins"})},
			"a claim password_hash":   {"claims", claim("password_hash", "$argon2id$x")},
			"a claim of another type": {"claims", claim("name", []string{"Anna"})},
			"a group in two lines":    {"groups", func(u *storage.User) { u.Groups = []string{"a\nb"} }},
			"201 groups":              {"groups", func(u *storage.User) { u.Groups = strings.Split(strings.Repeat("a,", 200)+"a", ",") }},
		} {
			var invalid *storage.Invalid
			if err := h.edit(c.change); !errors.As(err, &invalid) || invalid.Field != c.field {
				t.Errorf("%s: %v, want *Invalid for %s", name, err, c.field)
			}
		}
		unchanged, err := db.User(t.Context(), h.user.ID)
		h.must(err)
		if !unchanged.Updated.Equal(unchanged.Created) || unchanged.Version != 1 {
			t.Errorf("%+v", unchanged)
		}
		nobody := person("nobody@example.com")
		if _, err := db.ChangeUser(t.Context(), nobody, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an unknown person: %v, want ErrNotFound", err)
		}
	})
}

// goes are the ways in which an administrator stops being one.
var goes = map[string]func(h *house, u storage.User) error{
	"demoted": func(h *house, u storage.User) error {
		u, err := h.User(h.t.Context(), u.ID)
		if err != nil {
			return err
		}
		u.Role = "viewer"
		_, err = h.ChangeUser(h.t.Context(), u, storage.Event{})
		return err
	},
	"disabled": func(h *house, u storage.User) error {
		_, err := h.DisableUser(h.t.Context(), u.ID, storage.Event{})
		return err
	},
	"invited": func(h *house, u storage.User) error {
		return h.SetUserState(h.t.Context(), u.ID, "invited", storage.Event{})
	},
	"removed": func(h *house, u storage.User) error {
		_, err := h.RemoveUser(h.t.Context(), u.ID, storage.Event{})
		return err
	},
}

// AD-05.
func TestTheLastActiveAdministratorStays(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		admin := func(email, state string) storage.User {
			u := person(email)
			u.Role, u.State = "admin", state
			h.must(db.AddUser(t.Context(), u, "", storage.Event{}))
			return u
		}
		root := admin("root@example.com", "active")
		admin("away@example.com", "disabled")
		admin("new@example.com", "invited")
		before, err := db.User(t.Context(), root.ID)
		h.must(err)
		for way, leaves := range goes {
			if err := leaves(h, root); !errors.Is(err, storage.ErrLastAdmin) {
				t.Errorf("the last one is %s: %v, want ErrLastAdmin", way, err)
			}
		}
		after, err := db.User(t.Context(), root.ID)
		h.must(err)
		if diff := cmp.Diff(before, after); diff != "" {
			t.Error(diff)
		}
		after.Email = "root2@example.com"
		_, err = db.ChangeUser(t.Context(), after, storage.Event{})
		h.must(err) // another address is no loss
		for way, leaves := range goes {
			second := admin(way+"@example.com", "active")
			if err := leaves(h, second); err != nil {
				t.Errorf("one of two is %s: %v", way, err)
			}
		}
		for way, leaves := range goes { // whoever is none is nobody's loss
			plain := person("plain-" + way + "@example.com")
			h.must(db.AddUser(t.Context(), plain, "", storage.Event{}))
			if err := leaves(h, plain); err != nil {
				t.Errorf("no administrator is %s: %v", way, err)
			}
		}
	})
}

// AD-05: two administrators, each of whom removes the other in the same moment, on two nodes too.
func TestOfTwoAdministratorsWhoRemoveEachOtherOneStays(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ways := []string{"demoted", "disabled", "removed", "invited"}
		admin := func(email string) storage.User {
			u := person(email)
			u.Role = "admin"
			h.must(db.AddUser(t.Context(), u, "", storage.Event{}))
			return u
		}
		last := admin("root@example.com")
		for round := range 12 {
			two := []storage.User{last, admin(fmt.Sprintf("root-%d@example.com", round))}
			oneWinner(t, atOnce(2, func(i int) error { return goes[ways[(round+i)%len(ways)]](h, two[i]) }), storage.ErrLastAdmin)
			admins, err := db.People(t.Context(), storage.PeopleFilter{Role: "admin", State: "active"}, "", 9)
			if err != nil || len(admins.People) != 1 {
				t.Fatalf("%d administrators, %v; want 1", len(admins.People), err)
			}
			last = admins.People[0]
		}
	})
}

// AD-10: no statement makes an account elsewhere another person's, or another account.
func TestAnIdentityIsAddedAndRemovedAndNothingElse(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	writes := regexp.MustCompile("(?s)(?i)(update\\s+identities|(insert|replace)\\s+into\\s+identities)[^`]*`")
	var found []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(file, "_test.go") {
			for _, statement := range writes.FindAllString(string(text), -1) {
				found = append(found, strings.Join(strings.Fields(strings.Trim(statement, "`")), " "))
			}
		}
	}
	if diff := cmp.Diff([]string{
		"insert into identities (issuer, subject, user_id, email, created, used) values ($1, $2, $3, $4, $5, $5) on conflict do nothing",
		"update identities set email = $4, used = $5 where issuer = $1 and subject = $2 and user_id = $3",
	}, found); diff != "" {
		t.Error(diff)
	}
}
