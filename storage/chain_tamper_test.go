package storage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// eventAt is SQL for the id of the event at a position.
func eventAt(position int) string {
	return fmt.Sprintf(`(select event_id from chain where position = %d)`, position)
}

// AD-16: what somebody may do who has the database and not the keys. There are twelve events, a minute apart; the second was refused.
var tamperings = []struct {
	name string
	text string
	want map[string]int
}{
	{"nothing", `select 1`, map[string]int{}},
	{"an event is changed", `update events set result = 'ok' where id = ` + eventAt(2), map[string]int{storage.ChainChanged: 1}},
	{"an event is about another person", `update events set user_id = 'c' where id = ` + eventAt(5), map[string]int{storage.ChainChanged: 1}},
	{"words move from one field to the next", `update events set actor = '', user_id = 'ab' where id = ` + eventAt(5),
		map[string]int{storage.ChainChanged: 1}},
	{"an event is of another sign-in", `update events set attempt = 'x' where id = ` + eventAt(5), map[string]int{storage.ChainChanged: 1}},
	{"two events are swapped", `update events set kind = case kind when 'k5' then 'k7' when 'k7' then 'k5' else kind end`,
		map[string]int{storage.ChainChanged: 2}},
	{"an event is removed", `delete from events where id = ` + eventAt(5), map[string]int{storage.ChainRemoved: 1}},
	{"a refused one is removed before its time", `delete from events where id = ` + eventAt(2), map[string]int{storage.ChainRemoved: 1}},
	{"an event is removed as if it were a refused one",
		`delete from events where id = ` + eventAt(5) + `; update chain set brief = true, happened = 5 where position = 5`,
		map[string]int{storage.ChainBroken: 1}},
	{"an event is removed with its row", `delete from events where id = ` + eventAt(5) + `; delete from chain where position = 5`,
		map[string]int{storage.ChainGap: 1}},
	{"and those behind it move up", `delete from events where id = ` + eventAt(11) + `; delete from chain where position = 11;
		update chain set position = 11 where position = 12`, map[string]int{storage.ChainBroken: 1, storage.ChainCut: 1}},
	{"and the head with them", `delete from events where id = ` + eventAt(11) + `; delete from chain where position = 11;
		update chain set position = 11 where position = 12; update chain_ends set position = 11 where name = 'head'`,
		map[string]int{storage.ChainBroken: 1, storage.ChainCut: 1}},
	{"an event is inserted", `insert into events (id, happened, kind, actor, user_id, client_id, address, reference, result, data, attempt)
		select id || 'x', happened, 'sign_in.ok', actor, user_id, client_id, address, reference, result, data, attempt from events
		where id = ` + eventAt(5), map[string]int{storage.ChainInserted: 1}},
	{"rows are swapped", `update chain set position = 100 where position = 5; update chain set position = 5 where position = 6;
		update chain set position = 6 where position = 100`, map[string]int{storage.ChainBroken: 3}},
	{"an event is changed and its digest with it", `update events set result = 'no' where id = ` + eventAt(5) + `;
		update chain set digest = link where position = 5`, map[string]int{storage.ChainBroken: 1, storage.ChainChanged: 1}},
	{"a link is another", `update chain set link = digest where position = 5`, map[string]int{storage.ChainBroken: 2}},
	{"the first link is another", `update chain set link = digest where position = 1`, map[string]int{storage.ChainBroken: 2}},
	{"the last link is another", `update chain set link = digest where position = 12`, map[string]int{storage.ChainBroken: 1, storage.ChainCut: 1}},
	{"the tail is cut off", `delete from events where id in (select event_id from chain where position > 8); delete from chain where position > 8`,
		map[string]int{storage.ChainCut: 1}},
	{"the tail is cut off and the head put there", `delete from events where id in (select event_id from chain where position > 8);
		delete from chain where position > 8; update chain_ends set position = 8, last = ` + eventAt(8) + `,
		link = (select link from chain where position = 8) where name = 'head'`, map[string]int{storage.ChainCut: 1}},
	{"a row is put behind the head", `insert into chain (position, event_id, happened, brief, digest, link)
		select 13, 'x', happened, brief, digest, link from chain where position = 12`, map[string]int{storage.ChainCut: 1}},
	{"the beginning is cut off", `delete from events where id in (select event_id from chain where position < 5); delete from chain where position < 5`,
		map[string]int{storage.ChainGap: 1}},
	{"the beginning is cut off and the base put there", `delete from events where id in (select event_id from chain where position < 5);
		update chain_ends set position = 4, link = (select link from chain where position = 4) where name = 'base'; delete from chain where position < 5`,
		map[string]int{storage.ChainCut: 1}},
	{"the ends are gone", `delete from chain_ends`, map[string]int{storage.ChainCut: 1}},
	{"one end is gone", `delete from chain_ends where name = 'head'`, map[string]int{storage.ChainCut: 3}},
	{"the other is gone", `delete from chain_ends where name = 'base'`, map[string]int{storage.ChainCut: 1}},
	{"all rows are gone", `delete from chain`, map[string]int{storage.ChainCut: 1, storage.ChainInserted: 9}},
}

// twelve is a log of twelve events, a minute apart, all chained.
func twelve(t *testing.T, url string) (*house, *clock) {
	c := newClock()
	h := &house{DB: node(t, url, c.now), t: t}
	for i := range 12 {
		e := storage.Event{Kind: fmt.Sprint("k", i+1), Actor: "a", User: "a\x1fb", Result: "done", Data: map[string]string{"n": fmt.Sprint(i)}}
		if i == 1 {
			e.Kind, e.Result = storage.SignInRefused, "password_wrong"
		}
		if i == 4 {
			e.User = "b"
		}
		h.record(1, e)
		c.pass(time.Minute)
	}
	chainAll(t, h.DB)
	return h, c
}

// AD-16
func TestWhateverIsDoneToAChainedLogIsFound(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		h, _ := twelve(t, url)
		tables := []string{"events", "chain", "chain_ends"}
		for _, table := range tables {
			exec(`create table kept_` + table + ` as select * from ` + table)
		}
		for _, c := range tamperings {
			exec(c.text)
			report, faults := verified(t, h.DB)
			if !maps.Equal(faults, c.want) {
				t.Errorf("%s: found %v, want %v; %+v", c.name, faults, c.want, report)
			}
			for _, table := range tables {
				exec(`delete from ` + table + `; insert into ` + table + ` select * from kept_` + table)
			}
		}
	})
}

// AD-16: what is cut off is not covered by what comes later.
func TestAChainWhoseHeadWasTamperedWithDoesNotGrow(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		h, c := twelve(t, url)
		h.record(1, storage.Event{Kind: storage.KeysChanged})
		c.pass(time.Minute)
		exec(`delete from chain where position > 8; update chain_ends set position = 8, link = (select link from chain where position = 8) where name = 'head'`)
		for what, err := range map[string]error{
			"chained": errors.Join(second(h.ChainEvents(t.Context(), 10, ours)), h.ChainLoose(t.Context(), ours)),
			"swept":   second(h.SweepLog(t.Context(), time.Second, ours)),
		} {
			if !errors.Is(err, storage.ErrTampered) {
				t.Errorf("%s: %v, want ErrTampered", what, err)
			}
		}
		if report, _ := verified(t, h.DB); report.Last != 8 {
			t.Errorf("%+v", report)
		}
	})
}

// AD-16: an operator who has seen what was done begins anew, and the log tells that they did.
func TestAChainThatWasGivenUpBeginsAnew(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		h, c := twelve(t, url)
		exec(`delete from events where id = ` + eventAt(5) + `; update chain_ends set position = 8 where name = 'head'`)
		begun := h.Now()
		h.must(h.RestartChain(t.Context(), ours, storage.Event{Actor: "anna"}))
		c.pass(time.Minute)
		if n := chainAll(t, h.DB); n != 12 {
			t.Errorf("%d were chained, want 11 and the event of it", n)
		}
		report, faults := verified(t, h.DB)
		if len(faults) > 0 || report.Events != 12 || !report.Begun.Equal(begun) || h.events(storage.ChainRestarted) != 1 {
			t.Errorf("%+v, %v", report, faults)
		}
	})
}

// AD-16: a head that was sealed once is put back, as it stands in an old backup. A process that has seen more says so.
func TestAHouseThatRunsNoticesThatItsChainWasPutBack(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		said := make(chan string, 100)
		db, err := storage.Open(t.Context(), url, storage.Options{Log: slog.New(saying(said))})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		h := &house{DB: db, t: t}
		late(exec, time.Now().Add(-time.Hour), "first")
		chainAll(t, db)
		exec(`create table kept as select * from chain_ends`)
		late(exec, time.Now().Add(-time.Minute), "second")
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			defer close(done)
			db.KeepChain(ctx, ours)
		}()
		h.hears(said, "the log is chained")
		exec(`delete from chain where position = 2; delete from events where kind = 'second'; delete from chain_ends; insert into chain_ends select * from kept`)
		if _, faults := verified(t, db); len(faults) > 0 {
			t.Errorf("%v: the database alone does not tell", faults)
		}
		h.hears(said, "the log is not chained")
		cancel()
		<-done
	})
}

// hears waits until something was said.
func (h *house) hears(said <-chan string, want string) {
	h.t.Helper()
	for {
		select {
		case message := <-said:
			if message == want {
				return
			}
		case <-time.After(time.Minute):
			h.t.Fatalf("nobody said %q", want)
		}
	}
}

// saying is a log whose messages are heard.
type saying chan<- string

func (s saying) Enabled(context.Context, slog.Level) bool { return true }
func (s saying) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s saying) WithGroup(string) slog.Handler            { return s }
func (s saying) Handle(_ context.Context, r slog.Record) error {
	s <- r.Message
	return nil
}

// AD-16: a chain is of one house.
func TestAChainIsNothingToAnotherKey(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, _ func(string)) {
		h, _ := twelve(t, url)
		found := map[string]int{}
		report, err := h.VerifyChain(t.Context(), 0, linker("another key"), func(f storage.ChainFault) error {
			found[f.What]++
			return nil
		})
		if err != nil || found[storage.ChainBroken] != 12 || found[storage.ChainCut] != 2 || report.Events != 0 {
			t.Errorf("%v, %v, %+v", err, found, report)
		}
		if _, err := h.ChainEvents(t.Context(), 10, linker("another key")); !errors.Is(err, storage.ErrTampered) || !strings.Contains(err.Error(), "doorward audit verify") {
			t.Errorf("chained by another key: %v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }
