package storage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
)

// motley writes many events that differ in everything a filter asks for, and returns them, the newest first.
func motley(h *house, c *clock, n int) []storage.Event {
	h.t.Helper()
	kinds := []string{storage.SignInRefused, "sign_in.code_sent", storage.SessionStarted, storage.KeysChanged, "sign_inside"}
	pick := func(i int, from ...string) string { return from[i%len(from)] }
	for i := range n {
		h.record(1, storage.Event{
			Kind: kinds[i%5], Actor: "system", User: pick(i/2, "", "anna", "ben"), Client: pick(i/3, "", "grafana", "gitlab"), Result: pick(i/4, "ok", "password_wrong"),
			Address: pick(i/5, "192.0.2.7", "2001:db8::7"), Reference: pick(i, "", "E-1111-11"), Attempt: pick(i/6, "", "attempt-1", "attempt-2"),
			Data: map[string]string{"n": fmt.Sprint(i)},
		})
		c.pass(time.Minute)
	}
	all, err := h.Events(h.t.Context(), n)
	h.must(err)
	return all
}

// holds is what a filter means, event by event.
func holds(f storage.LogFilter, e storage.Event) bool {
	kind := f.Kind == "" || e.Kind == f.Kind || strings.HasSuffix(f.Kind, ".") && strings.HasPrefix(e.Kind, f.Kind)
	for _, is := range []struct{ want, have string }{
		{f.User, e.User}, {f.Client, e.Client}, {f.Result, e.Result}, {f.Attempt, e.Attempt}, {f.Reference, e.Reference}, {f.Address, e.Address},
	} {
		if is.want != "" && is.want != is.have {
			return false
		}
	}
	return kind && (f.From.IsZero() || !e.Time.Before(f.From)) && (f.Until.IsZero() || e.Time.Before(f.Until))
}

// filters are one of each, some of each pair, and what nothing has.
func filters(c *clock) []storage.LogFilter {
	some := []storage.LogFilter{
		{}, {User: "anna"}, {Client: "gitlab"}, {Kind: storage.SessionStarted}, {Kind: "sign_in."}, {Result: "password_wrong"},
		{Attempt: "attempt-2"}, {Reference: "E-1111-11"}, {Address: "192.0.2.7"},
		{From: c.now().Add(-40 * time.Minute)}, {Until: c.now().Add(-50 * time.Minute)},
	}
	all := []storage.LogFilter{{User: "nobody"}, {Kind: "nothing."}, {Kind: "sign"}, {User: "' or '1'='1"}, {Kind: "sign_in.%."}, {Address: "?"},
		{From: c.now().Add(-time.Minute), Until: c.now().Add(-2 * time.Minute)}}
	for i, a := range some {
		for _, b := range some[i:] {
			for _, over := range []struct{ to, from *string }{
				{&a.User, &b.User}, {&a.Client, &b.Client}, {&a.Kind, &b.Kind}, {&a.Result, &b.Result}, {&a.Attempt, &b.Attempt},
				{&a.Reference, &b.Reference}, {&a.Address, &b.Address},
			} {
				if *over.from != "" {
					*over.to = *over.from
				}
			}
			if a.From.IsZero() {
				a.From = b.From
			}
			if a.Until.IsZero() {
				a.Until = b.Until
			}
			all = append(all, a)
		}
	}
	return all
}

func TestTheLogIsReadPageByPageThroughEveryFilter(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		all := motley(h, c, 120)
		for _, f := range filters(c) {
			var want, got []storage.Event
			for _, e := range all {
				if holds(f, e) {
					want = append(want, e)
				}
			}
			for next, more := "", true; more; more = next != "" {
				page, err := db.Log(t.Context(), f, next, 7)
				h.must(err)
				if len(page.Events) > 7 {
					t.Fatalf("%+v: a page of %d", f, len(page.Events))
				}
				got, next = append(got, page.Events...), page.Next
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%+v: %s", f, diff)
			}
		}
	})
}

// What an application was refused stands on the first page, however often people have signed in to it since.
func TestARefusalIsFoundBehindAllSignIns(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		h := &house{DB: node(t, url, nil), t: t}
		begun := time.Now().Add(-time.Hour).UnixMicro()
		id := `lpad(to_hex(cast(%d as bigint) + i), 14, '0') || 'aaaaaaaa'`
		if h.Kind() == "sqlite" {
			id = `printf('%%014xaaaaaaaa', %d + i)`
		}
		exec(`insert into events (id, happened, kind, actor, user_id, client_id, address, reference, result, data, attempt)
			with recursive n(i) as (select 1 union all select i + 1 from n where i < 4100)
			select ` + fmt.Sprintf(id, begun) + `, ` + fmt.Sprint(begun) + ` + i, case when i = 1 then 'client.refused' else 'session.started' end,
				'', '', 'web', '', '', 'ok', '', '' from n`)
		for kind, want := range map[string]int{storage.ClientRefused: 1, storage.ClientDenied: 0} {
			page, err := h.Log(t.Context(), storage.LogFilter{Client: "web", Kind: kind, From: h.Now().Add(-2 * time.Hour)}, "", 50)
			if err != nil || len(page.Events) != want || page.Next != "" {
				t.Errorf("%s: %d events, next %q, %v; want %d", kind, len(page.Events), page.Next, err, want)
			}
		}
	})
}

func TestAnEventIsFoundByItsIDAndThoseOfASignInTogether(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		all := motley(h, c, 30)
		e, err := db.Event(t.Context(), all[4].ID)
		h.must(err)
		if diff := cmp.Diff(all[4], e); diff != "" {
			t.Error(diff)
		}
		if _, err := db.Event(t.Context(), "nothing"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
		events, err := db.SignInLog(t.Context(), "attempt-2")
		h.must(err)
		if len(events) != 6 || !slices.IsSortedFunc(events, func(a, b storage.Event) int { return a.Time.Compare(b.Time) }) {
			t.Errorf("%+v", events)
		}
		if events, err := db.SignInLog(t.Context(), ""); err != nil || len(events) > 0 {
			t.Errorf("of no sign-in: %+v, %v", events, err)
		}
	})
}

// However rare is what is looked for, a page looks at so many events only, and says where to go on.
func TestAPageOfTheLogLooksAtSoManyEventsOnly(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		h := &house{DB: node(t, url, nil), t: t}
		begun := time.Now().Add(-time.Hour).UnixMicro()
		insert := `insert into events (id, happened, kind, actor, user_id, client_id, address, reference, result, data, attempt)
			with recursive n(i) as (select 1 union all select i + 1 from n where i < 9000)
			select %s, ` + fmt.Sprint(begun) + ` + i, case when i %% 2 = 0 then 'sign_in.a' else 'sign_in.b' end, '', 'anna', 'web', '', '',
				case when i = 10 then 'rare' else 'ok' end, '', '' from n`
		if h.Kind() == "sqlite" {
			exec(fmt.Sprintf(insert, fmt.Sprintf(`printf('%%014xaaaaaaaa', %d + i)`, begun)))
		} else {
			exec(fmt.Sprintf(insert, fmt.Sprintf(`lpad(to_hex(cast(%d as bigint) + i), 14, '0') || 'aaaaaaaa'`, begun)))
		}
		for _, f := range []storage.LogFilter{{Result: "rare"}, {User: "anna", Result: "rare"}, {Client: "web", Result: "rare", Kind: "sign_in."},
			{Kind: "sign_in.", Result: "rare"}} {
			pages, found, next := 0, 0, ""
			for more := true; more; more = next != "" {
				page, err := h.Log(t.Context(), f, next, 50)
				h.must(err)
				pages, found, next = pages+1, found+len(page.Events), page.Next
			}
			if found != 1 || pages != 3 {
				t.Errorf("%+v: found %d on %d pages", f, found, pages)
			}
		}
	})
}
