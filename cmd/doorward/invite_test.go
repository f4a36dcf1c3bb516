package main_test

import (
	"io"
	"mime/quotedprintable"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/doorward/doorward/web/webtest"
)

// linkOf reads a letter as it came, and gives the link of ours that leads to a path.
func linkOf(t *testing.T, r mailtest.Received, path string) string {
	t.Helper()
	body, err := io.ReadAll(quotedprintable.NewReader(r.Parse(t).Body)) // both parts are, and what stands between them stays as it is
	if err != nil {
		t.Fatal(err)
	}
	link := regexp.MustCompile(`https?://[^\s"<]+` + regexp.QuoteMeta(path) + `\?token=[\w-]+`).FindString(string(body))
	if link == "" {
		t.Fatalf("no link to %s in\n%s", path, body)
	}
	return link
}

// From the command to the account, through a real mail server: each letter to one recipient, whatever the name holds.
func TestAnInvitationArrivesWhenTheServerRunsAndLetsItsPersonIn(t *testing.T) { // S-11 to S-17, XS-07
	t.Parallel()
	onEach(t, func(t *testing.T, database string) {
		t.Parallel()
		p, mail := newPost(t)
		v := newMailing(t, database, mail)
		v.stop()
		invite := command(t, "user", "invite", "ida@example.com", "--name", `Ida "Bcc: eve@evil.test" <eve@evil.test>, Holm`, "--by", "Ben <eve@evil.test>", "--config", v.file)
		if out, err := invite.CombinedOutput(); err != nil || !strings.Contains(string(out), "The letter leaves when the server runs.") {
			t.Fatalf("%v\n%s", err, out)
		}
		if len(p.Received()) != 0 {
			t.Error("the letter has left before")
		}
		v.start()
		v.until("the invitation", func() bool { return len(p.Received()) == 1 })
		b := webtest.New(t, nil).Go(linkOf(t, p.Received()[0], "/invite")).Check().Sees("Welcome, Ida")
		b.Press("submit").Fill("password", "a sentence is fine").Press("submit").Sees("Check your email")
		v.until("the code", func() bool { return len(p.Received()) == 2 })
		digits := inSubject.FindStringSubmatch(p.Received()[1].Parse(t).Header.Get("Subject"))
		b.Fill("code", digits[1]+digits[2]).Press("submit").Press("trust-no").Sees("Your account")
		v.until("the notice", func() bool { return len(p.Received()) == 3 })

		forgot := webtest.New(t, nil).Go(v.issuer+"/forgot").Fill("username", "ida@example.com").Press("submit")
		v.until("the link", func() bool { return len(p.Received()) == 4 })
		forgot.Go(linkOf(t, p.Received()[3], "/reset")).Fill("password", "another sentence is fine").Press("submit").Sees("Your password is changed")
		v.until("the second notice", func() bool { return len(p.Received()) == 5 })
		forgot.Go(linkOf(t, p.Received()[4], "/alarm")).Press("confirm").Sees("We signed you out everywhere")
		v.until("the way back", func() bool { return len(p.Received()) == 6 })
		b.Go(v.issuer + "/account").SeesNot("Your account")
		for _, r := range p.Received() {
			if len(r.To) != 1 || r.To[0] != "ida@example.com" {
				t.Errorf("a letter went to %v", r.To)
			}
		}
		v.stop()
		v.keptBack(t, "dwi_", "dwp_", "dwk_", "a sentence is fine", "ida@example.com")
	})
}

// What was asked for just before the end waits as a letter in the database, not in the node.
func TestANodeThatEndsStillMailsWhatItWasAskedFor(t *testing.T) {
	t.Parallel()
	p, mail := newPost(t)
	v := newMailing(t, "sqlite:"+filepath.Join(t.TempDir(), "doorward.db"), mail)
	webtest.New(t, nil).Go(v.issuer+"/forgot").Fill("username", annaEmail).Press("submit").Sees("Check your email")
	v.stop()
	v.start()
	v.until("the link", func() bool { return len(p.Received()) == 1 })
	webtest.New(t, nil).Go(linkOf(t, p.Received()[0], "/reset")).Sees("Create a new password")
}
