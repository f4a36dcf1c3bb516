package login

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/doorward/doorward/keys"
)

func mustEnter(t *testing.T, l *lines, names ...string) {
	t.Helper()
	if waited, err := l.enter(t.Context(), names...); waited || err != nil {
		t.Errorf("%v: waited %v, %v", names, waited, err)
	}
}

func TestTwoOfALineAreHashedAndOthersDoNotNotice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lines
		var mutex sync.Mutex
		var order []int
		mustEnter(t, &l, "block:a", "x")
		mustEnter(t, &l, "block:a", "y")
		for i := range 3 {
			go func() {
				if waited, err := l.enter(t.Context(), "block:a", "z"); waited && err == nil {
					mutex.Lock()
					order = append(order, i)
					mutex.Unlock()
					time.Sleep(100 * time.Millisecond)
					l.leave("block:a", "z")
				}
			}()
			synctest.Wait()
		}
		for range 4 {
			mustEnter(t, &l, "block:b", "w")
			l.leave("block:b", "w")
		}
		if len(order) != 0 {
			t.Errorf("%v got in", order)
		}
		l.leave("block:a", "x")
		synctest.Wait()
		if len(order) != 1 || order[0] != 0 {
			t.Errorf("%v got in, want the first who came", order)
		}
		l.leave("block:a", "y")
		time.Sleep(time.Second)
		synctest.Wait()
		if len(order) != 3 || l.all != 0 || len(l.here)+len(l.hashed)+len(l.waiting) != 0 {
			t.Errorf("%v got in; left are %+v", order, &l)
		}
	})
}

// Strangers who know a name crowd before it from within their own block: that holds none of the name's places.
func TestWhoWaitsInOneLineHoldsNoPlaceInAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lines
		mustEnter(t, &l, "block:a", "x")
		mustEnter(t, &l, "block:a", "y")
		for range 10 {
			go func() {
				if _, err := l.enter(t.Context(), "block:a", "anna"); err == nil {
					t.Error("a third of one block got in")
				}
			}()
		}
		synctest.Wait()
		mustEnter(t, &l, "block:b", "anna")
		mustEnter(t, &l, "block:c", "anna")
		time.Sleep(lineWait)
	})
}

func TestALineIsBoundedInTimeAndLength(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lines
		mustEnter(t, &l, "x")
		mustEnter(t, &l, "x")
		var late atomic.Int32
		for range lineLength - abreast {
			go func() {
				begun := time.Now()
				if _, err := l.enter(t.Context(), "x"); errors.Is(err, keys.ErrBusy) && time.Since(begun) == lineWait {
					late.Add(1)
				}
			}()
		}
		synctest.Wait()
		begun := time.Now()
		if _, err := l.enter(t.Context(), "x"); !errors.Is(err, keys.ErrBusy) || time.Since(begun) > 0 {
			t.Errorf("one too many: %v after %s", err, time.Since(begun))
		}
		time.Sleep(lineWait)
		synctest.Wait()
		if late.Load() != lineLength-abreast || l.all != abreast || len(l.waiting) != 0 {
			t.Errorf("%d waited in vain, %d are left, %d wait", late.Load(), l.all, len(l.waiting))
		}
		for i := range allLines - abreast {
			mustEnter(t, &l, fmt.Sprint("y", i))
		}
		if _, err := l.enter(t.Context(), "z"); !errors.Is(err, keys.ErrBusy) {
			t.Errorf("one too many of all: %v", err)
		}
	})
}

func TestWhoGoesAwayLeavesTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l lines
		mustEnter(t, &l, "x")
		mustEnter(t, &l, "x")
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		if waited, err := l.enter(ctx, "x"); !waited || !errors.Is(err, context.Canceled) || len(l.waiting) != 0 {
			t.Errorf("waited %v, %v, and %d wait", waited, err, len(l.waiting))
		}
		l.leave("x")
		mustEnter(t, &l, "x")
	})
}

// The turn may come in the very moment in which somebody gives up: it goes to the next.
func TestATurnThatComesTooLateIsHandedOn(t *testing.T) {
	var l lines
	mustEnter(t, &l, "x")
	mustEnter(t, &l, "x")
	first, err := l.join([]string{"x"})
	second, err2 := l.join([]string{"x"})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	l.leave("x")
	<-first.come
	l.giveUp(first)
	select {
	case <-second.come:
	default:
		t.Error("the turn is lost")
	}
}
