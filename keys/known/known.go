// Package known knows the passwords that are tried first, because many people have had them.
//
//	known.go   Has: is this one of them
//	list.go    the list, packed: 240,000 of them in half a megabyte, made by cmd/known
//
// It judges nothing: keys does (keys.JudgePassword).
package known

import (
	"strings"
	"unicode"
	"unicode/utf8"

	_ "embed"
)

//go:generate go run ../../cmd/known list.bin

//go:embed list.bin
var packed string

// What stands in the list: whole passwords that are long enough to be set at all, and shorter ones to which people add digits.
const (
	shortest = 12 // characters of a whole password
	core     = 8  // characters of what is left when all that is no letter is taken from both ends
	added    = 6  // characters that may be added to such a core before the whole is one's own
	distinct = 5  // different characters that no list needs to hold
)

// Has says whether a password is one of the first that are tried: one that is on the list, one of the list with a few
// digits or signs around it, the same over and over, or hardly any different characters. Letter case makes no difference.
// Of passwords that are on no list, one in ten thousand is taken for one that is.
func Has(password string) bool {
	p := strings.ToLower(password)
	if differing(p) < distinct || listed(p) {
		return true
	}
	if unit := repeated(p); unit != "" && (utf8.RuneCountInString(unit) < core || listed(unit)) {
		return true
	}
	inner := bare(p)
	n := utf8.RuneCountInString(inner)
	return n >= core && utf8.RuneCountInString(p)-n <= added && listed(inner)
}

// bare is a password without what is no letter at both ends: “password” of “Password2026!”.
func bare(p string) string {
	return strings.TrimFunc(p, func(c rune) bool { return !unicode.IsLetter(c) })
}

// differing counts different characters.
func differing(p string) int {
	seen := map[rune]bool{}
	for _, c := range p {
		seen[c] = true
	}
	return len(seen)
}

// repeated is what p consists of two times or more, "" where it does not.
func repeated(p string) string {
	again := strings.Index((p + p)[min(1, len(p)):], p) + 1
	if again == 0 || again >= len(p) {
		return ""
	}
	return p[:again]
}
