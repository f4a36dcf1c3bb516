package main

import (
	"crypto/x509"
	"errors"
	"net/mail"
	"regexp"
	"testing"

	"github.com/doorward/doorward/admin"
	letters "github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/web"
)

// What the command line says of a mail server in English, a German page says in German: whatever the phase, the reply and the encryption.
func TestWhatCameOfATestLetterIsToldInTheLanguageOfThePage(t *testing.T) {
	t.Parallel()
	for _, c := range []Config{{}, {Mail: MailConfig{From: "nobody"}}} {
		told := sendTest(t.Context(), c, "anna@example.com")
		wantGerman(t, told.Where, told.Remedy)
	}
	phases := []letters.Phase{letters.PhaseLetter, letters.PhaseConnect, letters.PhaseGreeting, letters.PhaseTLS, letters.PhaseAuth, letters.PhaseSender, letters.PhaseRecipient, letters.PhaseContent}
	if len(phases) != len(whereMailFailed) {
		t.Errorf("%d phases, and words for %d", len(phases), len(whereMailFailed))
	}
	for _, phase := range phases {
		wantGerman(t, whereMailFailed[phase])
		for _, code := range []int{0, 421, 550} {
			for _, lock := range []string{letters.StartTLS, letters.ImplicitTLS, letters.NoTLS} {
				for _, err := range []error{errors.New("broken off"), x509.UnknownAuthorityError{}, x509.HostnameError{Certificate: &x509.Certificate{}, Host: "smtp.example.com"}} {
					s := &letters.Server{Host: "smtp.example.com", Port: 587, TLS: lock, From: mail.Address{Address: "login@example.com"}}
					wantGerman(t, mailRemedy(&letters.Failure{Phase: phase, Code: code, Err: err}, s))
				}
			}
		}
	}
}

var inEnglish = regexp.MustCompile(`\b(the|of|is|are|has|have|not|with|check|see|your|could)\b`)

// wantGerman wants words for each of these sentences on a German page.
func wantGerman(t *testing.T, sentences ...string) {
	t.Helper()
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	german := func(key string, pairs ...string) string { return texts.T("de", key, pairs...) }
	for _, says := range sentences {
		if told := admin.MailWords(german, says); says != "" && (told == says || inEnglish.MatchString(told)) {
			t.Errorf("%q is told as %q", says, told)
		}
	}
}
