package login_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// toRecovery signs in with the password, up to a recovery code.
func (h *house) toRecovery() *webtest.Browser {
	h.t.Helper()
	return h.toApp().Follow("Use a recovery code").Sees("Use a recovery code")
}

func TestARecoveryCodeStandsInForTheApp(t *testing.T) { // S-37, TP-13
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, codes []string, _ *webtest.Browser) {
		b := h.toRecovery().Check().Sees("You saved ten codes when you set up your app. Each works once.").Sees("Ask help@acme.test")
		b.Tab().Follow("Use the code from your app instead").Sees("Enter the code from your app")
		b.Fill("code", codes[3]).Press("Continue").Sees("app got anna").Sees("acr=urn:doorward:2fa amr=pwd+otp+mfa")
		h.sees("recovery.used ok", 1)
		letter := h.mailbox.Letters()[0]
		if letter.Subject != "A recovery code of your Acme account was used" || !strings.Contains(letter.Text, "You have 9 codes left") ||
			!strings.Contains(letter.Text, issuer+"/alarm?token=") || strings.Contains(letter.Text, codes[3]) {
			t.Errorf("the letter: %s\n%s", letter.Subject, letter.Text)
		}
		h.toRecovery().Fill("code", codes[3]).Press("submit").Status(422).Check().Sees("That code is not right, or it was used already. Enter another one.")
		h.toApp().Fill("code", a.code()).Press("submit").Sees("app got anna") // the app goes on working
		h.sees("sign_in.refused recovery_wrong", 1)
	})
}

func TestARecoveryCodeIsTakenAsPeopleWriteIt(t *testing.T) {
	t.Parallel()
	h, _, codes, _ := withApp(t)
	for i, write := range []func(string) string{
		strings.ToUpper,
		func(c string) string { return strings.ReplaceAll(c, "-", "") },
		func(c string) string { return " " + strings.ReplaceAll(c, "-", "\u00a0–\u200b ") + "\t" },
		func(c string) string { return strings.NewReplacer("0", "O", "1", "l").Replace(c) },
		func(c string) string { return strings.NewReplacer("0", "o", "1", "I").Replace(c) },
	} {
		h.toRecovery().Fill("code", write(codes[i])).Press("submit").Sees("app got anna")
	}
}

func TestWhatIsNoRecoveryCodeIsRefusedAndCostsNoTry(t *testing.T) {
	t.Parallel()
	h, _, codes, _ := withApp(t)
	b := h.toRecovery()
	for range 3 {
		b.Fill("code", " ").Press("submit").Status(422).Check().Sees("Enter one of your recovery codes.")
		for _, typed := range []string{"123456", "abcd-efg", "abcd-efgh-j", "uuuu-uuuu", "äbcd-efgh", "１bcd-efgh", "null\u200bnull"} {
			b.Fill("code", typed).Press("submit").Status(422).Check().Sees("A recovery code has 8 letters and digits, like 7f3k-92qa.")
		}
	}
	b.Fill("code", codes[0]).Press("submit").Sees("app got anna")
}

func TestARecoveryCodeIsDueOnlyWhereTheAppIs(t *testing.T) {
	t.Parallel()
	h, _, codes, _ := withApp(t)
	b := toPassword(h.browser(), "anna@example.com")
	attempt := map[string][]string{"attempt": {b.Value("attempt")}, "code": {codes[0]}}
	b.Tab().Post("/login/recovery", attempt).Sees("Enter your password")
	b.Tab().Go("/login/recovery?attempt=" + b.Value("attempt")).Sees("Enter your password")
	if left, err := h.db.RecoveryLeft(t.Context(), h.anna.ID); err != nil || left != 10 {
		t.Errorf("%d codes are left: %v", left, err)
	}
	b = toCode(open(t).browser(), "anna@example.com").Sees("Check your email") // somebody without an app
	b.Tab().Go("/login/recovery?attempt=" + b.Value("attempt")).Sees("Check your email")
}

func TestFiftySendOneRecoveryCodeAndOneWins(t *testing.T) {
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, _ app, codes []string, _ *webtest.Browser) {
		var signIns []*webtest.Browser
		for i := range 50 {
			signIns = append(signIns, h.from(i).Follow("Use a recovery code"))
		}
		var won atomic.Int32
		together(50, func(i int) {
			if strings.Contains(signIns[i].Fill("code", codes[0]).Press("submit").Body(), "app got anna") {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d won", won.Load())
		}
		h.sees("recovery.used ok", 1)
	})
}

func TestGuessesAtRecoveryCodesHaveACounterOfTheirOwn(t *testing.T) {
	t.Parallel()
	h, a, _, _ := withApp(t)
	for i := range 5 {
		h.from(i).Follow("Use a recovery code").Fill("code", "7f3k-92qa").Press("submit").Status(422)
	}
	b := h.from(9).Follow("Use a recovery code").Fill("code", "7f3k-92qa").Press("submit").Status(429).Check().Sees("Too many wrong codes.")
	b.Follow("Use the code from your app instead").Fill("code", a.code()).Press("submit").Sees("app got anna")
}

func TestTheLettersCountTheCodesDown(t *testing.T) {
	t.Parallel()
	h, _, codes, _ := withApp(t)
	texts := []string{}
	for _, code := range codes {
		h.toRecovery().Fill("code", code).Press("submit").Sees("app got anna")
		texts = append(texts, h.mailbox.Letters()[0].Text)
	}
	for i, want := range map[int]string{0: "You have 9 codes left", 8: "You have one code left", 9: "The last of your recovery codes"} {
		if !strings.Contains(texts[i], want) {
			t.Errorf("the letter after code %d: %s", i+1, texts[i])
		}
	}
	h.toRecovery().Fill("code", codes[9]).Press("submit").Status(422).Sees("I have no codes left")
}

func TestWithoutMailARecoveryCodeStillOpens(t *testing.T) {
	t.Parallel()
	h, _, codes, _ := withApp(t)
	h.face.Mail = nil
	h.toRecovery().Fill("code", codes[0]).Press("submit").Sees("app got anna")
}

func TestRecoveryCodesHaveFortyRandomBitsEach(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	h := open(t, without)
	for i := range 3 {
		b := h.signedInBy(fmt.Sprintf("person%d@example.com", i))
		h.setUp(b, "My phone")
		codes := codesOf(b)
		if len(codes) != 10 {
			t.Fatalf("%d codes", len(codes))
		}
		for _, code := range codes {
			if seen[code] || strings.ContainsAny(code, "ilou") || len(code) != 9 {
				t.Errorf("code %q", code)
			}
			seen[code] = true
		}
	}
}

// signedInBy adds a person and signs them in where no second factor is asked.
func (h *house) signedInBy(name string) *webtest.Browser {
	h.t.Helper()
	h.add(storage.User{Email: name})
	return toCode(h.browser(), name).Sees("app got " + name)
}
