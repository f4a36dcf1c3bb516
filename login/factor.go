package login

import (
	"slices"

	"github.com/doorward/doorward/storage"
)

// Classes of a sign-in, as ID tokens carry them in acr.
const (
	oneFactor  = storage.OneFactor
	twoFactors = storage.TwoFactors
	appFactor  = storage.AppFactor
)

// level is the place of a class among all, the weakest first; -1 for what is none.
func level(acr string) int { return slices.Index(storage.Levels, acr) }

// Reaches says whether the person can sign in at this level at all, so that nobody is asked for what cannot be had.
func (s *Server) Reaches(person storage.User, acr string) bool {
	switch acr {
	case oneFactor:
		return true
	case twoFactors:
		return person.TOTP || s.Mail != nil && person.Email != ""
	case appFactor:
		return person.TOTP
	}
	return false
}

// second is the proof that this visit still needs beside the first, "" for none.
func (s *Server) second(v *visit) string {
	now, a := s.Now(), v.attempt
	has := func(proof string) bool { return a.proved(proof, now) }
	if !a.rests() && !a.primary(now) || has(byTOTP) || has(byRecovery) {
		return ""
	}
	proof, _ := s.factor(v)
	if proof == byCode && has(byCode) {
		return ""
	}
	return proof
}

// factor is the one decision about the second factor: which proof this visit needs, "" for none, and in a word why, for the log.
// Whoever has an authenticator app is asked for its code and never gets one by mail (S-32), after Google too (S-36), whatever
// browser it is (S-35). Others get a code by mail after a password, by policy; after Google none (S-25), and after a mailed link
// none, which has come to the same mailbox.
func (s *Server) factor(v *visit) (string, string) {
	a, wanted := v.attempt, s.wanted(v)
	switch {
	case a.rests() && level(v.session.ACR) >= wanted:
		return "", "session"
	case !v.person.TOTP:
		return s.codeByMail(v)
	case !a.rests() && a.proved(byGoogle, s.Now()) && !s.TOTPAfterGoogle && wanted <= level(oneFactor):
		return "", "google"
	}
	return byTOTP, "app"
}

// wanted is the level that the application or the policy asks for, as far as the person can reach it.
func (s *Server) wanted(v *visit) int {
	most := level(v.attempt.Ask.ACR)
	for most > level(oneFactor) && !s.Reaches(v.person, storage.Levels[most]) {
		most--
	}
	if v.person.TOTP && most < level(twoFactors) && s.must(v) {
		return level(twoFactors) // with an app that is its code, or a recovery code
	}
	return most
}

// codeByMail says whether policy, or the application, asks for a mailed code. A browser that is trusted is not asked, but
// where the application wants two factors, or proofs made anew (TB-06), or where an app is to be set up by them. Who must do that
// and is signed in already is asked there, and not here too.
func (s *Server) codeByMail(v *visit) (string, string) {
	a := v.attempt
	switch {
	case a.rests() && s.lacksApp(v):
		return "", "no_app"
	case s.wanted(v) >= level(twoFactors):
		return byCode, "level"
	case a.rests():
		return "", "session"
	case a.proved(byGoogle, s.Now()):
		return "", "google"
	case a.proved(byLink, s.Now()):
		return "", "link"
	case s.EmailCode == codeNever:
		return "", "never"
	case s.EmailCode == codeAlways:
		return byCode, "always"
	case a.Trusted == "":
		return byCode, "untrusted"
	case a.Ask.Fresh:
		return byCode, "fresh"
	case s.must(v):
		return byCode, "no_app"
	}
	return "", "trusted"
}
