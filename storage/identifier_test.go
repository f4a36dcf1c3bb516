package storage_test

import (
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// S-10, EN-07, FD-07.
func TestWhatIsTypedBecomesOneCanonicalIdentifier(t *testing.T) {
	const none = "neither"
	for typed, want := range map[string]string{
		"anna@example.com":                       "anna@example.com",
		"Anna@Example.COM":                       "anna@example.com",
		"  anna@example.com\t\r\n":               "anna@example.com",
		"an na@ex ample.com":                     "anna@example.com",
		"anna\u200b@example.com\ufeff":           "anna@example.com",
		"anna\u00a0@example.com":                 "anna@example.com",
		"anna+news@example.com":                  "anna+news@example.com", // another mailbox: nothing is folded
		"an.na@example.com":                      "an.na@example.com",
		"an-na@ex-ample.com":                     "an-na@ex-ample.com", // hyphens are dropped from numbers only
		"o'hara@example.com":                     "o'hara@example.com",
		"1000001":                                "1000001",
		" 100-00 01 ":                            "1000001",
		"100\u20110001":                          "1000001",
		"0042":                                   "0042", // not a quantity: zeros stay
		"12345678901234567890":                   "12345678901234567890",
		"ａnna@example.com":                       none, // full width
		"anna＠example.com":                       none,
		"gına@example.com":                       none, // dotless i
		"１０００００１":                                none,
		"١٠٠٠٠٠١":                                none,
		"123":                                    none,
		"123456789012345678901":                  none,
		"-1000001x":                              none,
		"":                                       none,
		" ":                                      none,
		"@":                                      none,
		"anna":                                   none,
		"anna@":                                  none,
		"@example.com":                           none,
		"anna@example":                           none,
		"anna@@example.com":                      none,
		"a@b@example.com":                        none,
		".anna@example.com":                      none,
		"an..na@example.com":                     none,
		"anna@example..com":                      none,
		"anna@.example.com":                      none,
		"anna@-example.com":                      none,
		"anna@exa_mple.com":                      none,
		`"anna"@example.com`:                     none, // XS-07
		`"a\"@x"@example.com`:                    none,
		"anna@[192.0.2.1]":                       none,
		"anna(comment)@example.com":              none,
		"anna@example.com,ben@evil.test":         none,
		"anna\x00@example.com":                   none, // XS-06
		"anna\x1b@example.com":                   none,
		"anna\xff@example.com":                   none,
		"\u202eanna@example.com":                 none,
		strings.Repeat("a", 65) + "@example.com": none,
		"a@" + strings.Repeat("b", 64) + ".com":  none,
		"a@" + strings.Repeat("b.", 124) + "com": "a@" + strings.Repeat("b.", 124) + "com",
		"ab@" + strings.Repeat("b.", 125) + "com":                       none,
		strings.Repeat(" ", 320-len("a@example.com")) + "a@example.com": "a@example.com",
		strings.Repeat(" ", 320) + "a@example.com":                      none,
	} {
		email, number, ok := storage.Identifier(typed)
		if email != "" && number != "" {
			t.Errorf("%q is both %q and %q", typed, email, number)
		}
		got := email + number
		if !ok {
			got = none
		}
		if got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
