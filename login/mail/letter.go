// Package mail writes letters in each language and hands them on. It sends no link that signs anybody in: programs that
// look for malware open every link in a letter.
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
