package storage_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

const foreignHash = "$2b$12$abcdefghijklmnopqrstuvABCDEFGHIJKLMNOPQRSTUV0123456789"

func TestAnImportSaysOfEachRowWhatBecameOfIt(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		row := func(email, number, hash string) storage.ImportedUser {
			return storage.ImportedUser{User: storage.User{Email: email, CustomerNumber: number, Groups: []string{"moved"}}, Hash: hash}
		}
		with := func(change func(*storage.ImportedUser)) storage.ImportedUser {
			r := row("bad@example.com", "", "")
			change(&r)
			return r
		}
		rows := []storage.ImportedUser{
			row("ben@example.com", "1000001", foreignHash),
			row("cem@example.com", "", ""),
			row("anna@example.com", "", foreignHash), // is there
			row("ben@example.com", "", ""),           // stood above
			row("dan@example.com", "1000001", ""),    // with a number from above
			row("Upper@example.com", "", ""),
			with(func(r *storage.ImportedUser) { r.User.ID = "1" }), // AD-14: an id that can be guessed
			with(func(r *storage.ImportedUser) { r.User.Role = "admin" }),
			with(func(r *storage.ImportedUser) { r.User.Claims = map[string]any{"is_admin": true} }),
			with(func(r *storage.ImportedUser) { r.Hash = "$2b$12$with a space" }),
			with(func(r *storage.ImportedUser) { r.Hash = strings.Repeat("x", 1025) }),
			with(func(r *storage.ImportedUser) { r.User.LinkEmail = "anna@example.com" }),
		}
		want := []storage.ImportResult{
			{Result: storage.ImportAdded}, {Result: storage.ImportAdded},
			{Result: storage.ImportExists, Field: "email"}, {Result: storage.ImportExists, Field: "email"}, {Result: storage.ImportExists, Field: "customer_number"},
			{Result: storage.ImportInvalid}, {Result: storage.ImportInvalid}, {Result: storage.ImportInvalid}, {Result: storage.ImportInvalid}, {Result: storage.ImportInvalid}, {Result: storage.ImportInvalid},
			{Result: storage.ImportExists, Field: "link_email"},
		}
		fields := []string{"email", "id", "role", "claims", "password_hash", "password_hash"}
		for _, dry := range []bool{true, false} {
			got, err := db.ImportUsers(t.Context(), rows, dry, storage.Event{Actor: "root"})
			h.must(err)
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(storage.ImportResult{}, "Err", "ID")); diff != "" {
				t.Errorf("dry %v: %s", dry, diff)
			}
			var wrong []string
			for _, r := range got {
				var invalid *storage.Invalid
				if errors.As(r.Err, &invalid) {
					wrong = append(wrong, invalid.Field)
				}
				if (r.ID != "") != (r.Result == storage.ImportAdded && !dry) {
					t.Errorf("dry %v: %+v", dry, r)
				}
			}
			if diff := cmp.Diff(fields, wrong); diff != "" {
				t.Error(diff)
			}
			if people, err := db.People(t.Context(), storage.PeopleFilter{Group: "moved"}, "", 9); err != nil || (len(people.People) == 0) != dry {
				t.Errorf("dry %v: in the group are %v, %v", dry, emails(people), err)
			}
		}
		for email, want := range map[string][2]string{"ben@example.com": {"active", foreignHash}, "cem@example.com": {"invited", ""}, "anna@example.com": {"active", "$argon2id$old"}} {
			u, hash, err := db.Login(t.Context(), email)
			if err != nil || u.State != want[0] || hash != want[1] || u.LinkEmail != email || u.Role != "" {
				t.Errorf("%+v with %q, %v; want %v", u, hash, err, want)
			}
			if email != "anna@example.com" && len(u.ID) != 26 {
				t.Errorf("AD-14: id %q", u.ID)
			}
		}
		if n := h.events(storage.UserAdded); n != 3 {
			t.Errorf("%d events, want 3", n)
		}
	})
}

func TestALargeImportComesInBatchesAndAgainAddsNobody(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		rows := make([]storage.ImportedUser, 450)
		for i := range rows {
			rows[i].User.Email = fmt.Sprintf("p%d@example.com", i)
		}
		rows[449].User.Email = "p0@example.com" // stands in another batch
		count := func(result string, dry bool) int {
			t.Helper()
			got, err := db.ImportUsers(t.Context(), rows, dry, storage.Event{})
			if err != nil || len(got) != len(rows) {
				t.Fatalf("%d rows, %v", len(got), err)
			}
			n := 0
			for _, r := range got {
				if r.Result == result {
					n++
				}
			}
			return n
		}
		for _, c := range []struct {
			result string
			dry    bool
			want   int
		}{{storage.ImportAdded, true, 449}, {storage.ImportAdded, false, 449}, {storage.ImportExists, true, 450}, {storage.ImportExists, false, 450}} {
			if n := count(c.result, c.dry); n != c.want {
				t.Errorf("%+v: %d", c, n)
			}
		}
		over, cancel := context.WithCancel(t.Context())
		cancel()
		if got, err := db.ImportUsers(over, rows, false, storage.Event{}); len(got) != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("%d rows, %v; want none", len(got), err)
		}
	})
}

// One file on two nodes at once.
func TestTwoImportsOfOneFileAddEachPersonOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		rows := make([]storage.ImportedUser, 60)
		for i := range rows {
			rows[i].User = storage.User{Email: fmt.Sprintf("p%d@example.com", i), Groups: []string{fmt.Sprint("g", i%7), "all"}}
		}
		added := make([]int, 4)
		for _, err := range atOnce(len(added), func(i int) error {
			got, err := db.ImportUsers(t.Context(), rows, false, storage.Event{})
			for _, r := range got {
				if r.Result == storage.ImportAdded {
					added[i]++
				}
			}
			return err
		}) {
			if err != nil {
				t.Error(err)
			}
		}
		if sum := added[0] + added[1] + added[2] + added[3]; sum != len(rows) {
			t.Errorf("%v were added, want %d in all", added, len(rows))
		}
	})
}
