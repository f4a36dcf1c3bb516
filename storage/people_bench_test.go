package storage_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// crowd is how many people a large house has.
const crowd = 100_000

// settle adds a crowd: all are in "all", one of a thousand in "few" and disabled; the name says which they are.
func settle(b *testing.B, db *storage.DB) {
	b.Helper()
	people := make([]storage.ImportedUser, crowd)
	for i := range people {
		u := storage.User{Email: fmt.Sprintf("person-%06d@example.com", i), Groups: []string{"all"}, State: "active",
			Claims: map[string]any{"name": fmt.Sprintf("Person Number %d of the Crowd", i), "given_name": "Person", "locale": "de",
				"address": map[string]any{"locality": "Berlin", "street_address": "Am Waldrand 17"}}}
		if i%1000 == 0 {
			u.Groups, u.State = []string{"all", "few"}, "disabled"
		}
		people[i].User = u
	}
	began := time.Now()
	results, err := db.ImportUsers(b.Context(), people, false, storage.Event{})
	if err != nil || results[crowd-1].Result != storage.ImportAdded {
		b.Fatalf("%+v, %v", results[len(results)-1], err)
	}
	b.Logf("%d people came in %v", crowd, time.Since(began).Round(time.Millisecond))
}

// BenchmarkPeople reads a page of lists of 100,000 people; the worst of them are those in which nobody, or the last one, is found. A
// page is to take less than 100 ms.
func BenchmarkPeople(b *testing.B) {
	filters := []struct {
		name   string
		filter storage.PeopleFilter
		after  string
	}{
		{"all", storage.PeopleFilter{}, ""},
		{"middle", storage.PeopleFilter{}, "person-050000@example.com"},
		{"nobody", storage.PeopleFilter{Search: "nobody is called so"}, ""},
		{"last", storage.PeopleFilter{Search: "099999"}, ""},
		{"disabled", storage.PeopleFilter{State: "disabled"}, ""},
		{"invited", storage.PeopleFilter{State: "invited"}, ""},
		{"active-searched", storage.PeopleFilter{State: "active", Search: "099999"}, ""},
		{"admins", storage.PeopleFilter{Role: "admin"}, ""},
		{"without-totp", storage.PeopleFilter{Lacks: storage.LacksTOTP}, ""},
		{"active-never-signed-in", storage.PeopleFilter{Lacks: storage.LacksSignIn, State: "invited"}, ""},
		{"large-group", storage.PeopleFilter{Group: "all"}, "person-050000@example.com"},
		{"large-group-searched", storage.PeopleFilter{Group: "all", Search: "nobody"}, ""},
		{"large-group-invited", storage.PeopleFilter{Group: "all", State: "invited"}, ""},
		{"small-group", storage.PeopleFilter{Group: "few"}, ""},
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			db := benchDB(b, kind)
			settle(b, db)
			for _, f := range filters {
				b.Run(f.name, func(b *testing.B) {
					for b.Loop() {
						if _, err := db.People(b.Context(), f.filter, f.after, 50); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			b.Run("groups", func(b *testing.B) {
				for b.Loop() {
					if _, err := db.Groups(b.Context(), "", 50); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}
