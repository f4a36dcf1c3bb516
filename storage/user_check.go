package storage

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	userStates = map[string]bool{"invited": true, "active": true, "disabled": true}
	userRoles  = map[string]bool{"": true, "admin": true, "viewer": true, "helpdesk": true}
)

// Bounds of what a person's record may hold: it stands in every userinfo answer.
const (
	maxClaims = 16 << 10 // bytes of JSON
	maxGroups = 200
)

// Check judges the record. The error joins *Invalid values.
func (u User) Check() error {
	var f faults
	f.unless(validID(u.ID), "id", "wants 1 to 64 letters, digits, dots, hyphens or underscores")
	email, err := NormalEmail(u.Email)
	f.unless(err == nil, "email", "is not an email address")
	f.unless(err != nil || email == u.Email, "email", "is not in canonical form")
	link, linkErr := NormalEmail(u.LinkEmail)
	f.unless(u.LinkEmail == "" || linkErr == nil && link == u.LinkEmail, "link_email", "is not an email address in canonical form")
	f.unless(u.CustomerNumber == "" || validNumber(u.CustomerNumber), "customer_number", "wants 4 to 20 digits")
	f.unless(userRoles[u.Role], "role", "is none of admin, viewer, helpdesk")
	f.unless(userStates[u.State], "state", "is none of invited, active, disabled")
	f.unless(len(u.Groups) <= maxGroups, "groups", "are more than 200")
	for _, g := range u.Groups {
		f.unless(printable(g, 80), "groups", "want names of 1 to 80 printable characters")
	}
	u.checkClaims(&f)
	b, err := json.Marshal(u.Claims)
	f.unless(err == nil && len(b) <= maxClaims, "claims", "want to be JSON of at most 16 KiB")
	f.unless(!strings.Contains(string(b), `\u0000`), "claims", "have a NUL")
	return f.err()
}

// faults gathers what is wrong with a record.
type faults []error

func (f *faults) unless(ok bool, field, why string) {
	if !ok {
		*f = append(*f, &Invalid{field, why})
	}
}

func (f faults) err() error { return errors.Join(f...) }

// validID says whether s can be the id of a client or a person: it stands in URLs, tokens and logs.
func validID(s string) bool {
	return s != "" && len(s) <= 64 && strings.IndexFunc(s, func(r rune) bool {
		return r >= utf8.RuneSelf || !(isHost(byte(r)) || r == '.' || r == '_')
	}) < 0
}

// printable says whether s is a name to show: one line of 1 to limit characters, none of which hides or turns text.
func printable(s string, limit int) bool {
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit || strings.TrimSpace(s) != s || s == "" {
		return false
	}
	return strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0
}
