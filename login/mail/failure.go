package mail

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"syscall"
	"unicode"
)

// Phase is how far a dialogue with the mail server came.
type Phase string

// The phases, in their order.
const (
	PhaseLetter    Phase = "letter"    // before any dialogue: the letter itself cannot travel
	PhaseConnect   Phase = "connect"   // the name is looked up and the port opened
	PhaseGreeting  Phase = "greeting"  // the server's first words, and EHLO
	PhaseTLS       Phase = "tls"       // STARTTLS or TLS at once, the certificate included
	PhaseAuth      Phase = "auth"      // user name and password
	PhaseSender    Phase = "sender"    // MAIL FROM: mail.from
	PhaseRecipient Phase = "recipient" // RCPT TO
	PhaseContent   Phase = "content"   // DATA, up to the server's word that it has taken the letter
)

// Failure is why the mail server did not take a letter.
type Failure struct {
	Phase Phase
	Code  int    // of the server's reply (RFC 5321 §4.2); 0: it gave none
	Reply string // the reply's text
	Err   error  // where no reply came
}

// failed makes a Failure of what the SMTP client says.
func failed(at Phase, err error) *Failure {
	f := &Failure{Phase: at, Err: err}
	if reply := (*textproto.Error)(nil); errors.As(err, &reply) {
		f.Code, f.Reply, f.Err = reply.Code, reply.Msg, nil
	}
	return f
}

// Error never repeats what the server says after it has seen the password or the letter: its reply could quote them.
func (f *Failure) Error() string {
	text := "mail: " + string(f.Phase) + ": "
	switch {
	case f.Code == 0:
		return text + oneLine(cause(f.Err), 300) // a certificate's names are the server's words too
	case f.Phase == PhaseAuth || f.Phase == PhaseContent:
		return text + strconv.Itoa(f.Code)
	}
	return text + fmt.Sprintf("%d %s", f.Code, oneLine(f.Reply, 200))
}

// told is the failure for who keeps the house, in one line: the phase, and what Error may say of it.
func (f *Failure) told() string { return oneLine(strings.TrimPrefix(f.Error(), "mail: "), 300) }

// Class is the failure as one word, of which there are few: "recipient_550", "connect", "content_timeout".
func (f *Failure) Class() string {
	switch {
	case f.Code != 0:
		return fmt.Sprintf("%s_%d", f.Phase, f.Code)
	case timedOut(f.Err):
		return string(f.Phase) + "_timeout"
	}
	return string(f.Phase)
}

// Final says that trying again is no use: the server refused this letter for good (RFC 5321 §4.2.1), or it cannot travel.
// What goes wrong before the letter's turn, a refused password say, is ours to mend while the letter waits.
func (f *Failure) Final() bool {
	return f.Phase == PhaseLetter || f.Code/100 == 5 && f.aboutLetter()
}

// Alone says that the failure is about one letter and its recipient, while mail as such works. A server that falls silent, or that
// says it closes (421), works for nobody.
func (f *Failure) Alone() bool {
	return f.Phase == PhaseLetter || f.Code != 0 && f.Code != 421 && f.aboutLetter() && f.Phase != PhaseSender
}

func (f *Failure) aboutLetter() bool {
	return f.Phase == PhaseSender || f.Phase == PhaseRecipient || f.Phase == PhaseContent
}

// cause tells an error that is no reply, in words that hold nothing the server said.
func cause(err error) string {
	var (
		dns         *net.DNSError
		certificate *tls.CertificateVerificationError
		garbled     textproto.ProtocolError
		noTLS       tls.RecordHeaderError
	)
	switch {
	case errors.Is(err, errEndless):
		return errEndless.Error()
	case timedOut(err):
		return "no answer in time"
	case errors.As(err, &dns):
		return "the name " + strconv.Quote(dns.Name) + " is not known"
	case errors.As(err, &certificate):
		return certificate.Err.Error()
	case errors.As(err, &noTLS):
		return "the server does not speak TLS there"
	case errors.As(err, &garbled):
		return "the server does not speak SMTP there"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the server closed the connection"
	}
	return err.Error()
}

// UnknownAuthority says that the server's certificate was signed by somebody who is not trusted.
func (f *Failure) UnknownAuthority() bool {
	unknown := x509.UnknownAuthorityError{}
	return errors.As(f.Err, &unknown)
}

// ForeignName says that the server's certificate is good, but for another name.
func (f *Failure) ForeignName() bool {
	foreign := x509.HostnameError{}
	return errors.As(f.Err, &foreign)
}

func timedOut(err error) bool {
	var slow net.Error
	return errors.As(err, &slow) && slow.Timeout()
}

// oneLine is s without what would break a line of a log, cut at limit bytes.
func oneLine(s string, limit int) string { return strings.TrimSpace(shown(s, limit)) }

// shown is s, cut at limit bytes, without what a terminal obeys or what turns the order of its letters around: commands of a terminal
// (ESC, BEL, U+009B), marks of direction and whatever else cannot be printed.
func shown(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	return strings.ToValidUTF8(s[:min(limit, len(s))], "")
}
