package main_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/doorward/doorward/web/webtest"
)

// post is a mail server, and what people find in their letters.
type post struct {
	*mailtest.Server
	t *testing.T
}

// newPost is a mail server that asks for TLS and a password, and the settings that lead to it.
func newPost(t *testing.T) (post, settings) {
	t.Helper()
	s := mailtest.New(t, mailtest.Options{TLS: "starttls", Username: "door", Password: "pass word"})
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("pass word\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return post{s, t}, settings{"from": "Login <login@house.test>", "smtp": settings{
		"host": s.Host, "port": s.Port, "username": "door", "password_file": password, "ca_file": s.CAFile,
	}}
}

// mailing is a server that mails a code to whoever signs in.
type mailing struct{ measured }

// measured is a server whose metrics are asked for.
type measured struct {
	*server
	metrics string
}

func newMailing(t *testing.T, database string, mail settings) mailing {
	t.Helper()
	operators := "127.0.0.1:" + freePort(t)
	v := newServer(t, settings{
		"database": database, "mail": mail, "log": settings{"level": "debug"}, "metrics": settings{"listen": operators},
		"clients": []settings{application(t, "app", "client_secret_basic")},
	})
	v.addUser(annaEmail, annaPassword)
	v.start()
	return mailing{measured{v, "http://" + operators + "/metrics"}}
}

// measures says whether a line stands in the metrics now.
func (v measured) measures(line string) bool {
	response, err := http.Get(v.metrics)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return err == nil && strings.Contains(string(text), "\n"+line+"\n")
}

var inSubject = regexp.MustCompile(`^(\d{3}) (\d{3}) `)

// code waits until so many letters have come, and reads the newest.
func (p post) code(v *server, letters int) string {
	p.t.Helper()
	v.until("the letter", func() bool { return len(p.Received()) >= letters })
	got := p.Received()
	newest := got[len(got)-1]
	digits := inSubject.FindStringSubmatch(newest.Parse(p.t).Header.Get("Subject"))
	if len(got) != letters || len(newest.To) != 1 || newest.To[0] != annaEmail || digits == nil {
		p.t.Fatalf("%d letters, the newest to %v:\n%s", len(got), newest.To, newest.Data)
	}
	return digits[1] + digits[2]
}

// toCode goes from an application to the page that asks for the code.
func toCode(t *testing.T, v mailing) *webtest.Browser {
	t.Helper()
	h := &intruder{server: v.server}
	b := webtest.New(t, nil).StayOn(v.issuer)
	signIn(b.Go(h.authorizeURL("app", nil)))
	return b
}

// keptBack says that none of these stands in the log.
func (v mailing) keptBack(t *testing.T, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if strings.Contains(string(v.log.bytes()), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

func TestACodeThatCameBySMTPSignsIn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		t.Parallel()
		p, mail := newPost(t)
		v := newMailing(t, database, mail)
		b := toCode(t, v).Status(http.StatusOK).Sees("Check your email")
		code := p.code(v.server, 1)
		if b.Fill("code", code).Press("submit").Press("trust-no"); location(t, b).Get("code") == "" {
			t.Errorf("the code does not sign in: %s", b.Location())
		}
		v.stop()
		if len(p.Received()) != 1 {
			t.Errorf("%d letters were sent", len(p.Received()))
		}
		v.keptBack(t, code, code[:3]+" "+code[3:], "pass word", annaEmail)
	})
}

// What waits survives that the house dies, and comes once.
func TestALetterThatWaitsSurvivesAKill(t *testing.T) {
	t.Parallel()
	p, mail := newPost(t)
	v := newMailing(t, "sqlite:"+filepath.Join(t.TempDir(), "doorward.db"), mail)
	p.Stop()
	b := toCode(t, v).Status(http.StatusOK).Sees("Check your email") // nobody knows yet that mail does not work
	v.until("the letter to wait", func() bool { return strings.Contains(string(v.log.bytes()), "letter not sent yet") })
	v.kill()
	p.Start()
	v.start()
	if b.Fill("code", p.code(v.server, 1)).Press("submit").Press("trust-no"); location(t, b).Get("code") == "" {
		t.Errorf("the code does not sign in: %s", b.Location())
	}
	v.stop()
	if len(p.Received()) != 1 {
		t.Errorf("%d letters were sent", len(p.Received()))
	}
}

// While mail does not work people hear it at once, and nothing is kept for them that comes too late. What was taken before comes as soon as
// mail works.
func TestWhileMailIsDownThePageSaysSo(t *testing.T) {
	t.Parallel()
	p, mail := newPost(t)
	p.Hook(func(step mailtest.Step, _ string) error {
		if step == mailtest.Mail {
			return mailtest.Refuse(451, "out of order")
		}
		return nil
	})
	v := newMailing(t, "sqlite:"+filepath.Join(t.TempDir(), "doorward.db"), mail)
	first := toCode(t, v).Status(http.StatusOK) // nobody knows yet
	v.until("mail to be down", func() bool { return v.measures("doorward_mail_down 1") })
	second := toCode(t, v).Status(http.StatusServiceUnavailable).Check().Sees("We can't send email right now. Try again in a few minutes.")
	if !v.measures("doorward_outbox_letters 1") {
		t.Error("not one letter waits")
	}
	p.Hook(nil)
	v.until("mail to work", func() bool { return v.measures("doorward_mail_down 0") })
	first.Fill("code", p.code(v.server, 1)).Press("submit").Press("trust-no")
	location(t, first)
	second.Press("resend").Status(http.StatusOK).Sees("We sent a new 6-digit code").Fill("code", p.code(v.server, 2)).Press("submit").Press("trust-no")
	location(t, second)
	v.until("the letters to be counted", func() bool { return v.measures(`doorward_letters_total{result="sent"} 2`) })
}
