package keys

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"
)

// ErrBusy says that the queue of password hashes is full or was too slow: answer 503 with Retry-After.
var ErrBusy = errors.New("too many passwords at once")

// queue lets some hash at once and some more wait, first come first served.
type queue struct {
	slots   *semaphore.Weighted
	memory  *semaphore.Weighted // KiB that hashes of other systems fill, together
	all     int64               // slots and places to wait
	here    atomic.Int64
	refused atomic.Int64
	wait    time.Duration
}

func newQueue(o PasswordOptions) *queue {
	return &queue{
		slots: semaphore.NewWeighted(int64(o.Slots)), memory: semaphore.NewWeighted(importedMemory),
		all: int64(o.Slots + o.Queue), wait: o.Wait,
	}
}

// enter waits for a slot. ErrBusy when the queue is full or the wait is too long; the context's error when that ends.
func (q *queue) enter(ctx context.Context) error { return q.enterWith(ctx, 0) }

// enterWith waits for memory (KiB), then for a slot, so that who waits for memory keeps no slot from those who need none. What
// enters with memory leaves with the same.
func (q *queue) enterWith(ctx context.Context, memory int64) error {
	if q.here.Add(1) > q.all {
		q.here.Add(-1)
		q.refused.Add(1)
		return ErrBusy
	}
	waiting, cancel := context.WithTimeout(ctx, q.wait)
	defer cancel()
	if q.acquire(waiting, memory) == nil {
		return nil
	}
	q.here.Add(-1)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	q.refused.Add(1)
	return ErrBusy
}

// acquire asks for memory only where some is needed: even for none, the semaphore has one wait behind those who are there.
func (q *queue) acquire(ctx context.Context, memory int64) error {
	if memory == 0 {
		return q.slots.Acquire(ctx, 1)
	}
	if err := q.memory.Acquire(ctx, memory); err != nil {
		return err
	}
	err := q.slots.Acquire(ctx, 1)
	if err != nil {
		q.memory.Release(memory)
	}
	return err
}

// leave gives the slot to the next in the line.
func (q *queue) leave() { q.leaveWith(0) }

func (q *queue) leaveWith(memory int64) {
	q.slots.Release(1)
	q.memory.Release(memory)
	q.here.Add(-1)
}
