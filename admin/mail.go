package admin

import (
	"context"

	"github.com/doorward/doorward/storage"
)

type mailStore interface {
	OutboxList(ctx context.Context, after string, limit int) ([]storage.OutboxEntry, string, error)
	HurryLetters(ctx context.Context) error
}

// Letter is a letter on its way. What stands in it nobody sees: a code or a link in it would let its reader in.
type Letter = storage.OutboxEntry

// Outbox lists the letters that wait, the oldest first, and the cursor of the next page ("" none).
func (d *Desk) Outbox(ctx context.Context, after string, limit int) ([]Letter, string, error) {
	return d.Store.OutboxList(ctx, after, limit)
}

// HurryMail tries at once what waits for a later try.
func (d *Desk) HurryMail(ctx context.Context) error { return d.Store.HurryLetters(ctx) }

// TestMail sends a letter to an address and tells how that went. It leaves an event: whoever can send letters in the company's name is
// seen to do it.
func (d *Desk) TestMail(ctx context.Context, by Actor, to string) (MailTest, error) {
	email, err := storage.NormalEmail(to)
	if err != nil {
		return MailTest{}, &storage.Invalid{Field: "to", Why: "is not an email address"}
	}
	told := d.House.TestMail(ctx, email)
	e := by.event("")
	e.Kind, e.Result = MailTested, "ok"
	if !told.Sent {
		e.Result = "failed"
	}
	return told, d.Store.Record(ctx, e)
}

// MailTested is the event of a test letter.
const MailTested = "mail.tested"
