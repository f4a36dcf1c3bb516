package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"strings"

	"github.com/wneessen/go-mail/log"
)

const longestLine = 400 // bytes of the dialogue

// tell shows one step of the dialogue to who listens. The password is taken out wherever it stands, also where a server says
// it back, plain or as it travels; not before that is a line cut, so that no half of it stays. A line is for a terminal and a page.
func (s *Server) tell(text string) {
	if s.Tell == nil {
		return
	}
	for _, secret := range s.spellings() {
		text = strings.ReplaceAll(text, secret, "[redacted]")
	}
	for line := range strings.SplitSeq(text, "\n") {
		s.Tell(strings.TrimRight(shown(line, longestLine), " "))
	}
}

func (s *Server) spellings() []string {
	if s.Password == "" {
		return nil
	}
	plain := string(s.Password)
	return []string{
		base64.StdEncoding.EncodeToString([]byte("\x00" + s.Username + "\x00" + plain)), // PLAIN, RFC 4616 §2
		base64.StdEncoding.EncodeToString([]byte(plain)),
		plain,
	}
}

func (s *Server) tellSize(n int64) { s.tell(fmt.Sprintf("C: (the letter, %d bytes)", n)) }

// told tells the reply by which the server refused, which the SMTP client returns and does not show.
func (s *Server) told(err error) error {
	if reply := (*textproto.Error)(nil); errors.As(err, &reply) {
		s.tell(fmt.Sprintf("S: %d %s", reply.Code, strings.ReplaceAll(reply.Msg, "\n", " ")))
	}
	return err
}

// dialogue hears the commands and replies from the SMTP client, which has taken out what authenticates.
type dialogue struct{ tell func(string) }

// Debugf implements log.Logger.
func (d dialogue) Debugf(l log.Log) {
	text := strings.ReplaceAll(fmt.Sprintf(l.Format, l.Messages...), "<SMTP auth data redacted>", "[redacted]")
	if l.Direction == log.DirClientToServer {
		d.tell("C: " + text)
		return
	}
	d.tell("S: " + strings.ReplaceAll(text, "\n", "\nS:     "))
}

// Infof, Warnf and Errorf implement log.Logger; the SMTP client uses none of them.
func (d dialogue) Infof(l log.Log)  { d.Debugf(l) }
func (d dialogue) Warnf(l log.Log)  { d.Debugf(l) }
func (d dialogue) Errorf(l log.Log) { d.Debugf(l) }

// onlyReply is a line of a reply (RFC 5321 §4.2). What anything else says that listens there is not shown: whoever names hosts in the
// console would read the network behind the house by it.
func onlyReply(line string) string {
	if len(line) < 3 || strings.Trim(line[:3], "0123456789") != "" {
		return "(not a reply of a mail server)"
	}
	return line
}

// greeting is a connection whose first reply is told: the SMTP client reads it before it can be listened to.
type greeting struct {
	net.Conn
	tell  func(string)
	first []byte
	over  bool
}

const longestGreeting = 2 << 10

// Read implements net.Conn.
func (g *greeting) Read(p []byte) (int, error) {
	n, err := g.Conn.Read(p)
	if g.over {
		return n, err
	}
	g.first = append(g.first, p[:n]...)
	if bytes.HasSuffix(g.first, []byte("\n")) || len(g.first) > longestGreeting || err != nil {
		g.over = true
		if len(g.first) > 0 {
			for line := range strings.SplitSeq(strings.TrimSpace(string(g.first)), "\n") {
				g.tell("S: " + onlyReply(line))
			}
		}
	}
	return n, err
}
