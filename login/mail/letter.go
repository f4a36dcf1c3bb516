// Package mail writes letters in each language and hands them on. It sends no link that signs anybody in, or that does
// anything by being opened: programs that look for malware open every link in a letter.
//
//	letter.go body.go           what a letter is, as text and HTML
//	code.go link.go notice.go address.go   the letters: a code to sign in; a link; news of a change that somebody else may have made; a new address
//	mailbox.go                  Mailbox keeps letters in memory: the demo, and tests
//	outbox.go                   Outbox stores them sealed, so that a sign-in never waits for a mail server
//	sender.go try.go health.go  tries them until they are sent, refused or too late; whether mail works right now
//	server.go session.go        the mail server, and one dialogue with it
//	message.go                  a letter as it travels: addresses, headers, both parts
//	failure.go dialogue.go      why it was not handed in; the dialogue for `doorward mail test`
//	bounded.go                  how much a server may say
//
// It decides neither who gets a letter nor how many: the steps of login do.
package mail

import (
	"context"
	"time"
)

// Letter is one mail, in both parts.
type Letter struct {
	To, Subject, Text, HTML string
	User                    string    // the id of whom it concerns, for events; "" nobody
	Expires                 time.Time // not to be sent later; zero: never
}

// Mailer takes a letter, or says that mail does not work now; a letter that it did not take is never sent.
type Mailer interface {
	Send(ctx context.Context, l Letter) error
}
