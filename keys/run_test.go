package keys

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage/storagetest"
)

// record is a log that a test reads while it is written.
type record struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (r *record) Write(line []byte) (int, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.text.Write(line)
}

func (r *record) String() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.text.String()
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within ten seconds: %s", what)
}

func TestANodeThatRunsFollowsTheOthersAndSurvivesAnOutage(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	store := &outage{DB: db}
	var log record
	k, err := Open(t.Context(), store, sharedMaster, Options{Log: slog.New(slog.NewTextHandler(&log, nil)), Passwords: quick()})
	if err != nil {
		t.Fatal(err)
	}
	other := openUnder(t, db, sharedMaster, nil)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Run(ctx)
	}()

	if err := other.Rotate(t.Context(), true, event()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the node signs with what another has rotated", func() bool { return signer(k, "ES256") == signer(other, "ES256") })

	store.down.Store(true)
	asked := store.asked.Load()
	eventually(t, "it asks again and again", func() bool { return store.asked.Load() >= asked+2 })
	if _, err := other.Ring.Verify(mustSign(t, k, "ES256", "JWT"), "JWT"); err != nil {
		t.Errorf("a token signed during the outage: %v", err)
	}
	if n := strings.Count(log.String(), "failing, the present keys stay in use: keys are read again"); n != 1 {
		t.Errorf("the outage was told %d times: %s", n, log.String())
	}

	store.down.Store(false)
	eventually(t, "the end of the outage is told", func() bool { return strings.Contains(log.String(), "works again: keys are read again") })
	cancel()
	<-ended
}

func TestAKeyThatNobodyCanReadDoesNotReplaceThoseInUse(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	k := openUnder(t, db, sharedMaster, nil)
	foreign := newKeeper(db, testMaster(t), Options{Now: time.Now})
	if err := foreign.makeWorkingKey(t.Context(), ForCode, 2); err != nil {
		t.Fatal(err)
	}
	if err := k.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "not among the given ones") {
		t.Errorf("a key under a foreign master key: %v", err)
	}
	var v string
	if err := k.Box.Open(ForCode, mustSeal(t, k, ForCode, "anna"), &v); err != nil {
		t.Errorf("the keys in use are lost: %v", err)
	}
}

// A newer node's key, say. What is revoked by a new epoch must not live on here, and the node says that it knows less than others.
func TestANodeThatCannotReadAKeyHearsOfANewEpochAndIsNotReady(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	k := openUnder(t, db, sharedMaster, nil)
	sealed := mustSeal(t, k, ForCode, "anna")
	foreign := newKeeper(db, testMaster(t), Options{Now: time.Now})
	if err := foreign.makeWorkingKey(t.Context(), ForCode, 2); err != nil {
		t.Fatal(err)
	}
	if _, err := db.RaiseEpoch(t.Context(), event()); err != nil {
		t.Fatal(err)
	}
	former := *k.keeper.snapshot.Load()
	former.read = former.read.Add(-6 * time.Second)
	k.keeper.snapshot.Store(&former)
	if k.Refresh(t.Context()) == nil {
		t.Error("a key that does not open is no error")
	}
	var v string
	mustRefuse(t, "sealed before the new epoch", k.Box.Open(ForCode, sealed, &v))
	if err := k.Box.Open(ForCode, mustSeal(t, k, ForCode, "anna"), &v); err != nil {
		t.Errorf("sealed in the new epoch: %v", err)
	}
	if k.Ready() == nil {
		t.Error("ready, though it has not read its keys for six seconds")
	}
}

func TestARefreshEndsWithItsContext(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	k.keeper.turn <- struct{}{} // another refresh is under way and hangs
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := k.Refresh(ctx); err != context.DeadlineExceeded {
		t.Errorf("it waits on: %v", err)
	}
	<-k.keeper.turn
	refreshed(t, k)
}
