package keys

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// slow is another's key set that comes when the test lets it.
type slow struct {
	*Foreign
	began chan struct{}
	come  chan json.RawMessage
	asked atomic.Int32
}

func newSlow(clock *clock) *slow {
	s := &slow{began: make(chan struct{}, 100), come: make(chan json.RawMessage)}
	s.Foreign = &Foreign{Nameless: true, Now: clock.Now, Fetch: func(context.Context) ([]byte, error) {
		s.asked.Add(1)
		s.began <- struct{}{}
		set := <-s.come
		if set == nil {
			return nil, errors.New("it is down")
		}
		return set, nil
	}}
	return s
}

func TestAKnownKeyWaitsForNobodyWhoInventsAnother(t *testing.T) { // CA-17
	clock := newClock()
	known, invented := newPen(t, "ES256", "known"), newPen(t, "ES256", "invented")
	s := newSlow(clock)
	first := make(chan error)
	verify := func(p pen) error {
		_, err := s.Verify(t.Context(), p.write(t, "said", nil), allAlgs)
		return err
	}
	go func() { first <- verify(known) }()
	<-s.began
	s.come <- shown(t, known)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	clock.Forward(foreignApart)
	var strangers sync.WaitGroup
	strangers.Go(func() {
		if err := verify(invented); !errors.Is(err, ErrRefused) {
			t.Errorf("an invented key: %v", err)
		}
	})
	<-s.began
	for range 10 {
		if err := verify(known); err != nil {
			t.Errorf("the known key while others are fetched: %v", err)
		}
	}
	s.come <- shown(t, known)
	strangers.Wait()
	if n := s.asked.Load(); n != 2 {
		t.Errorf("%d fetches", n)
	}
}

func TestSoManyWaitForKeysAndNoMore(t *testing.T) {
	p := newPen(t, "ES256", "k")
	s := newSlow(newClock())
	text := p.write(t, "said", nil)
	var waiting sync.WaitGroup
	for range foreignQueue + 1 { // and one that fetches
		waiting.Go(func() {
			if _, err := s.Verify(t.Context(), text, allAlgs); err != nil {
				t.Errorf("one of those that wait: %v", err)
			}
		})
	}
	<-s.began
	for full := false; !full; time.Sleep(time.Millisecond) {
		s.mutex.Lock()
		full = s.waiting == foreignQueue
		s.mutex.Unlock()
	}
	if _, err := s.Verify(t.Context(), text, allAlgs); !errors.Is(err, ErrRefused) {
		t.Errorf("one more: %v", err)
	}
	s.come <- shown(t, p)
	waiting.Wait()
	if _, err := s.Verify(t.Context(), text, allAlgs); err != nil || s.asked.Load() != 1 {
		t.Errorf("afterwards: %v, %d fetches", err, s.asked.Load())
	}
}

func TestWhoeverLeavesWaitsForNoKeys(t *testing.T) {
	p := newPen(t, "ES256", "k")
	s := newSlow(newClock())
	text := p.write(t, "said", nil)
	ended := make(chan error)
	go func() { _, err := s.Verify(t.Context(), text, allAlgs); ended <- err }()
	<-s.began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Verify(ctx, text, allAlgs); !errors.Is(err, ErrRefused) {
		t.Errorf("whoever has left: %v", err)
	}
	s.come <- nil
	if err := <-ended; err == nil || errors.Is(err, ErrRefused) {
		t.Errorf("keys that did not come are told as %v", err)
	}
}

func TestAFetchThatPanicsHoldsNobodyUp(t *testing.T) {
	p := newPen(t, "ES256", "k")
	clock := newClock()
	fail := true
	keys := &Foreign{Now: clock.Now, Fetch: func(context.Context) ([]byte, error) {
		if fail {
			panic("at the disco")
		}
		return shown(t, p), nil
	}}
	text := p.write(t, "said", nil)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic is swallowed")
			}
		}()
		keys.Verify(t.Context(), text, allAlgs)
	}()
	if _, err := keys.Verify(t.Context(), text, allAlgs); err == nil {
		t.Error("keys that never came verify")
	}
	fail = false
	clock.Forward(foreignRetry)
	if _, err := keys.Verify(t.Context(), text, allAlgs); err != nil {
		t.Error(err)
	}
}
