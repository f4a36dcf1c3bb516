package storage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func emails(page storage.PeoplePage) []string {
	var all []string
	for _, p := range page.People {
		all = append(all, p.Email)
	}
	return all
}

// people adds some who differ in all that a list tests.
func (h *house) people() {
	h.t.Helper()
	for _, p := range []struct {
		email, name, number, state, role string
		groups                           []string
	}{
		{"ben@example.com", "Ben Öztürk", "1000001", "active", "admin", []string{"staff"}},
		{"cem_x@example.com", "Cem 100%", "", "invited", "", nil},
		{"cemax@example.com", "", "2000002", "disabled", "helpdesk", []string{"it"}},
	} {
		u := person(p.email)
		u.CustomerNumber, u.State, u.Role, u.Groups = p.number, p.state, p.role, p.groups
		u.Claims = nil
		if p.name != "" {
			u.Claims = map[string]any{"name": p.name}
		}
		h.must(h.AddUser(h.t.Context(), u, "", storage.Event{}))
	}
}

func TestPeopleAreFoundByAllThatAListTests(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.people()
		const anna, ben, cem, max = "anna@example.com", "ben@example.com", "cem_x@example.com", "cemax@example.com"
		for name, c := range map[string]struct {
			filter storage.PeopleFilter
			want   []string
		}{
			"all":                          {storage.PeopleFilter{}, []string{anna, ben, cem, max}},
			"an address":                   {storage.PeopleFilter{Search: "BEN@"}, []string{ben}},
			"a name in other letters":      {storage.PeopleFilter{Search: "öZTÜRK"}, []string{ben}},
			"two words in any order":       {storage.PeopleFilter{Search: " öztürk  ben "}, []string{ben}},
			"two words of two people":      {storage.PeopleFilter{Search: "öztürk cem"}, nil},
			"a part of the number":         {storage.PeopleFilter{Search: "0000"}, []string{ben, max}},
			"BF-14: an underscore is one":  {storage.PeopleFilter{Search: "cem_x"}, []string{cem}},
			"BF-14: a percent sign is one": {storage.PeopleFilter{Search: "100%"}, []string{cem}},
			"BF-14: many percent signs":    {storage.PeopleFilter{Search: strings.Repeat("%", 1000)}, nil},
			"the escape itself":            {storage.PeopleFilter{Search: "!"}, nil},
			"what is no text":              {storage.PeopleFilter{Search: "ben\xff\x00"}, nil},
			"a quote":                      {storage.PeopleFilter{Search: "' or 1=1 --"}, nil},
			"a group":                      {storage.PeopleFilter{Group: "staff"}, []string{anna, ben}},
			"a group that is not there":    {storage.PeopleFilter{Group: "st%"}, nil},
			"a group and a word":           {storage.PeopleFilter{Group: "staff", Search: "ben"}, []string{ben}},
			"a group and a state":          {storage.PeopleFilter{Group: "it", State: "active"}, nil},
			"invited":                      {storage.PeopleFilter{State: "invited"}, []string{cem}},
			"disabled and a role":          {storage.PeopleFilter{State: "disabled", Role: "helpdesk"}, []string{max}},
			"a role":                       {storage.PeopleFilter{Role: "admin"}, []string{ben}},
			"any role":                     {storage.PeopleFilter{Role: storage.AnyRole}, []string{ben, max}},
			"no authenticator":             {storage.PeopleFilter{Lacks: storage.LacksTOTP, State: "active"}, []string{anna, ben}},
			"never signed in":              {storage.PeopleFilter{Lacks: storage.LacksSignIn}, []string{ben, cem, max}},
			"never signed in, with a role and a group": {storage.PeopleFilter{Lacks: storage.LacksSignIn, Role: "admin", Group: "staff"}, []string{ben}},
		} {
			got, err := db.People(t.Context(), c.filter, "", 50)
			if diff := cmp.Diff(c.want, emails(got)); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", name, err, diff)
			}
		}
	})
}

// BF-14.
func TestAPageHasOneToTwoHundredPeopleWhateverIsAskedFor(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.crowdOf(210)
		for asked, want := range map[int]int{-1: 1, 0: 1, 1: 1, 7: 7, 200: 200, 201: 200, 1_000_000_000: 200, -1 << 63: 1} {
			if people, err := db.People(t.Context(), storage.PeopleFilter{}, "", asked); err != nil || len(people.People) != want {
				t.Errorf("%d: %d people, %v; want %d", asked, len(people.People), err, want)
			}
		}
		for _, filter := range []storage.PeopleFilter{{}, {Search: "example"}, {State: "active"}} {
			found, after := 0, ""
			for {
				page, err := db.People(t.Context(), filter, after, 40)
				h.must(err)
				for _, p := range page.People {
					if p.Email <= after {
						t.Fatalf("%s behind %s", p.Email, after)
					}
					after = p.Email
				}
				if found += len(page.People); page.Next == "" {
					break
				} else if page.Next != after || len(page.People) != 40 {
					t.Fatalf("next behind %s, with %d until %s", page.Next, len(page.People), after)
				}
			}
			if found != 211 {
				t.Errorf("%+v: %d in all pages, want 211", filter, found)
			}
		}
	})
}

// A page of a large house ends where it has looked at so many people, and says where to go on: nobody is missed or shown twice. Ten stand
// for 50,000.
func TestAPageLooksAtSoManyPeopleAndSaysWhereToGoOn(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for i := range 14 { // and Anna before them
			u := person(fmt.Sprintf("p%02d@example.com", i))
			switch i {
			case 2, 10, 11:
				u.State = "disabled"
			case 9:
				u.Role = "viewer"
			}
			h.must(h.AddUser(t.Context(), u, "", storage.Event{}))
		}
		at := func(i int) string { return fmt.Sprintf("p%02d@example.com", i) }
		bound := at(8)
		for name, c := range map[string]struct {
			filter storage.PeopleFilter
			after  string
			want   []string
			next   string
		}{
			"one who comes later":           {storage.PeopleFilter{Search: "p12"}, "", nil, bound},
			"from where it ended":           {storage.PeopleFilter{Search: "p12"}, bound, []string{at(12)}, ""},
			"nobody":                        {storage.PeopleFilter{Search: "nobody"}, "", nil, bound},
			"nobody, to the end":            {storage.PeopleFilter{Search: "nobody"}, bound, nil, ""},
			"a short page":                  {storage.PeopleFilter{State: "disabled"}, "", []string{at(2)}, bound},
			"a full page, and more of it":   {storage.PeopleFilter{State: "active"}, "", []string{"anna@example.com", at(0)}, at(0)},
			"a full page":                   {storage.PeopleFilter{State: "disabled"}, at(4), []string{at(10), at(11)}, ""},
			"one of a group":                {storage.PeopleFilter{Group: "staff", Search: "p12"}, "", nil, bound},
			"those of a role have an index": {storage.PeopleFilter{Role: "viewer", State: "active"}, "", []string{at(9)}, ""},
			"those of any role have none":   {storage.PeopleFilter{Role: storage.AnyRole}, "", nil, bound},
			"looked at to the last":         {storage.PeopleFilter{Search: "nobody"}, at(3), nil, at(13)},
			"behind the last":               {storage.PeopleFilter{Search: "nobody"}, at(13), nil, ""},
			"in no group":                   {storage.PeopleFilter{Group: "none"}, "", nil, ""},
		} {
			page, err := storage.PeopleOf(t.Context(), db, c.filter, storage.Part(c.after, 2, 10))
			if diff := cmp.Diff(c.want, emails(page)); err != nil || diff != "" || page.Next != c.next {
				t.Errorf("%s: %v, next %q, want %q\n%s", name, err, page.Next, c.next, diff)
			}
		}
	})
}

func TestAFilterThatIsNoneIsRefused(t *testing.T) {
	db := storagetest.New(t, nil)
	for field, f := range map[string]storage.PeopleFilter{
		"state": {State: "gone"},
		"role":  {Role: "root"},
		"lacks": {Lacks: "password"},
	} {
		var invalid *storage.Invalid
		if _, err := db.People(t.Context(), f, "", 9); !errors.As(err, &invalid) || invalid.Field != field {
			t.Errorf("%+v: %v, want *Invalid for %s", f, err, field)
		}
	}
}
