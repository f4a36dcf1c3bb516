package login_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

// readsPolicy is a store that counts how often the policy of groups is read.
type readsPolicy struct {
	login.Store
	reads *atomic.Int64
}

func (c readsPolicy) AppGroups(ctx context.Context) ([]string, error) {
	c.reads.Add(1)
	return c.Store.AppGroups(ctx)
}

func TestThePolicyOfGroupsIsReadOnceASecondAtMost(t *testing.T) {
	t.Parallel()
	h := open(t)
	reads := new(atomic.Int64)
	h.serve(login.Options{Store: readsPolicy{h.db, reads}, Keys: h.keys, Site: h.site, Mail: h.mailbox, EmailCode: "untrusted", Now: h.now})
	h.office()
	anna := h.person()
	together(50, func(int) {
		if must, err := h.face.MustHaveApp(t.Context(), anna); err != nil || !must {
			t.Errorf("must: %t, %v", must, err)
		}
	})
	if must, err := h.face.MustHaveApp(t.Context(), storage.User{ID: "nobody"}); must || err != nil {
		t.Errorf("who is in no group: %t, %v", must, err)
	}
	must, err := h.face.AppPolicy(t.Context())
	h.must(err)
	if !must(anna) || must(storage.User{ID: "nobody"}) || must(storage.User{Groups: []string{"marketing"}}) {
		t.Errorf("by the policy: %t, who is in no group: %t", must(anna), must(storage.User{ID: "nobody"}))
	}
	if n := reads.Load(); n != 1 {
		t.Errorf("it was read %d times", n)
	}
	group, err := h.db.Group(t.Context(), "finance")
	h.must(err)
	group.TOTP = false
	_, err = h.db.PutGroup(t.Context(), group, storage.Event{Actor: "test"})
	h.must(err)
	h.later(time.Second)
	if must, err := h.face.MustHaveApp(t.Context(), anna); err != nil || must {
		t.Errorf("a second after the change: %t, %v", must, err)
	}
}

// stuck is a store that reads the policy when it is let, and fails.
type stuck struct {
	login.Store
	reads *atomic.Int64
	let   chan struct{}
}

func (c stuck) AppGroups(context.Context) ([]string, error) {
	c.reads.Add(1)
	<-c.let
	return nil, errors.New("the database is away")
}

// Whoever goes away waits no longer for a database that hangs, nobody begins another read meanwhile, and where nobody can tell nobody
// is told no.
func TestAllWhoAskForThePolicyWhileItCannotBeReadWaitForOneRead(t *testing.T) {
	t.Parallel()
	h := open(t)
	s := stuck{h.db, new(atomic.Int64), make(chan struct{})}
	h.serve(login.Options{Store: s, Keys: h.keys, Site: h.site, Mail: h.mailbox, EmailCode: "untrusted", Now: h.now})
	member := storage.User{ID: "anna", Groups: []string{"finance"}}
	impatient, leave := context.WithCancel(t.Context())
	answers := make(chan error)
	for range 50 {
		go func() {
			_, err := h.face.MustHaveApp(impatient, member)
			answers <- err
		}()
	}
	for s.reads.Load() == 0 {
		runtime.Gosched()
	}
	leave()
	for range 50 {
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Errorf("who has gone away got %v", err)
		}
	}
	if n := s.reads.Load(); n != 1 {
		t.Errorf("it was read %d times", n)
	}
	close(s.let)
	if must, err := h.face.MustHaveApp(t.Context(), member); must || err == nil {
		t.Errorf("where nobody can tell: %t, %v", must, err)
	}
	if _, err := h.face.AppPolicy(t.Context()); err == nil {
		t.Error("there is a policy that cannot be read")
	}
}
