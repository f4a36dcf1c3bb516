package main_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// TestTwoNodesMayStartAtTheSameInstantOnAnEmptyDatabase: master key, tables, working keys, signing keys and declared applications are made
// once, and each event is told once.
func TestTwoNodesMayStartAtTheSameInstantOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	rounds := 3
	if full {
		rounds = 30
	}
	for range rounds {
		database := storagetest.PostgresURL(t)
		n := newNodes(t, database, settings{"clients": twoApps(t), "log": settings{"level": "warn"}})
		n.start()
		n.wantOneHouse(t, database)
		n.newWitness(t) // who signs on over both
		for _, v := range n.each {
			v.stop()
			if v.err != nil || len(v.log.bytes()) > 0 {
				t.Errorf("a node ended with %v, and complained:\n%s", v.err, v.log.bytes())
			}
		}
	}
}

// wantOneHouse wants one set of keys, by both nodes and in the database.
func (n *nodes) wantOneHouse(t *testing.T, database string) {
	t.Helper()
	a, b := n.at(0).get(t, "/jwks"), n.at(1).get(t, "/jwks")
	if a != b || a.status != http.StatusOK || strings.Count(a.body, `"kid"`) != 4 {
		t.Errorf("the nodes publish %v and %v, not one key for each of four algorithms", a, b)
	}
	db, err := storage.Open(t.Context(), database, storage.Options{Log: slog.New(slog.DiscardHandler), ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	working, err := db.WorkingKeys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	purposes := map[string]int{}
	for _, key := range working {
		if purposes[key.Purpose]++; purposes[key.Purpose] > 1 || key.Master != working[0].Master {
			t.Errorf("there are %d working keys for %s, under the master key %s", purposes[key.Purpose], key.Purpose, key.Master)
		}
	}
	events, err := db.Events(t.Context(), 100)
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]int{}
	for _, e := range events {
		told[e.Kind+" "+e.Client]++
	}
	for _, event := range []string{storage.ClientAdded + " app", storage.ClientAdded + " other", storage.KeysChanged + " "} {
		if told[event] != 1 {
			t.Errorf("the event %q was told %d times", event, told[event])
		}
	}
}
