package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// crowdOf adds so many people without groups, and returns their ids.
func (h *house) crowdOf(n int) []string {
	h.t.Helper()
	ids := make([]string, n)
	people := make([]storage.ImportedUser, n)
	for i := range people {
		people[i].User = storage.User{Email: fmt.Sprintf("crowd-%03d@example.com", i), State: "active"}
	}
	results, err := h.ImportUsers(h.t.Context(), people, false, storage.Event{})
	h.must(err)
	for i, r := range results {
		ids[i] = r.ID
	}
	return ids
}

func TestAGroupThatAPersonIsGivenIsMade(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, _ *clock) {
		h := furnish(t, db)
		h.people()
		got, err := db.Groups(t.Context(), "", 9)
		h.must(err)
		now := db.Now()
		want := []storage.Group{
			{Name: "it", Title: "it", Created: now, Updated: now, Members: 1},
			{Name: "staff", Title: "staff", Created: now, Updated: now, Members: 2},
			{Name: "two words", Title: "two words", Created: now, Updated: now, Members: 1},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		second, err := db.Groups(t.Context(), "it", -1)
		if err != nil || len(second) != 1 || second[0].Name != "staff" {
			t.Errorf("BF-14: a page of -1: %+v, %v", second, err)
		}
	})
}

// RG-06.
func TestAGroupIsAddedOnceAndChangedByWhoReadItLast(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, _ *clock) {
		h := furnish(t, db)
		oneWinner(t, atOnce(8, func(int) error {
			_, err := db.PutGroup(t.Context(), storage.Group{Name: "it", Title: "The IT"}, storage.Event{})
			return err
		}), storage.ErrConflict)
		read, err := db.Group(t.Context(), "it")
		h.must(err)
		oneWinner(t, atOnce(8, func(i int) error {
			next := read
			next.TOTP, next.Title = true, fmt.Sprintf("The IT %d", i)
			_, err := db.PutGroup(t.Context(), next, storage.Event{})
			return err
		}), storage.ErrConflict)
		now, err := db.Group(t.Context(), "it")
		if err != nil || !now.TOTP || !strings.HasPrefix(now.Title, "The IT ") || !now.Updated.After(read.Updated) || !now.Created.Equal(read.Created) {
			t.Errorf("%+v, %v", now, err)
		}
		next, err := db.PutGroup(t.Context(), now, storage.Event{})
		h.must(err)
		if stored, err := db.Group(t.Context(), "it"); err != nil || !stored.Updated.Equal(next.Updated) {
			t.Errorf("%+v, %v; want %+v", stored, err, next)
		}
		now.Name = "nowhere"
		if _, err := db.PutGroup(t.Context(), now, storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an unknown one: %v, want ErrNotFound", err)
		}
		for field, g := range map[string]storage.Group{
			"name":  {Name: "a\nb", Title: "x"},
			"title": {Name: "ab", Title: ""},
		} {
			var invalid *storage.Invalid
			if _, err := db.PutGroup(t.Context(), g, storage.Event{}); !errors.As(err, &invalid) || invalid.Field != field {
				t.Errorf("%+v: %v, want *Invalid for %s", g, err, field)
			}
		}
		if added, changed := h.events(storage.GroupAdded), h.events(storage.GroupChanged); added != 1 || changed != 2 {
			t.Errorf("%d and %d events, want 1 and 2", added, changed)
		}
	})
}

func TestMembersJoinAndLeaveAllOrNobody(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ids := append(h.crowdOf(3), h.user.ID)
		members := func(want int) {
			t.Helper()
			people, err := db.People(t.Context(), storage.PeopleFilter{Group: "staff"}, "", 9)
			h.must(err)
			for _, p := range people.People {
				if !slices.Contains(p.Groups, "staff") {
					t.Errorf("%s is listed, but the record says %v", p.Email, p.Groups)
				}
			}
			if len(people.People) != want {
				t.Errorf("%v, want %d", emails(people), want)
			}
		}
		n, err := db.AddMembers(t.Context(), "staff", append(ids, ids...), storage.Event{})
		if h.must(err); n != 3 {
			t.Errorf("%d have joined, want 3", n)
		}
		members(4)
		if u, err := db.User(t.Context(), ids[0]); err != nil || !u.Updated.After(u.Created) || u.Version != 1 {
			t.Errorf("%+v, %v", u, err)
		}
		for name, c := range map[string]struct {
			group string
			ids   []string
			want  error
		}{
			"no such group":  {"nowhere", ids, storage.ErrNotFound},
			"no such person": {"staff", append([]string{"nobody"}, ids...), storage.ErrNotFound},
		} {
			for _, change := range []func() (int, error){
				func() (int, error) { return db.AddMembers(t.Context(), c.group, c.ids, storage.Event{}) },
				func() (int, error) { return db.RemoveMembers(t.Context(), c.group, c.ids, storage.Event{}) },
			} {
				if n, err := change(); n != 0 || !errors.Is(err, c.want) {
					t.Errorf("%s: %d, %v; want %v", name, n, err, c.want)
				}
			}
		}
		members(4)
		n, err = db.RemoveMembers(t.Context(), "staff", ids[:2], storage.Event{Actor: "root"})
		if h.must(err); n != 2 {
			t.Errorf("%d have left, want 2", n)
		}
		members(2)
		if joined, left := h.events(storage.GroupJoined), h.events(storage.GroupLeft); joined != 3 || left != 2 {
			t.Errorf("%d and %d events, want 3 and 2", joined, left)
		}
		var invalid *storage.Invalid
		if _, err := db.AddMembers(t.Context(), "staff", make([]string, 501), storage.Event{}); !errors.As(err, &invalid) {
			t.Errorf("501 at once: %v, want *Invalid", err)
		}
		h.must(h.edit(func(u *storage.User) { u.Groups = strings.Split(strings.Repeat("g,", 199)+"g", ",") }))
		if _, err := db.AddMembers(t.Context(), "staff", []string{h.user.ID}, storage.Event{}); !errors.As(err, &invalid) {
			t.Errorf("a 201st group: %v, want *Invalid", err)
		}
	})
}

func TestAGroupThatIsRemovedIsNobodysAnyMore(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ids := h.crowdOf(1001) // more than leave in one step, twice
		for some := range slices.Chunk(ids, 500) {
			_, err := db.AddMembers(t.Context(), "staff", some, storage.Event{})
			h.must(err)
		}
		if g, err := db.Group(t.Context(), "staff"); err != nil || g.Members != storage.MembersCounted {
			t.Errorf("%+v, %v", g, err)
		}
		lost, err := db.RemoveGroup(t.Context(), "staff", storage.Event{Actor: "root"})
		if err != nil || lost != 1002 {
			t.Errorf("%d lost it, %v; want 1002", lost, err)
		}
		if _, err := db.Group(t.Context(), "staff"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the group: %v", err)
		}
		if u, err := db.User(t.Context(), h.user.ID); err != nil || !slices.Equal(u.Groups, []string{"two words"}) {
			t.Errorf("%+v, %v", u, err)
		}
		if _, err := db.RemoveGroup(t.Context(), "staff", storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a second time: %v, want ErrNotFound", err)
		}
		// Whoever makes one of the name later does not find the former members in it.
		_, err = db.PutGroup(t.Context(), storage.Group{Name: "staff", Title: "Staff"}, storage.Event{})
		h.must(err)
		if people, err := db.People(t.Context(), storage.PeopleFilter{Group: "staff"}, "", 9); err != nil || len(people.People) != 0 {
			t.Errorf("%v, %v", emails(people), err)
		}
	})
}

// People join in every way while the group is removed: what their records say and what the lists say stays one.
func TestNobodyIsInAGroupThatIsGone(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ids := h.crowdOf(6)
		for range 6 {
			_, err := db.PutGroup(t.Context(), storage.Group{Name: "it", Title: "IT"}, storage.Event{})
			if !errors.Is(err, storage.ErrConflict) {
				h.must(err)
			}
			atOnce(len(ids)+2, func(i int) error {
				switch {
				case i >= len(ids):
					_, err := db.RemoveGroup(t.Context(), "it", storage.Event{})
					return err
				case i%2 == 0:
					_, err := db.AddMembers(t.Context(), "it", []string{ids[i], ids[(i+3)%len(ids)]}, storage.Event{})
					return err
				}
				u, err := db.User(t.Context(), ids[i])
				if err != nil {
					return err
				}
				u.Groups = []string{"it", "others"}
				_, err = db.ChangeUser(t.Context(), u, storage.Event{})
				return err
			})
			var listed, recorded []string
			people, err := db.People(t.Context(), storage.PeopleFilter{Group: "it"}, "", 99)
			h.must(err)
			for _, p := range people.People {
				listed = append(listed, p.ID)
			}
			slices.Sort(ids)
			for _, id := range ids {
				u, err := db.User(t.Context(), id)
				h.must(err)
				if slices.Contains(u.Groups, "it") {
					recorded = append(recorded, id)
				}
			}
			slices.Sort(listed)
			if diff := cmp.Diff(recorded, listed); diff != "" {
				t.Fatalf("records and list differ: %s", diff)
			}
			if _, err := db.Group(t.Context(), "it"); len(listed) > 0 && err != nil {
				t.Fatalf("%d are in it, %v", len(listed), err)
			}
		}
	})
}
