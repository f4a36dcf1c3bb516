package keys

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAPasswordIsJudgedByItsLengthAndByWhatOthersKnow(t *testing.T) { // PR-13
	about := []string{"Anna Maria Berg", "a.schmitt-berg@mail.wintergarten.example", "1000001", "Acme Werke GmbH"}
	for password, want := range map[string]error{
		"":                                     ErrPasswordShort,
		"1234567":                              ErrPasswordShort,
		"elf Zeichen":                          ErrPasswordShort,
		"zwölf Zeiche":                         nil,
		"a sentence is fine":                   nil,
		" leading space counts":                nil,
		"only digits 48 51 62":                 nil,
		"🐘🦒🦓 and eight":                        nil,
		strings.Repeat("ab1c", 16):             ErrPasswordKnown, // the same over and over
		strings.Repeat("ö2x Wq7", 36) + "done": nil,
		"lang " + strings.Repeat("Qaé7", 62) + "end":    nil,
		"lang " + strings.Repeat("Qaé7", 62) + "ending": ErrPasswordLong,
		strings.Repeat("Qa é7", 220_000):                ErrPasswordLong,
		"password1234":                                  ErrPasswordKnown,
		"Password2026!":                                 ErrPasswordKnown,
		"passwordpassword":                              ErrPasswordKnown,
		"123456789012":                                  ErrPasswordKnown,
		"qwertyuiop123":                                 ErrPasswordKnown,
		"aaaaaaaaaaaaaaaa":                              ErrPasswordKnown,
		"abababababcbab":                                ErrPasswordKnown,
		"liebe Grüße von ANNA":                          ErrPasswordPersonal,
		"im schmitt-berg 17":                            ErrPasswordPersonal,
		"a.schmitt-berg@mail.wintergarten.example":      ErrPasswordPersonal,
		"im wintergarten ist es kalt":                   ErrPasswordPersonal,
		"kunde 1000001 bin ich":                         ErrPasswordPersonal,
		"acme ist ein schlechtes Wort":                  ErrPasswordPersonal,
		"ein mail aus der Ferne":                        nil,
		"was nicht dabei steht":                         nil,
	} {
		if got := JudgePassword(password, about...); !errors.Is(got, want) {
			t.Errorf("%.40q is judged %v, not %v", password, got, want)
		}
	}
}

func TestACharacterIsOneHoweverItIsSent(t *testing.T) { // PR-13
	if err := JudgePassword(strings.Repeat("o\u0308x", 6)[:17]); !errors.Is(err, ErrPasswordShort) {
		t.Errorf("eleven characters in seventeen bytes are judged %v", err)
	}
	many := strings.Repeat("ο\u0301b", 126) + "acdefg" // 258 characters, and 128 more without composing
	if err := JudgePassword(many[:len(many)-2]); err != nil {
		t.Errorf("256 characters in decomposed form are judged %v", err)
	}
	if err := JudgePassword(many); !errors.Is(err, ErrPasswordLong) {
		t.Errorf("258 characters are judged %v", err)
	}
}

func TestAPasswordIsJudgedQuickly(t *testing.T) { // PR-13
	password := "lang " + strings.Repeat("Qaé7", 62)
	JudgePassword(password)
	start := time.Now()
	const n = 20
	for range n {
		JudgePassword(password, "Anna Berg", "anna@example.com", "Acme")
	}
	if took := time.Since(start) / n; took > 10*time.Millisecond {
		t.Errorf("it takes %s", took)
	}
}
