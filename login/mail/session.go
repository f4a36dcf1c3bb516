package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// session is one dialogue with the mail server, for one letter.
type session struct {
	server *Server
	raw    *bounded // the TCP connection under everything
	conn   net.Conn // that, or TLS from the first byte over it
	client *smtp.Client
	ctx    context.Context // with which the dialogue ends; its deadline is the dialogue's
	end    func() bool     // forgets the context
}

var (
	errNoTLS   = errors.New("the server does not offer STARTTLS, and without it nothing is sent")
	errNotHere = errors.New("the address is not on this machine, and without TLS nothing is sent elsewhere")
	errNoAuth  = errors.New("the server does not offer authentication, but a user name is configured")
	errNoWay   = errors.New("the server offers neither PLAIN nor LOGIN for authentication")
	longAgo    = time.Unix(1, 0)
)

// open connects and goes through everything that comes before a letter. The whole dialogue ends with ctx.
func (s *Server) open(ctx context.Context) (*session, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, failed(PhaseConnect, err)
	}
	raw := &bounded{Conn: conn}
	d := &session{server: s, raw: raw, conn: raw, ctx: ctx}
	d.end = context.AfterFunc(ctx, func() { _ = conn.SetDeadline(longAgo) })
	for _, phase := range []struct {
		name Phase
		do   func(context.Context) error
	}{
		{PhaseTLS, d.implicitTLS}, {PhaseGreeting, d.greet}, {PhaseTLS, d.startTLS}, {PhaseAuth, d.authenticate},
	} {
		d.enter(phase.name)
		if err := d.heard(phase.do(ctx)); err != nil {
			d.close()
			return nil, failed(phase.name, err)
		}
	}
	return d, nil
}

// enter gives a phase its time, and its replies their length.
func (d *session) enter(phase Phase) {
	d.raw.left = mostReplies
	until := time.Now().Add(d.server.limit(phase))
	if end, ok := d.ctx.Deadline(); ok && end.Before(until) {
		until = end
	}
	_ = d.conn.SetDeadline(until)
	if d.ctx.Err() != nil { // it has ended meanwhile, and what it set was overwritten
		_ = d.conn.SetDeadline(longAgo)
	}
}

func (s *Server) limit(phase Phase) time.Duration {
	switch {
	case s.hasty > 0:
		return s.hasty
	case phase == PhaseContent:
		return takeLimit
	}
	return phaseLimit
}

func (s *Server) connect(ctx context.Context) (net.Conn, error) {
	s.tell("   connecting to " + s.Address())
	conn, err := (&net.Dialer{Timeout: connectLimit}).DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return nil, err
	}
	// A name may lead elsewhere than it says.
	if at, ok := conn.RemoteAddr().(*net.TCPAddr); s.TLS == NoTLS && (!ok || !at.IP.IsLoopback()) {
		return nil, errors.Join(errNotHere, conn.Close())
	}
	return conn, nil
}

func (s *Server) tlsConfig() *tls.Config {
	return &tls.Config{ServerName: s.Host, RootCAs: s.Roots, MinVersion: tls.VersionTLS12}
}

func (d *session) implicitTLS(ctx context.Context) error {
	if d.server.TLS != ImplicitTLS {
		return nil
	}
	secure := tls.Client(d.conn, d.server.tlsConfig())
	if err := secure.HandshakeContext(ctx); err != nil {
		return err
	}
	d.conn = secure
	d.server.tell("   " + tls.VersionName(secure.ConnectionState().Version) + ", the certificate is trusted")
	return nil
}

func (d *session) greet(context.Context) error {
	client, err := smtp.NewClient(&greeting{Conn: d.conn, tell: d.server.tell}, d.server.Host)
	if err != nil {
		return err
	}
	d.client = client
	client.SkipSMTPUTF8(true) // every address is ASCII: no later server needs to know that extension
	client.SetDebugLog(true)
	client.SetLogger(dialogue{d.server.tell})
	return d.server.told(client.Hello(d.server.domain()))
}

func (d *session) startTLS(context.Context) error {
	if d.server.TLS != StartTLS {
		return nil
	}
	if offered, _ := d.client.Extension("STARTTLS"); !offered {
		return errNoTLS
	}
	if err := d.server.told(d.client.StartTLS(d.server.tlsConfig())); err != nil {
		return err
	}
	if state, ok := d.client.TLSConnectionState(); ok {
		d.server.tell("   " + tls.VersionName(state.Version) + ", the certificate is trusted")
	}
	return nil
}

// authenticate comes after TLS, or on this machine: whatever goes wrong before ends the dialogue. So the library's own guess whether the
// connection is secret is not asked.
func (d *session) authenticate(context.Context) error {
	s := d.server
	if s.Username == "" {
		return nil
	}
	offered, list := d.client.Extension("AUTH")
	ways := strings.Fields(strings.ToUpper(list))
	switch {
	case !offered:
		return errNoAuth
	case slices.Contains(ways, "PLAIN"):
		s.tell("   signing in as " + s.Username + " with PLAIN")
		return d.client.Auth(smtp.PlainAuth("", s.Username, string(s.Password), s.Host, true))
	case slices.Contains(ways, "LOGIN"):
		s.tell("   signing in as " + s.Username + " with LOGIN")
		return d.client.Auth(smtp.LoginAuth(s.Username, string(s.Password), s.Host, true))
	}
	return errNoWay
}

func (d *session) sender() error {
	d.enter(PhaseSender)
	if err := d.heard(d.server.told(d.client.Mail("<" + d.server.From.Address + ">"))); err != nil {
		return failed(PhaseSender, err)
	}
	return nil
}

// handIn is the letter's turn. The addresses have been checked: they hold nothing but an address.
func (d *session) handIn(to string, message io.WriterTo) error {
	if err := d.sender(); err != nil {
		return err
	}
	d.enter(PhaseRecipient)
	if err := d.heard(d.server.told(d.client.Rcpt("<" + to + ">"))); err != nil {
		return failed(PhaseRecipient, err)
	}
	d.enter(PhaseContent)
	content, err := d.client.Data()
	if err = d.heard(d.server.told(err)); err != nil {
		return failed(PhaseContent, err)
	}
	// Half a letter must never end as a whole one: the SMTP client would end it properly before its next command. So the
	// connection is cut.
	n, err := message.WriteTo(content)
	if err != nil {
		d.close()
		return failed(PhaseContent, err)
	}
	d.server.tellSize(n)
	if err := d.heard(d.server.told(content.Close())); err != nil {
		return failed(PhaseContent, err)
	}
	if taken, ok := content.(*smtp.DataCloser); ok {
		d.server.tell("S: 250 " + strings.ReplaceAll(taken.ServerResponse(), "\n", " "))
	}
	return nil
}

// quit says good-bye, without waiting long for an answer that changes nothing.
func (d *session) quit() {
	d.end()
	_ = d.conn.SetDeadline(time.Now().Add(quitLimit))
	_ = d.client.Quit()
	d.close()
}

func (d *session) close() {
	d.end()
	_ = d.conn.Close()
}
