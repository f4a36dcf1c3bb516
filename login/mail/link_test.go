package mail

import (
	"strings"
	"testing"

	"github.com/doorward/doorward/login/mail/mailtest"
)

func echo(key string, pairs ...string) string { return key + " " + strings.Join(pairs, " ") }

// evil is a name as somebody may have who wants another header, another recipient, or markup.
const evil = "Ida\r\nBcc: eve@evil.test\r\n\r\n.\r\nRCPT TO:<eve@evil.test>\r\n\"><img src=x>"

// eachLetter is one of every kind, with a name that may be chosen to harm.
func eachLetter(name string) map[string]Letter {
	to := Addressee{To: "ida@example.com", Name: name, User: "ida", Company: "Acme", Lang: "en"}
	reset := NewPassword{Addressee: to, URL: "https://login.test/reset?token=dwp_x", Browser: "Firefox", System: "Linux", Address: "192.0.2.1", Time: "noon"}
	return map[string]Letter{
		"invitation": Invitation{Addressee: to, URL: "https://login.test/invite?token=dwi_x", Until: "Friday"}.Letter(echo),
		"reset":      reset.Letter(echo),
		"google":     reset.GoogleOnly(echo),
		"notice":     Notice{Addressee: to, Subject: "changed", Words: []string{name}, Address: "192.0.2.1", Alarm: "https://login.test/alarm?token=dwk_x"}.Letter(echo),
		"code":       SignInCode{To: to.To, Name: name, Code: "123456", Company: "Acme", Alarm: "https://login.test/alarm?token=dwk_x"}.Letter(echo),
	}
}

func TestANameMakesNoHeaderNoRecipientAndNoMarkup(t *testing.T) { // XS-04, XS-07
	t.Parallel()
	o := mailtest.Options{TLS: "none"}
	s := mailtest.New(t, o)
	server := serverOf(t, s, o)
	for kind, letter := range eachLetter(evil) {
		if strings.Contains(letter.HTML, "<img") {
			t.Errorf("%s holds markup:\n%s", kind, letter.HTML)
		}
		if err := server.Deliver(t.Context(), Post{ID: "letter-" + kind, Written: written, Letter: letter}); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
	got := s.Received()
	if len(got) != len(eachLetter(evil)) {
		t.Fatalf("%d letters arrived", len(got))
	}
	for _, r := range got {
		m := r.Parse(t)
		if len(r.To) != 1 || r.To[0] != "ida@example.com" || m.Header.Get("Bcc") != "" || len(m.Header["To"]) != 1 {
			t.Errorf("a letter went to %v, with %v", r.To, m.Header)
		}
	}
}

func TestLettersLeadWhereTheyShouldAndNowhereElse(t *testing.T) { // EO-14
	t.Parallel()
	for kind, letter := range eachLetter("Ida Holm") {
		for part, body := range map[string]string{"text": letter.Text, "HTML": letter.HTML} {
			if n := strings.Count(body, "https://"); n != 1 {
				t.Errorf("the %s of %s has %d links:\n%s", part, kind, n, body)
			}
		}
		if strings.Count(letter.HTML, "<a href=") != 1 || strings.Contains(letter.HTML, "<img") || len(letter.HTML) > 30_000 {
			t.Errorf("the HTML of %s:\n%s", kind, letter.HTML)
		}
		for line := range strings.SplitSeq(letter.Text, "\n") {
			if strings.Contains(line, "https://") && strings.Contains(line, " ") {
				t.Errorf("a link of %s shares its line: %q", kind, line)
			}
		}
	}
}

func TestAnInvitationNamesWhoInvitesAndTheWays(t *testing.T) {
	t.Parallel()
	to := Addressee{To: "ida@example.com", Name: "Ida", Company: "Acme", Lang: "en"}
	for _, c := range []struct {
		i    Invitation
		want []string
	}{
		{Invitation{Addressee: to, By: "Ben"}, []string{"by Ben company Acme", "letter.invite-password"}},
		{Invitation{Addressee: to, Google: true}, []string{"letter.invite-subject-ready company Acme", "by Acme company Acme", "letter.invite-google"}},
	} {
		for _, want := range c.want {
			if l := c.i.Letter(echo); !strings.Contains(l.Subject+l.Text, want) {
				t.Errorf("it does not say %q:\n%s", want, l.Text)
			}
		}
	}
}
