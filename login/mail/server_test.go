package mail

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/login/mail/mailtest"
)

// written is when the letters of these tests were written.
var written = time.Date(2026, 5, 3, 9, 14, 0, 0, time.UTC)

// serverOf is how a program reaches a mail server of mailtest.
func serverOf(t testing.TB, s *mailtest.Server, o mailtest.Options) *Server {
	t.Helper()
	roots, err := ReadAuthorities(s.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	from, err := ParseFrom("Zürich AG <login@house.test>")
	if err != nil {
		t.Fatal(err)
	}
	return &Server{Host: s.Host, Port: s.Port, Username: o.Username, Password: Password(o.Password), TLS: o.TLS, Roots: roots, From: from}
}

// letterTo is a letter with everything that travels badly: long lines, dots, other scripts.
func letterTo(to string) Letter {
	return Letter{
		To: to, Subject: "123 456 ist Ihr Code für Zürich",
		Text: "Guten Tag,\n\n.\n.leading dot\nFrom here — ẞ 漢字\n" + strings.Repeat("lang ", 300) + "\n",
		HTML: "<!doctype html><p>Grüße = &amp; 100 %</p>" + strings.Repeat("<b>x</b>", 300),
	}
}

func postTo(to string) Post { return Post{ID: "letter1", Written: written, Letter: letterTo(to)} }

// failureOf delivers and wants a failure.
func failureOf(t *testing.T, s *Server, p Post) *Failure {
	t.Helper()
	err := s.Deliver(t.Context(), p)
	var f *Failure
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a failure", err)
	}
	return f
}

// parts reads both parts of a letter.
func parts(t *testing.T, m *netmail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the letter is %s, %v", kind, err)
	}
	found := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if encoding := part.Header.Get("Content-Transfer-Encoding"); encoding != "quoted-printable" {
			t.Errorf("a part is %s", encoding)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		found[part.Header.Get("Content-Type")] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}

func TestALetterArrivesAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, o := range []mailtest.Options{
		{TLS: "starttls"},
		{TLS: "starttls", Username: "door", Password: "pass word"},
		{TLS: "starttls", Username: "door", Password: "pass word", Mechanism: "LOGIN"},
		{TLS: "implicit", Username: "door", Password: "pass word"},
		{TLS: "implicit"},
		{TLS: "none"},
		{TLS: "none", Username: "door", Password: "pass word"},
	} {
		t.Run(fmt.Sprintf("%s %s %s", o.TLS, o.Username, o.Mechanism), func(t *testing.T) {
			t.Parallel()
			s := mailtest.New(t, o)
			if err := serverOf(t, s, o).Deliver(t.Context(), postTo("anna@example.com")); err != nil {
				t.Fatal(err)
			}
			got := s.Received()
			if len(got) != 1 || got[0].From != "login@house.test" || !slices.Equal(got[0].To, []string{"anna@example.com"}) {
				t.Fatalf("received %+v", got)
			}
			wantLetter(t, got[0], letterTo("anna@example.com"))
		})
	}
}

func wantLetter(t *testing.T, got mailtest.Received, want Letter) {
	t.Helper()
	m := got.Parse(t)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != want.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 || *from[0] != (netmail.Address{Name: "Zürich AG", Address: "login@house.test"}) {
		t.Errorf("from %v, %v", from, err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != want.To {
		t.Errorf("to %v, %v", to, err)
	}
	if date, err := m.Header.Date(); err != nil || !date.Equal(written) {
		t.Errorf("date %v, %v", date, err)
	}
	for name, value := range map[string]string{"Message-Id": "<letter1@house.test>", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0", "Bcc": "", "User-Agent": "", "X-Mailer": ""} {
		if m.Header.Get(name) != value {
			t.Errorf("%s is %q", name, m.Header.Get(name))
		}
	}
	for _, line := range bytes.Split(got.Data, []byte("\n")) {
		if len(line) > 998 || bytes.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("a line of %d bytes: %.40q", len(line), line)
		}
	}
	found := parts(t, m)
	if len(found) != 2 || found["text/plain; charset=UTF-8"] != want.Text || found["text/html; charset=UTF-8"] != want.HTML {
		t.Errorf("parts %q", found)
	}
}

// Whoever stands between us and the server gets neither the password nor the letter.
func TestNothingIsSentWhereTheServerCannotBeTrusted(t *testing.T) {
	t.Parallel()
	o := mailtest.Options{Username: "door", Password: "pass word"}
	for name, c := range map[string]struct {
		serves, wants string
		change        func(*Server)
		says          string
		unknown, name bool
	}{
		"an unknown authority":                        {"starttls", StartTLS, func(s *Server) { s.Roots = nil }, "x509: certificate signed by unknown authority", true, false},
		"an unknown authority, with TLS at once":      {"implicit", ImplicitTLS, func(s *Server) { s.Roots = nil }, "x509: certificate signed by unknown authority", true, false},
		"a certificate for another name":              {"starttls", StartTLS, func(s *Server) { s.Host = "127.0.0.1" }, "cannot validate certificate for 127.0.0.1", false, true},
		"another name, with TLS at once":              {"implicit", ImplicitTLS, func(s *Server) { s.Host = "127.0.0.1" }, "cannot validate certificate for 127.0.0.1", false, true},
		"STARTTLS is not offered":                     {"none", StartTLS, func(*Server) {}, "does not offer STARTTLS", false, false},
		"TLS at once, and the server speaks in clear": {"none", ImplicitTLS, func(*Server) {}, "does not speak TLS there", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := o
			o.TLS = c.serves
			s := mailtest.New(t, o)
			s.Hook(func(step mailtest.Step, _ string) error { t.Errorf("the server came as far as %s", step); return nil })
			server := serverOf(t, s, o)
			server.TLS = c.wants
			c.change(server)
			f := failureOf(t, server, postTo("anna@example.com"))
			if f.Phase != PhaseTLS || f.Final() || f.Alone() || f.UnknownAuthority() != c.unknown || f.ForeignName() != c.name || !strings.Contains(f.Error(), c.says) {
				t.Errorf("failed by %+v: %v", f, f)
			}
		})
	}
}

func TestWithoutTLSNothingLeavesThisMachine(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"localhost": true, "127.0.0.1": true, "127.8.8.8": true, "::1": true,
		"mail.example.com": false, "localhost.example.com": false, "10.0.0.1": false, "0.0.0.0": false, "::": false, "": false, "1": false,
	} {
		if OnThisMachine(host) != want {
			t.Errorf("%q: %v", host, !want)
		}
	}
}

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
	o := mailtest.Options{TLS: "starttls", Username: "door", Password: "pass word"}
	s := mailtest.New(t, o)
	server := serverOf(t, s, o)
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	for step, phase := range map[mailtest.Step]Phase{mailtest.Auth: PhaseAuth, mailtest.Mail: PhaseSender, mailtest.Rcpt: PhaseRecipient, mailtest.End: PhaseContent} {
		s.Hook(func(at mailtest.Step, _ string) error {
			if at == step {
				<-over
			}
			return nil
		})
		wantSilence(t, server, phase)
	}
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	server.Port = mute.Addr().(*net.TCPAddr).Port
	wantSilence(t, server, PhaseGreeting)
	server.TLS = ImplicitTLS
	wantSilence(t, server, PhaseTLS)
}

// wantSilence gives the server less time than it takes.
func wantSilence(t *testing.T, server *Server, phase Phase) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
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
	for name, says := range map[string]string{"HTTP": "HTTP/1.1 400 Bad Request\r\n\r\n", "nothing": "", "a bare code": "220", "refusal": "554 go away\r\n", "endless": strings.Repeat("220-x\r\n", 2000)} {
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
		server := &Server{Host: "localhost", Port: l.Addr().(*net.TCPAddr).Port, TLS: StartTLS, From: netmail.Address{Address: "login@house.test"}, Tell: func(string) {}}
		if f := failureOf(t, server, postTo("anna@example.com")); f.Phase != PhaseGreeting || f.Final() || f.Alone() {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// go-mail CVE-2025-59937 and its like: an address that is two, or a header.
func TestALetterHasExactlyOneRecipientAndNoHeaderOfAVisitor(t *testing.T) {
	t.Parallel()
	o := mailtest.Options{TLS: "none"}
	s := mailtest.New(t, o)
	s.Hook(func(step mailtest.Step, _ string) error { t.Errorf("the server came as far as %s", step); return nil })
	server := serverOf(t, s, o)
	for _, to := range []string{
		"", "anna", "anna@", "@example.com", "anna@example.com\r\nBcc: eve@evil.test", "anna@example.com\nBcc: eve@evil.test",
		"anna@example.com>\r\nRCPT TO:<eve@evil.test", "anna@example.com,eve@evil.test", "anna@example.com, eve@evil.test",
		"anna@example.com eve@evil.test", "anna@example.com;eve@evil.test", "Anna <anna@example.com>", "<anna@example.com>",
		`"anna"@example.com`, `"a\"@x"@example.com`, `"anna@example.com> eve"@evil.test`, "anna@[127.0.0.1]", "anna@[IPv6:::1]",
		"anna@example.com\x00", "änna@example.com", "anna@exämple.com", "anna@example.com (eve)", "anna@localhost", "anna@-example.com",
		"@evil.test:anna@example.com", "anna%evil.test@", "group:anna@example.com;", "anna@example.com@evil.test", " anna@example.com",
		strings.Repeat("a", 65) + "@example.com",
	} {
		if f := failureOf(t, server, postTo(to)); f.Class() != "letter" || !f.Final() || !f.Alone() {
			t.Errorf("%q: %v", to, f)
		}
	}
	for _, subject := range []string{"", "Code\r\nBcc: eve@evil.test", "Code\nX: y", "Code\rX: y", "Code\x00", "Code\u0085"} {
		p := postTo("anna@example.com")
		p.Letter.Subject = subject
		if f := failureOf(t, server, p); f.Class() != "letter" {
			t.Errorf("%q: %v", subject, f)
		}
	}
}

func TestANameOfTheHouseIsEncoded(t *testing.T) {
	t.Parallel()
	o := mailtest.Options{TLS: "none"}
	s := mailtest.New(t, o)
	server := serverOf(t, s, o)
	for _, name := range []string{"A\r\nBcc: eve@evil.test", `A" <eve@evil.test>, "B`, "A, B", "a@b"} {
		server.From.Name = name
		if err := server.Deliver(t.Context(), postTo("anna@example.com")); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		got := s.Received()
		m := got[len(got)-1].Parse(t)
		from, err := m.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Address != "login@house.test" || m.Header.Get("Bcc") != "" || len(got[len(got)-1].To) != 1 {
			t.Errorf("%q: %v, %v in %v", name, from, err, m.Header)
		}
	}
}

func TestMailFromIsOneAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]netmail.Address{
		"login@example.com":              {Address: "login@example.com"},
		"Login <Login@Example.com>":      {Name: "Login", Address: "login@example.com"},
		`"Acme, Inc." <a.b@example.com>`: {Name: "Acme, Inc.", Address: "a.b@example.com"},
	} {
		if got, err := ParseFrom(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "login", "login@localhost", "a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com", "<@x:a@example.com>", `"a b"@example.com`} {
		if got, err := ParseFrom(text); err == nil {
			t.Errorf("%q is taken as %+v", text, got)
		}
	}
}

func TestTheDialogueIsToldLineByLineWithoutThePassword(t *testing.T) {
	t.Parallel()
	for _, o := range []mailtest.Options{
		{TLS: "starttls", Username: "door", Password: "hunter2hunter2"},
		{TLS: "implicit", Username: "door", Password: "hunter2hunter2", Mechanism: "LOGIN"},
	} {
		s := mailtest.New(t, o)
		server := serverOf(t, s, o)
		var mu sync.Mutex
		var lines []string
		server.Tell = func(line string) {
			mu.Lock()
			defer mu.Unlock()
			lines = append(lines, line)
		}
		if err := server.Deliver(t.Context(), postTo("anna@example.com")); err != nil {
			t.Fatal(err)
		}
		told := strings.Join(lines, "\n")
		for _, want := range []string{
			"   connecting to localhost:", "S: 220 mail.test ", "C: EHLO house.test", "S:     AUTH " + map[string]string{"": "PLAIN"}[o.Mechanism] + o.Mechanism,
			"   TLS 1.3, the certificate is trusted", "S: 235 ", "C: MAIL FROM:<login@house.test>", "C: RCPT TO:<anna@example.com>", "C: DATA", "S: 354 ", "C: (the letter, ", "S: 250 2.0.0 OK", "C: QUIT", "S: 221 ",
		} {
			if !strings.Contains(told, want) {
				t.Errorf("%+v: %q is not told", o, want)
			}
		}
		// A server that says everything back, as it came.
		s.Hook(func(mailtest.Step, string) error {
			return mailtest.Refuse(535, "no hunter2hunter2 and no aHVudGVyMmh1bnRlcjI= and no AGRvb3IAaHVudGVyMmh1bnRlcjI=")
		})
		f := failureOf(t, server, postTo("anna@example.com"))
		told = strings.Join(lines, "\n") + f.Error() + fmt.Sprintf("%v %+v %#v", server, *server, server)
		for _, secret := range []string{"hunter2", "aHVudGVyMm"} {
			if strings.Contains(told, secret) {
				t.Errorf("%+v: the password is told:\n%s", o, told)
			}
		}
		if !strings.Contains(told, "S: 535 ") {
			t.Errorf("%+v: the refusal is not told:\n%s", o, told)
		}
	}
}
