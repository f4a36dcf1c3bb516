// Package mail writes letters in each language and hands them on.
package mail

import (
	"context"
	"time"
)

// Letter is one mail, in both parts.
type Letter struct {
	To, Subject, Text, HTML string
	Expires                 time.Time // not to be sent later; zero: never
}

// Mailer takes a letter, or says that mail does not work now.
type Mailer interface {
	Send(ctx context.Context, l Letter) error
}

// Mailbox keeps the last 100 letters in memory: the mailer of `doorward dev` and of tests.
type Mailbox struct{}

// Send keeps the letter.
func (m *Mailbox) Send(ctx context.Context, l Letter) error { panic("stub") }

// Kept is a letter with the time it came.
type Kept struct {
	Letter
	Date time.Time
}

// Letters lists them, newest first.
func (m *Mailbox) Letters() []Kept { panic("stub") }
