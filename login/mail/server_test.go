package mail

import (
	"errors"
	"fmt"
	"slices"
	"strings"
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
