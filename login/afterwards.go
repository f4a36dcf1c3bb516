package login

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/doorward/doorward/keys"
)

// What would tell by its time whom we know is done after the answer, by one worker, and not at once: whoever sends the next
// request must not feel it either.
const (
	mostAfterwards   = 1000
	afterwardsDelay  = 2 * time.Second  // the longest that a task waits at random
	afterwardsLimit  = 10 * time.Second // for one task
	afterwardsAtStop = 5 * time.Second  // for those that are left when the house closes
)

// task is something to be done after an answer.
type task struct {
	due time.Time // never before
	do  func(ctx context.Context) error
}

// afterwards takes a task, or answers keys.ErrBusy where as many wait as may: to everybody alike.
func (s *Server) afterwards(do func(ctx context.Context) error) error {
	select {
	case s.tasks <- task{time.Now().Add(rand.N(s.delay)), do}:
		return nil
	default:
		return keys.ErrBusy
	}
}

// Run does what answers leave to be done, until ctx ends; then what is left, at once.
func (s *Server) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			s.finishTasks(context.WithoutCancel(ctx))
			return
		case t := <-s.tasks:
			select {
			case <-time.After(time.Until(t.due)):
			case <-ctx.Done():
			}
			s.perform(context.WithoutCancel(ctx), t)
		}
	}
}

// finishTasks does what is left while time is left; the log tells how many were not done. Their people ask again.
func (s *Server) finishTasks(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, afterwardsAtStop)
	defer cancel()
	for {
		if left := len(s.tasks); ctx.Err() != nil && left > 0 {
			s.tellLog(ctx, slog.LevelWarn, "requests whose answer said that a letter may come were not looked at", slog.Int("number", left))
			return
		}
		select {
		case t := <-s.tasks:
			s.perform(ctx, t)
		default:
			return
		}
	}
}

// perform does one task. Nobody waits for its end any more, so the log is told when it fails.
func (s *Server) perform(ctx context.Context, t task) {
	ctx, cancel := context.WithTimeout(ctx, afterwardsLimit)
	defer cancel()
	if err := t.do(ctx); err != nil {
		s.tellLog(ctx, slog.LevelError, "after an answer", slog.String("error", err.Error()))
	}
}

func (s *Server) tellLog(ctx context.Context, level slog.Level, what string, more slog.Attr) {
	if s.Site.Log != nil {
		s.Site.Log.LogAttrs(ctx, level, what, more)
	}
}
