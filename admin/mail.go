package admin

import (
	"context"
	"time"

	"github.com/doorward/doorward/storage"
)

type mailStore interface {
	OutboxList(ctx context.Context, after string, limit int) ([]storage.OutboxEntry, string, error)
	HurryLettersAs(ctx context.Context, e storage.Event) error
	Spend(ctx context.Context, key string, r storage.Rate) (time.Duration, error)
}

// Letter is a letter on its way. What stands in it nobody sees: a code or a link in it would let its reader in.
type Letter struct {
	ID      string    `json:"id"`
	UserID  string    `json:"user,omitempty"` // whom it concerns
	Email   string    `json:"email,omitempty"`
	State   string    `json:"state"` // "waiting", "sending", "again"
	Tries   int       `json:"tries"`
	Reply   string    `json:"reply,omitempty"` // what the last try came to; nothing that the server said after it had seen the letter
	Created time.Time `json:"created"`
	Due     time.Time `json:"due"`
	Expires time.Time `json:"expires"` // not sent from then on
}

// OutboxPage is a part of the letters that wait, the oldest first; Next is the cursor of the part after it, "" none.
type OutboxPage struct {
	Letters []Letter `json:"letters"`
	Next    string   `json:"next,omitempty"`
}

// Outbox lists the letters that wait.
func (d *Desk) Outbox(ctx context.Context, part Part) (OutboxPage, error) {
	list, next, err := d.Store.OutboxList(ctx, part.After, part.rows())
	page := OutboxPage{Letters: make([]Letter, len(list)), Next: next}
	for i, l := range list {
		page.Letters[i] = Letter(l)
	}
	return page, err
}

// HurryMail tries at once what waits for a later try. Its event tells who did, and of how many letters (LG-05).
func (d *Desk) HurryMail(ctx context.Context, by Actor) error {
	return d.Store.HurryLettersAs(ctx, by.event(""))
}

// TestMail sends a letter to an address and tells how that went. It leaves an event: whoever can send letters in the company's name is
// seen to do it. It goes past the outbox and its limits, so it has one of its own: *TooSoon.
func (d *Desk) TestMail(ctx context.Context, by Actor, to string) (MailTest, error) {
	email, err := storage.NormalEmail(to)
	if err != nil {
		return MailTest{}, &storage.Invalid{Field: "to", Why: "is not an email address"}
	}
	return d.testLetter(ctx, by, func() (MailTest, error) { return d.House.TestMail(ctx, email), nil })
}

// TryMail is TestMail by the settings of mail as change would leave them. *storage.Invalid values, joined, where that cannot be.
func (d *Desk) TryMail(ctx context.Context, by Actor, change map[string]*string, to string) (MailTest, error) {
	return d.testLetter(ctx, by, func() (MailTest, error) { return d.Settings.Try(ctx, change, to) })
}

// testLetter counts a test letter, sends it, and leaves its event.
func (d *Desk) testLetter(ctx context.Context, by Actor, send func() (MailTest, error)) (MailTest, error) {
	wait, err := d.Store.Spend(ctx, "test-letters:"+by.ID, testLetters)
	if err != nil {
		return MailTest{}, err
	}
	if wait > 0 {
		return MailTest{}, &TooSoon{Minutes: int((wait + time.Minute - 1) / time.Minute)}
	}
	told, err := send()
	if err != nil {
		return told, err
	}
	e := by.event("")
	e.Kind, e.Result = MailTested, "ok"
	if !told.Sent {
		e.Result = "failed"
	}
	return told, d.Store.Record(ctx, e)
}

// testLetters is for one actor: enough to find out what is wrong with a mail server, and too few to fill a stranger's mailbox.
var testLetters = storage.Rate{Burst: 10, Per: time.Hour}

// MailTested is the event of a test letter.
const MailTested = "mail.tested"
