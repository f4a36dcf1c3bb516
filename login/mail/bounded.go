package mail

import (
	"errors"
	"net"
)

// mostReplies is what a server may say in one phase, in bytes on the line, TLS included: a reply has some hundred, a chain of
// certificates some thousand. A server that says more without end would fill the memory: the SMTP client reads a line of any length, and
// keeps all lines of a reply.
const mostReplies = 64 << 10

var errEndless = errors.New("the server's reply has no end")

// bounded is a connection on which the server can say so much in each phase. Once it has said more, nothing is read any more: there is
// no next phase.
type bounded struct {
	net.Conn
	left int  // bytes that the server may still say in this phase
	over bool // it wanted to say more
}

// Read implements net.Conn.
func (b *bounded) Read(p []byte) (int, error) {
	if b.over = b.over || b.left <= 0; b.over {
		return 0, errEndless
	}
	n, err := b.Conn.Read(p[:min(b.left, len(p))])
	b.left -= n
	return n, err
}

// heard is what a command came to. A reply that was cut off is none, whatever its beginning says: a line may look whole by the cut.
func (d *session) heard(err error) error {
	if d.raw.over {
		return errEndless
	}
	return err
}
