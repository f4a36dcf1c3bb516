package mail

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	netmail "net/mail"
	"os"
	"time"
)

// How the dialogue is kept from others.
const (
	StartTLS    = "starttls" // TLS after the greeting; a server that does not offer it gets no letter
	ImplicitTLS = "implicit" // TLS from the first byte
	NoTLS       = "none"     // to this machine only
)

const (
	connectLimit = 5 * time.Second  // to open the connection
	phaseLimit   = 10 * time.Second // for each phase after that, up to the letter; some servers greet strangers slowly
	takeLimit    = 30 * time.Second // to take the letter: many look into it for spam before they answer
	letterLimit  = 45 * time.Second // for the whole dialogue
	quitLimit    = time.Second      // for a farewell that changes nothing any more
)

// Server is the mail server that takes our letters and carries them on.
type Server struct {
	Host     string
	Port     int            // 0: the usual one of TLS
	Username string         // "" without authentication
	Password Password       //
	TLS      string         // StartTLS, ImplicitTLS, NoTLS
	Roots    *x509.CertPool // whose certificates are trusted; nil: those that the system trusts
	From     netmail.Address

	Tell func(line string) // hears the dialogue, without the password; nil: nobody does

	hasty time.Duration // of tests: how long any phase may take; 0: as above
}

// Password prints as [redacted].
type Password string

// Format keeps it out of every verb of fmt.
func (Password) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted]") }

// LogValue keeps it out of logs.
func (Password) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// MarshalText keeps it out of JSON and its like.
func (Password) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// UsualPort is where a server listens for letters from programs (RFC 8314 §7.3, RFC 6409 §3.1).
func UsualPort(tls string) int {
	switch tls {
	case ImplicitTLS:
		return 465
	case NoTLS:
		return 25
	}
	return 587
}

// Address is host and port.
func (s *Server) Address() string {
	port := s.Port
	if port == 0 {
		port = UsualPort(s.TLS)
	}
	return net.JoinHostPort(s.Host, fmt.Sprint(port))
}

// OnThisMachine says whether a host is this machine: only to it does anything travel without TLS.
func OnThisMachine(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || address != nil && address.IsLoopback()
}

// ReadAuthorities is the trust of the system and, besides, in the certificates of a PEM file.
func ReadAuthorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(text) {
		return nil, errors.New("holds no certificate in PEM")
	}
	return pool, nil
}

// Deliver hands a letter to the server, and returns nil when the server has said that it took it. Any error is a *Failure. When
// the answer to the letter's last line is lost, nobody knows whether it was taken: that is an error too, and the letter comes twice
// at worst, under one Message-ID (RFC 5321 §6.1 prefers that to a lost one).
func (s *Server) Deliver(ctx context.Context, p Post) error {
	message, err := s.message(p)
	if err != nil {
		return failed(PhaseLetter, err)
	}
	ctx, cancel := context.WithTimeout(ctx, letterLimit)
	defer cancel()
	d, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer d.quit()
	return d.handIn(p.Letter.To, message)
}

// Probe says whether the server would take letters of ours, without one: it names the sender and goes. Any error is a
// *Failure.
func (s *Server) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, letterLimit)
	defer cancel()
	d, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer d.quit()
	return d.sender()
}
