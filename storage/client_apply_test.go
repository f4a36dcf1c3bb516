package storage_test

import (
	"errors"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/google/go-cmp/cmp"
)

// untold is nothing more to tell of a step.
func untold(storage.ClientStep) storage.Event { return storage.Event{} }

// named are the steps of a plan: id -> what, and the fields that differ.
func named(plan []storage.ClientStep) map[string][]string {
	got := map[string][]string{}
	for _, s := range plan {
		got[s.Client.ID] = append([]string{s.What}, s.Fields...)
	}
	return got
}

func TestAFileIsAppliedAddedChangedRemoved(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		apply := func(want map[string][]string, list ...storage.Client) {
			t.Helper()
			plan, err := db.ApplyClients(t.Context(), list, false, untold)
			if diff := cmp.Diff(want, named(plan)); diff != "" || err != nil {
				t.Errorf("%v (-want +got): %s", err, diff)
			}
			if plan, err = db.ApplyClients(t.Context(), list, false, untold); len(plan) != 0 || err != nil {
				t.Errorf("a second time it does %v, %v", named(plan), err)
			}
		}
		a, b := webClient("a"), webClient("b")
		apply(map[string][]string{"a": {"added"}, "b": {"added"}}, a, b)
		h.must(db.SetClientDisabled(t.Context(), "a", true, storage.Event{}))
		keeps := a
		keeps.Name, keeps.Secrets, keeps.Resources = "Renamed", [2][]byte{}, []string{} // a file that names no secret
		apply(map[string][]string{"a": {"changed", "Name"}, "b": {"removed"}}, keeps)
		got, err := db.Client(t.Context(), "a")
		if err != nil || got.Name != "Renamed" || !got.Disabled || string(got.Secrets[0]) != string(a.Secrets[0]) || got.Owner != "applied" {
			t.Errorf("got %+v, %v", got, err)
		}
		apply(map[string][]string{"a": {"removed"}})
	})
}

func TestWhatAFileAppliesIsNotTheConfigurationsNorTheConsoles(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := &house{DB: db, t: t}
		declared, kept, itself, applied := webClient("declared"), webClient("kept"), webClient("itself"), webClient("applied")
		itself.Owner, itself.Consent = "dynamic", true
		h.must(db.DeclareClients(t.Context(), []storage.Client{declared}, storage.Event{}))
		h.must(db.AddClient(t.Context(), kept, storage.Event{}))
		h.must(db.AddClient(t.Context(), itself, storage.Event{}))
		if plan, err := db.ApplyClients(t.Context(), []storage.Client{declared, kept, applied}, false, untold); err != nil || len(plan) != 1 {
			t.Errorf("what is just as it is listed: %v, %v", named(plan), err)
		}
		h.must(db.DeclareClients(t.Context(), []storage.Client{declared}, storage.Event{})) // a start leaves the applied one alone
		var other []storage.Client
		for _, c := range []storage.Client{declared, kept, itself} {
			c.Name = "Another"
			other = append(other, c)
		}
		plan, err := db.ApplyClients(t.Context(), append(other, applied), true, untold)
		want := map[string][]string{"declared": {"taken", "Name"}, "kept": {"adopted", "Name"}, "itself": {"taken", "Name"}}
		if diff := cmp.Diff(want, named(plan)); diff != "" || !errors.Is(err, storage.ErrConflict) {
			t.Errorf("%v (-want +got): %s", err, diff)
		}
		plan, err = db.ApplyClients(t.Context(), []storage.Client{other[1], applied}, false, untold)
		if diff := cmp.Diff(map[string][]string{"kept": {"drift", "Name"}}, named(plan)); diff != "" || !errors.Is(err, storage.ErrConflict) {
			t.Errorf("%v (-want +got): %s", err, diff)
		}
		for id, name := range map[string]string{"declared": "The declared", "kept": "The kept", "itself": "The itself"} {
			if got, err := db.Client(t.Context(), id); err != nil || got.Name != name {
				t.Errorf("%s is %q, %v: something was done", id, got.Name, err)
			}
		}
		if _, err := db.ApplyClients(t.Context(), []storage.Client{other[1], applied}, true, untold); err != nil {
			t.Error(err)
		}
		got, err := db.Client(t.Context(), "kept")
		if err != nil || got.Name != "Another" || got.Owner != "applied" {
			t.Errorf("adopted: %+v, %v", got, err)
		}
		got.Name = "By hand"
		if err := db.ChangeClient(t.Context(), got, storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("it is changed besides the file: %v", err)
		}
		if err := db.RemoveClient(t.Context(), "kept", storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("it is removed besides the file: %v", err)
		}
	})
}

func TestANewClientOfAFileNeedsItsSecret(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		c := webClient("a")
		c.Secrets = [2][]byte{}
		for name, list := range map[string][]storage.Client{"no secret": {c}, "one twice": {webClient("b"), webClient("b")}, "a wrong one": {{ID: "x y"}}} {
			plan, err := db.ApplyClients(t.Context(), list, false, untold)
			if invalid := (*storage.Invalid)(nil); !errors.As(err, &invalid) || len(plan) > 0 {
				t.Errorf("%s: %v, %v", name, plan, err)
			}
		}
		if all, err := db.Clients(t.Context()); err != nil || len(all) > 0 {
			t.Errorf("something was added: %v, %v", all, err)
		}
	})
}
