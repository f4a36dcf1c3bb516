package storage_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
)

func TestSignInsAreCountedByTheHourByWayAndResult(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		noon := db.Now()
		h.record(3, storage.Event{Kind: storage.SessionStarted, Data: map[string]string{"methods": "pwd otp"}})
		h.record(2, storage.Event{Kind: storage.SessionStarted, Data: map[string]string{"methods": "pwd", "trusted": "1"}})
		h.record(5, storage.Event{Kind: storage.SignInRefused, Result: "password_wrong"})
		h.record(9, storage.Event{Kind: "sign_in.code_sent"})
		c.pass(59 * time.Minute)
		chainAll(t, db)
		h.record(1, storage.Event{Kind: storage.SessionStarted, Data: map[string]string{"methods": "pwd otp"}})
		c.pass(time.Minute)
		h.record(1, storage.Event{Kind: storage.SessionRaised, Data: map[string]string{"methods": "pwd otp"}})
		c.pass(time.Minute)
		chainAll(t, db)
		chainAll(t, db)
		want := []storage.Count{
			{Hour: noon, Kind: storage.SessionStarted, Result: "ok", Method: "pwd otp", N: 4},
			{Hour: noon, Kind: storage.SessionStarted, Result: "ok", Method: "pwd trusted", N: 2},
			{Hour: noon, Kind: storage.SignInRefused, Result: "password_wrong", N: 5},
			{Hour: noon.Add(time.Hour), Kind: storage.SessionRaised, Result: "ok", Method: "pwd otp", N: 1},
		}
		got, err := db.SignIns(t.Context(), noon, noon.Add(2*time.Hour))
		h.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got, err = db.SignIns(t.Context(), noon.Add(time.Hour), noon.Add(2*time.Hour)); err != nil || len(got) != 1 {
			t.Errorf("of the second hour: %+v, %v", got, err)
		}
		c.pass(400 * day)
		if n, err := db.SweepLog(t.Context(), storage.EventsKept, ours); n != 21 || err != nil {
			t.Errorf("swept %d, %v", n, err)
		}
		if got, err = db.SignIns(t.Context(), noon, db.Now()); err != nil || len(got) > 0 {
			t.Errorf("counts are left: %+v, %v", got, err)
		}
	})
}

// LG-08: what is summarised counts as often as it was.
func TestRefusalsOfClientsAreCounted(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := &house{DB: db, t: t}
		refused := func(client, result, count string) {
			h.record(1, storage.Event{Kind: storage.ClientRefused, Client: client, Result: result, Data: map[string]string{"count": count}})
		}
		refused("gitlab", "wrong_secret", "40")
		c.pass(2 * time.Hour)
		since := db.Now()
		refused("gitlab", "wrong_secret", "3")
		refused("gitlab", "wrong_secret", "11")
		last := db.Now()
		refused("grafana", "wrong_method", "13")
		refused("", "unknown_client", "nonsense")
		h.record(1, storage.Event{Kind: storage.SignInRefused, Client: "gitlab", Result: "wrong_secret"})
		want := []storage.Failure{{"gitlab", "wrong_secret", 14, last}, {"grafana", "wrong_method", 13, last}, {"", "unknown_client", 1, last}}
		got, err := db.Failures(t.Context(), since, 10)
		h.must(err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if got, err = db.Failures(t.Context(), since, 1); err != nil || len(got) != 1 || got[0].N != 14 {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
