package mail_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/login/mail"
)

func voice(key string, pairs ...string) string { return key + " " + strings.Join(pairs, " ") }

func TestALetterEscapesWhatItQuotes(t *testing.T) { // XS-04
	evil := `"><img src=x onerror=alert(1)>`
	letter := mail.SignInCode{To: "a@example.com", Name: evil, User: "anna", Code: "012345", Company: evil, Contact: evil, App: evil,
		Browser: evil, System: evil, Address: evil, Time: evil, Lang: evil}.Letter(voice)
	if strings.Contains(letter.HTML, "<img") {
		t.Errorf("the letter holds markup:\n%s", letter.HTML)
	}
	if letter.User != "anna" {
		t.Errorf("the letter concerns %q", letter.User)
	}
	if !strings.HasPrefix(letter.Subject, "letter.code-subject code 012 345") {
		t.Errorf("subject is %q", letter.Subject)
	}
}

func TestALetterTellsWhatIsKnown(t *testing.T) {
	full := mail.SignInCode{Code: "123456", Company: "Acme", Contact: "help", App: "Grafana", Browser: "Chrome", System: "Windows"}.Letter(voice)
	bare := mail.SignInCode{Code: "123456", Company: "Acme"}.Letter(voice)
	for _, part := range []func(mail.Letter) string{func(l mail.Letter) string { return l.Text }, func(l mail.Letter) string { return l.HTML }} {
		for _, want := range []string{"app Grafana", "letter.code-from browser Chrome system Windows", "letter.code-alarm-ask contact help", "123 456"} {
			if !strings.Contains(part(full), want) {
				t.Errorf("the full letter does not say %q:\n%s", want, part(full))
			}
		}
		for _, want := range []string{"app Acme", "letter.code-from-unknown", "letter.code-alarm-change"} {
			if !strings.Contains(part(bare), want) {
				t.Errorf("the bare letter does not say %q:\n%s", want, part(bare))
			}
		}
	}
}

func TestALetterWearsTheCompanysColour(t *testing.T) {
	const accent = "#0b7a75"
	to := mail.Addressee{Company: "Acme", Accent: accent}
	for name, l := range map[string]mail.Letter{
		"code": mail.SignInCode{Code: "123456", Accent: accent}.Letter(voice), "invitation": mail.Invitation{Addressee: to}.Letter(voice),
		"new password": mail.NewPassword{Addressee: to}.Letter(voice), "notice": mail.Notice{Addressee: to}.Letter(voice),
	} {
		if !strings.Contains(l.HTML, accent+`"`) || strings.Contains(l.HTML, "#1d4ed8") {
			t.Errorf("the %s does not:\n%s", name, l.HTML)
		}
	}
	if own := (mail.SignInCode{Code: "123456"}.Letter(voice)); !strings.Contains(own.HTML, "solid #1d4ed8") {
		t.Errorf("a company without one gets ours:\n%s", own.HTML)
	}
}

func TestAMailboxKeepsTheLastHundredNewestFirst(t *testing.T) {
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	box := &mail.Mailbox{Now: func() time.Time { return noon }}
	for i := range 130 {
		if err := box.Send(t.Context(), mail.Letter{Subject: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	letters := box.Letters()
	if len(letters) != 100 || letters[0].Subject != "129" || letters[99].Subject != "30" || !letters[0].Date.Equal(noon) {
		t.Errorf("%d letters, from %q to %q", len(letters), letters[0].Subject, letters[len(letters)-1].Subject)
	}
}

func TestAMailboxTakesLettersAtOnce(t *testing.T) {
	var box mail.Mailbox
	var wait sync.WaitGroup
	for range 50 {
		wait.Go(func() {
			_ = box.Send(t.Context(), mail.Letter{}) // it takes everything
			box.Letters()
		})
	}
	wait.Wait()
	if n := len(box.Letters()); n != 50 {
		t.Errorf("%d letters", n)
	}
}
