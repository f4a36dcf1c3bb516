package mail

import (
	"context"
	"errors"
	"io"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login/mail/mailtest"
)

func TestARefusalTellsWhetherToTryAgainAndWhomItConcerns(t *testing.T) {
	t.Parallel()
	o := mailtest.Options{TLS: "starttls", Username: "door", Password: "pass word"}
	s := mailtest.New(t, o)
	server := serverOf(t, s, o)
	for _, c := range []struct {
		step         mailtest.Step
		code         int
		class        string
		final, alone bool
		tells        bool // the server's words
	}{
		{mailtest.Auth, 454, "auth_454", false, false, false},
		{mailtest.Auth, 535, "auth_535", false, false, false},
		{mailtest.Mail, 451, "sender_451", false, false, true},
		{mailtest.Mail, 550, "sender_550", true, false, true},
		{mailtest.Rcpt, 421, "recipient_421", false, false, true},
		{mailtest.Rcpt, 450, "recipient_450", false, true, true},
		{mailtest.Rcpt, 550, "recipient_550", true, true, true},
		{mailtest.End, 452, "content_452", false, true, false},
		{mailtest.End, 554, "content_554", true, true, false},
	} {
		s.Hook(func(step mailtest.Step, _ string) error {
			if step == c.step {
				return mailtest.Refuse(c.code, "because 123 456")
			}
			return nil
		})
		f := failureOf(t, server, postTo("anna@example.com"))
		if f.Class() != c.class || f.Final() != c.final || f.Alone() != c.alone {
			t.Errorf("%s %d: class %s, final %v, alone %v", c.step, c.code, f.Class(), f.Final(), f.Alone())
		}
		if tells := strings.Contains(f.Error(), "123 456"); tells != c.tells {
			t.Errorf("%s %d is told as %q", c.step, c.code, f)
		}
	}
	if got := s.Received(); len(got) != 0 {
		t.Errorf("received %d letters", len(got))
	}
	s.Hook(nil)
	server.Password = "another"
	if f := failureOf(t, server, postTo("anna@example.com")); f.Class() != "auth_535" {
		t.Errorf("a wrong password: %v", f)
	}
	server.Username = ""
	if f := failureOf(t, server, postTo("anna@example.com")); f.Class() != "sender_502" {
		t.Errorf("no password: %v", f)
	}
}

func TestAuthenticationThatIsNotOfferedIsSaid(t *testing.T) {
	t.Parallel()
	for _, o := range []mailtest.Options{{TLS: "starttls"}, {TLS: "starttls", Username: "door", Password: "pass word", Mechanism: "XOAUTH2"}} {
		s := mailtest.New(t, o)
		o.Username, o.Password = "door", "pass word"
		if f := failureOf(t, serverOf(t, s, o), postTo("anna@example.com")); f.Class() != "auth" || !strings.Contains(f.Error(), "the server") {
			t.Errorf("%+v: %v", o, f)
		}
	}
}

// A letter is whole or it is nothing.
func TestAConnectionThatBreaksIsATemporaryFailure(t *testing.T) {
	t.Parallel()
	o := mailtest.Options{TLS: "starttls"}
	s := mailtest.New(t, o)
	server := serverOf(t, s, o)
	for step, phase := range map[mailtest.Step]Phase{mailtest.Mail: PhaseSender, mailtest.Rcpt: PhaseRecipient, mailtest.Data: PhaseContent, mailtest.End: PhaseContent} {
		s.Hook(func(at mailtest.Step, _ string) error {
			if at == step {
				return mailtest.ErrDrop
			}
			return nil
		})
		f := failureOf(t, server, postTo("anna@example.com"))
		if f.Class() != string(phase) || f.Final() || f.Alone() {
			t.Errorf("dropped at %s: class %s, final %v, alone %v: %v", step, f.Class(), f.Final(), f.Alone(), f)
		}
	}
	if got := s.Received(); len(got) != 0 {
		t.Errorf("received %d letters", len(got))
	}
	s.Stop()
	if f := failureOf(t, server, postTo("anna@example.com")); f.Class() != "connect" || f.Final() || f.Alone() {
		t.Errorf("nobody listens: %v", f)
	}
}

func TestAServerThatFallsSilentIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]func(*Server) time.Duration{
		"a phase has its time":           func(s *Server) time.Duration { s.hasty = 300 * time.Millisecond; return time.Minute },
		"the whole dialogue has its own": func(*Server) time.Duration { return 300 * time.Millisecond },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silentEverywhere(t, how)
		})
	}
}

// silentEverywhere has the server fall silent in each phase; how says how long the dialogue may last.
func silentEverywhere(t *testing.T, how func(*Server) time.Duration) {
	o := mailtest.Options{TLS: "starttls", Username: "door", Password: "pass word"}
	s := mailtest.New(t, o)
	server := serverOf(t, s, o)
	most := how(server)
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	for step, phase := range map[mailtest.Step]Phase{mailtest.Auth: PhaseAuth, mailtest.Mail: PhaseSender, mailtest.Rcpt: PhaseRecipient, mailtest.End: PhaseContent} {
		s.Hook(func(at mailtest.Step, _ string) error {
			if at == step {
				<-over
			}
			return nil
		})
		wantSilence(t, server, phase, most)
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	server.Port = mute.Addr().(*net.TCPAddr).Port
	wantSilence(t, server, PhaseGreeting, most)
	server.TLS = ImplicitTLS
	wantSilence(t, server, PhaseTLS, most)
}

// wantSilence gives the server less time than it takes.
func wantSilence(t *testing.T, server *Server, phase Phase, most time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	began := time.Now()
	var f *Failure
	if err := server.Deliver(ctx, postTo("anna@example.com")); !errors.As(err, &f) || f.Class() != string(phase)+"_timeout" || f.Final() || f.Alone() {
		t.Errorf("silent in %s: %v", phase, err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("silent in %s: it was waited for %v", phase, took)
	}
}

// half is a letter that cannot be written to its end.
type half struct{}

func (half) WriteTo(w io.Writer) (int64, error) {
	n, _ := io.WriteString(w, "Subject: half a letter\r\n\r\n"+strings.Repeat("words ", 100))
	return int64(n), errors.New("no more words")
}

// The SMTP client ends a letter properly before its next command, QUIT say: that must never make a whole letter of half a one.
func TestHalfALetterIsNeverTakenForAWholeOne(t *testing.T) {
	t.Parallel()
	o := mailtest.Options{TLS: "starttls"}
	s := mailtest.New(t, o)
	s.Hook(func(step mailtest.Step, _ string) error {
		if step == mailtest.End {
			t.Error("the server has come to the end of half a letter")
		}
		return nil
	})
	d, err := serverOf(t, s, o).open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.handIn("anna@example.com", half{}); err == nil {
		t.Error("half a letter is handed in")
	}
	d.quit()
	time.Sleep(300 * time.Millisecond) // the server reads what is on its way
	if got := s.Received(); len(got) != 0 {
		t.Errorf("received %q", got[0].Data)
	}
}

func TestAServerThatSpeaksAnotherTongueIsAFailureAndNoMore(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{"HTTP": "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH": "SSH-2.0-Inside\r\n", "a second line": "220-mail.test\r\nInside\r\n", "nothing": "", "a bare code": "220", "refusal": "554 go away\r\n", "endless": strings.Repeat("220-x\r\n", 2000)} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(conn, says)
				conn.Close()
			}
		}()
		var told strings.Builder
		server := &Server{Host: "localhost", Port: l.Addr().(*net.TCPAddr).Port, TLS: StartTLS, From: netmail.Address{Address: "login@house.test"}, Tell: func(line string) { told.WriteString(line + "\n") }}
		f := failureOf(t, server, postTo("anna@example.com"))
		if f.Phase != PhaseGreeting || f.Final() || f.Alone() {
			t.Errorf("%s: %+v", name, f)
		}
		if all := told.String() + f.Error(); strings.Contains(all, "Inside") || strings.Contains(all, "Bad Request") {
			t.Errorf("%s: what anything says that listens is shown: %s", name, all)
		}
	}
}
