package admin

import (
	"strings"
	"testing"
)

// XS-09: spreadsheets differ in what ends a cell, and this one cannot know who opens its list.
func TestNoPartOfACellIsAFormulaWhateverEndsACell(t *testing.T) {
	for value, want := range map[string]string{
		`Bob;=cmd|'/C calc'!A0;x`: `Bob;'=cmd|'/C calc'!A0;x`,
		"a\t=1":                   "a\t'=1",
		"a\n+1":                   "a\n'+1",
		`a, -1`:                   `a,' -1`,
		`a;"=1"`:                  `a;'"=1"`,
		`a;；＝1;＝1`:                `a;；＝1;'＝1`,
		";;@x":                    ";;'@x",
		`it's`:                    `it's`,
		`a-b; c=d`:                `a-b; c=d`,
		`Änne 🐦`:                  `Änne 🐦`,
	} {
		if got := cell(value); got != want {
			t.Errorf("%q is written as %q, want %q", value, got, want)
		}
	}
}

func TestACellIsReadBackAsItWas(t *testing.T) {
	for _, value := range []string{"", "'", "'=x", "''=x", "=x", " '=x", `a;'=x`, `a;''"=x`, "\t\t=", ";;'@", "=;=,=\t=", "a'=b", "＝1;'＝1", `'x;'y`} {
		written := cell(value)
		if got := uncell(written); got != value {
			t.Errorf("%q is read back as %q", value, got)
		}
		for part := range strings.FieldsFuncSeq(written, func(r rune) bool { return strings.ContainsRune(between, r) }) {
			if strings.IndexAny(part, formula) == 0 {
				t.Errorf("%q begins a formula with %q", written, part)
			}
		}
	}
}
