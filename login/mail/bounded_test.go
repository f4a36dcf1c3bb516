package mail

import (
	"bufio"
	"errors"
	"io"
	"net"
	netmail "net/mail"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// talker is a mail server whose reply to one command, "" is the greeting and "." the end of a letter, is what endless says again and again.
type talker struct {
	at, begin, endless string
	said               atomic.Int64 // bytes of that reply
}

const patience = 64 << 20 // bytes after which it ends the reply all the same

func (e *talker) serve(conn net.Conn) {
	defer conn.Close()
	lines := bufio.NewScanner(conn)
	for verb := ""; ; {
		if verb == e.at {
			_, _ = io.WriteString(conn, e.begin)
			for part := []byte(strings.Repeat(e.endless, 64<<10/len(e.endless))); e.said.Load() < patience; {
				n, err := conn.Write(part)
				if e.said.Add(int64(n)); err != nil {
					return
				}
			}
			_, _ = io.WriteString(conn, "250 over\r\n")
		} else if verb != "letter" {
			_, _ = io.WriteString(conn, map[string]string{"": "220 mail.test\r\n", "DATA": "354 go on\r\n"}[verb])
			if verb != "" && verb != "DATA" {
				_, _ = io.WriteString(conn, "250 fine\r\n")
			}
		}
		inside := verb == "DATA" || verb == "letter"
		if !lines.Scan() {
			return
		}
		verb, _, _ = strings.Cut(lines.Text(), " ")
		if inside && verb != "." {
			verb = "letter"
		}
	}
}

// talking is what a letter comes to at such a server, and the lines that are told of it.
func talking(t *testing.T, e *talker) (string, error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	over := make(chan struct{})
	go func() {
		defer close(over)
		if conn, err := l.Accept(); err == nil {
			e.serve(conn)
		}
	}()
	var told strings.Builder
	server := &Server{Host: "localhost", Port: l.Addr().(*net.TCPAddr).Port, TLS: NoTLS, From: netmail.Address{Address: "login@house.test"}, Tell: func(line string) { told.WriteString(line + "\n") }}
	err = server.Deliver(t.Context(), postTo("anna@example.com"))
	<-over
	return told.String(), err
}

// Whoever names a mail server in the console may name one that never ends a line, or a reply.
func TestAReplyWithoutEndEndsTheDialogueInItsPhase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		at    string
		phase Phase
	}{{"", PhaseGreeting}, {"EHLO", PhaseGreeting}, {"MAIL", PhaseSender}, {"RCPT", PhaseRecipient}, {"DATA", PhaseContent}, {".", PhaseContent}} {
		code := map[string]string{"": "220", "DATA": "354"}[c.at]
		if code == "" {
			code = "250"
		}
		for name, e := range map[string]*talker{
			"a line":           {at: c.at, begin: code + " ", endless: "words "},
			"a line that ends": {at: c.at, begin: code + " " + strings.Repeat("w", 60<<10), endless: strings.Repeat("w", 6<<10) + "\r\n" + code + " "},
			"lines":            {at: c.at, begin: "", endless: code + "-words\r\n"},
			"a refusal":        {at: c.at, begin: "550 ", endless: "words "},
		} {
			began := time.Now()
			told, err := talking(t, e)
			var f *Failure
			if !errors.As(err, &f) || f.Class() != string(c.phase) || f.Final() || f.Alone() || f.Error() != "mail: "+string(c.phase)+": the server's reply has no end" {
				t.Errorf("%q, %s: %.200v", c.at, name, err)
			}
			if said := e.said.Load(); said >= patience/2 || time.Since(began) > 5*time.Second {
				t.Errorf("%q, %s: the server was heard for %d bytes and %v", c.at, name, said, time.Since(began))
			}
			for line := range strings.SplitSeq(told, "\n") {
				if len(line) > longestLine {
					t.Errorf("%q, %s: a line of %d bytes is told", c.at, name, len(line))
				}
			}
		}
	}
}
