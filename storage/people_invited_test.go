package storage_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// writesTo adds somebody who is invited, and sends them so many letters, each instead of the one before; the last one lives so long.
func (h *house) writesTo(email string, letters int, lives time.Duration) storage.Link {
	h.t.Helper()
	u, l := person(email), storage.Link{}
	u.State = "invited"
	h.must(h.AddUser(h.t.Context(), u, "", storage.Event{}))
	l.UserID = u.ID
	for range letters {
		l = storage.Link{ID: storage.NewID(), Token: random(), Kind: storage.LinkInvitation, UserID: u.ID, Email: email, Expires: h.Now().Add(lives)}
		h.must(h.PutLink(h.t.Context(), l, storage.Event{}))
	}
	return l
}

// Behaviours 3.17: whom to remind is found by how far they have come, as their chips say it.
func TestWhoIsInvitedIsFoundByHowFarTheyHaveCome(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.people() // cem_x has no letter
		h.writesTo("sent@example.com", 1, time.Hour)
		h.must(h.OpenLink(t.Context(), h.writesTo("opened@example.com", 2, time.Hour).ID))
		late := h.writesTo("late@example.com", 1, time.Minute)
		h.must(h.OpenLink(t.Context(), late.ID)) // and then the time was over
		gone := h.writesTo("withdrawn@example.com", 2, time.Hour)
		h.must(h.WithdrawLink(t.Context(), gone.UserID, storage.LinkInvitation, storage.Event{}))
		moved := h.writesTo("moved@example.com", 1, time.Hour)
		u, err := h.User(t.Context(), moved.UserID)
		h.must(err)
		u.Email = "moved2@example.com"
		h.must(second(h.ChangeUser(t.Context(), u, storage.Event{})))
		came := h.writesTo("came@example.com", 1, time.Hour)
		h.must(second(h.AcceptLink(t.Context(), storage.Acceptance{LinkID: came.ID, UserVersion: 1, Hash: "hash"}, storage.Event{})))
		h.must(h.SetUserState(t.Context(), h.writesTo("disabled@example.com", 1, time.Minute).UserID, "disabled", storage.Event{}))
		c.pass(time.Minute)

		everybody, err := h.People(t.Context(), storage.PeopleFilter{State: "invited"}, "", 50)
		h.must(err)
		ids, chips := []string{}, map[string][]string{}
		for _, p := range everybody.People {
			ids = append(ids, p.ID)
		}
		states, err := h.Invitations(t.Context(), ids)
		h.must(err)
		for _, p := range everybody.People {
			state := states[p.ID]
			if state == "" {
				state = storage.InvitationNone
			}
			chips[state] = append(chips[state], p.Email)
		}
		for state, want := range map[string][]string{
			storage.InvitationOpened:    {"opened@example.com"},
			storage.InvitationExpired:   {"late@example.com"},
			storage.InvitationWithdrawn: {"moved2@example.com", "withdrawn@example.com"},
			storage.InvitationNone:      {"cem_x@example.com"},
		} {
			got, err := h.People(t.Context(), storage.PeopleFilter{State: state}, "", 50)
			if diff := cmp.Diff(want, emails(got)); err != nil || diff != "" {
				t.Errorf("%s: %v\n%s", state, err, diff)
			}
			if diff := cmp.Diff(want, chips[state]); diff != "" {
				t.Errorf("%s, by their chips:\n%s", state, diff)
			}
		}
		for name, c := range map[string]struct {
			filter storage.PeopleFilter
			want   []string
		}{
			"a word":               {storage.PeopleFilter{State: storage.InvitationWithdrawn, Search: "moved"}, []string{"moved2@example.com"}},
			"never signed in":      {storage.PeopleFilter{State: storage.InvitationOpened, Lacks: storage.LacksSignIn}, []string{"opened@example.com"}},
			"a group they are in":  {storage.PeopleFilter{State: storage.InvitationOpened, Group: "staff"}, []string{"opened@example.com"}},
			"a group they are not": {storage.PeopleFilter{State: storage.InvitationOpened, Group: "it"}, nil},
			"a role":               {storage.PeopleFilter{State: storage.InvitationOpened, Role: "admin"}, nil},
			"any role":             {storage.PeopleFilter{State: storage.InvitationExpired, Role: storage.AnyRole}, nil},
		} {
			if got, err := h.People(t.Context(), c.filter, "", 50); err != nil || len(got.People) != len(c.want) || cmp.Diff(c.want, emails(got)) != "" {
				t.Errorf("%s: %q, %v; want %q", name, emails(got), err, c.want)
			}
		}
	})
}

// Nobody is missed or shown twice where a page ends at so many who were looked at; only those who are invited count. Three stand for 5,000.
func TestAPageOfInvitationsEndsWhereItHasLookedAtSoManyOfThem(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for i := range 8 {
			l := h.writesTo(fmt.Sprintf("p%d@example.com", i), 1, time.Hour)
			if i == 1 || i == 6 {
				h.must(h.OpenLink(t.Context(), l.ID))
			}
			h.must(h.AddUser(t.Context(), person(fmt.Sprintf("p%d-active@example.com", i)), "", storage.Event{}))
		}
		for after, want := range map[string]storage.PeoplePage{
			"":               {People: []storage.User{{Email: "p1@example.com"}}, Next: "p2@example.com"},
			"p2@example.com": {Next: "p5@example.com"},
			"p5@example.com": {People: []storage.User{{Email: "p6@example.com"}}},
		} {
			got, err := storage.PeopleOf(t.Context(), db, storage.PeopleFilter{State: storage.InvitationOpened}, storage.Part(after, 2, 3))
			if err != nil || cmp.Diff(emails(want), emails(got)) != "" || got.Next != want.Next {
				t.Errorf("behind %q: %q, next %q, %v", after, emails(got), got.Next, err)
			}
		}
	})
}

// guests writes so many people who are active, of ten the last invited by a letter, into a database beside it.
func guests(t *testing.T, url string, n int) func(explain, text string, args []any) string {
	t.Helper()
	db := besides(t, url)
	pad, blob := `lpad(cast(i as text), 6, '0')`, `decode(md5('' || i) || md5('x' || i), 'hex')`
	if strings.HasPrefix(url, "sqlite:") {
		pad, blob = `printf('%06d', i)`, `cast(printf('%032d', i) as blob)`
	}
	numbers := fmt.Sprintf(`with recursive n(i) as (select 1 union all select i + 1 from n where i < %d) `, n)
	for _, text := range []string{
		`insert into users (id, email, claims, group_names, role, state, version, grants_since, created, updated, search)` + numbers +
			`select 'u' || i, 'person-' || ` + pad + ` || '@example.com', '{}', '', '', case when i % 10 = 0 then 'invited' else 'active' end, 1, 0, 1, 1,
				'person-' || ` + pad + ` || '@example.com' from n`,
		`insert into links (id, token, kind, user_id, user_version, email, note, created, expires, used, replaced, opened)` + numbers +
			`select 'l' || i, ` + blob + `, 'invitation', 'u' || i, 1, 'person-' || ` + pad + ` || '@example.com', '', 1, ` +
			fmt.Sprint(time.Now().Add(time.Hour).UnixMicro()) + `, 0, false, case when i % 100 = 0 then 1 else 0 end from n where i % 10 = 0`,
		`insert into memberships (group_name, user_id, email) select 'g', id, email from users where id like '%5' or id like '%0'`,
		`vacuum analyze`,
	} {
		if text == "vacuum analyze" && strings.HasPrefix(url, "sqlite:") {
			continue // no house has its file analysed
		}
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	return func(explain, text string, args []any) string { return plan(t, db, explain, text, args) }
}

// How far invitations have come is found by two indexes, whatever is asked besides, however many people there are: 100,000 in PostgreSQL,
// whose planner looks at that.
func TestInvitationsAreFoundByTheirIndexesInALargeHouse(t *testing.T) {
	t.Parallel()
	judge := func(t *testing.T, db *storage.DB, explain string, shows func(explain, text string, args []any) string) {
		t.Helper()
		for name, f := range map[string]storage.PeopleFilter{
			"opened":           {State: storage.InvitationOpened},
			"expired":          {State: storage.InvitationExpired},
			"withdrawn":        {State: storage.InvitationWithdrawn},
			"none, and a word": {State: storage.InvitationNone, Search: "person"},
			"of a group":       {State: storage.InvitationOpened, Group: "g"},
			"without an app":   {State: storage.InvitationOpened, Lacks: storage.LacksTOTP},
			"all who are so":   {State: "invited"},
		} {
			bound, few, text, args := storage.PeopleStatements(db, f, "person-050000@example.com", "person-090000@example.com")
			for what, shown := range map[string]string{"its bound": shows(explain, bound, few), "its page": shows(explain, text, args)} {
				fits := strings.Contains(shown, "users_invited") && (what == "its bound" || f.State == "invited" || strings.Contains(shown, "links_invitation"))
				if !fits || strings.Contains(shown, "Seq Scan") || strings.Contains(shown, "SCAN ") || strings.Contains(shown, "users_list") {
					t.Errorf("%s, %s:\n%s", name, what, shown)
				}
			}
		}
		page, err := db.People(t.Context(), storage.PeopleFilter{State: storage.InvitationOpened}, "person-000100@example.com", 1)
		if err != nil || len(page.People) != 1 || page.People[0].Email != "person-000200@example.com" {
			t.Errorf("%+v, %v", page, err)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		url := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
		db := node(t, url, nil)
		judge(t, db, "explain query plan ", guests(t, url, 1000))
	})
	t.Run("postgres", func(t *testing.T) {
		url := storagetest.PostgresURL(t)
		db := node(t, url, nil)
		judge(t, db, "explain ", guests(t, url, 100_000))
	})
}
