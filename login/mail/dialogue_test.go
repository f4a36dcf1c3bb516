package mail

import (
	"fmt"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/doorward/doorward/login/mail/mailtest"
)

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
			"   TLS 1.3, the certificate is trusted", "   signing in as door with ", "S: 235 ", "C: MAIL FROM:<login@house.test>", "C: RCPT TO:<anna@example.com>", "C: DATA", "S: 354 ", "C: (the letter, ", "S: 250 2.0.0 OK", "C: QUIT", "S: 221 ",
		} {
			if !strings.Contains(told, want) {
				t.Errorf("%+v: %q is not told", o, want)
			}
		}
		for _, step := range []mailtest.Step{mailtest.Mail, mailtest.Rcpt, mailtest.End} {
			s.Hook(func(at mailtest.Step, _ string) error {
				if at == step {
					return mailtest.Refuse(451, "not at "+string(step))
				}
				return nil
			})
			failureOf(t, server, postTo("anna@example.com"))
			if !slices.Contains(lines, "S: 451 4.0.0 not at "+string(step)) {
				t.Errorf("%+v: a refusal at %s is not told:\n%s", o, step, strings.Join(lines, "\n"))
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

// A terminal obeys ESC and BEL, some obey U+0080 to U+009F, and marks of direction turn what is read around (Trojan Source).
func TestWhatTheServerSaysReachesATerminalAsPlainWords(t *testing.T) {
	t.Parallel()
	const evil = "\x1b]0;owned\a \u009b2J \u202egnp.exe\u2066 \u200b\r a\x00b\x7f"
	o := mailtest.Options{TLS: "none"}
	s := mailtest.New(t, o)
	server := serverOf(t, s, o)
	var told strings.Builder
	server.Tell = func(line string) { told.WriteString(line + "\n") }
	s.Hook(func(step mailtest.Step, _ string) error {
		if step == mailtest.Rcpt {
			return mailtest.Refuse(550, "Grüße "+evil)
		}
		return nil
	})
	all := failureOf(t, server, postTo("anna@example.com")).Error() + "\n" + told.String()
	server.tell("S: 250-" + evil)
	all += told.String()
	for _, r := range all {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%U is told: %q", r, all)
			break
		}
	}
	if strings.Count(all, "Grüße") != 3 || !strings.Contains(all, "\nC: EHLO") || !strings.Contains(all, "   connecting to") {
		t.Errorf("the words themselves are lost: %q", all)
	}
}

func TestNoHalfOfAPasswordIsToldWhereALineIsCut(t *testing.T) {
	t.Parallel()
	var told string
	server := Server{Password: "hunter2\u00a0hunter2", Tell: func(line string) { told += line }}
	for pad := range 30 {
		reply := strings.Repeat("w", longestLine-pad) + "hunter2\u00a0hunter2"
		_ = server.told(&textproto.Error{Code: 535, Msg: reply})
		server.tell("S: 535 " + reply)
	}
	if strings.Contains(told, "hu") {
		t.Errorf("it is told: %q", told)
	}
}
