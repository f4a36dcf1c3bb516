// Package mailtest is a real mail server for tests: it listens on 127.0.0.1 with a certificate made for it, keeps what it is sent, and
// can be told to be slow, to refuse, to drop the connection, and to go away and come back.
package mailtest

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/mail"
	"path/filepath"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Options are what kind of server it is.
type Options struct {
	TLS                string // "starttls", "implicit", "none": not offered at all
	Username, Password string // "" wants no authentication
	Mechanism          string // PLAIN or LOGIN; "" PLAIN
}

// Step is where a hook is asked.
type Step string

// The steps of a letter, in order. At End the server has read the letter, keeps it when the hook returns nil, and has not said so yet.
const (
	Auth Step = "auth"
	Mail Step = "mail"
	Rcpt Step = "rcpt"
	Data Step = "data" // when half of the letter has come
	End  Step = "end"
)

// ErrDrop, returned by a hook, breaks the connection off. ErrKeepAndDrop, at End, does so after the letter was kept.
var (
	ErrDrop        = errors.New("drop the connection")
	ErrKeepAndDrop = errors.New("keep the letter, and drop the connection")
)

// Refuse is a hook's answer that refuses with a code and a text.
func Refuse(code int, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 0, 0}, Message: text}
}

// Received is a letter that the server has kept.
type Received struct {
	From string
	To   []string
	Data []byte // as it came
}

// Parse reads the letter's head; the body is left to be read.
func (r Received) Parse(t testing.TB) *mail.Message {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(r.Data))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Server is the running server.
type Server struct {
	Host   string // "localhost", for which its certificate is
	Port   int
	CAFile string // the certificate of its authority, PEM

	t       testing.TB
	options Options
	tls     *tls.Config

	mu       sync.Mutex
	running  *smtp.Server
	hook     func(step Step, to string) error
	received []Received
}

// New starts a server that ends with the test.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	s := &Server{Host: "localhost", CAFile: filepath.Join(t.TempDir(), "ca.pem"), t: t, options: o}
	s.tls = newCertificate(t, s.CAFile)
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

// Hook is asked at each step with the letter's recipient, "" before it is known; it may sleep, and its error is what the
// server answers. It is called by many at the same time.
func (s *Server) Hook(hook func(step Step, to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hook = hook
}

func (s *Server) ask(step Step, to string) error {
	s.mu.Lock()
	hook := s.hook
	s.mu.Unlock()
	if hook == nil {
		return nil
	}
	return hook(step, to)
}

// Received are the letters that were kept so far.
func (s *Server) Received() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.received...)
}

// Start listens, again on the same port after Stop.
func (s *Server) Start() {
	s.t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.Port})
	if err != nil {
		s.t.Fatal(err)
	}
	s.Port = l.Addr().(*net.TCPAddr).Port
	server := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: c, proved: s.options.Username == ""}, nil
	}))
	server.Domain, server.AllowInsecureAuth = "mail.test", s.options.TLS == "none"
	server.ErrorLog = log.New(io.Discard, "", 0)
	listener := net.Listener(l)
	switch s.options.TLS {
	case "starttls":
		server.TLSConfig = s.tls
	case "implicit":
		listener = tls.NewListener(l, s.tls)
	}
	s.mu.Lock()
	s.running = server
	s.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // ends with Stop
}

// Stop closes the port and every connection.
func (s *Server) Stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		_ = s.running.Close()
		s.running = nil
	}
}

// session is one visitor.
type session struct {
	server *Server
	conn   *smtp.Conn
	proved bool
	from   string
	to     []string
}

func (v *session) Reset()        { v.from, v.to = "", nil }
func (v *session) Logout() error { return nil }

func (v *session) AuthMechanisms() []string {
	switch {
	case v.server.options.Username == "":
		return nil
	case v.server.options.Mechanism == "":
		return []string{sasl.Plain}
	}
	return []string{v.server.options.Mechanism}
}

func (v *session) Auth(mechanism string) (sasl.Server, error) {
	check := func(username, password string) error {
		if err := v.answer(v.server.ask(Auth, "")); err != nil {
			return err
		}
		if username != v.server.options.Username || password != v.server.options.Password {
			return smtp.ErrAuthFailed
		}
		v.proved = true
		return nil
	}
	if mechanism == "LOGIN" {
		return &login{check: check}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error { return check(username, password) }), nil
}

func (v *session) Mail(from string, _ *smtp.MailOptions) error {
	if !v.proved {
		return smtp.ErrAuthRequired
	}
	v.from = from
	return v.answer(v.server.ask(Mail, ""))
}

func (v *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	v.to = append(v.to, to)
	return v.answer(v.server.ask(Rcpt, to))
}

func (v *session) Data(r io.Reader) error {
	first := make([]byte, 200)
	n, err := io.ReadFull(r, first)
	if err != nil {
		return err
	}
	if err := v.answer(v.server.ask(Data, v.to[0])); err != nil {
		return err
	}
	rest, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	err = v.server.ask(End, v.to[0])
	if err == nil || errors.Is(err, ErrKeepAndDrop) {
		v.server.mu.Lock()
		v.server.received = append(v.server.received, Received{From: v.from, To: v.to, Data: append(first[:n], rest...)})
		v.server.mu.Unlock()
	}
	return v.answer(err)
}

// answer breaks the connection off where the hook wants it.
func (v *session) answer(err error) error {
	if errors.Is(err, ErrDrop) || errors.Is(err, ErrKeepAndDrop) {
		_ = v.conn.Conn().Close()
	}
	return err
}

// login is the LOGIN mechanism: it asks for name and password, one after the other.
type login struct {
	check func(username, password string) error
	step  int
	name  string
}

func (l *login) Next(response []byte) ([]byte, bool, error) {
	l.step++
	switch l.step {
	case 1:
		return []byte("Username:"), false, nil
	case 2:
		l.name = string(response)
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.name, string(response))
}
