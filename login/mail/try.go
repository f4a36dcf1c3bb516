package mail

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// try sends a claimed letter, or says what becomes of it. ctx ends when the house can wait no longer.
func (o *Outbox) try(ctx context.Context, row storage.OutboxLetter) {
	if _, sent := o.sent.Load(row.ID); sent { // and its lease ran out while the database was away
		o.drop(ctx, row.ID)
		return
	}
	var post Post
	if err := o.Box.Open(keys.ForLetter, row.Sealed, &post); err != nil || post.ID != row.ID {
		o.unreadable(ctx, row)
		return
	}
	began := time.Now()
	err := o.deliver(ctx, post)
	var failure *Failure
	switch errors.As(err, &failure); {
	case failure == nil:
		o.health.count(func(h *health) { h.sent, h.lastError = h.sent+1, "" })
		o.Log.Info("letter sent", "letter", row.ID, "user", row.UserID, "tries", row.Tries, "took", time.Since(began).Round(time.Millisecond))
		o.drop(ctx, row.ID)
	case failure.Final():
		row.Reply = failure.told()
		o.fail(ctx, row, failure.Class())
		o.Log.Warn("letter refused for good", "letter", row.ID, "user", row.UserID, "error", failure)
	case ctx.Err() != nil, !o.Now().Before(post.Letter.Expires): // broken off by ourselves, which says nothing of the server
		o.giveBack(ctx, row, 0)
		return
	default:
		o.health.count(func(h *health) { h.lastError = failure.Class() })
		wait := o.backoff(row.Tries)
		row.Reply = failure.told()
		o.giveBack(ctx, row, wait)
		o.Log.Debug("letter not sent yet", "letter", row.ID, "tries", row.Tries, "again", wait, "error", failure)
	}
	o.learn(ctx, err)
}

// deliver keeps the dialogue within the letter's time: one that would be late is broken off before its end.
func (o *Outbox) deliver(ctx context.Context, p Post) error {
	ctx, cancel := context.WithTimeout(ctx, p.Letter.Expires.Sub(o.Now()))
	defer cancel()
	return o.Server.Deliver(ctx, p)
}

// unreadable letters were sealed before the epoch was raised, or were altered: nobody gets them. Only a young one is looked at twice:
// another node may have sealed it with a key that this one reads within a second.
func (o *Outbox) unreadable(ctx context.Context, row storage.OutboxLetter) {
	if row.Tries == 1 {
		o.giveBack(ctx, row, o.backoff(row.Tries))
		return
	}
	o.fail(ctx, row, "void")
	o.Log.Warn("letter is void", "letter", row.ID, "user", row.UserID)
}

func (o *Outbox) fail(ctx context.Context, row storage.OutboxLetter, class string) {
	o.health.count(func(h *health) { h.failed, h.lastError = h.failed+1, class })
	e := storage.Event{Result: class, Data: map[string]string{"letter": row.ID, "tries": strconv.Itoa(row.Tries)}}
	if row.Reply != "" {
		e.Data["reply"] = row.Reply
	}
	err := o.Store.FailLetter(ctx, row, e)
	if err != nil { // it is tried once more when its lease has run out
		o.Log.Error("a letter that was refused cannot be removed", "letter", row.ID, "error", err)
	}
}

func (o *Outbox) giveBack(ctx context.Context, row storage.OutboxLetter, wait time.Duration) {
	if err := o.Store.ReturnLetter(ctx, row, o.Now().Add(wait)); err != nil { // it is due again when its lease has run out
		o.Log.Error("a letter cannot be given back", "letter", row.ID, "error", err)
	}
}

// backoff is the wait after a try: 5 s, 15 s, 45 s … up to 15 min.
func (o *Outbox) backoff(tries int) time.Duration {
	wait := o.first
	for range tries - 1 {
		if wait = min(3*wait, o.slowest); wait == o.slowest {
			break
		}
	}
	return wait
}

// drop removes the row of a letter that was sent, and does not rest until it is gone: a row that stays is sent again.
func (o *Outbox) drop(ctx context.Context, id string) {
	o.sent.Store(id, nil)
	for {
		err := o.Store.DropLetter(ctx, id)
		if err == nil {
			o.sent.Delete(id)
			return
		}
		o.Log.Error("a letter that was sent cannot be removed", "letter", id, "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(afterError):
		}
	}
}
