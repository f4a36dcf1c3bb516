package mail

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/doorward/doorward/storage"
)

const (
	afterError = time.Second           // before the database is asked again
	afterRace  = 20 * time.Millisecond // which another node has won
)

// Run sends letters until ctx ends, and then finishes what is under way, for a while at most. What it had to break off is due
// again at once.
func (o *Outbox) Run(ctx context.Context) {
	sending, abort := context.WithCancel(context.WithoutCancel(ctx))
	defer abort()
	var work sync.WaitGroup
	defer func() {
		defer time.AfterFunc(o.stop, abort).Stop()
		work.Wait()
	}()
	work.Go(func() { o.watch(ctx) })
	free := make(chan struct{}, o.parallel)
	for ctx.Err() == nil {
		if wait := o.untilNext(ctx); wait > 0 {
			o.pause(ctx, wait)
			continue
		}
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return
		case <-time.After(o.look): // all are busy; what is too late goes meanwhile
			continue
		}
		row, err := o.Store.ClaimLetter(ctx, o.lease)
		if err != nil {
			<-free
			o.pause(ctx, o.afterClaim(err))
			continue
		}
		work.Go(func() {
			defer func() { <-free }()
			o.try(sending, row)
		})
	}
}

// pause waits, unless a letter comes or the house closes.
func (o *Outbox) pause(ctx context.Context, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-o.wake:
	case <-timer.C:
	}
}

// untilNext removes what is too late, and says how long there is nothing to do.
func (o *Outbox) untilNext(ctx context.Context) time.Duration {
	late, err := o.Store.ExpireLetters(ctx)
	if late > 0 {
		o.Log.Warn("letters were not sent in time", "letters", late)
		o.health.count(func(h *health) { h.expired += int64(late) })
	}
	var queue storage.LetterQueue
	if err == nil {
		queue, err = o.Store.LetterQueue(ctx)
	}
	if o.complain(ctx, err); err != nil {
		return afterError
	}
	o.mu.Lock()
	o.queue = queue
	o.mu.Unlock()
	if queue.Waiting == 0 {
		return o.look
	}
	return min(o.look, queue.Due.Sub(o.Now()))
}

// complain logs once that the database fails the sender, and once that it does no more.
func (o *Outbox) complain(ctx context.Context, err error) {
	switch failing := err != nil; {
	case failing == o.complained || ctx.Err() != nil:
		return
	case failing:
		o.Log.Error("the outbox cannot be read, letters wait", "error", err)
	default:
		o.Log.Info("the outbox can be read again")
	}
	o.complained = err != nil
}

func (o *Outbox) afterClaim(err error) time.Duration {
	if errors.Is(err, storage.ErrNotFound) {
		return afterRace
	}
	return afterError
}

// watch finds out when mail works again after it was down.
func (o *Outbox) watch(ctx context.Context) {
	tick := time.NewTicker(o.probeEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !o.health.down(o.Now(), o.downAfter) {
			continue
		}
		if err := o.Server.Probe(ctx); ctx.Err() == nil {
			o.learn(ctx, err)
		}
	}
}

// learn takes what a dialogue came to: letters that wait for a later try are due at once when mail works again.
func (o *Outbox) learn(ctx context.Context, err error) {
	var failure *Failure
	if errors.As(err, &failure) && failure.Phase == PhaseLetter {
		return // there was no dialogue
	}
	if failure != nil && !failure.Alone() {
		if o.health.fails(o.Now()) {
			o.Log.Error("mail does not work, letters wait", "error", failure)
		}
		return
	}
	if o.health.works() {
		o.Log.Info("mail works again")
		if err := o.Store.HurryLetters(ctx); err != nil {
			o.Log.Warn("waiting letters cannot be hurried", "error", err)
		}
		o.hurry()
	}
}
