package storage

import (
	"bytes"
	"time"
)

// dated is c with the times at which its secrets came: those that the record before it had keep theirs.
func (c Client) dated(before Client, now time.Time) Client {
	c.SecretsMade = [len(c.Secrets)]time.Time{}
	for i, secret := range c.Secrets {
		if secret != nil {
			c.SecretsMade[i] = before.madeOf(secret, now)
		}
	}
	return c
}

// madeOf is when a client has got this secret; now where it has not.
func (c Client) madeOf(secret []byte, now time.Time) time.Time {
	for i, one := range c.Secrets {
		if bytes.Equal(one, secret) {
			return c.SecretsMade[i]
		}
	}
	return now.UTC().Truncate(time.Microsecond)
}
