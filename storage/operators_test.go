package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// paged reads a list to its end, three rows at a time.
func paged[T any](t *testing.T, list func(after string, limit int) ([]T, string, error)) []T {
	t.Helper()
	var all []T
	for next, more := "", true; more; more = next != "" {
		part, place, err := list(next, 3)
		if err != nil || len(part) > 3 || place == next && place != "" {
			t.Fatalf("%d rows, from %q on to %q, %v", len(part), next, place, err)
		}
		all, next = append(all, part...), place
	}
	return all
}

func TestOperatorsSeeWhoIsSignedInTheOneSeenLastFirst(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		ben := person("ben@example.com")
		ben.LinkEmail = "ben@example.com"
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		want := []string{h.session.ID}
		for i := range 10 {
			if i%3 > 0 {
				c.pass(time.Minute) // some are of one moment
			}
			s := storage.Session{}
			if i%2 == 0 {
				s.UserID = ben.ID
			}
			want = append(want, h.signIn(storage.SignIn{Session: s}).ID)
		}
		h.grant(nil)
		sessions := func(f storage.SessionFilter) []storage.SignedIn {
			return paged(t, func(after string, limit int) ([]storage.SignedIn, string, error) {
				return db.Sessions(t.Context(), f, after, limit)
			})
		}
		all := sessions(storage.SessionFilter{})
		if !slices.IsSortedFunc(all, func(a, b storage.SignedIn) int { return b.Seen.Compare(a.Seen) }) {
			t.Errorf("%+v", all)
		}
		var ids []string
		for _, s := range all {
			ids = append(ids, s.ID)
			if s.UserID == ben.ID != (s.Email == "ben@example.com") || s.Agent != "Chrome on Windows" {
				t.Errorf("%+v", s)
			}
		}
		slices.Sort(ids)
		slices.Sort(want)
		if !slices.Equal(ids, want) {
			t.Errorf("%d sessions, want %d", len(ids), len(want))
		}
		for f, want := range map[storage.SessionFilter]int{
			{User: ben.ID}: 5, {User: "nobody"}: 0, {Client: "web"}: 1, {Client: "web", User: ben.ID}: 0,
			{Address: "192.0.2.7"}: 11, {Address: "192.0.2.8"}: 0,
		} {
			if found := sessions(f); len(found) != want {
				t.Errorf("%+v: %d, want %d", f, len(found), want)
			}
		}
		c.pass(13 * time.Hour)
		if left := sessions(storage.SessionFilter{}); len(left) > 0 {
			t.Errorf("%d that have expired", len(left))
		}
	})
}

func TestAListGoesOnAtAPlaceOfItsOwnOnly(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, _ *clock) {
		for _, after := range []string{"x", ".", "1", "x.y", "'; drop table users; --"} {
			_, _, a := db.Sessions(t.Context(), storage.SessionFilter{}, after, 10)
			_, _, b := db.OutboxList(t.Context(), after, 10)
			_, _, c := db.UntoldLogouts(t.Context(), after, 10)
			for _, err := range []error{a, b, c} {
				if invalid := (*storage.Invalid)(nil); !errors.As(err, &invalid) {
					t.Errorf("%q: %v", after, err)
				}
			}
		}
	})
}

func TestOperatorsSeeLettersOnTheirWayAndNotWhatStandsInThem(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		for i := range 7 {
			user := ""
			if i == 0 {
				user = h.user.ID
			}
			h.must(db.PutLetter(t.Context(), storage.OutboxLetter{ID: fmt.Sprint("letter", i), Sealed: "secret", UserID: user,
				Created: db.Now(), Expires: db.Now().Add(time.Hour)}, 100))
			c.pass(time.Second)
		}
		list := func() []storage.OutboxEntry {
			return paged(t, func(after string, limit int) ([]storage.OutboxEntry, string, error) {
				return db.OutboxList(t.Context(), after, limit)
			})
		}
		first, err := db.ClaimLetter(t.Context(), time.Minute)
		h.must(err)
		_, err = db.ClaimLetter(t.Context(), time.Minute)
		h.must(err)
		h.must(db.ReturnLetter(t.Context(), first, db.Now().Add(10*time.Minute)))
		all := list()
		if len(all) != 7 || all[0].ID != "letter0" || all[6].ID != "letter6" || all[0].Email != "anna@example.com" || all[1].Email != "" {
			t.Fatalf("%+v", all)
		}
		for i, want := range []string{storage.LetterAgain, storage.LetterSending, storage.LetterWaiting} {
			if all[i].State != want || (all[i].Tries > 0) == (want == storage.LetterWaiting) || all[i].Due.IsZero() {
				t.Errorf("want %s: %+v", want, all[i])
			}
		}
		c.pass(2 * time.Minute)
		if all = list(); all[1].State != storage.LetterAgain {
			t.Errorf("its sender died: %+v", all[1])
		}
	})
}

func TestOperatorsSeeWhatApplicationsWereNotTold(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		for range 8 {
			h.session = h.signIn(storage.SignIn{})
			h.grant(func(g *storage.Grant) { g.Tell = storage.TellByUs })
			h.must(db.EndSession(t.Context(), h.session.ID, storage.Event{}))
			c.pass(time.Minute)
		}
		told, err := db.ClaimLogout(t.Context(), time.Minute, nil)
		h.must(err)
		h.must(db.DeliverLogout(t.Context(), told))
		failed, err := db.ClaimLogout(t.Context(), time.Minute, nil)
		h.must(err)
		failed.Why = "status 400"
		h.must(db.FailLogout(t.Context(), failed))
		all := paged(t, func(after string, limit int) ([]storage.Untold, string, error) {
			return db.UntoldLogouts(t.Context(), after, limit)
		})
		if len(all) != 7 || !slices.IsSortedFunc(all, func(a, b storage.Untold) int { return b.Ended.Compare(a.Ended) }) {
			t.Fatalf("%+v", all)
		}
		if l := all[6]; l.ID != failed.ID || l.State != storage.LogoutFailed || l.Why != "status 400" || l.Email != "anna@example.com" || l.ClientName != "The web" {
			t.Errorf("%+v", l)
		}
		if all[0].State != storage.LogoutWaiting {
			t.Errorf("%+v", all[0])
		}
	})
}
