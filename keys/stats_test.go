package keys

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage/storagetest"
)

func TestAgesTellWhenTheNextKeySigns(t *testing.T) {
	c := newClock()
	began := c.Now()
	k := openKeys(t, storagetest.New(t, c.Now), c.Now)
	want := func(since, successor time.Time) {
		t.Helper()
		ages := k.Ring.Ages()
		if len(ages) != len(k.Ring.Algorithms()) {
			t.Fatalf("ages of %v", ages)
		}
		for _, age := range ages {
			if !age.Since.Equal(since) || !age.Successor.Equal(successor) {
				t.Errorf("%+v, want %v and %v", age, since, successor)
			}
		}
	}
	want(began, began.Add(30*24*time.Hour))
	c.Forward(time.Hour)
	if err := k.Rotate(t.Context(), false, event()); err != nil {
		t.Fatal(err)
	}
	want(began, began.Add(25*time.Hour)) // published, and used a day later
	c.Forward(24 * time.Hour)
	want(began.Add(25*time.Hour), began.Add(25*time.Hour+30*24*time.Hour))
}

func TestANodeIsReadyWhileItKnowsThePresentKeys(t *testing.T) {
	store := &outage{DB: storagetest.New(t, nil)}
	k := openKeys(t, store, nil)
	if err := k.Ready(); err != nil {
		t.Error(err)
	}
	store.down.Store(true)
	former := *k.keeper.snapshot.Load()
	former.read = former.read.Add(-2 * staleAfter)
	k.keeper.snapshot.Store(&former)
	if err := k.Refresh(t.Context()); !errors.Is(err, errDown) {
		t.Errorf("got %v, want the outage", err)
	}
	if k.Ready() == nil {
		t.Error("ready, though it has not read its keys for long")
	}
	store.down.Store(false)
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := k.Ready(); err != nil {
		t.Error(err)
	}
}
