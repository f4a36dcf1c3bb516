package storage

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxTyped = 320 // bytes of what a person types, spaces and all
	maxEmail = 254 // RFC 5321 §4.5.3.1.3, without the angle brackets
)

// Identifier turns what a person typed into an address, then a customer number, in canonical form: outer and inner
// spaces, zero-width characters, hyphens in a number and letter case make no difference (S-10). It says false
// where it can be neither. At most one of both is set.
func Identifier(typed string) (string, string, bool) {
	if len(typed) > maxTyped || !utf8.ValidString(typed) {
		return "", "", false
	}
	s := strings.Map(squeeze, typed)
	if strings.Contains(s, "@") {
		email, err := NormalEmail(s)
		return email, "", err == nil
	}
	number := strings.Map(func(r rune) rune {
		if strings.ContainsRune("-\u2010\u2011\u2012\u2013\u2014\u2212", r) {
			return -1
		}
		return r
	}, s)
	return "", number, validNumber(number)
}

// squeeze drops what cannot be seen: spaces, tabs and line ends that come with pasting, zero-width characters. It
// folds nothing: a full-width or dotless letter is another letter, and no address of ours has one (FD-07, EN-07).
func squeeze(r rune) rune {
	switch r {
	case '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff', '\u00ad', '\u180e', '\u200e', '\u200f':
		return -1
	}
	if unicode.IsSpace(r) {
		return -1
	}
	return r
}

func validNumber(s string) bool {
	return len(s) >= 4 && len(s) <= 20 && strings.Trim(s, "0123456789") == ""
}

var errEmail = errors.New("not an email address that we take")

// NormalEmail is the canonical form of an address: ASCII lower case throughout, so that no two spellings of one
// mailbox are two people (FD-07). It refuses what could mean another mailbox, or two, to some program on the way:
// control bytes, quoted local parts, comments, IP literals, anything that is not ASCII (XS-06, XS-07).
func NormalEmail(s string) (string, error) {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || len(s) > maxEmail || len(local) > 64 || !dotAtom(local, isAtom) || !dotAtom(domain, isHost) || !strings.Contains(domain, ".") {
		return "", errEmail
	}
	for label := range strings.SplitSeq(domain, ".") {
		if len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", errEmail
		}
	}
	return strings.ToLower(s), nil
}

// dotAtom says whether s is words of the given characters with single dots between (RFC 5322 §3.2.3).
func dotAtom(s string, allowed func(c byte) bool) bool {
	for word := range strings.SplitSeq(s, ".") {
		if word == "" {
			return false
		}
		for i := range len(word) {
			if !allowed(word[i]) {
				return false
			}
		}
	}
	return true
}

func isHost(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-'
}

func isAtom(c byte) bool { return isHost(c) || strings.IndexByte("!#$%&'*+/=?^_`{|}~", c) >= 0 }
