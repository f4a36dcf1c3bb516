package keys

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/doorward/doorward/keys/known"
	"golang.org/x/text/unicode/norm"
)

// Lengths of a password, in characters: Unicode code points of its composed form, so that "ö" is one wherever it is typed.
const (
	MinPassword = 12
	MaxPassword = 256
)

// maxPassword is the most bytes that can be a password. What is longer is not even composed, and never right.
const maxPassword = 4 * MaxPassword * 3 // in the decomposed form that some systems send, a character has up to three parts

// Why a password cannot be set. There are no composition rules: they make passwords that are hard to remember and easy to
// guess (NIST SP 800-63B-4 §3.1.1.2).
var (
	ErrPasswordShort    = errors.New("it has fewer than 12 characters")
	ErrPasswordLong     = errors.New("it has more than 256 characters")
	ErrPasswordKnown    = errors.New("it is one of the first that are tried")
	ErrPasswordPersonal = errors.New("it holds a name or an address that others know")
)

// JudgePassword says why a password cannot be set, nil when it can. about is what others know of the person: name,
// address, number, company. It takes a few microseconds, so it stands before the hash.
func JudgePassword(password string, about ...string) error {
	p := composed(password)
	switch n := utf8.RuneCountInString(p); {
	case len(password) > maxPassword || n > MaxPassword:
		return ErrPasswordLong
	case n < MinPassword:
		return ErrPasswordShort
	case known.Has(p):
		return ErrPasswordKnown
	}
	p = strings.ToLower(p)
	for _, word := range tellingWords(about) {
		if strings.Contains(p, word) {
			return ErrPasswordPersonal
		}
	}
	return nil
}

// composed is the one form of a password that is judged, hashed and compared: systems send "ö" as one character or as two
// (RFC 8265 §4.2.2). Nothing is trimmed or folded.
func composed(password string) string {
	if len(password) > maxPassword {
		return password
	}
	return norm.NFC.String(password)
}

// tellingLetters is how long a word must be to tell: shorter ones stand in other words by chance.
const tellingLetters = 4

// tellingWords are the words by which people could guess: parts of names, an address, what stands before its @, the longest
// part of its domain.
func tellingWords(about []string) []string {
	var words []string
	for _, text := range about {
		text = strings.ToLower(composed(text))
		local, domain, address := strings.Cut(text, "@")
		if address {
			words = append(words, text, local, longestLabel(domain))
		}
		words = append(words, strings.FieldsFunc(local, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })...)
	}
	telling := words[:0]
	for _, word := range words {
		if utf8.RuneCountInString(word) >= tellingLetters {
			telling = append(telling, word)
		}
	}
	return telling
}

func longestLabel(domain string) string {
	longest := ""
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > len(longest) {
			longest = label
		}
	}
	return longest
}
